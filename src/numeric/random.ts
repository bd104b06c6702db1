/** Reproducible random numbers: the same seed gives the same numbers on every machine. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

// Networks draw tens of millions of numbers, and in a vm context (Jest's) each look-up of a global takes a microsecond.
const { log, sqrt } = Math;

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** A whole number from 0 up to, not including, `limit`, all equally likely. */
  below(limit: number): number;
  /** Standard normal. */
  normal(): number;
  /** Puts numbers into random order, in place. */
  shuffle<T extends Int32Array | number[]>(items: T): T;
}

/**
 * The stream that belongs to a seed and the purpose it serves. Streams of different purposes (an epoch's number, say) are
 * independent, so that any of them can be made again without running through those before it.
 */
export function seededRandom(seed: number, ...purpose: number[]): Random {
  const generator = xoroshiro128plus(purpose.reduce(mix, mix(0x9e3779b9, seed)));
  let spare: number | undefined;
  const below = (limit: number) => uniformInt(generator, 0, limit - 1);
  return {
    below,
    uniform: () => uniformFloat64(generator),
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Marsaglia's polar method: a point in the unit disc gives two normals.
      let x: number, y: number, square: number;
      do {
        x = 2 * uniformFloat64(generator) - 1;
        y = 2 * uniformFloat64(generator) - 1;
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const scale = sqrt((-2 * log(square)) / square);
      spare = y * scale;
      return x * scale;
    },
    shuffle: (items) => {
      for (let last = items.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [items[last], items[other]] = [items[other]!, items[last]!];
      }
      return items;
    },
  };
}

/** Mixes a number into a 32-bit state so that near seeds give unrelated streams (MurmurHash3's finaliser). */
function mix(state: number, value: number): number {
  // Both halves count, so that seeds above 2^32 differ too.
  let h = Math.imul(state ^ (value | 0) ^ Math.imul((value / 4294967296) | 0, 0x27d4eb2f), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
