/**
 * Finding flipped labels: every ranking of `audit`, and cleanlab on the same networks.
 *
 *   npm run build && npx tsx scripts/bench/label-errors.ts [--python python3] [--data <fashion-mnist folder>] [--seeds 0,1]
 *     [--examples 5000] [--first 0] [--settings 0.1:10,0.1:40,0.4:8,0.4:40] [--retrain] [--threads 1]
 *
 * A setting is the share of flipped labels and the number of epochs. For each of them and each seed, labels of the training
 * images from `first` on are flipped (any other class, all equally likely), a LeNet is made and trained with the defaults,
 * and rankings are judged by ROC-AUC of the flipped labels. cleanlab gets out-of-fold probabilities of a logistic
 * regression on the last features of the same network, and with --retrain those of five networks, each trained like
 * the first one without a fifth of the examples.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeNpy } from '../../dist/data/npy/encode.js';
import type { WeightsOfEpochs } from '../../dist/explain/audit/evidence/epoch-weights.js';
import { weightsFromLog } from '../../dist/explain/audit/evidence/log-weights.js';
import { openEvidence } from '../../dist/explain/audit/evidence/open-evidence.js';
import { foldsOf, FOLDS } from '../../dist/explain/audit/evidence/out-of-fold.js';
import { suspicion } from '../../dist/explain/audit/fitted.js';
import { rocAuc } from '../../dist/explain/audit/metrics.js';
import { RANKINGS, type RankingName } from '../../dist/explain/audit/rankings/registry.js';
import { cachedFit, FIT_DEFAULTS, labelTargets } from '../../dist/explain/representer/cached-fit.js';
import { widened } from '../../dist/explain/representer/features/features.js';
import { openLayerData, type LayerData } from '../../dist/explain/representer/layer-data.js';
import { activated } from '../../dist/explain/representer/fit/objective.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { CLASSES, flip, PIXELS, readSplit, workshop } from './flipped-labels.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    data: { type: 'string', default: '../shared/data/fashion-mnist' },
    seeds: { type: 'string', default: '0,1' },
    examples: { type: 'string', default: '5000' },
    first: { type: 'string', default: '0' },
    settings: { type: 'string', default: '0.1:10,0.1:40,0.4:8,0.4:40' },
    retrain: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
  },
});
const runtime = nodeRuntime({ threads: Number(values.threads) });
const count = Number(values.examples);
const original = readSplit(values.data, 'train', Number(values.first), count);
const { folder, writeData, train: trained } = workshop(runtime, readSplit(values.data, 't10k', 0, 200));

/** ROC-AUC of every ranking, of a run, and of `combined` without one. */
async function ours(layerData: LayerData, weights: WeightsOfEpochs, wrong: boolean[], seed: number) {
  const { layer, train } = layerData;
  const { fit, points } = await cachedFit(layerData, { ...FIT_DEFAULTS, mode: 'train' }, runtime);
  const { outputs, bias, activation } = layer;
  const targets = labelTargets(train.labels, outputs);
  const problem = {
    features: widened(points.features),
    targets,
    outputs,
    bias,
    activation,
    lambda: FIT_DEFAULTS.lambda,
  };
  const fitted = await suspicion(problem, fit, train.labels, 0, runtime);
  const evidence = openEvidence(layerData, fitted, { weights }, seed, runtime, {});
  const areas: Record<string, number> = {};
  for (const name of Object.keys(RANKINGS) as RankingName[]) {
    if (name === 'influence' || name === 'metagradient') continue;
    areas[name] = rocAuc((await RANKINGS[name].rank(evidence)).scores, wrong);
  }
  const { reason } = await RANKINGS.combined.rank(evidence);
  const alone = { ...evidence, course: undefined };
  areas['combined, model only'] = rocAuc((await RANKINGS.combined.rank(alone)).scores, wrong);
  return { areas, reason };
}

/** Out-of-fold probabilities of networks that were trained without a fold each, [rows, classes]. */
async function retrained(images: Uint8Array, labels: Uint8Array, dataSpec: string, seed: number, epochs: number) {
  const folds = foldsOf(Int32Array.from(labels), seed);
  const result = new Float64Array(labels.length * CLASSES);
  for (let fold = 0; fold < FOLDS; fold++) {
    const inside = [...labels.keys()].filter((i) => folds[i] !== fold);
    const part = new Uint8Array(inside.length * PIXELS);
    inside.forEach((i, k) => part.set(images.subarray(i * PIXELS, (i + 1) * PIXELS), k * PIXELS));
    const without = writeData(
      'fold',
      part,
      Uint8Array.from(inside, (i) => labels[i]!),
    );
    const { runDirectory } = await trained('fold-run', without, seed, epochs);
    const modelPath = join(runDirectory, 'model.onnx');
    const judged = await openLayerData({ modelPath, dataSpec, cache: null, runtime });
    const probabilities = activated(judged.train.scores, CLASSES, 'softmax');
    labels.forEach((_, i) => {
      if (folds[i] !== fold) return;
      result.set(probabilities.subarray(i * CLASSES, (i + 1) * CLASSES), i * CLASSES);
    });
    await judged.release();
  }
  return result;
}

/** What cleanlab finds, by name. */
function cleanlab(arrays: Readonly<Record<string, Uint8Array>>): Record<string, number | string> {
  const path = mkdtempSync(join(folder, 'peer-'));
  for (const [name, bytes] of Object.entries(arrays)) writeFileSync(join(path, `${name}.npy`), bytes);
  const script = join('scripts', 'bench', 'label-errors.py');
  return JSON.parse(execFileSync(values.python, [script, path], { encoding: 'utf8' })) as Record<string, number>;
}

const table = new Map<string, string[]>();
for (const setting of values.settings.split(',')) {
  const [noise, epochs] = setting.split(':').map(Number) as [number, number];
  for (const seed of values.seeds.split(',').map(Number)) {
    const { labels, wrong } = flip(original.labels, noise, seed);
    const dataSpec = writeData(`data-${seed}`, original.images, labels);

    const began = performance.now();
    const { runDirectory, manifest } = await trained('run', dataSpec, seed, epochs);
    const trainedAt = performance.now();
    const modelPath = join(runDirectory, 'model.onnx');
    const layerData = await openLayerData({ modelPath, dataSpec, cache: null, runtime });
    const weights = await weightsFromLog(runDirectory, manifest);
    if ('unlogged' in weights) throw new Error('the log is not whole');
    const { areas, reason } = await ours(layerData, weights, wrong, seed);
    const seconds = [trainedAt - began, performance.now() - trainedAt].map((ms) => (ms / 1000).toFixed(1));
    const { features } = layerData.train;
    const npy = (data: Float32Array | Float64Array, width: number) => encodeNpy({ shape: [count, width], data });
    const peer = cleanlab({
      features: npy(features.data, features.columns),
      labels: npy(Float32Array.from(labels), 1),
      wrong: npy(Float32Array.from(wrong, Number), 1),
      ...(values.retrain && {
        retrained: npy(await retrained(original.images, labels, dataSpec, seed, epochs), CLASSES),
      }),
    });
    await layerData.release();
    console.log(`${setting}, seed ${seed}: ${reason}; trained in ${seconds[0]} s, audited in ${seconds[1]} s`);
    for (const [name, value] of Object.entries({ ...areas, ...peer })) {
      const shown = typeof value === 'number' ? value.toFixed(4) : value;
      console.log(`  ${name}: ${shown}`);
      table.set(name, [...(table.get(name) ?? []), shown]);
    }
  }
}
console.log(`\nsettings ${values.settings}, seeds ${values.seeds}, ${runtime.name}, Node ${process.version}`);
for (const [name, shown] of table) console.log(`${name.padEnd(34)} ${shown.join('  ')}`);
rmSync(folder, { recursive: true });
