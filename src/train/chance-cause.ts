/** Why a network that does no better than guessing learns nothing, as far as its state tells, and what to try. */
import { openActivations } from '../classifier/activations.js';
import type { Classifier } from '../classifier/classifier.js';
import { asFed } from '../classifier/feeds.js';
import type { Dataset } from '../data/dataset.js';
import { graphOf } from '../onnx/model.js';
import { withWeights } from '../onnx/with-weights.js';
import type { EpochRecord } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { toNumbers, type Tensor } from '../tensor.js';
import type { Guessing } from './chance.js';
import type { TrainOptions } from './options.js';
import { RATES, SINGLE_CLASS_EXAMPLES } from './sampler-defaults.js';

/** A network at chance, and what it was trained with. */
export interface NetworkAtChance {
  readonly classifier: Classifier;
  readonly train: Dataset;
  readonly options: TrainOptions;
  /** Names of the weights that are trained, statistics of batch norm not among them. */
  readonly parameters: readonly string[];
  /** Weights before and after, by name. */
  readonly before: Readonly<Record<string, Tensor>>;
  readonly after: Readonly<Record<string, Tensor>>;
  readonly record: EpochRecord;
  readonly guessing: Guessing;
  readonly runtime: Runtime;
}

/** What is said of a network at chance: how it stands, the likely cause, and what to type. */
export async function chanceNotice(network: NetworkAtChance): Promise<string> {
  const { record, guessing } = network;
  const { epoch, trainLoss, testAccuracy } = record;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const found = [
    guessing.loss === undefined
      ? []
      : `training loss ${trainLoss.toFixed(3)}, guessing has ${guessing.loss.toFixed(3)}`,
    testAccuracy === undefined || guessing.accuracy === undefined
      ? []
      : `test accuracy ${percent(testAccuracy)}, guessing may have ${percent(guessing.accuracy)}`,
  ].flat();
  return `after epoch ${epoch} the network is at chance (${found.join('; ')}): ${await likelyCause(network)}`;
}

async function likelyCause(network: NetworkAtChance): Promise<string> {
  const { classifier, options } = network;
  const { sampler, ghostSize, learningRate } = options;
  if (sampler !== 'shuffled') {
    const hasBatchNorm = graphOf(classifier.model).node.some(({ opType }) => opType === 'BatchNormalization');
    if (hasBatchNorm && ghostSize === 0) {
      return `batch norm saw ${sampler} batches without ghosts, whose statistics are of no use at inference; set \`ghostSize\`, or \`sampler\` shuffled`;
    }
    return `${sampler} batches pull the weights to and fro; try ${smallerSteps(options)}, or \`sampler\` shuffled`;
  }
  const examples = await fedExamples(network);
  const size = rootMeanSquare(examples);
  if (size > LARGE_INPUT) {
    return (
      `its inputs are numbers of about ${short(size)}, where networks expect about 1; ` +
      (classifier.normalization ? 'set `mean` and `std`' : 'scale the data (bytes are scaled with `mean` and `std`)')
    );
  }
  const dead = await deadLayer(network, examples);
  if (dead !== undefined) {
    return `its layer "${dead}" gives 0 for every example, as a ReLU does that has died; begin again with \`learningRate\` ${short(learningRate / 10)}`;
  }
  if (movement(network) < SMALL_MOVEMENT) {
    return `its weights have hardly moved; try \`learningRate\` ${short(learningRate * 10)}`;
  }
  return `the steps are probably too large; try \`learningRate\` ${short(learningRate / 10)}`;
}

/** What helps where batches hold one class: few examples a step, beside ghosts, and a small rate. */
function smallerSteps({ sampler, batchSize, ghostSize, learningRate }: TrainOptions): string {
  const rate = RATES[sampler];
  const tooMany = sampler === 'single-class' && batchSize - ghostSize > SINGLE_CLASS_EXAMPLES;
  if (!tooMany && learningRate <= rate) return 'more `epochs`';
  const rows = tooMany ? `\`batchSize\` ${SINGLE_CLASS_EXAMPLES + ghostSize} with \`ghostSize\` ${ghostSize} and ` : '';
  return `${rows}\`learningRate\` ${short(Math.min(rate, learningRate))}`;
}

/** Root mean square of an input beyond which it is not what weights are initialised for; bytes fed as numbers have 100. */
const LARGE_INPUT = 20;

/** ‖W − W⁽⁰⁾‖ / ‖W⁽⁰⁾‖ below which nothing can have been learnt. */
const SMALL_MOVEMENT = 0.01;

/** Training examples that a network is looked at with. */
const EXAMPLES = 64;

const short = (value: number) => String(Number(value.toPrecision(2)));

/** Some training examples as they are fed, from the whole split. */
async function fedExamples({ classifier, train }: NetworkAtChance): Promise<Float32Array[]> {
  const count = Math.min(EXAMPLES, train.length);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * train.length) / count));
  const stored = await train.examples(rows);
  const size = stored.length / count;
  return Array.from(rows, (_, i) => asFed(classifier, stored.slice(i * size, (i + 1) * size), train.shape, train.spec));
}

function rootMeanSquare(examples: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  for (const example of examples) {
    for (const value of example) sum += value * value;
    count += example.length;
  }
  return Math.sqrt(sum / Math.max(1, count));
}

/** The first ReLU all of whose units are 0 for all examples. */
async function deadLayer(
  { classifier, after, runtime }: NetworkAtChance,
  examples: readonly Float32Array[],
): Promise<string | undefined> {
  const units = graphOf(classifier.model).node.filter(({ opType }) => opType === 'Relu');
  if (units.length === 0) return undefined;
  const trained = { ...classifier, model: withWeights(classifier.model, after) };
  const outputs = units.map(({ output }) => output[0]!);
  const activations = await openActivations(trained, runtime, outputs);
  try {
    const alive = new Set<string>();
    for (const name of outputs) {
      for (const tensor of await activations.of(name, examples)) {
        if (toNumbers(tensor).some((value) => value !== 0)) alive.add(name);
        if (alive.has(name)) break;
      }
    }
    const dead = units.find(({ output }) => !alive.has(output[0]!));
    return dead && (dead.name === '' ? dead.output[0] : dead.name);
  } finally {
    await activations.release();
  }
}

/** ‖W − W⁽⁰⁾‖ / ‖W⁽⁰⁾‖ over all parameters. */
function movement({ parameters, before, after }: NetworkAtChance): number {
  let moved = 0;
  let size = 0;
  for (const name of parameters) {
    const now = after[name]!.data as Float32Array;
    (before[name]!.data as Float32Array).forEach((value, i) => {
      moved += (now[i]! - value) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(moved / Math.max(size, Number.MIN_VALUE));
}
