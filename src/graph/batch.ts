/** How many examples a prepared model takes at once. */
import { InputError } from '../errors.js';
import type { Dim } from './builder.js';
import { BATCH } from './probe.js';
import {
  feedsOf,
  graphOf,
  metadata,
  setMetadata,
  toNumber,
  type Graph,
  type Model,
  type ValueInfo,
} from '../onnx/model.js';

/** Why a batch could not be freed is kept with the model, for who cannot do without. */
const REASON = 'onnx-explain.fixed-batch';

/**
 * Rows that each call of a prepared model must have, where its batch is fixed and could not be freed; undefined where any number
 * will do. Such a model computes what it was exported to compute when it is run at this batch: fewer examples are padded with
 * copies of themselves, so that a model that computes across its rows sees nothing foreign.
 */
export function fixedBatch(model: Model): number | undefined {
  return batchDimension(graphOf(model));
}

/** The first dimension of the first input that has one that is a number. */
export function batchDimension(graph: Graph): number | undefined {
  return feedsOf(graph)
    .map(firstDimension)
    .find((dim) => dim !== undefined);
}

/** The first dimension of an input, where it is a number. */
export function firstDimension({ type }: ValueInfo): number | undefined {
  const dim = type?.tensorType?.shape?.dim[0];
  const size = dim && !dim.dimParam ? toNumber(dim.dimValue) : 0;
  return size > 0 ? size : undefined;
}

/** Notes why a model's batch could not be freed. */
export function explainFixedBatch(model: Model, reason: string): void {
  setMetadata(model, REASON, reason);
}

/** For what needs batches of any size, as training does. @throws InputError where the batch is fixed, saying why */
export function requireFreeBatch(model: Model): void {
  const size = fixedBatch(model);
  if (size === undefined) return;
  const reason = metadata(model, REASON);
  throw new InputError(
    `the model's batch size is fixed at ${size} and could not be freed${reason === undefined ? '' : ` (${reason})`}; ` +
      'export it with a dynamic batch dimension',
  );
}

/** What values that have a row for each example have for their first dimension: `batch`, or the fixed number. */
export function rowsOf(model: Model): Dim {
  return fixedBatch(model) ?? BATCH;
}
