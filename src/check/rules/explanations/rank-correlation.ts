import { defineRule, short } from '../../rule.js';
import { rankAgreement } from '../../measure/statistics.js';
import { mapPairs, overProbes } from './map-pairs.js';

/** Whether the model looks at the same places in the same order. */
export const rankCorrelation = defineRule({
  name: 'explanations.rank-correlation',
  summary: 'Spearman’s correlation of attribution maps, the mean over the probes',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: ['maps'],
  floors: ['spearman'],
  limits: { 're-export': { spearman: 0.99 }, float16: { spearman: 0.95 }, int8: { spearman: 0.7 } },
  judge: (context, { spearman }) => {
    const found = overProbes(mapPairs(context), rankAgreement);
    const worst = found.reduce((least, each) => (each.mean < least.mean ? each : least));
    return {
      status: worst.mean < spearman ? 'fail' : 'pass',
      value: worst.mean,
      limit: spearman,
      sentence:
        found.map((each) => `${each.method}: mean ρ ${short(each.mean)}, p10 ${short(each.p10)}`).join('; ') +
        `; lowest ${short(worst.lowestValue)} at ${context.probes.names[worst.lowest]!}`,
    };
  },
});
