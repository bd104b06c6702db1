/** The forms of deltas. A new one is a file beside this one, and a case here. */
import type { StoredSteps } from '../../../log/read/stored-chunk.js';
import type { StepMatrix } from '../layer-matrix.js';
import { denseDeltas } from './dense.js';
import { factorDeltas } from './factors.js';
import type { DeltaForm } from './form.js';
import { rowDeltas } from './rows.js';

/** How a chunk's steps come. */
export function formOf(matrix: StepMatrix, steps: StoredSteps, count: number): DeltaForm {
  switch (steps.form) {
    case 'dense':
      return denseDeltas(matrix, steps.data, count);
    case 'rows':
      return rowDeltas(matrix, steps, count);
    case 'factors':
      return factorDeltas(matrix, steps, count);
  }
}
