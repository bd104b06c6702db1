/**
 * A decision of an exported model as a sum over training images: those that raise the score, and those that lower it:
 *
 *     node representer-points.mjs <model.onnx> [folder]
 */
import { nodeRuntime, representerToFolder } from 'onnx-explain';

const [modelPath, out = 'example-points'] = process.argv.slice(2);

const result = await representerToFolder({
  modelPath,
  dataSpec: 'fashion-mnist-sample',
  inputs: ['fashion-mnist-sample@17'],
  out,
  cache: null, // or a folder; by default features and fit are kept beside the model
  runtime: nodeRuntime(),
  onNotice: (line) => console.warn(line),
});

console.log(`fit: ${result.fit.status}, correlation with the model ${result.fit.pearson.toFixed(4)}`);
for (const { input, target, logit, reconstructed, excitatory, inhibitory } of result.queries) {
  console.log(`${input}: score of ${target.label} ${logit.toFixed(4)}, sum of all values ${reconstructed.toFixed(4)}`);
  const show = ({ index, label, value }) => `image ${index} of class ${label} (${value.toPrecision(3)})`;
  console.log(`  raised most by ${excitatory.slice(0, 3).map(show).join(', ')}`);
  console.log(`  lowered most by ${inhibitory.slice(0, 3).map(show).join(', ')}`);
}
