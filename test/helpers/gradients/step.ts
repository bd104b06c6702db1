/** One step of training as a function of everything it is given. */
import { describeClassifier } from '../../../src/classifier/open.js';
import { differentiableRule, lowerClosed } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { rollUp } from '../../../src/graph/steps/roll-up.js';
import { inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { feedsOf, graphOf, opsetOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float64, int32, int64, type Tensor } from '../../../src/tensor.js';
import { emitRowWeights } from '../../../src/train/ghost-batch-norm.js';
import { OPTIMIZER_DEFAULTS } from '../../../src/train/optimizers/optimizer.js';
import { trainedParameters } from '../../../src/train/setup.js';
import { carriedBy, emitStep, type StepOptions } from '../../../src/train/step.js';
import {
  as,
  COARSE_STEPS,
  compareWithDifferences,
  randomSeeds,
  SMALL_STEPS,
  type Differentiable,
  type Steps,
} from './differences.js';
import { feedsInFloat64, inFloat64 } from './float64.js';
import { differentiableModel, gradients } from './gradient-graphs.js';
import { positive, randomNumbers } from '../random-tensors.js';
import { runtime } from '../training.js';

/** What a step is made of. */
interface StepRequest extends Partial<StepOptions> {
  readonly model: Model;
  /** Dimensions of one example. */
  readonly shape: readonly number[];
  readonly classes: number;
  readonly rows?: number;
  /** Whether loops that were written out are rolled up, as they are in trainings. */
  readonly rollsUp?: boolean;
  /** Feeds that are given, by their names. */
  readonly fed?: Readonly<Record<string, Tensor>>;
}

/** A step, with the model that runs it. */
interface StepFunction {
  readonly differentiable: Differentiable;
  readonly model: Model;
  /** How far differences step, and how exact they are. */
  readonly steps: Steps;
  /** What can be differentiated by: weights of rows, the learning rate, and what steps carry on. */
  readonly names: readonly string[];
}

/**
 * Builds a step on random examples. Outputs are the new values of what steps carry, and the loss. The state of the optimizer
 * starts from positive numbers, as of a training under way.
 */
async function stepFunction(request: StepRequest, precision: 'float32' | 'float64' = 'float64'): Promise<StepFunction> {
  const { model: source, shape, classes, rows = 6, rollsUp = false, fed = {}, ...given } = request;
  const input = feedsOf(graphOf(source))[0]!.name;
  const known = { model: source, values: await inferValues(source, runtime, { [input]: shape }) };
  const rolled = rollsUp ? rollUp(known) : known;
  const classifier = await describeClassifier(rolled.model, rolled.values, { runtime });
  const options: StepOptions = {
    loss: 'cross-entropy',
    optimizer: 'sgd',
    optimizerSettings: OPTIMIZER_DEFAULTS,
    weightDecay: 0,
    parameters: trainedParameters(source, classifier),
    ...given,
  };
  const g = new GraphBuilder({ opset: opsetOf(source), name: 'step' });
  g.input(input, rolled.values.of(input).type, ['batch', ...shape]);
  g.input('labels', 'int64', ['batch']);
  g.input('weights', 'float32', ['batch', 1]);
  g.input('rate', 'float32', []);
  g.input('step', 'float64', []);
  const next = randomNumbers(11);
  const feeds: Record<string, Tensor> = {
    [input]: float64(
      Float64Array.from({ length: rows * shape.reduce((n, size) => n * size, 1) }, () => 2 * next() - 1),
      [rows, ...shape],
    ),
    labels: int64(Array.from({ length: rows }, () => Math.floor(classes * next()))),
    weights: float64(
      Float64Array.from({ length: rows }, () => (0.5 + next()) / rows),
      [rows, 1],
    ),
    rate: float64([0.1], []),
    step: float64([3], []),
  };
  const stored = new Map(graphOf(rolled.model).initializer.map((tensor) => [tensor.name, tensor]));
  const carried = carriedBy(classifier, options);
  carried.forEach(({ name, dims, weight }, i) => {
    g.input(name, 'float32', dims);
    feeds[name] = weight === undefined ? positive(dims, 60 + i) : decodeTensor(stored.get(weight)!);
  });
  const emitted = emitStep(
    g,
    classifier,
    options,
    {
      labels: 'labels',
      weights: 'weights',
      rowWeights: emitRowWeights(g, g.op('Shape', ['labels']), 0, 'pooled'),
      learningRate: 'rate',
      seed: () => {
        feeds.seed = int32([77], []);
        return g.input('seed', 'int32', []);
      },
      step: 'step',
    },
    differentiableRule,
  );
  carried.forEach(({ name, dims }, i) => g.output(g.rename(emitted.next.get(name)!, `next_${i}`), 'float32', dims));
  g.output(g.rename(emitted.loss, 'loss'), 'float32', []);
  Object.assign(feeds, fed);
  // The number of the step is a float64 in any case.
  const { step, ...others } = feedsInFloat64(feeds);
  const single = (tensor: Tensor) => (tensor.type === 'float64' ? as('float32', tensor) : tensor);
  const inSingle = () => Object.fromEntries(Object.entries(others).map(([name, tensor]) => [name, single(tensor)]));
  const isDouble = precision === 'float64';
  const model = isDouble ? inFloat64(g.model()) : g.model();
  return {
    differentiable: await differentiableModel('a step', model, { step: step!, ...(isDouble ? others : inSingle()) }),
    model: lowerClosed(model),
    steps: isDouble ? SMALL_STEPS : COARSE_STEPS,
    names: ['weights', 'rate', ...carried.map(({ name }) => name)],
  };
}

/**
 * Compares the gradients of a random combination of all that a step gives with differences.
 * @param except names that differences cannot tell anything of
 * @returns the gradients, and the seed of what a carried tensor becomes
 */
export async function checkStep(
  request: StepRequest,
  { precision, except = [] }: { precision?: 'float32' | 'float64'; except?: readonly string[] } = {},
) {
  const { differentiable, model, names, steps } = await stepFunction(request, precision);
  const session = await runtime.createSession(encodeModel(model));
  try {
    const seeds = await randomSeeds(session, differentiable, steps);
    const found = await gradients(differentiable, seeds, names);
    for (const name of names) {
      if (except.includes(name)) continue;
      await compareWithDifferences(session, differentiable, seeds, name, found[name], steps);
    }
    // The weights of the rows and the learning rate come before what steps carry.
    const seedOf = (name: string) => seeds[`next_${names.indexOf(name) - 2}`]!;
    return { found, seedOf };
  } finally {
    await session.release();
  }
}
