import { bytesText } from '../../../data/printable.js';
import { defineRule, short } from '../../rule.js';
import { need, needRecorded } from '../../unavailable.js';

/** Memory that the graph needs, computed from its shapes. */
export const memory = defineRule({
  name: 'cost.memory',
  summary: 'weights and largest live values of one example, against the baseline',
  level: 'error',
  optional: true,
  needs: ['memory'],
  limits: { 're-export': { ratio: 1.3 }, float16: { ratio: 1.1 }, int8: { ratio: 1.3 } },
  judge: ({ baseline, candidate }, { ratio }) => {
    const [before, now] = [needRecorded(baseline.memory, 'the memory'), need(candidate.memory, 'the memory')];
    const found = now / before;
    return {
      status: found > ratio ? 'fail' : 'pass',
      value: found,
      limit: ratio,
      sentence: `${bytesText(before)} became ${bytesText(now)} for weights and one example’s values, ×${short(found)}`,
    };
  },
});
