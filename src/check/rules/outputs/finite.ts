import { defineRule, forAll } from '../../rule.js';
import { rowAt } from '../../measure/statistics.js';
import { need } from '../../unavailable.js';

/** No output is NaN or infinite. */
export const finite = defineRule({
  name: 'outputs.finite',
  summary: 'no NaN and no infinity among the outputs',
  level: 'error',
  optional: false,
  needs: [],
  limits: forAll({}),
  judge: ({ candidate, probes }) => {
    const details: string[] = [];
    let bad = 0;
    for (const { name, rows } of need(candidate.outputs, 'the outputs')) {
      for (let i = 0; i < rows.rows; i++) {
        const wrong = rowAt(rows, i).reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
        bad += wrong;
        if (wrong > 0) details.push(`${name} of ${probes.names[i]!}: ${wrong} of ${rows.size} numbers`);
      }
    }
    const sentence = bad > 0 ? `${bad} output numbers are NaN or infinite` : 'every output number is finite';
    return { status: bad > 0 ? 'fail' : 'pass', value: bad, limit: 0, sentence, details };
  },
});
