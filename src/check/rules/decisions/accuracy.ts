import { defineRule, percent } from '../../rule.js';
import { accuracyOf, labelled, NO_LABELS } from './labelled.js';

/** Accuracy on the probes. */
export const accuracy = defineRule({
  name: 'decisions.accuracy',
  summary: 'loss of accuracy on labelled probes',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: [],
  limits: { 're-export': { drop: 0 }, float16: { drop: 0.04 }, int8: { drop: 0.07 } },
  judge: (context, { drop }) => {
    const found = labelled(context);
    if (!found) return { status: 'skip', value: null, limit: drop, sentence: NO_LABELS };
    const { before, now, labels } = found;
    const [was, is] = [accuracyOf(before, labels), accuracyOf(now, labels)];
    return {
      status: was - is > drop + Number.EPSILON ? 'fail' : 'pass',
      value: is,
      limit: was - drop,
      sentence: was === is ? `accuracy ${percent(is)} as before` : `accuracy was ${percent(was)}, is ${percent(is)}`,
    };
  },
});
