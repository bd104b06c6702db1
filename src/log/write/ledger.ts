/** What layers owe whose updates come encoded: what training did to their weights in a segment minus what its records add up to. */
import { stat } from 'node:fs/promises';
import type { Runtime } from '../../runtime/runtime.js';
import { originOf, type LayerColumn } from '../format/descriptors.js';
import { layerLayout, layerSize } from '../format/layer.js';
import { columnPath, readResidual } from '../format/segment.js';
import { openFactoredSums } from '../read/factored-sum.js';
import type { SegmentPlace } from './column-writer.js';

/** The books of some layers. */
export interface Ledger {
  /** Takes the weights after the latest steps, by layer name. */
  reach(weights: ReadonlyMap<string, Float32Array>): void;
  /**
   * Closes the books of a segment, whose records are in its files.
   * @param before folder of the segment before it
   * @returns what is owed after its last step, by the layers' files
   */
  close(segment: LedgerSegment, before: string | undefined): Promise<ReadonlyMap<string, Float32Array>>;
  release(): Promise<void>;
}

/** A segment whose last step is known. */
export interface LedgerSegment extends SegmentPlace {
  readonly firstStep: number;
  readonly lastStep: number;
}

/** @param start what the ledger needs where there are columns: see `LogWriterOptions.encoded` */
export async function openLedger(
  columns: readonly LayerColumn[],
  start: { readonly runtime: Runtime; readonly weights: ReadonlyMap<string, Float32Array> } | undefined,
): Promise<Ledger> {
  if (columns.length === 0) {
    return { reach: () => undefined, close: () => Promise.resolve(new Map()), release: () => Promise.resolve() };
  }
  if (!start) throw new Error('internal: a log of encoded updates needs the weights that they start from');
  const sums = await openFactoredSums(start.runtime);
  let opening = start.weights;
  let reached = start.weights;

  /** Only sums are large; they are had layer by layer, so that never more than one is in memory. */
  async function owed(column: LayerColumn, segment: LedgerSegment, before: string | undefined): Promise<Float32Array> {
    const { directory, firstStep, lastStep } = segment;
    const path = columnPath(directory, column.file);
    const origin = originOf(segment, column.file);
    const place = {
      path,
      origin,
      firstStep,
      offset: 0,
      count: lastStep - firstStep + 1,
      bytes: (await stat(path)).size,
    };
    const sum = await sums.sum([place], layerLayout(column));
    const earlier = { run: segment.run, segment: segment.segment - 1 };
    const residual =
      before === undefined
        ? new Float32Array(layerSize(column))
        : await readResidual(before, column, { step: firstStep - 1, origin: originOf(earlier, column.file) });
    const [from, to] = [opening.get(column.name)!, reached.get(column.name)!];
    // Tensors behind the weight are logged exactly.
    for (let i = 0; i < to.length; i++) residual[i] = residual[i]! + (to[i]! - from[i]!) - sum[i]!;
    return residual;
  }

  return {
    reach: (weights) => {
      reached = weights;
    },
    close: async (segment, before) => {
      const residuals = new Map<string, Float32Array>();
      for (const column of columns) residuals.set(column.file, await owed(column, segment, before));
      opening = reached;
      return residuals;
    },
    release: () => sums.release(),
  };
}
