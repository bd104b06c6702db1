/**
 * What the rest of the project needs from ONNX Runtime. Core code gets a `Runtime` handed in and never imports one, so
 * that the same code runs on onnxruntime-node and onnxruntime-web.
 */
import type { ElementType, Tensor } from '../tensor.js';

/** How a session is made. */
export interface SessionOptions {
  /** Threads inside one operator, however many cores there are; ONNX Runtime's default is the number of cores. */
  readonly threads?: number;
  /**
   * Whether the memory of a run is laid out as one block, after the run before it: a copy of what that run took, for each set
   * of shapes. True by default; false saves it where a graph runs over and over, and costs no time that can be measured.
   */
  readonly memoryPattern?: boolean;
  /** How far the graph is rewritten before it runs; `all` by default. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** In order of preference; `['cpu']` by default. */
  readonly executionProviders?: readonly string[];
  /** Outputs that stay in the memory of the provider that computes them, where it has its own: see `runOnDevice`. */
  readonly onDevice?: readonly string[];
  /**
   * Beginning of a file's path, where what each kernel takes is recorded until `endProfiling`; not recorded by default. Only
   * runtimes that say so in `profiles` do.
   */
  readonly profile?: string;
}

/** Type and shape of a graph input or output as the runtime inferred it; a name stands for a size it cannot know. */
export interface ValueMetadata {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/**
 * Dimensions as a runtime reports them. One without a name is −1 in some, and in WebAssembly, whose sizes have 32 bits,
 * 4294967295.
 */
export function knownShape(shape: readonly (number | string)[]): (number | string)[] {
  return shape.map((dim) => (typeof dim === 'number' && (dim < 0 || dim === 2 ** 32 - 1) ? '' : dim));
}

/** A value in the memory of an execution provider that has its own: an output of one session that others take as an input. */
export interface DeviceTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** What ONNX Runtime knows it by. */
  readonly native: unknown;
  /** Gives its memory back. */
  dispose(): void;
}

/** What a session takes: each by the name of an input. */
export type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

/** A loaded graph. Call `release` when done: it holds native memory. */
export interface Session {
  readonly inputs: readonly ValueMetadata[];
  /** Those that are tensors. */
  readonly outputs: readonly ValueMetadata[];
  /** Names of the outputs that are not tensors: sequences, dictionaries, optional values. They cannot be fetched. */
  readonly others: readonly string[];
  /**
   * Runs the graph.
   * @param feeds one tensor for each input, by name
   * @param fetches which outputs to compute; all that are tensors by default
   */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, Tensor>>;
  /**
   * Runs the graph, and leaves the outputs of `onDevice` where they are computed. Only of sessions that were made with it, on a
   * provider with memory of its own.
   * @returns those outputs, and the others
   */
  runOnDevice?(
    feeds: Feeds,
  ): Promise<{ readonly left: Record<string, DeviceTensor>; readonly read: Record<string, Tensor> }>;
  /** Ends the recording that `profile` began, and writes it to a file whose name begins so. */
  endProfiling?(): void;
  release(): Promise<void>;
}

/** Makes sessions. */
export interface Runtime {
  /** Name and version, for provenance. */
  readonly name: string;
  /** The execution provider that is preferred: another one gives other bits, which a training remembers. */
  readonly provider: string;
  /** Threads inside one operator where their number changes the outcome, which is then remembered: in training. */
  readonly threads: number;
  /** Whether what is fed is read from where it lies, so that feeding it with each call costs nothing. */
  readonly feedsInPlace?: boolean;
  /** Whether sessions can record what their kernels take; false by default. */
  readonly profiles?: boolean;
  /**
   * Loads a serialised model.
   * @throws InputError when ONNX Runtime refuses it, with ONNX Runtime's reason
   */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
