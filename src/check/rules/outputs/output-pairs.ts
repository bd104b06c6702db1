/** Outputs of the accepted model beside those of the new one. */
import { keptOf } from '../../baseline/baseline.js';
import type { RuleContext } from '../../rule.js';
import { largest, type Rows } from '../../measure/statistics.js';
import { CouldNotRun, need } from '../../unavailable.js';

/** One output, before and now, of the same size. */
export interface OutputPair {
  readonly name: string;
  readonly before: Rows;
  readonly now: Rows;
  /** Largest magnitude before: what errors are judged against. */
  readonly scale: number;
}

/** Pairs of the same name, or in the same place where the name is gone. @throws CouldNotRun when one has no partner of its size */
export function outputPairs({ baseline, candidate }: RuleContext): OutputPair[] {
  const found = need(candidate.outputs, 'the outputs');
  return baseline.outputs.map(({ name, size, rows: before }, place) => {
    const partner = found.find((output) => output.name === name) ?? found[place];
    if (partner?.rows.size !== size) {
      throw new CouldNotRun(`output "${name}" had ${size} numbers per example, and now has ${partner?.rows.size ?? 0}`);
    }
    return { name, before, now: keptOf(partner.rows), scale: largest(before.data) };
  });
}
