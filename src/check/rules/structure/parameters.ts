import { countText } from '../../../data/printable.js';
import { defineRule, percent } from '../../rule.js';

/** The number of weights, biases and statistics apart: folding BatchNorm changes those, and no matrix. */
export const parameters = defineRule({
  name: 'structure.parameters',
  summary: 'number of weights in matrices and kernels',
  level: 'error',
  optional: false,
  needs: [],
  limits: { 're-export': { change: 0.02 }, float16: { change: 0.02 }, int8: { change: 0.05 } },
  judge: ({ baseline, candidate }, { change }) => {
    const [before, now] = [baseline.signature.matrixParameters, candidate.signature.matrixParameters];
    const found = before === now ? 0 : Math.abs(now - before) / Math.max(1, before);
    return {
      status: found > change ? 'fail' : 'pass',
      value: found,
      limit: change,
      sentence:
        found === 0
          ? `${countText(now)} weights as before (${countText(candidate.signature.parameters)} with biases and statistics)`
          : `${countText(before)} weights became ${countText(now)}, a change of ${percent(found)}`,
    };
  },
});
