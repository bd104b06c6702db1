/**
 * Which pixels speak for the class that an exported model chose, by three methods. No training log is needed:
 *
 *     node attribute.mjs <model.onnx> [input] [folder]
 */
import { attributeToFolder, InputError, nodeRuntime } from 'onnx-explain';

const [modelPath, input = 'fashion-mnist-sample@17', out = 'example-maps'] = process.argv.slice(2);

try {
  const result = await attributeToFolder({
    modelPath,
    inputs: [input], // or image files
    methods: ['gradient', 'grad-cam', 'lrp'],
    out, // each map as NPY, PNG and SVG, and a page with all of them
    runtime: nodeRuntime(),
    onNotice: (line) => console.warn(line),
  });
  for (const { method, target, sum, file } of result.queries) {
    console.log(`${method}: what speaks for ${target.label} sums to ${sum.toPrecision(3)}, see ${out}/${file}`);
  }
} catch (error) {
  // What the caller can mend is one line with the place and the mend; anything else is a bug.
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
