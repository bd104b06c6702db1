/** What an architecture of the zoo consists of. */
import type { Feature, NetworkBuilder } from './network.js';

/** What an architecture may need to know. */
export interface BuildOptions {
  readonly classes: number;
  /** Widths of hidden layers, for architectures that leave them open. */
  readonly hidden?: readonly number[];
}

/** An architecture: one file, and one line in `registry.ts`. */
export interface Architecture {
  readonly name: string;
  /** One line for the list of architectures. */
  readonly summary: string;
  /** Shape of one example where none is asked for; its rank is binding, `[channels, height, width]` for images. */
  readonly inputShape: readonly number[];
  /** Whether examples may have any number of dimensions. */
  readonly anyRank?: boolean;
  /**
   * Emits the network.
   * @param x one example of the input
   * @returns the class scores before softmax
   */
  build(net: NetworkBuilder, x: Feature, options: BuildOptions): Feature;
}
