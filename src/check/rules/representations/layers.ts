import type { LayerSketch } from '../../measure/layer-sketches.js';
import { matchLayers } from './match-layers.js';
import { defineRule, short } from '../../rule.js';
import { need, needRecorded } from '../../unavailable.js';

/** What every layer computes, and where the two models first part. */
export const layers = defineRule({
  name: 'representations.layers',
  summary: 'relative error of every layer; names the first node that diverges',
  level: 'error',
  optional: false,
  needs: ['layers'],
  limits: {
    're-export': { error: 1e-3 },
    float16: { error: 2e-2 },
    int8: { error: 0.25 },
  },
  judge: ({ baseline, candidate }, { error }) => {
    const before = needRecorded(baseline.layers, 'layers');
    const matches = matchLayers(before, need(candidate.layers, 'the layers'), error);
    const diverged = matches.filter(({ state }) => state === 'diverged');
    const same = matches.filter(({ state }) => state === 'same');
    const [first] = diverged;
    const worst = Math.max(0, ...same.map((match) => match.error));
    const absent = matches.length - same.length - diverged.length;
    const describe = (match: (typeof matches)[number]) =>
      `${match.layer.node}: ` +
      (match.candidate
        ? `relative error ${short(match.error)}, CKA ${short(match.cka)}` +
          (match.candidate.value === match.layer.value ? '' : ` (against ${match.candidate.node})`)
        : 'nothing of its size');
    return {
      status: first ? 'fail' : 'pass',
      value: first ? first.error : worst,
      limit: error,
      sentence: first
        ? `first to diverge is ${describe(first)}; ${diverged.length} of ${matches.length} layers did`
        : `${same.length} of ${matches.length} layers within ${short(worst)}` +
          (absent > 0 ? `; ${absent} folded or fused away` : ''),
      where: first && nameOf(first.layer),
      details: diverged.map(describe),
    };
  },
});

/** What a node is called, without its operator. */
function nameOf({ node, op }: LayerSketch): string {
  const operator = ` (${op})`;
  return node.endsWith(operator) ? node.slice(0, -operator.length) : node;
}
