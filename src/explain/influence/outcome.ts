/** A measure of decisions as a function of what training carries: weights and running statistics. */
import { emitBackward, emitForward } from '../../autodiff/differentiate.js';
import type { Classifier } from '../../classifier/classifier.js';
import { feedTensor } from '../../classifier/feeds.js';
import { GraphBuilder } from '../../graph/builder.js';
import { nodesLeadingTo } from '../../graph/reachable.js';
import { encodeModel } from '../../onnx/codec.js';
import { graphOf, opsetOf, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { int64, toNumbers, type Tensor } from '../../tensor.js';
import type { CarriedTensors } from '../../train/carried-state.js';
import type { LossName } from '../../train/losses/registry.js';
import type { Carried } from '../../train/training-graph.js';
import { MEASURES, type MeasureName } from './measures.js';

/** Examples whose decisions are measured together: the sum of the measure over them is differentiated. */
export interface Measured {
  /** What the model is fed, [rows, …]. */
  readonly x: Float32Array;
  /** The class in question of each row. */
  readonly targets: ArrayLike<number>;
}

/** A measure at some weights, and how it changes with them. */
export interface OutcomeAt {
  /** Sum over the rows. */
  readonly value: number;
  /** Class scores, [rows, outputs]. */
  readonly scores: Float32Array;
  /** ∂(sum of the measure)/∂weight for each carried tensor, by its place; undefined for optimizer state. */
  readonly gradients: readonly (Float32Array | undefined)[];
}

/** A measure at work. */
export interface Outcome {
  /** @param state whose weights the model gets */
  at(state: CarriedTensors, examples: Measured): Promise<OutcomeAt>;
  release(): Promise<void>;
}

/** Names of its inputs and outputs, unlike any that a model is likely to use. */
const NAMES = { target: 'outcome/target', value: 'outcome/value', scores: 'outcome/scores' } as const;
const weightInput = (place: number) => `outcome/weight_${place}`;
const gradientOutput = (place: number) => `outcome/gradient_${place}`;

/** @param carried what training carries, in the order of the training graph's */
export async function openOutcome(
  classifier: Classifier,
  carried: readonly Carried[],
  measure: MeasureName,
  loss: LossName,
  runtime: Runtime,
): Promise<Outcome> {
  const { model, reached } = outcomeModel(classifier, carried, measure, loss);
  const session = await runtime.createSession(encodeModel(model), { memoryPattern: false });
  const { input } = classifier;
  return {
    at: async (state, { x, targets }) => {
      const feeds: Record<string, Tensor> = {
        [input.name]: feedTensor(input, x, targets.length),
        [NAMES.target]: int64(targets),
      };
      carried.forEach(({ input: from, weight }, i) => {
        if (weight !== undefined) feeds[weightInput(i)] = state[from]!;
      });
      const outputs = await session.run(feeds);
      return {
        value: toNumbers(outputs[NAMES.value]!)[0]!,
        scores: outputs[NAMES.scores]!.data as Float32Array,
        gradients: carried.map((_, i) =>
          reached.has(i) ? (outputs[gradientOutput(i)]!.data as Float32Array) : undefined,
        ),
      };
    },
    release: () => session.release(),
  };
}

function outcomeModel(
  { model, values, scores, outputs, input }: Classifier,
  carried: readonly Carried[],
  measure: MeasureName,
  loss: LossName,
): { readonly model: Model; readonly reached: ReadonlySet<number> } {
  const graph = graphOf(model);
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'outcome', prefix: 'outcome/' });
  const { type, dims } = values.of(input.name);
  g.input(input.name, type, dims);
  const target = g.input(NAMES.target, 'int64', [dims[0]!]);
  const weights = new Map(carried.flatMap(({ weight }, i) => (weight === undefined ? [] : [[weight, i] as const])));
  for (const stored of graph.initializer) if (!weights.has(stored.name)) g.store(stored);
  for (const [name, i] of weights) {
    const weight = values.of(name);
    g.rename(g.input(weightInput(i), weight.type, weight.dims), name);
  }
  const names = [...weights.keys()];
  const tape = emitForward(g, nodesLeadingTo(graph.node, [scores]), values, names);
  const { value, gradient } = MEASURES[measure].emit(g, { scores, outputs, target, loss });
  const gradients = emitBackward(g, tape, new Map([[scores, gradient]]), names);
  g.output(g.rename(g.op('ReduceSum', [value], { keepdims: 0 }), NAMES.value), 'float32', []);
  g.output(g.rename(scores, NAMES.scores), 'float32', [dims[0]!, outputs]);
  const reached = new Set<number>();
  for (const [name, i] of weights) {
    const found = gradients.get(name);
    if (found === undefined) continue;
    reached.add(i);
    g.output(g.rename(found, gradientOutput(i)), 'float32', values.of(name).dims);
  }
  return { model: g.model(), reached };
}
