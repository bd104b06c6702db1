/** Which layer explains most: the first of the paper's three steps. */
import type { UnitLayer } from './layers.js';

/** The two criteria that layers are ranked by. */
export interface LayerScore {
  readonly layer: UnitLayer;
  /** Share of the outputs' variance that a linear model of the layer explains on unseen examples. */
  readonly fidelity: number;
  /** Gini coefficient of |φ| over the layer's units, the mean over the explained inputs. */
  readonly spread: number;
}

/** A layer in the ranking. */
export interface RankedLayer extends LayerScore {
  /** 0 at the input's side, 1 at the scores. */
  readonly depth: number;
  /** Places by either criterion, 1 for the best. */
  readonly fidelityRank: number;
  readonly spreadRank: number;
}

/** A ranking, and the layer to take. */
export interface LayerRanking {
  /** In the network's order. */
  readonly layers: readonly RankedLayer[];
  readonly best: RankedLayer;
  /** Why it was taken, in a sentence. */
  readonly reason: string;
}

/** The middle of a network: nearer to the input explanations are pixels, nearer to the output they are the decision itself. */
const MIDDLE = [0.25, 0.75] as const;

/**
 * Ranks layers by both criteria and takes the one in the middle of the network with the best places.
 * @param scores in the network's order, the class scores last
 */
export function rankLayers(scores: readonly LayerScore[]): LayerRanking {
  const depthOf = (i: number) => (scores.length > 1 ? i / (scores.length - 1) : 1);
  const place = (value: number, all: readonly number[]) => 1 + all.filter((other) => other > value).length;
  const layers = scores.map((score, i) => ({
    ...score,
    depth: depthOf(i),
    fidelityRank: place(
      score.fidelity,
      scores.map(({ fidelity }) => fidelity),
    ),
    spreadRank: place(
      score.spread,
      scores.map(({ spread }) => spread),
    ),
  }));
  const inside = layers.filter(({ depth }) => depth >= MIDDLE[0] && depth <= MIDDLE[1]);
  // A shallow network has no middle: anything but the scores will do.
  const candidates = inside.length > 0 ? inside : layers.slice(0, Math.max(1, layers.length - 1));
  const best = candidates.reduce((a, b) => (placesOf(b) < placesOf(a) ? b : a));
  const { fidelity, spread, fidelityRank, spreadRank, depth, layer } = best;
  const reason =
    `${layer.name} has the best places of the ${candidates.length} layers in the middle of the network: ` +
    `a linear model of it explains ${(100 * fidelity).toFixed(1)} % of the output (place ${fidelityRank} of ${layers.length}), ` +
    `its influence is spread with a Gini coefficient of ${spread.toFixed(2)} (place ${spreadRank}); depth ${depth.toFixed(2)}`;
  return { layers, best, reason };
}

const placesOf = ({ fidelityRank, spreadRank }: RankedLayer) => fidelityRank + spreadRank;
