import { defineRule, short } from '../../rule.js';
import { outputPairs, type OutputPair } from './output-pairs.js';

/** How far off an output is, and what would let it pass. */
interface Deviation {
  readonly name: string;
  readonly violations: number;
  readonly elements: number;
  /** Largest |new − old| and where it is, as a share of the output's scale. */
  readonly worst: number;
  readonly worstProbe: number;
  /** Smallest limits that would pass, each beside the other limit as it is. */
  readonly rtol: number;
  readonly atol: number;
}

function deviation({ name, before, now, scale }: OutputPair, rtol: number, atol: number): Deviation {
  const unit = scale || 1;
  let [violations, worst, worstProbe, neededRtol, neededAtol] = [0, 0, 0, 0, 0];
  for (let i = 0; i < before.data.length; i++) {
    const [a, b] = [now.data[i]!, before.data[i]!];
    const error = Number.isFinite(a) ? Math.abs(a - b) / unit : Infinity;
    const size = Math.abs(b) / unit;
    if (error > worst) [worst, worstProbe] = [error, Math.floor(i / before.size)];
    if (error > atol + rtol * size) violations++;
    neededAtol = Math.max(neededAtol, error - rtol * size);
    neededRtol = Math.max(neededRtol, error <= atol ? 0 : (error - atol) / size);
  }
  return {
    ...{ name, violations, elements: before.data.length, worst, worstProbe },
    ...{ rtol: neededRtol, atol: Math.max(0, neededAtol) },
  };
}

/** |new − old| ≤ atol · scale + rtol · |old| for every number of every output; scale is the output's largest magnitude. */
export const tolerance = defineRule({
  name: 'outputs.tolerance',
  summary: 'every output number within atol · scale + rtol · |old|',
  level: 'error',
  optional: false,
  needs: [],
  limits: {
    're-export': { rtol: 1e-4, atol: 1e-4 },
    float16: { rtol: 5e-3, atol: 1e-2 },
    int8: { rtol: 0.1, atol: 0.25 },
  },
  judge: (context, { rtol, atol }) => {
    const found = outputPairs(context).map((pair) => deviation(pair, rtol, atol));
    const failed = found.filter(({ violations }) => violations > 0);
    const worst = found.reduce((most, each) => (each.worst > most.worst ? each : most));
    const details = failed.map(
      ({ name, violations, elements, rtol: needsRtol, atol: needsAtol }) =>
        `${name}: ${violations} of ${elements} numbers are off; would pass with atol ${short(needsAtol)}` +
        (Number.isFinite(needsRtol) ? `, or with rtol ${short(needsRtol)}` : ''),
    );
    const probe = context.probes.names[worst.worstProbe]!;
    return {
      status: failed.length > 0 ? 'fail' : 'pass',
      value: worst.worst,
      limit: `atol ${short(atol)}, rtol ${short(rtol)}`,
      sentence:
        failed.length > 0
          ? `${worst.name} is off by up to ${short(worst.worst)} of its scale (${probe}); the tolerance that would pass is atol ${short(worst.atol)}`
          : `largest difference ${short(worst.worst)} of the scale; atol ${short(worst.atol)} would do`,
      details,
    };
  },
});
