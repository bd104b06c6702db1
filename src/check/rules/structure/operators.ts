import { defineRule, forAll } from '../../rule.js';

/** How often each operator is used. */
export const operators = defineRule({
  name: 'structure.operators',
  summary: 'how often each operator is used',
  // Exporters and folding change nodes without changing what is computed; what is computed is judged elsewhere.
  level: 'warn',
  optional: false,
  needs: [],
  limits: forAll({}),
  judge: ({ baseline, candidate }) => {
    const [before, now] = [baseline.signature.operators, candidate.signature.operators];
    const changes = [...new Set([...Object.keys(before), ...Object.keys(now)])]
      .filter((op) => (before[op] ?? 0) !== (now[op] ?? 0))
      .map((op) => `${op} ${before[op] ?? 0} → ${now[op] ?? 0}`);
    const total = Object.values(now).reduce((sum, count) => sum + count, 0);
    return {
      status: changes.length > 0 ? 'fail' : 'pass',
      value: changes.length,
      limit: 0,
      sentence: changes.length > 0 ? `nodes: ${changes.join(', ')}` : `the same ${total} nodes`,
    };
  },
});
