/** Loss and accuracy of a model on a data set, with weights that are fed, so that one session serves all epochs. */
import { mostRows, type Classifier } from '../classifier/classifier.js';
import { emitForward } from '../autodiff/differentiate.js';
import { GraphBuilder } from '../graph/builder.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { encodeModel } from '../onnx/codec.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { graphOf, opsetOf, type Model } from '../onnx/model.js';
import type { Runtime } from '../runtime/runtime.js';
import { int64, toNumbers, type Tensor } from '../tensor.js';
import { LOSSES } from './losses/registry.js';
import type { ExamplePool } from './pool.js';
import type { TrainingGraphOptions } from './training-graph.js';
import { emitBatch, TRAINING_INPUTS, type StoredExamples } from './training-inputs.js';

/** What evaluation finds. */
export interface Evaluation {
  /** Mean over the examples. */
  readonly loss: number;
  /** Share of examples whose highest score is at their class, 0 to 1. */
  readonly accuracy: number;
}

/** An evaluator for one model on one data set. */
export interface Evaluator {
  /** @param weights the model's weights by name: those that training changes */
  evaluate(weights: Readonly<Record<string, Tensor>>): Promise<Evaluation>;
  release(): Promise<void>;
}

/** Names of an evaluation's own values, unlike any that a model is likely to use. */
const NAMES = { rows: 'evaluation/rows', loss: 'evaluation/loss', correct: 'evaluation/correct' } as const;

/** Examples in one call. */
const ROWS = 500;

/**
 * Makes an evaluator.
 * @param changing names of the weights that are fed with each evaluation
 */
export async function createEvaluator(
  classifier: Classifier,
  pool: ExamplePool,
  changing: readonly string[],
  options: StoredExamples & Pick<TrainingGraphOptions, 'loss'>,
  runtime: Runtime,
): Promise<Evaluator> {
  const session = await runtime.createSession(encodeModel(evaluationModel(classifier, changing, options)));
  return {
    evaluate: async (weights) => {
      let loss = 0;
      let correct = 0;
      const most = Math.min(ROWS, mostRows(classifier));
      for (let start = 0; start < pool.length; start += most) {
        const rows = Int32Array.from({ length: Math.min(most, pool.length - start) }, (_, i) => start + i);
        const { feeds, indices } = await pool.select([rows]);
        const inputs: Record<string, Tensor> = { [NAMES.rows]: int64(indices[0]!) };
        for (const name of [TRAINING_INPUTS.pool, TRAINING_INPUTS.labels]) inputs[name] = feeds[name]!;
        for (const name of changing) inputs[weightInput(name)] = weights[name]!;
        const outputs = await session.run(inputs);
        loss += toNumbers(outputs[NAMES.loss]!)[0]! * rows.length;
        correct += toNumbers(outputs[NAMES.correct]!)[0]!;
      }
      return { loss: loss / pool.length, accuracy: correct / pool.length };
    },
    release: () => session.release(),
  };
}

const weightInput = (name: string) => `weight:${name}`;

function evaluationModel(
  { model, values, scores, outputs, input: { name: input } }: Classifier,
  changing: readonly string[],
  options: StoredExamples & Pick<TrainingGraphOptions, 'loss'>,
): Model {
  const graph = graphOf(model);
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'evaluation', prefix: 'evaluation/' });
  g.input(TRAINING_INPUTS.pool, options.storedType, ['examples', ...values.of(input).dims.slice(1)]);
  g.input(TRAINING_INPUTS.labels, 'int64', ['examples']);
  g.input(NAMES.rows, 'int64', [NAMES.rows]);
  const fed = new Set(changing);
  for (const stored of graph.initializer) if (!fed.has(stored.name)) g.store(stored);
  for (const name of changing) {
    const { type, dims } = values.of(name);
    g.rename(g.input(weightInput(name), type, dims), name);
  }

  emitBatch(g, NAMES.rows, input, values, options);
  emitForward(g, nodesLeadingTo(graph.node, [scores]), values, []);
  const labels = g.op('Gather', [TRAINING_INPUTS.labels, NAMES.rows]);
  const count = g.op('Cast', [g.op('Size', [NAMES.rows])], { to: elementTypeCode('float32') });
  const share = g.op('Expand', [
    g.op('Div', [g.scalar(1), count]),
    g.op('Unsqueeze', [g.op('Size', [NAMES.rows]), g.ints([0])]),
  ]);
  const weights = g.op('Unsqueeze', [share, g.ints([1])]);
  const { loss } = LOSSES[options.loss].emit(g, { scores, outputs, labels, weights });
  const decided =
    outputs === 1
      ? g.op('Cast', [g.op('Greater', [g.op('Squeeze', [scores, g.ints([1])]), g.scalar(0)])], {
          to: elementTypeCode('int64'),
        })
      : g.op('ArgMax', [scores], { axis: 1, keepdims: 0 });
  const hits = g.op('Cast', [g.op('Equal', [decided, labels])], { to: elementTypeCode('float32') });
  g.output(g.rename(loss, NAMES.loss), 'float32', []);
  g.output(g.rename(g.op('ReduceSum', [hits], { keepdims: 0 }), NAMES.correct), 'float32', []);
  return g.model();
}
