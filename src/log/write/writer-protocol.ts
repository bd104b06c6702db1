/** What the training thread asks of the threads that write. */
import type { LayerUpdates, SegmentPlace, StepFrames } from './column-writer.js';
import type { ColumnIndex, LayerColumn } from '../format/descriptors.js';

/** The last segment that a continued log keeps, and its last step. */
export interface ResumedSegment extends SegmentPlace {
  readonly step: number;
}

/** A request to a writer thread; the first is `open`. */
export type WriterRequest =
  | {
      readonly kind: 'open';
      /** The layers that the thread owns. */
      readonly columns: readonly LayerColumn[];
      /** Whether it owns the steps column too. */
      readonly steps: boolean;
      /** The last kept segment of a log that is continued: encoders take their residuals from it. */
      readonly resumed: ResumedSegment | undefined;
    }
  | { readonly kind: 'begin'; readonly segment: SegmentPlace }
  | {
      readonly kind: 'append';
      readonly firstStep: number;
      readonly steps: StepFrames | undefined;
      /** Of each layer, in the order of `columns`. */
      readonly updates: readonly LayerUpdates[];
    }
  | {
      readonly kind: 'seal';
      readonly lastStep: number;
      /** What the layers whose updates come encoded owe, by their files. */
      readonly residuals: ReadonlyMap<string, Float32Array>;
    };

/** Its answer to `seal`: the index of its columns, the steps column first if it owns that; else nothing. */
export type WriterResult = readonly ColumnIndex[];
