import { defineRule, short } from '../../rule.js';
import { quantile } from '../../../numeric/statistics.js';
import { outputPairs } from './output-pairs.js';

/** How the errors of the outputs are distributed: a shift of all shows in the median, a damage of some in the tail. */
export const errorQuantiles = defineRule({
  name: 'outputs.error-quantiles',
  summary: 'median and 99th percentile of |new − old| / scale',
  level: 'error',
  optional: false,
  needs: [],
  limits: {
    're-export': { median: 2e-5, p99: 1e-4 },
    float16: { median: 2e-3, p99: 8e-3 },
    int8: { median: 0.05, p99: 0.2 },
  },
  judge: (context, { median, p99 }) => {
    const found = outputPairs(context).map(({ name, before, now, scale }) => {
      const errors = before.data.map((value, i) => {
        const error = Math.abs(now.data[i]! - value) / (scale || 1);
        return Number.isFinite(error) ? error : Infinity;
      });
      return { name, median: quantile(errors, 0.5), p90: quantile(errors, 0.9), p99: quantile(errors, 0.99) };
    });
    const failed = found.some((each) => each.median > median || each.p99 > p99);
    const texts = found.map(
      (each) => `${each.name}: median ${short(each.median)}, p90 ${short(each.p90)}, p99 ${short(each.p99)}`,
    );
    return {
      status: failed ? 'fail' : 'pass',
      value: Math.max(...found.map((each) => each.p99)),
      limit: `median ${short(median)}, p99 ${short(p99)}`,
      sentence: `errors as shares of the scale: ${texts.join('; ')}`,
    };
  },
});
