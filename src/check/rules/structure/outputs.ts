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
  judge: ({ baseline, candidate }, { halves }) =>
    judgePorts('output', baseline.signature.outputs, candidate.signature.outputs, halves),
});
