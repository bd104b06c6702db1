/** Name and version of this tool, as results and runs record them. */
export const TOOL = { name: 'onnx-explain', version: '0.1.0' } as const;
