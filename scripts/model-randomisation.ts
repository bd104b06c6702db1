/**
 * The model-randomisation check of every method on a trained model: a table, and the figure of docs/attribute.md.
 *
 *   npm run build && npx tsx scripts/model-randomisation.ts --model <trained.onnx> [--data fashion-mnist-sample]
 *     [--inputs 20] [--layer relu2] [--seeds 5] [--out docs/images/model-randomisation.png]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { asFed } from '../src/classifier/feeds.js';
import { openClassifier } from '../src/classifier/open.js';
import { openDataset } from '../dist/data/open-dataset.js';
import { METHODS, METHODS_WITH_DATA } from '../dist/explain/attribution/methods/registry.js';
import { exampleSource } from '../dist/explain/attribution/mim/examples.js';
import { LAYERED_DEFAULTS } from '../dist/explain/attribution/mim/settings.js';
import { randomisationCheck, type RandomisationCheck } from '../dist/explain/attribution/randomisation.js';
import { ATTRIBUTION_DEFAULTS } from '../dist/explain/attribution/settings.js';
import { readModelFile } from '../dist/onnx/file.js';
import { linePlot } from '../dist/plot/line-plot.js';
import { renderPng } from '../dist/plot/png.js';
import { nodeRuntime } from '../dist/runtime/node.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string', default: 'fashion-mnist-sample' },
    inputs: { type: 'string', default: '20' },
    layer: { type: 'string', default: 'relu2' },
    seeds: { type: 'string', default: '5' },
    out: { type: 'string', default: 'docs/images/model-randomisation.png' },
  },
});
if (values.model === undefined) throw new Error('name the trained model with --model');
const { model } = await readModelFile(values.model);
const data = await openDataset(values.data, { split: 'test', onDemand: true });
const count = Number(values.inputs);
const indices = Int32Array.from({ length: count }, (_, i) => Math.floor((i * data.length) / count));
const runtime = nodeRuntime();
const classifier = await openClassifier(model, { runtime, form: data });
const x = asFed(classifier, await data.examples(indices), data.shape, data.spec);
const size = x.length / count;
const examples = Array.from(indices, (index, i) => ({
  x: x.slice(i * size, (i + 1) * size),
  target: data.labels[index]!,
  index: i,
}));
const methods = [...METHODS, ...METHODS_WITH_DATA];
/** MIM's map is of one layer, the same at every step: the second convolution's, by default. */
const comparison = {
  data: exampleSource(data, classifier, 200),
  settings: { ...LAYERED_DEFAULTS, layers: [values.layer] },
};
const checks: RandomisationCheck[] = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const settings = { ...ATTRIBUTION_DEFAULTS, steps: 20, samples: 20, seed };
  checks.push(
    await randomisationCheck({ runtime, model, exampleDims: data.shape, examples, methods, settings, comparison }),
  );
}
const { layers } = checks[0]!;
const series = methods.map(({ name: method }, m) => {
  const mean = (kind: 'signed' | 'magnitudes') =>
    checks[0]!.series[m]![kind].map(
      (_, i) => checks.reduce((sum, check) => sum + check.series[m]![kind][i]!, 0) / checks.length,
    );
  return { method, signed: mean('signed'), magnitudes: mean('magnitudes') };
});

const steps = ['trained', ...layers];
for (const kind of ['signed', 'magnitudes'] as const) {
  console.log(`| ${kind} | ${steps.join(' | ')} |\n| --- |${' --- |'.repeat(steps.length)}`);
  for (const each of series) {
    console.log(`| ${each.method} | ${each[kind].map((value) => value.toFixed(2)).join(' | ')} |`);
  }
}
/** The palette has six colours; these three are black. */
const black = new Set(['grad-cam', 'lrp', 'mim']);
const plot = linePlot({
  series: series.map(({ method, signed }) => ({
    name: method,
    x: signed.map((_, i) => i),
    y: signed,
    ...(black.has(method) ? { color: 'ink' } : {}),
  })),
  xTitle: 'layers re-initialised, from the scores down',
  yTitle: 'Spearman’s ρ with the trained map',
  yDomain: [-0.2, 1],
  label: 'Rank correlation of each method’s maps with those of the trained model, as more layers are re-initialised',
  width: 560,
  height: 340,
});
writeFileSync(values.out, await renderPng(plot));
