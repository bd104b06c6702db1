/**
 * Makes the models in models/ again.
 * Run: npx tsx scripts/make-models.ts
 */
import { fileURLToPath } from 'node:url';
import { writeModelFile } from '../src/onnx/file.js';
import { create, type CreateOptions } from '../src/zoo/create.js';

/** One line a file: its name, the architecture and what it is asked for. */
const MODELS: Readonly<Record<string, readonly [string, CreateOptions]>> = {
  'lenet.onnx': ['lenet', {}],
  'lenet-bn.onnx': ['lenet-bn', {}],
  'mlp.onnx': ['mlp', { hidden: [32] }],
};

for (const [file, [architecture, options]] of Object.entries(MODELS)) {
  const path = fileURLToPath(new URL(`../models/${file}`, import.meta.url));
  await writeModelFile(path, create(architecture, options));
}
