import { defineRule, forAll, short } from '../../rule.js';
import { need, needRecorded } from '../../unavailable.js';

/** Time of a pass, measured in a fixed piece of work on the same machine, so that a faster runner is no improvement. */
export const speed = defineRule({
  name: 'cost.speed',
  summary: 'time of a pass, in units of a reference matrix product, against the baseline',
  // Machines in a pipeline are shared; a ratio that is taken seriously is a decision of whoever owns them.
  level: 'warn',
  optional: true,
  needs: ['speed'],
  limits: forAll({ ratio: 2 }),
  judge: ({ baseline, candidate }, { ratio }) => {
    const [before, now] = [needRecorded(baseline.speed, 'the speed'), need(candidate.speed, 'the speed')];
    const units = (speed: typeof now) => speed.secondsPerProbe / speed.referenceSeconds;
    const found = units(now) / units(before);
    return {
      status: found > ratio ? 'fail' : 'pass',
      value: found,
      limit: ratio,
      sentence: `×${short(found)} of the accepted model’s time; ${short(1000 * now.secondsPerProbe)} ms an example here`,
    };
  },
});
