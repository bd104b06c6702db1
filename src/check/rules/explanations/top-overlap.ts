import { defineRule, short } from '../../rule.js';
import { topOverlap as overlapOf } from '../../measure/statistics.js';
import { mapPairs, overProbes } from './map-pairs.js';

/** Share of a map's cells that count as its top. */
const TOP_SHARE = 0.1;

/** Whether the strongest evidence is where it was. */
export const topOverlap = defineRule({
  name: 'explanations.top-overlap',
  summary: 'overlap of the strongest tenth of attribution maps, the mean over the probes',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: ['maps'],
  floors: ['overlap'],
  limits: { 're-export': { overlap: 0.97 }, float16: { overlap: 0.9 }, int8: { overlap: 0.6 } },
  judge: (context, { overlap }) => {
    const found = overProbes(mapPairs(context), (before, now) =>
      overlapOf(before, now, Math.ceil(TOP_SHARE * before.length)),
    );
    const worst = found.reduce((least, each) => (each.mean < least.mean ? each : least));
    return {
      status: worst.mean < overlap ? 'fail' : 'pass',
      value: worst.mean,
      limit: overlap,
      sentence: found
        .map((each) => `${each.method}: ${short(100 * each.mean)} % of the strongest tenth kept`)
        .join('; '),
    };
  },
});
