import { defineRule, percent, short } from '../../rule.js';
import { need } from '../../unavailable.js';
import { changedDecisions } from './changed.js';

/** Probes that the two models decide alike. */
export const agreement = defineRule({
  name: 'decisions.agreement',
  summary: 'share of the probes that are decided as before',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: [],
  floors: ['share'],
  limits: { 're-export': { share: 1 }, float16: { share: 0.96 }, int8: { share: 0.9 } },
  judge: ({ baseline, candidate, probes }, { share }) => {
    const now = need(candidate.decisions, 'the decisions');
    const nameOf = (index: number) => probes.classNames[index] ?? String(index);
    const flips = changedDecisions({ baseline, candidate });
    const found = 1 - flips.length / now.length;
    return {
      status: found < share ? 'fail' : 'pass',
      value: found,
      limit: share,
      sentence:
        flips.length > 0
          ? `${flips.length} of ${now.length} decisions changed: ${percent(found)} agree`
          : `all ${now.length} decisions as before`,
      details: flips.map(
        ({ probe, before, after }) =>
          `${probes.names[probe]!}: ${nameOf(before.class)} (${short(before.confidence)}) became ${nameOf(after.class)} (${short(after.confidence)})`,
      ),
    };
  },
});
