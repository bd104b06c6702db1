/** What a method of attribution is. */
import type { LedgerEntry } from './ledger.js';
import type { ExampleSource } from './mim/examples.js';
import type { LayeredSettings } from './mim/settings.js';
import type { Layered } from '../../results/attribute.js';
import type { FloatArray } from '../../tensor.js';
import type { PassContext } from './pass-context.js';
import type { AttributionSettings } from './settings.js';
import type { Progress } from '../../progress.js';

/** One input to explain. */
export interface Example {
  /** Its elements as the model takes them. */
  readonly x: Float32Array;
  /** The class that is explained. */
  readonly target: number;
  /** Its position among the inputs: random numbers are drawn for each anew. */
  readonly index: number;
}

/** What a method says about one input. */
export interface Attribution {
  /** Positive supports the target. */
  readonly map: Float32Array;
  /** Dimensions of the map: the input's, or its spatial ones where channels are taken together. */
  readonly shape: readonly number[];
  /** Score of the target. */
  readonly output: number;
  /** What the map should sum to, where the method promises a sum. */
  readonly expected?: number;
  /** Integrated gradients: how many gradients were computed along the path. */
  readonly steps?: number;
  /** The layer that the map was made at. */
  readonly layer?: string;
  /** Where relevance went, node by node from the output to the input. */
  readonly ledger?: readonly LedgerEntry[];
  /** Layered explanations: their description, and the arrays that it names. */
  readonly layered?: { readonly description: Layered; readonly arrays: ReadonlyMap<string, FloatArray> };
}

/** What methods need that compare the input with a data set. */
export interface Comparison {
  readonly data: ExampleSource;
  readonly settings: LayeredSettings;
  readonly onProgress?: Progress | undefined;
}

/** The opened model and the settings that a method is given. */
export interface MethodContext extends PassContext {
  readonly settings: AttributionSettings;
  /** LRP: whether the ledger is kept, which costs some time; true by default. */
  readonly ledger?: boolean;
  readonly comparison?: Comparison | undefined;
}

/** A method whose graph is built and loaded. */
export interface OpenMethod {
  /** One attribution for each example, in their order. */
  attribute(examples: readonly Example[]): Promise<Attribution[]>;
  release(): Promise<void>;
}

/** A method of attribution: one file in `methods/`, and a line in its registry. */
export interface Method {
  readonly name: string;
  /** One line for `--help` and the report. */
  readonly summary: string;
  /** Whether inputs are explained together, so that none of them is explained by itself. */
  readonly isJoint?: boolean;
  /**
   * Builds what the method runs; nothing of the model is computed yet.
   * @throws InputError when the model has operators that the method has no rule for, or a setting does not fit
   */
  open(context: MethodContext): OpenMethod | Promise<OpenMethod>;
}
