/** What a pass through a model is made of, and run with. */
import type { Classifier } from '../../classifier/classifier.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';

/** Weights that are fed with every call instead of lying in the graph: one session serves a network at all steps of its training. */
export interface FedWeights {
  /** Names of stored tensors of the model. */
  readonly names: readonly string[];
  /** What they are now, by name. */
  current(): Readonly<Record<string, Tensor>>;
}

/** The opened model, and what its graphs run on. */
export interface PassContext {
  readonly runtime: Runtime;
  readonly explained: Classifier;
  /** Weights that change from call to call; none by default. */
  readonly weights?: FedWeights | undefined;
}
