import { portText, type Port } from '../../measure/signature.js';
import { defineRule, type Finding } from '../../rule.js';

/** Types that a float16 copy may change into each other. */
const HALVES = new Set(['float32', 'float16']);

/** What changed between two lists of inputs or outputs; empty when nothing did. */
export function portChanges(before: readonly Port[], now: readonly Port[], mayHalve: boolean): string[] {
  const changes: string[] = [];
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    const [a, b] = [before[i], now[i]];
    if (!a || !b) changes.push(a ? `${portText(a)} is gone` : `${portText(b!)} is new`);
    else {
      const sameType = a.type === b.type || (mayHalve && HALVES.has(a.type) && HALVES.has(b.type));
      const sameShape = a.shape.length === b.shape.length && a.shape.every((dim, axis) => dim === b.shape[axis]);
      if (a.name !== b.name || !sameType || !sameShape) changes.push(`was ${portText(a)}, is ${portText(b)}`);
    }
  }
  return changes;
}

/** The finding for inputs or outputs. @param further what changed besides */
export function judgePorts(
  what: string,
  before: readonly Port[],
  now: readonly Port[],
  mayHalve: boolean,
  further: readonly string[] = [],
): Finding {
  const changes = [...portChanges(before, now, mayHalve), ...further];
  return {
    status: changes.length > 0 ? 'fail' : 'pass',
    value: changes.length,
    limit: 0,
    sentence:
      changes.length > 0
        ? `${what} ${changes.join('; ')}: callers of the model must change with it`
        : `${now.map(portText).join(', ')} as before`,
  };
}

/** Names, types and shapes of what the model takes. */
export const inputs = defineRule({
  name: 'structure.inputs',
  summary: 'names, types and shapes of the inputs',
  level: 'error',
  optional: false,
  needs: [],
  limits: { 're-export': { halves: false }, float16: { halves: true }, int8: { halves: false } },
  judge: ({ baseline, candidate }, { halves }) =>
    judgePorts('input', baseline.signature.inputs, candidate.signature.inputs, halves),
});
