import { defineRule, percent } from '../../rule.js';
import { mapPairs, type MapPair } from './map-pairs.js';

/** An image falls into so many regions per edge. */
const REGIONS = 4;

const ROWS = ['top', 'upper middle', 'lower middle', 'bottom'];
const COLUMNS = ['left', 'centre left', 'centre right', 'right'];

/** Share of all |relevance| that falls into each region, over all probes. */
function shares({ shape, pairs }: MapPair, which: 'before' | 'now'): Float64Array {
  const isImage = shape.length === 2;
  const [height, width] = isImage ? (shape as [number, number]) : [1, shape[0] ?? 1];
  const regions = new Float64Array(isImage ? REGIONS * REGIONS : REGIONS);
  for (const pair of pairs) {
    const map = pair[which];
    const total = map.reduce((sum, value) => sum + Math.abs(value), 0);
    if (total === 0) continue;
    map.forEach((value, i) => {
      const row = isImage ? Math.floor((Math.floor(i / width) * REGIONS) / height) : 0;
      const column = Math.floor(((i % width) * REGIONS) / width);
      regions[row * REGIONS + column]! += Math.abs(value) / total / pairs.length;
    });
  }
  return regions;
}

function regionName(shape: readonly number[], region: number): string {
  const column = COLUMNS[region % REGIONS]!;
  return shape.length === 2 ? `${ROWS[Math.floor(region / REGIONS)]!} ${column}` : `quarter ${region + 1}`;
}

/** Whether relevance is spread over the image as before. */
export const regions = defineRule({
  name: 'explanations.regions',
  summary: 'share of the relevance that moved to another of 4×4 regions',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: ['maps'],
  limits: { 're-export': { moved: 0.01 }, float16: { moved: 0.02 }, int8: { moved: 0.1 } },
  judge: (context, { moved }) => {
    const found = mapPairs(context).map((pair) => {
      const [before, now] = [shares(pair, 'before'), shares(pair, 'now')];
      const changes = before.map((share, i) => now[i]! - share);
      const distance = changes.reduce((sum, change) => sum + Math.abs(change), 0) / 2;
      const most = changes.reduce((best, change, i) => (Math.abs(change) > Math.abs(changes[best]!) ? i : best), 0);
      const text = `${regionName(pair.shape, most)} from ${percent(before[most]!)} to ${percent(now[most]!)}`;
      return { method: pair.method, distance, text };
    });
    const worst = found.reduce((most, each) => (each.distance > most.distance ? each : most));
    return {
      status: worst.distance > moved ? 'fail' : 'pass',
      value: worst.distance,
      limit: moved,
      sentence: `${worst.method}: ${percent(worst.distance)} of the relevance moved; most at ${worst.text}`,
    };
  },
});
