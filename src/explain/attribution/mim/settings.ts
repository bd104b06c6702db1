/** How layered explanations are made. */
import type { KernelName } from './kernels/registry.js';

/** The measure of MIM, and what it is computed on. */
export interface LayeredSettings {
  readonly kernel: KernelName;
  /** Shares of a layer's units that are brought back to the input; the paper's by default. */
  readonly shares: readonly number[];
  /** Layers by name; all, and the best of them, where it is left out (`--layer auto`). */
  readonly layers?: readonly string[] | undefined;
  /** Examples that linear models are fitted on and judged with. */
  readonly probeExamples: number;
  readonly seed: number;
}

/** Defaults: the shares of the paper's Fig. 2. */
export const LAYERED_DEFAULTS: LayeredSettings = {
  kernel: 'inverse',
  shares: [0.001, 0.013, 0.025],
  probeExamples: 800,
  seed: 0,
};
