import { defineRule, forAll } from '../../rule.js';

/** No node computes as in training. A runtime may optimise such a node away, and another one not. */
export const inference = defineRule({
  name: 'structure.inference',
  summary: 'no Dropout and no BatchNormalization in training mode',
  level: 'error',
  optional: false,
  needs: [],
  limits: forAll({}),
  judge: ({ baseline, candidate }) => {
    const before = baseline.signature.trainingNodes.length;
    const now = candidate.signature.trainingNodes;
    const sentence =
      now.length > 0
        ? `in training mode: ${now.slice(0, 5).join(', ')}${now.length > 5 ? ` and ${now.length - 5} more` : ''}; export it with model.eval()`
        : 'no node is in training mode';
    return { status: now.length > before ? 'fail' : 'pass', value: now.length, limit: before, sentence };
  },
});
