/** What an architecture of the zoo consists of. */
import type { ActivationName, Feature, NetworkBuilder } from './network.js';

/** What an architecture may need to know. */
export interface BuildOptions {
  readonly classes: number;
  /** Widths of hidden layers, for architectures that leave them open. */
  readonly hidden?: readonly number[];
  /** What the number of channels and units of every hidden layer is multiplied by; 1 by default. */
  readonly width?: number;
  /** How many layers of those that repeat there are. */
  readonly depth?: number;
}

/** What an architecture may leave open, as callers call it. */
export type OpenSize = 'hidden' | 'width' | 'depth';

/** An architecture: one file, and one line in `registry.ts`. */
export interface Architecture {
  readonly name: string;
  /** One line for the list of architectures. */
  readonly summary: string;
  /** Shape of one example where none is asked for; its rank is binding, `[channels, height, width]` for images. */
  readonly inputShape: readonly number[];
  /** Whether examples may have any number of dimensions. */
  readonly anyRank?: boolean;
  /** What of its size can be chosen; nothing by default. */
  readonly open?: readonly OpenSize[];
  /** What follows its layers unless asked otherwise, where that is not what is usual. */
  readonly activation?: ActivationName;
  /**
   * Emits the network.
   * @param x one example of the input
   * @returns the class scores before softmax
   */
  build(net: NetworkBuilder, x: Feature, options: BuildOptions): Feature;
}

/** A layer's number of channels or units, with the width that was asked for: a whole number, at least 1. */
export function scaled(size: number, width = 1): number {
  return Math.max(1, Math.round(size * width));
}
