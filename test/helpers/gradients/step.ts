/** One step of training as a function of everything it is given, in float64. */
import { describeClassifier } from '../../../src/classifier/open.js';
import { differentiableRule } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { rollUp } from '../../../src/graph/steps/roll-up.js';
import { inferValues } from '../../../src/graph/values.js';
import { feedsOf, graphOf, opsetOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float64, int32, int64, type Tensor } from '../../../src/tensor.js';
import { emitRowWeights } from '../../../src/train/ghost-batch-norm.js';
import { OPTIMIZER_DEFAULTS } from '../../../src/train/optimizers/optimizer.js';
import { trainedParameters } from '../../../src/train/setup.js';
import { carriedBy, emitStep, type StepOptions } from '../../../src/train/step.js';
import type { Differentiable } from './differences.js';
import { feedsInFloat64, inFloat64 } from './float64.js';
import { differentiableModel } from './gradient-graphs.js';
import { positive, randomNumbers } from '../random-tensors.js';
import { runtime } from '../training.js';

/** What a step is made of. */
export interface StepRequest extends Partial<StepOptions> {
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

/** A step in float64, with the model that runs it. */
export interface DoubleStep {
  readonly differentiable: Differentiable;
  readonly model: Model;
  /** What can be differentiated by: weights of rows, the learning rate, and what steps carry on. */
  readonly names: readonly string[];
}

/**
 * Builds a step on random examples. Outputs are the new values of what steps carry, and the loss. The state of the optimizer
 * starts from positive numbers, as of a training under way.
 */
export async function doubleStep(request: StepRequest): Promise<DoubleStep> {
  const { model, shape, classes, rows = 6, rollsUp = false, fed = {}, ...given } = request;
  const input = feedsOf(graphOf(model))[0]!.name;
  const known = { model, values: await inferValues(model, runtime, { [input]: shape }) };
  const rolled = rollsUp ? rollUp(known) : known;
  const classifier = await describeClassifier(rolled.model, rolled.values, { runtime });
  const options: StepOptions = {
    loss: 'cross-entropy',
    optimizer: 'sgd',
    optimizerSettings: OPTIMIZER_DEFAULTS,
    weightDecay: 0,
    parameters: trainedParameters(model, classifier),
    ...given,
  };
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'step' });
  g.input(input, 'float32', ['batch', ...shape]);
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
  const double = inFloat64(g.model());
  return {
    differentiable: await differentiableModel('a step', double, feedsInFloat64(feeds)),
    model: double,
    names: ['weights', 'rate', ...carried.map(({ name }) => name)],
  };
}
