/**
 * What only examples show of a classifier: whether the rows of a batch influence one another, and whether the numbers that
 * it gives are probabilities although nothing in the graph says so.
 */
import { InputError, oneLine } from '../errors.js';
import { rowsOf } from '../graph/batch.js';
import { withModelEffort } from '../graph/budget.js';
import { GraphBuilder } from '../graph/builder.js';
import { opsetOf } from '../onnx/model.js';
import type { Notice } from '../progress.js';
import { seededRandom } from '../numeric/random.js';
import type { Runtime } from '../runtime/runtime.js';
import { toNumbers } from '../tensor.js';
import { openActivations, type Activations } from './activations.js';
import type { Classifier } from './classifier.js';
import { withNodes } from './head.js';

/** A classifier that was run on examples. */
export interface Examined<C extends Classifier = Classifier> {
  readonly classifier: C;
  /** Scores of the examples, each alone in its batch. */
  readonly scores: readonly Float64Array[];
}

/** Relative to the largest score: another number of rows makes for another order of sums, 1e-6 or so of it. */
const TOLERANCE = 1e-4;

/** A sum of so many probabilities that float32 has rounded. */
const SUM_TOLERANCE = 1e-3;

/** So small a probability is told from 0 by no float32. */
const TINY = 1e-37;

/**
 * Runs a classifier on examples.
 * @param examples as the model takes them
 * @throws InputError where its scores are not finite, or an example cannot be run alone
 */
export function examine<C extends Classifier>(
  classifier: C,
  examples: readonly Float32Array[],
  runtime: Runtime,
  onNotice?: Notice,
): Promise<Examined<C>> {
  const action = () => examined(classifier, examples, runtime, onNotice);
  return withModelEffort(classifier.model, action, examples.length);
}

async function examined<C extends Classifier>(
  classifier: C,
  examples: readonly Float32Array[],
  runtime: Runtime,
  onNotice: Notice | undefined,
): Promise<Examined<C>> {
  const activations = await openActivations(classifier, runtime, [classifier.scores], examples.length + 1);
  try {
    const found = await mustRun('an example alone', activations.of(classifier.scores, examples));
    const scores = found.map((each) => Float64Array.from(toNumbers(each)));
    const mix = await rowsMix(classifier, activations, examples, scores[0]);
    if (mix) {
      onNotice?.(
        'the model computes across the rows of a batch (statistics or a range of the batch): every example is run alone',
      );
    }
    const sure = { ...classifier, rowsMix: mix };
    if (!areProbabilities(sure, scores)) return { classifier: sure, scores };
    onNotice?.(
      `the model gives probabilities ("${sure.output}"), and no scores that they come from by a softmax: ` +
        'explained are their logarithms',
    );
    return {
      classifier: withLogarithms(sure),
      scores: scores.map((row) => row.map((p) => Math.log(Math.max(p, TINY)))),
    };
  } finally {
    await activations.release();
  }
}

/** Whether an example has other scores among unlike ones than alone, as the first of a batch or as the last. */
async function rowsMix(
  { scores, batch, input, outputs }: Classifier,
  activations: Activations,
  examples: readonly Float32Array[],
  alone: Float64Array | undefined,
): Promise<boolean> {
  const [first] = examples;
  if (!first || !alone || batch === 1) return false;
  const rows = batch ?? 4;
  const isReal = input.type.startsWith('float');
  const others = Array.from({ length: Math.max(1, rows - 2) }, (_, i) => unlike(examples, i, isReal));
  // A row may see only what is before it, or behind it.
  const places = rows === 2 ? [0] : [0, rows - 1];
  const all = [first, ...others, ...places.slice(1).map(() => first)];
  const together = await mustRun('several examples at once', activations.together([scores], all));
  const among = toNumbers(together[scores]!);
  const scale = Math.max(...alone.map(Math.abs), Number.MIN_VALUE);
  return places.some((place) =>
    alone.some((value, i) => {
      const other = among[place * outputs + i]!;
      return Math.abs(value - other) > TOLERANCE * scale && !Object.is(value, other);
    }),
  );
}

/** @throws InputError where the model cannot be run on so many examples: one that was exported for a batch may not */
async function mustRun<T>(what: string, run: Promise<T>): Promise<T> {
  return run.catch((error: unknown) => {
    throw new InputError(
      `the model cannot be run on ${what}: ${oneLine(error)}; ` + 'export it for any number of examples',
      { cause: error },
    );
  });
}

/** A row of another range, mean and order than the first. */
function unlike(examples: readonly Float32Array[], i: number, isReal: boolean): Float32Array {
  const like = examples[(i + 1) % examples.length]!;
  const random = seededRandom(i + 1);
  // Whole numbers may be places in a table: the same ones in another order will do.
  if (!isReal) return Float32Array.from(random.shuffle(Int32Array.from(like)));
  const size = like.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return like.map((value) => 3 * (i + 1) * value + size * (1 + 2 * random.uniform()));
}

function areProbabilities({ activation, outputs }: Classifier, scores: readonly Float64Array[]): boolean {
  if (activation !== 'none' || outputs < 2 || scores.length === 0) return false;
  return scores.every((row) => {
    const sum = row.reduce((total, p) => total + p, 0);
    return row.every((p) => p >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE;
  });
}

/** Probabilities are the softmax of their logarithms. */
function withLogarithms<C extends Classifier>(classifier: C): C {
  const { model, values, scores, outputs } = classifier;
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'logarithms', prefix: 'log-probabilities/' });
  const dims = [rowsOf(model), outputs];
  const positive = g.op('Max', [scores, g.scalar(TINY)]);
  const log = g.op('Log', [positive]);
  const known = new Map([positive, log].map((name) => [name, { type: 'float32' as const, dims }]));
  return { ...classifier, ...withNodes(model, values, g, known), scores: log, activation: 'softmax' };
}
