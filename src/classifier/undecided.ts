/** Decisions that no share of the training explains, as no part of the input reaches them. */
import { seededRandom } from '../numeric/random.js';
import type { Runtime } from '../runtime/runtime.js';
import { toNumbers } from '../tensor.js';
import { openActivations } from './activations.js';
import type { Classifier } from './classifier.js';
import type { Activation } from './ending.js';

/** Below this part of what tells the classes apart, an input adds nothing to a decision. */
const NOTHING = 0.01;

/** Class scores, and what they are to be judged by. */
export interface JudgedScores {
  readonly scores: ArrayLike<number>;
  readonly activation: Activation;
  /** The scores of reference inputs. */
  readonly references: readonly ArrayLike<number>[];
  /** Layers: one of them may hold the parts of the logits. */
  readonly layers: readonly {
    readonly layer: string;
    readonly logits?: readonly { readonly logit: number; readonly bias: number }[] | undefined;
  }[];
}

/**
 * Why no share of a decision can be stated, in a line without an end: its class scores are the bias of the last layer (a
 * network whose units are dead, or at chance), or the same for every input.
 */
export function undecided({ scores, activation, references, layers }: JudgedScores): string | undefined {
  // What is added to all scores changes no probability of a softmax.
  const centres = activation !== 'sigmoid' && scores.length > 1;
  const size = (values: ArrayLike<number>) => Math.sqrt(squares(values, centres ? meanOf(values) : 0));
  const whole = size(scores);
  const last = layers.find(({ logits }) => logits);
  if (last?.logits) {
    const added = size(last.logits.map(({ logit, bias }) => logit - bias));
    if (added <= NOTHING * whole) {
      return (
        `the class scores are the bias of ${last.layer}: what this input adds is ${percent(added, whole)} of what tells ` +
        'the classes apart, so there are no shares of the decision to state'
      );
    }
  }
  if (references.length < 2) return undefined;
  const furthest = Math.max(...references.map((other) => size(Array.from(scores, (score, i) => score - other[i]!))));
  if (furthest > NOTHING * whole) return undefined;
  return (
    `the class scores are the same for every input, to ${percent(furthest, whole)} over ${references.length} others, so ` +
    'there are no shares of the decision to state'
  );
}

/**
 * Scores of inputs that have nothing to do with one another, to judge those of an input by where no data are at hand: nothing
 * at all, the input with its elements in another order, and noise as large as it.
 * @param x as the model takes it
 */
export async function scoresOfOthers(
  classifier: Classifier,
  x: Float32Array,
  runtime: Runtime,
): Promise<readonly ArrayLike<number>[]> {
  const random = seededRandom(0);
  const size = x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const shuffled = Float32Array.from(random.shuffle(Int32Array.from(x.keys())), (place) => x[place]!);
  const others = [new Float32Array(x.length), shuffled, x.map(() => size * (2 * random.uniform() - 1))];
  const activations = await openActivations(classifier, runtime, [classifier.scores]);
  try {
    const found = await activations.of(classifier.scores, others);
    return found.map((scores) => toNumbers(scores)).filter((scores) => scores.every(Number.isFinite));
  } finally {
    await activations.release();
  }
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Σ (v − centre)² */
function squares(values: ArrayLike<number>, centre: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum;
}

function percent(part: number, whole: number): string {
  return `${(whole > 0 ? (100 * part) / whole : 0).toFixed(1)} %`;
}
