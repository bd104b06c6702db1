/**
 * What the lists of a trace know of an input, layer by layer, with and without contrast: how much the lists of two inputs
 * share, how often the same example leads, and how many of the examples are of the predicted class.
 *
 *   npm run build && npx tsx scripts/trace-lists.ts --run demo/run [--data fashion-mnist-sample] [--inputs 100] [--split batch]
 */
import { parseArgs } from 'node:util';
import { openDataset } from '../dist/data/open-dataset.js';
import { readInputs } from '../dist/data/input.js';
import { traceRun } from '../dist/explain/trace/trace-run.js';
import type { TraceLayer } from '../dist/results/trace.js';
import { readManifest } from '../dist/run/manifest-file.js';
import { nodeRuntime } from '../dist/runtime/node.js';
import { exactGammas } from '../dist/workflows/exact-gammas.js';

const { values } = parseArgs({
  options: {
    run: { type: 'string', default: 'demo/run' },
    data: { type: 'string', default: 'fashion-mnist-sample' },
    inputs: { type: 'string', default: '100' },
    split: { type: 'string', default: 'exact' },
  },
});
const LISTED = 10;

const data = await openDataset(values.data);
const references = await openDataset(values.data, { split: 'test' });
const step = Math.max(1, Math.floor(references.length / Number(values.inputs)));
const indices = Array.from({ length: Number(values.inputs) }, (_, i) => i * step);
const inputs = await readInputs([`${values.data}@${indices.join()}`]);
const context = { runtime: nodeRuntime(), data, references };
const manifest = await readManifest(values.run);

const mean = (numbers: readonly number[]) =>
  (numbers.reduce((sum, value) => sum + value, 0) / numbers.length).toFixed(2);

function describe(layers: readonly TraceLayer[], predicted: readonly number[]): string[] {
  const lists = layers.map(({ examples }) => examples.map(({ index }) => index));
  const [shared, alike, differing]: number[][] = [[], [], []];
  lists.forEach((list, i) => {
    for (let j = 0; j < i; j++) {
      const count = list.filter((index) => lists[j]!.includes(index)).length;
      shared!.push(count);
      (predicted[i] === predicted[j] ? alike : differing)!.push(count);
    }
  });
  const leads = new Map<number, number>();
  for (const [first] of lists) if (first !== undefined) leads.set(first, (leads.get(first) ?? 0) + 1);
  const own = layers.map(({ examples }, i) => examples.filter(({ label }) => label === predicted[i]).length);
  const { listOverlap, evidence } = layers[0]!;
  return [
    ...[mean(shared!), mean(alike!), mean(differing!), String(Math.max(...leads.values())), mean(own)],
    ...[listOverlap!.shared.toFixed(2), String(evidence)],
  ];
}

const columns = [
  'layer',
  'ranked by',
  'shared',
  'of one class',
  'of two',
  'same leads',
  'predicted class',
  'measured',
  'evidence',
];
console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => ' --- ').join('|')}|`);
for (const contrast of [false, true]) {
  const asked = { runDirectory: values.run, manifest, runtime: context.runtime, required: true };
  const exact = values.split === 'exact' ? exactGammas(asked) : undefined;
  const { queries } = await traceRun(values.run, inputs, { topK: LISTED, contrast }, { ...context, exact });
  const predicted = queries.map((query) => query.predicted.class);
  queries[0]!.layers.forEach(({ layer }, l) => {
    const row = describe(
      queries.map(({ layers }) => layers[l]!),
      predicted,
    );
    console.log(`| ${[layer, contrast ? 'contrast' : 'γ', ...row].join(' | ')} |`);
  });
}
