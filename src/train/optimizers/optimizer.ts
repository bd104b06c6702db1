/** How a gradient becomes an update. Semantics and defaults are PyTorch's. */
import type { GraphBuilder } from '../../graph/builder.js';

/** Numbers that stay fixed during training. */
export interface OptimizerSettings {
  /** Momentum μ of `momentum` and `nesterov`. */
  readonly momentum: number;
  /** Adam's decay rates and ε. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** PyTorch's defaults. */
export const OPTIMIZER_DEFAULTS: OptimizerSettings = { momentum: 0.9, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** One parameter at one step, as names of values. */
export interface UpdateInputs {
  readonly parameter: string;
  /** Gradient, with weight decay and clipping already in it. */
  readonly gradient: string;
  /** Of the parameter's shape, in the order of `Optimizer.state`; zeros at the start. */
  readonly state: readonly string[];
  /** Scalar. */
  readonly learningRate: string;
  /** Number of this step, from 1: a float64 scalar. */
  readonly step: string;
}

/** One update, as names of values. */
export interface Update {
  /** The new value of the parameter. */
  readonly parameter: string;
  /** The new values of the state. */
  readonly state: readonly string[];
  /** What the update is only scaled by: given these, it is linear in all gradients so far. None by default. */
  readonly scales?: readonly string[];
}

/** An optimizer: one file beside this one, one line in `registry.ts`. */
export interface Optimizer {
  readonly name: string;
  /** What it remembers of each parameter, by name. */
  readonly state: readonly string[];
  /** Those parts of the state that go into nothing but scales of the update; none by default. */
  readonly scaling?: readonly string[];
  /** Emits one update. */
  emit(g: GraphBuilder, inputs: UpdateInputs, settings: OptimizerSettings): Update;
}

/** θ − η·d. */
export function descend(g: GraphBuilder, { parameter, learningRate }: UpdateInputs, direction: string): string {
  return g.op('Sub', [parameter, g.op('Mul', [direction, learningRate])]);
}
