import { defineRule, percent, short } from '../../rule.js';
import { largest } from '../../measure/statistics.js';
import { need } from '../../unavailable.js';

/** Runners-up this near, as a share of the scores' scale, are ties, which rounding decides. */
const TIE = 1e-4;

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
    const scale = largest(baseline.outputs[baseline.rule?.output ?? 0]!.rows.data);
    const nameOf = (index: number) => probes.classNames[index] ?? String(index);
    const flips = baseline.decisions.flatMap((before, i) => {
      const after = now[i]!;
      const isTie = before.margin <= TIE * scale;
      return before.class === after.class || isTie ? [] : [{ before, after, name: probes.names[i]! }];
    });
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
        ({ name, before, after }) =>
          `${name}: ${nameOf(before.class)} (${short(before.confidence)}) became ${nameOf(after.class)} (${short(after.confidence)})`,
      ),
    };
  },
});
