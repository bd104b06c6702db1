/**
 * Metagradients of a run beside differences of real trainings: the weights of its strongest examples are moved by ± ε, one at
 * a time, and everything is trained again.
 *
 *   npm run build && npx tsx scripts/metagradient.ts <run> --input fashion-mnist-sample@420 [--examples 20] [--epsilon 0.1,0.5]
 *
 * Networks of ReLUs and maxima are smooth only in pieces: a difference that crosses a kink is no derivative. So that one sees
 * it, several ε are taken.
 */
import { parseArgs } from 'node:util';
import { asFed } from '../dist/classifier/feeds.js';
import { readInputs } from '../dist/data/input.js';
import { metagradient } from '../dist/explain/influence/methods/metagradient.js';
import { openOutcome } from '../dist/explain/influence/outcome.js';
import { measureAt, type RunSubject } from '../dist/explain/influence/subject.js';
import { pearson } from '../dist/numeric/statistics.js';
import { openReplay } from '../dist/replay/recorded.js';
import { readManifest } from '../dist/run/manifest-file.js';
import { nodeRuntime } from '../dist/runtime/node.js';
import { openRun } from '../dist/workflows/open-run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    input: { type: 'string', default: 'fashion-mnist-sample@420' },
    examples: { type: 'string', default: '20' },
    epsilon: { type: 'string', default: '0.1,0.5' },
  },
});
const [runDirectory] = positionals;
if (runDirectory === undefined) throw new Error('name a run');
const runtime = nodeRuntime();
const manifest = await readManifest(runDirectory);
const run = await openRun({ runDirectory, manifest, runtime });
const replay = await openReplay({ ...run, manifest, memory: 2 ** 30 });
const classifier = { ...run.classifier, normalization: manifest.input.normalization };
const outcome = await openOutcome(classifier, replay.carried, 'margin', run.options.loss, runtime);
const [input] = await readInputs([values.input], { ...manifest.input, ...manifest.input.normalization, split: 'test' });
const x = asFed(classifier, input!.data, input!.shape, input!.name);
const { scores } = await outcome.at(replay.final, { x, targets: [0] });
const target = scores.indexOf(Math.max(...scores));
const query = { batches: () => [{ x, targets: [target] }], scale: 1 };
const subject: RunSubject = { replay, classifier, runtime, outcome, queries: [query], memory: 2 ** 28 };
const began = performance.now();
const effects = (await metagradient.effects(subject)).values;
console.log(`metagradient: ${((performance.now() - began) / 1000).toFixed(1)} s`);

const strongest = [...effects.keys()].sort((a, b) => Math.abs(effects[b]!) - Math.abs(effects[a]!));
const chosen = strongest.slice(0, Number(values.examples));
const ones = replay.setup.pool.sampleWeights;
const measured = async (example: number, by: number) => {
  const weights = ones.slice();
  weights[example]! += by;
  return (await measureAt(outcome, await replay.retrain(weights), query)).value;
};
for (const epsilon of values.epsilon.split(',').map(Number)) {
  const differences: number[] = [];
  for (const example of chosen) {
    differences.push(((await measured(example, epsilon)) - (await measured(example, -epsilon))) / (2 * epsilon));
  }
  const ours = chosen.map((example) => effects[example]!);
  const errors = ours
    .map((value, i) => Math.abs(value - differences[i]!) / Math.abs(differences[i]!))
    .sort((a, b) => a - b);
  const signs = ours.filter((value, i) => Math.sign(value) !== Math.sign(differences[i]!)).length;
  console.log(
    `ε ${epsilon}: relative error median ${errors[errors.length >> 1]!.toFixed(4)}, largest ${errors.at(-1)!.toFixed(4)}; ` +
      `${signs} wrong signs of ${chosen.length}; Pearson ${pearson(ours, differences).toFixed(4)}`,
  );
  console.log(chosen.slice(0, 8).map((example, i) => `${example}: ${ours[i]!.toFixed(4)} / ${differences[i]!.toFixed(4)}`).join('  ')); // prettier-ignore
}
await outcome.release();
await replay.release();
