import { defineRule, forAll } from '../../rule.js';

/** The operator set that the file is written in. */
export const opset = defineRule({
  name: 'structure.opset',
  summary: 'version of the operator set',
  // Another operator set may compute the same; a runtime that is too old for it will say so itself.
  level: 'warn',
  optional: false,
  needs: [],
  limits: forAll({}),
  judge: ({ baseline, candidate }) => {
    const [before, now] = [baseline.signature.opset, candidate.signature.opset];
    const sentence = before === now ? `operator set ${now} as before` : `operator set was ${before}, is ${now}`;
    return { status: before === now ? 'pass' : 'fail', value: now, limit: before, sentence };
  },
});
