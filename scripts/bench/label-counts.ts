/**
 * How many labels `audit` says are wrong, and how probable a suggested label is, on images some of whose labels are flipped.
 *
 *   npm run build && npx tsx scripts/bench/label-counts.ts [--data <fashion-mnist folder>] [--split train|t10k] [--seeds 0,1]
 *     [--examples 5000] [--settings 0:10,0.01:10,0.05:10,0.1:10,0.4:8] [--threads 1]
 *     [--python <python with cleanlab>]
 *
 * A setting is the share of flipped labels and the number of epochs; a LeNet is trained with the defaults. Printed: the number of
 * flips, what is counted with its interval of 95 %, what confident learning estimates (and, with --python, what cleanlab
 * says of the same out-of-fold probabilities); of the labels that are suggested in place of
 * another one how many are right, and the expected calibration error of their probability (in ten bins of as many suggestions each):
 * of the out-of-fold probability, and of the confidence that `audit` states. The labels before flipping are taken for right.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeNpy } from '../../dist/data/npy/encode.js';
import { followCourse } from '../../dist/explain/audit/evidence/course.js';
import { evidenceOfInputs } from '../../dist/explain/audit/evidence/inputs.js';
import { weightsFromLog } from '../../dist/explain/audit/evidence/log-weights.js';
import { findWrongLabels } from '../../dist/explain/audit/evidence/wrong-labels.js';
import { counselOf, labelErrors } from '../../dist/explain/audit/verdict.js';
import { openLayerData } from '../../dist/explain/representer/layer-data.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { CLASSES, flip, readSplit, workshop } from './flipped-labels.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/fashion-mnist' },
    split: { type: 'string', default: 'train' },
    seeds: { type: 'string', default: '0,1' },
    examples: { type: 'string', default: '5000' },
    settings: { type: 'string', default: '0:10,0.01:10,0.05:10,0.1:10,0.4:8' },
    threads: { type: 'string', default: '1' },
    python: { type: 'string' },
  },
});
const runtime = nodeRuntime({ threads: Number(values.threads) });
const original = readSplit(values.data, values.split, 0, Number(values.examples));
const { folder, writeData, train } = workshop(runtime, readSplit(values.data, 't10k', 0, 200));

/** Mean distance of what was said from what is so, over ten bins of as many statements each. */
function calibrationError(said: readonly { readonly probability: number; readonly right: boolean }[]): number {
  const sorted = [...said].sort((a, b) => a.probability - b.probability);
  let sum = 0;
  for (let bin = 0; bin < 10; bin++) {
    const part = sorted.slice((bin * sorted.length) / 10, ((bin + 1) * sorted.length) / 10);
    sum += Math.abs(part.reduce((total, { probability, right }) => total + probability - Number(right), 0));
  }
  return sum / sorted.length;
}

/** How many labels cleanlab says are wrong. */
function cleanlabs(probabilities: Float64Array, labels: Uint8Array): string {
  if (values.python === undefined) return '';
  const write = (name: string, data: Float64Array, width: number) =>
    writeFileSync(join(folder, `${name}.npy`), encodeNpy({ shape: [labels.length, width], data }));
  write('probabilities', probabilities, CLASSES);
  write('labels', Float64Array.from(labels), 1);
  const script = join('scripts', 'bench', 'label-counts.py');
  return `, cleanlab ${execFileSync(values.python, [script, folder], { encoding: 'utf8' }).trim()}`;
}

console.log(`setting, seed: flips; counted (95 %); confident learning; suggestions, of which right; error before, now`);
for (const setting of values.settings.split(',')) {
  const [noise, epochs] = setting.split(':').map(Number) as [number, number];
  for (const seed of values.seeds.split(',').map(Number)) {
    const { labels, wrong } = flip(original.labels, noise, seed);
    const dataSpec = writeData('data', original.images, labels);
    const { runDirectory, manifest } = await train('run', dataSpec, seed, epochs);
    const modelPath = join(runDirectory, 'model.onnx');
    const layerData = await openLayerData({ modelPath, dataSpec, cache: null, runtime });
    const weights = await weightsFromLog(runDirectory, manifest);
    if ('unlogged' in weights) throw new Error('the log is not whole');
    const { train: split } = layerData;
    const request = { train: split, classes: CLASSES, seed, runtime };
    const { gathered } = await followCourse({ ...request, weights, network: layerData.network! });
    const inputs = await evidenceOfInputs(split.data, split.labels, CLASSES, seed, runtime);
    const asked = { inputs, inputsAreFeatures: false, beginsEarly: true, labels: split.labels, classes: CLASSES };
    const found = await findWrongLabels({ gathered, ...asked });
    const { counted, estimated } = labelErrors(gathered, found, split.labels, CLASSES);
    const counsel = counselOf(gathered, found, split.labels, CLASSES);
    const { probabilities } = gathered;
    const all = Array.from(split.labels, (_, index) => ({ index, ...counsel(index) }));
    const suggested = all.filter(({ suggested }) => suggested !== undefined);
    const right = (index: number, label: number) => original.labels[index] === label;
    const said = (probability: (index: number, label: number, confidence: number) => number) =>
      calibrationError(
        suggested.map(({ index, suggested: label, confidence }) => ({
          probability: probability(index, label!, confidence),
          right: right(index, label!),
        })),
      ).toFixed(3);
    const count = counted
      ? `${counted.estimated.toFixed(0)} (${counted.interval.map((end) => end.toFixed(0)).join(' to ')})`
      : 'not told';
    const share = suggested.filter(({ index, suggested: label }) => right(index, label!)).length / suggested.length;
    const before = said((index, label) => probabilities[index * CLASSES + label]!);
    const now = said((_index, _label, confidence) => confidence);
    console.log(
      `${setting}, ${seed}: ${wrong.filter(Boolean).length}; ${count}; ${estimated.toFixed(0)}${cleanlabs(probabilities, labels)}; ` +
        `${suggested.length}, ${(100 * share).toFixed(1)} %; ${before}, ${now}`,
    );
    await layerData.release();
  }
}
console.log(`${runtime.name}, Node ${process.version}`);
rmSync(folder, { recursive: true });
