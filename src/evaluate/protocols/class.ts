import { effectsOn } from '../../explain/influence/describe-effects.js';
import { meanFigure, type Figure } from '../figures.js';
import { highest } from '../highest.js';
import { forQueries, type Protocol } from './protocol.js';

const TOP = 10;

/** How often the strongest supporters have the class that was decided: what a list of the class alone would show too. */
export const classOfTop: Protocol = {
  name: 'class',
  asks: 'How many of the ten strongest supporters carry the class that was decided?',
  unit: 'share of the list',
  needsEffects: true,
  cost: () => 0,
  figures: async (bench) => {
    const { train, predicted, methods, options } = bench;
    const counts = new Map<number, number>();
    for (const label of train.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    const figures: Figure[] = [];
    for (const method of forQueries(methods)) {
      const effects = await bench.effects(method);
      const shares = Array.from(predicted, (target, q) => {
        const top = highest(effectsOn(effects, q), TOP);
        return top.filter((i) => train.labels[i] === target).length / top.length;
      });
      const chance = predicted.reduce((sum, target) => sum + (counts.get(target) ?? 0), 0) / predicted.length;
      const named = { protocol: 'class', figure: `top ${TOP} of the class`, method: method.name };
      figures.push(meanFigure(named, shares, chance / train.length, options.seed));
    }
    return figures;
  },
};
