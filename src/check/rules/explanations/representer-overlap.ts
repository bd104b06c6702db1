import { defineRule, percent } from '../../rule.js';
import { strongestPoints } from '../../measure/representer-values.js';
import { mean } from '../../../numeric/statistics.js';
import { CouldNotRun, need } from '../../unavailable.js';

/** So many training points for a decision, and so many against it, are its strongest ones. */
const EACH = 5;

/** Whether decisions rest on the training examples that they rested on. */
export const representerOverlap = defineRule({
  name: 'explanations.representer-overlap',
  summary: 'overlap of the training points that speak most for and against a decision, the mean over the probes',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: ['points'],
  floors: ['overlap'],
  limits: { 're-export': { overlap: 0.97 }, float16: { overlap: 0.9 }, int8: { overlap: 0.7 } },
  judge: ({ baseline, candidate, probes }, { overlap }) => {
    if ('problem' in baseline.points) {
      const sentence = `the baseline has no training points: ${baseline.points.problem}`;
      return { status: 'skip', value: null, limit: overlap, sentence };
    }
    const { values: before, indices } = baseline.points.value;
    const { values: now } = need(candidate.points, 'representer values');
    if (!now.data.every(Number.isFinite)) throw new CouldNotRun('representer values are not finite');
    const kept = Array.from({ length: before.rows }, (_, probe) => {
      const [was, is] = [strongestPoints(before, probe, EACH), strongestPoints(now, probe, EACH)];
      const common = [
        ...was.for.filter((i) => is.for.includes(i)),
        ...was.against.filter((i) => is.against.includes(i)),
      ];
      return common.length / Math.max(1, was.for.length + was.against.length);
    });
    const found = mean(kept);
    const lowest = kept.indexOf(Math.min(...kept));
    return {
      status: found < overlap ? 'fail' : 'pass',
      value: found,
      limit: overlap,
      sentence:
        `${percent(found)} of the strongest training points kept, of ${indices.length}` +
        (kept[lowest]! < 1 ? `; fewest (${percent(kept[lowest]!)}) at ${probes.names[lowest]!}` : ''),
    };
  },
});
