/** The objective of representer points as ONNX graphs in float64, differentiated by our own autodiff. */
import { emitBackward, emitForward } from '../../../autodiff/differentiate.js';
import { GraphBuilder } from '../../../graph/builder.js';
import { inferValues } from '../../../graph/values.js';
import { encodeModel } from '../../../onnx/codec.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { Objective } from '../../../numeric/solvers/solver.js';
import type { Runtime, Session } from '../../../runtime/runtime.js';
import { float64, toNumbers, type Tensor } from '../../../tensor.js';
import { rowBlocks, rowOf, type FeatureMatrix } from '../features/features.js';
import { total } from '../losses/loss.js';
import { SUITABLE_LOSSES, type ActivationName } from '../losses/registry.js';

/** What is fitted: Θ = argmin (1/n) Σ L(target_i, Θ f_i) + λ‖Θ‖² ([Yeh et al. 2018], Eq. 3 and 4; there is no ½). */
export interface FitProblem {
  /** f_i, without the appended 1. */
  readonly features: FeatureMatrix;
  /** What σ(Θ f_i) should be, [rows, outputs]. */
  readonly targets: Float64Array;
  readonly outputs: number;
  /** Whether a 1 is appended to every f_i; its weights are the bias, regularised like the rest. */
  readonly bias: boolean;
  readonly lambda: number;
  readonly activation: ActivationName;
}

/** Weights as the solver sees them: Θ without its last column, row by row, then the last column (the bias), if any. */
export type FlatWeights = Float64Array;

/** The objective and its derivatives by the scores. */
export interface RepresenterObjective {
  /** The objective and its gradient by the flat weights. */
  readonly evaluate: Objective;
  /** ∂L_i/∂Φ_i at these weights, [rows, outputs]. */
  residuals(weights: FlatWeights): Promise<Float64Array>;
  release(): Promise<void>;
}

/** Number of flat weights. */
export function weightCount({ features, outputs, bias }: Pick<FitProblem, 'features' | 'outputs' | 'bias'>): number {
  return outputs * (features.columns + (bias ? 1 : 0));
}

/** Opens the objective; it holds two sessions until it is released. */
export async function openObjective(problem: FitProblem, runtime: Runtime): Promise<RepresenterObjective> {
  const sessions = await Promise.all([
    openGradient(problem, runtime, 'weights'),
    openGradient(problem, runtime, 'scores'),
  ]);
  const [objective, residual] = sessions;
  return {
    evaluate: (weights) => evaluate(problem, objective, weights),
    residuals: async (weights) => {
      const { outputs } = problem;
      const result = new Float64Array(problem.features.rows * outputs);
      for (const { start, feeds } of blockFeeds(problem, weights)) {
        const { gradient } = await residual.run(feeds);
        result.set(gradient!.data as Float64Array, start * outputs);
      }
      return result;
    },
    release: async () => {
      for (const session of sessions) await session.release();
    },
  };
}

async function evaluate(problem: FitProblem, session: Session, weights: FlatWeights) {
  const matrixSize = problem.outputs * problem.features.columns;
  const gradient = new Float64Array(weights.length);
  let value = 0;
  for (const { start, feeds } of blockFeeds(problem, weights)) {
    // The penalty counts once, with the first block.
    const outputs = await session.run({ ...feeds, lambda: float64([start === 0 ? problem.lambda : 0], []) });
    value += toNumbers(outputs.value!)[0]!;
    addTo(gradient.subarray(0, matrixSize), outputs.gradient!.data as Float64Array);
    if (problem.bias) addTo(gradient.subarray(matrixSize), outputs['bias gradient']!.data as Float64Array);
  }
  return { value, gradient };
}

function* blockFeeds({ features, targets, outputs, bias }: FitProblem, weights: FlatWeights) {
  const matrixSize = outputs * features.columns;
  const fixed: Record<string, Tensor> = {
    weight: float64(weights.subarray(0, matrixSize), [outputs, features.columns]),
    ...(bias ? { bias: float64(weights.subarray(matrixSize), [outputs]) } : {}),
  };
  for (const { start, rows, tensor } of rowBlocks(features)) {
    const target = targets.subarray(start * outputs, (start + rows) * outputs);
    yield { start, feeds: { ...fixed, features: tensor, target: float64(target, [rows, outputs]) } };
  }
}

/** The part of a block of rows in the objective, with its gradient by the weights; or ∂L_i/∂Φ_i of the rows. */
async function openGradient(problem: FitProblem, runtime: Runtime, by: 'weights' | 'scores'): Promise<Session> {
  const forward = new GraphBuilder({ name: 'objective' });
  declareInputs(forward, problem);
  const wide = forward.op('Cast', ['features'], { to: elementTypeCode('float64') });
  const weights = problem.bias ? ['weight', 'bias'] : ['weight'];
  const scores = forward.op('Gemm', [wide, ...weights], { transB: 1 });
  const loss = SUITABLE_LOSSES[problem.activation].emit(forward, scores, 'target');
  const value = by === 'scores' ? loss : withPenalty(forward, problem, loss, weights);
  forward.output(value, 'float64', []);
  const values = await inferValues(forward.model(), runtime);

  const g = new GraphBuilder({ name: 'objective with its gradient', prefix: 'gradient/' });
  g.graph.input.push(...forward.graph.input);
  g.graph.initializer.push(...forward.graph.initializer);
  const wrt = by === 'scores' ? [scores] : weights;
  const tape = emitForward(g, forward.graph.node, values, wrt);
  const gradients = emitBackward(g, tape, new Map([[value, g.scalar(1, 'float64')]]), wrt);
  g.output(g.rename(value, 'value'), 'float64', []);
  g.output(g.rename(gradients.get(wrt[0]!)!, 'gradient'), 'float64');
  if (wrt.length > 1) g.output(g.rename(gradients.get('bias')!, 'bias gradient'), 'float64');
  return runtime.createSession(encodeModel(g.model()));
}

/** loss / n + λ ‖Θ‖² */
function withPenalty(g: GraphBuilder, { features }: FitProblem, loss: string, weights: readonly string[]): string {
  const mean = g.op('Mul', [loss, g.scalar(1 / features.rows, 'float64')]);
  const squares = weights.map((name) => total(g, g.op('Mul', [name, name])));
  const lambda = g.input('lambda', 'float64', []);
  return g.op('Add', [mean, g.op('Mul', [g.op('Sum', squares), lambda])]);
}

function declareInputs(g: GraphBuilder, { features: { columns, data }, outputs, bias }: FitProblem): void {
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('target', 'float64', ['rows', outputs]);
  g.input('weight', 'float64', [outputs, columns]);
  if (bias) g.input('bias', 'float64', [outputs]);
}

/** Scores Θ f_i of every row, [rows, outputs]. */
export async function scoresAt(
  features: FeatureMatrix,
  weights: FlatWeights,
  outputs: number,
  runtime: Runtime,
): Promise<Float64Array> {
  const { rows, columns } = features;
  const bias = weights.length > outputs * columns;
  const g = new GraphBuilder({ name: 'scores' });
  g.input('features', features.data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('weight', 'float64', [outputs, columns]);
  const wide = g.op('Cast', ['features'], { to: elementTypeCode('float64') });
  const operands = bias ? [wide, 'weight', g.input('bias', 'float64', [outputs])] : [wide, 'weight'];
  g.output(g.rename(g.op('Gemm', operands, { transB: 1 }), 'scores'), 'float64');
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const result = new Float64Array(rows * outputs);
    const weight = float64(weights.subarray(0, outputs * columns), [outputs, columns]);
    const fixed: Record<string, Tensor> = { weight };
    if (bias) fixed.bias = float64(weights.subarray(outputs * columns), [outputs]);
    for (const { start, tensor } of rowBlocks(features)) {
      const { scores } = await session.run({ ...fixed, features: tensor });
      result.set(scores!.data as Float64Array, start * outputs);
    }
    return result;
  } finally {
    await session.release();
  }
}

/** σ of every row of scores, in a new array. */
export function activated(scores: ArrayLike<number>, outputs: number, activation: ActivationName): Float64Array {
  const result = Float64Array.from(scores);
  const loss = SUITABLE_LOSSES[activation];
  for (let row = 0; row < result.length / outputs; row++) loss.activate(rowOf(result, outputs, row));
  return result;
}

function addTo(target: Float64Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) target[i]! += values[i]!;
}
