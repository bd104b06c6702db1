/** Whether WebGPU is to be had, on a graphics processor or on SwiftShader, which computes as one on the processor. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Environment } from './command-line.js';

/** Where Debian's chromium keeps SwiftShader, and the loader that finds it. */
const CHROMIUM = '/usr/lib/chromium';

const ENVIRONMENTS: readonly Environment[] = [
  {},
  { LD_LIBRARY_PATH: CHROMIUM, VK_ICD_FILENAMES: `${CHROMIUM}/vk_swiftshader_icd.json` },
];

/** Opens a session of a model of one node. */
const PROBE = `
  import { GraphBuilder } from './dist/graph/builder.js';
  import { encodeModel } from './dist/onnx/codec.js';
  import { nodeRuntime } from './dist/runtime/node.js';
  const g = new GraphBuilder();
  g.output(g.op('Relu', [g.input('x', 'float32', [1])]), 'float32');
  await nodeRuntime({ executionProviders: ['webgpu', 'cpu'] }).createSession(encodeModel(g.model()));
  process.exit(0);
`;

/** The environment in which a command has a WebGPU adapter; undefined where there is none. */
export function webGpuEnvironment(): Environment | undefined {
  return ENVIRONMENTS.find((env) => {
    if (env.LD_LIBRARY_PATH !== undefined && !existsSync(env.LD_LIBRARY_PATH)) return false;
    const args = ['--input-type=module', '--eval', PROBE];
    return spawnSync(process.execPath, args, { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;
  });
}
