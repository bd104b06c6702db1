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

/** An optimizer: one file beside this one, one line in `registry.ts`. */
export interface Optimizer {
  readonly name: string;
  /** What it remembers of each parameter, by name. */
  readonly state: readonly string[];
  /** Emits one update; `parameter` and `state` of the result are the new values. */
  emit(
    g: GraphBuilder,
    inputs: UpdateInputs,
    settings: OptimizerSettings,
  ): { readonly parameter: string; readonly state: readonly string[] };
}

/** θ − η·d. */
export function descend(g: GraphBuilder, { parameter, learningRate }: UpdateInputs, direction: string): string {
  return g.op('Sub', [parameter, g.op('Mul', [direction, learningRate])]);
}
