/**
 * Trains a small network on the bundled sample of Fashion-MNIST, and asks which training images made it decide as it does:
 *
 *     node train-and-trace.mjs [folder] [epochs]
 */
import { join } from 'node:path';
import { create, nodeRuntime, startTraining, traceToFolder, writeModelFile } from 'onnx-explain';

const [folder = 'example-run', epochs = '8'] = process.argv.slice(2);
const runtime = nodeRuntime();

// Any classifier in a file will do; this one is made on the spot. The folder is created with it.
const modelPath = join(folder, 'lenet-bn.onnx');
await writeModelFile(modelPath, create('lenet-bn', { seed: 0 }));

// What the model learns step by step is logged in the run's folder.
const runDirectory = join(folder, 'run');
const manifest = await startTraining({
  modelPath,
  dataSpec: 'fashion-mnist-sample',
  runDirectory,
  // Batches of one class each, so that a step can be attributed to it. What is left out follows from sampler, model and data.
  options: { sampler: 'single-class', epochs: Number(epochs) },
  runtime,
});
console.log(`${manifest.status} after ${manifest.steps} steps`);

// Image 250 of the test split. `index.html` in the folder shows the same with pictures.
const result = await traceToFolder({
  runDirectory,
  inputs: ['fashion-mnist-sample@250'],
  out: join(folder, 'why'),
  runtime,
});
for (const { input, predicted, layers } of result.queries) {
  console.log(`${input}: ${predicted.label}, ${(100 * predicted.probability).toFixed(1)} %`);
  const last = layers.at(-1);
  for (const { index, label, gamma } of last.examples.slice(0, 5)) {
    console.log(`  training image ${index}, class ${label}: γ = ${gamma.toPrecision(3)} in layer ${last.layer}`);
  }
}
