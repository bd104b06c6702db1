import { effectsOn } from '../../explain/influence/describe-effects.js';
import { meanFigure, type Figure } from '../figures.js';
import { highest } from '../highest.js';
import { forQueries, type Protocol } from './protocol.js';

const TOP = 10;

/** How much is in few examples, and how much of a list is the same for everything. */
export const cardinality: Protocol = {
  name: 'cardinality',
  asks: 'How few examples make half of all effects, and how much do the lists of two queries share?',
  unit: 'training examples',
  needsEffects: true,
  cost: () => 0,
  figures: async (bench) => {
    const { methods, predicted, train, options } = bench;
    const figures: Figure[] = [];
    for (const method of forQueries(methods)) {
      const effects = await bench.effects(method);
      const add = (figure: string, values: readonly number[], chance: number | undefined) => {
        const named = { protocol: 'cardinality', figure, method: method.name };
        if (values.length > 0) figures.push(meanFigure(named, values, chance, options.seed));
      };
      const halves: number[] = [];
      const tops = Array.from(predicted, (_, q) => {
        const ofQuery = effectsOn(effects, q);
        halves.push(half(ofQuery));
        return new Set(highest(ofQuery, TOP));
      });
      const [same, other]: [number[], number[]] = [[], []];
      for (let a = 0; a < tops.length; a++) {
        for (let b = 0; b < a; b++) {
          const shared = [...tops[a]!].filter((i) => tops[b]!.has(i)).length;
          (predicted[a] === predicted[b] ? same : other).push(shared);
        }
      }
      const chance = TOP ** 2 / train.length;
      add('examples that make half', halves, undefined);
      add(`top ${TOP} shared, same class`, same, chance);
      add(`top ${TOP} shared, other class`, other, chance);
    }
    return figures;
  },
};

/** How few examples make half of Σ|effect|. */
function half(effects: Float64Array): number {
  const sizes = effects.map(Math.abs).sort().reverse();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let sum = 0;
  for (let k = 0; k < sizes.length; k++) {
    sum += sizes[k]!;
    if (sum >= total / 2) return k + 1;
  }
  return sizes.length;
}
