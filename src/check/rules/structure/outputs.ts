import { defineRule } from '../../rule.js';
import { judgePorts } from './inputs.js';

/** Names, types and shapes of what the model gives. */
export const outputs = defineRule({
  name: 'structure.outputs',
  summary: 'names, types and shapes of the outputs',
  level: 'error',
  optional: false,
  needs: [],
  limits: { 're-export': { halves: false }, float16: { halves: true }, int8: { halves: false } },
  judge: ({ baseline: { signature: before }, candidate: { signature: now } }, { halves }) => {
    const gone = before.others
      .filter((name) => !now.others.includes(name))
      .map((name) => `"${name}" (no tensor) is gone`);
    const added = now.others
      .filter((name) => !before.others.includes(name))
      .map((name) => `"${name}" (no tensor) is new`);
    return judgePorts('output', before.outputs, now.outputs, halves, [...gone, ...added]);
  },
});
