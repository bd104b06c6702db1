import { rowsAreApart, weightRows } from '../../../replay/weight-rows.js';
import { openLayerDirections } from '../layer-directions.js';
import { directionsAtOnce, splitByRows, splitWeightsByRows, updatedWith, type Direction } from '../split-by-rows.js';
import { addMatrix, measureAt, noEffects, queriesAtOnce, type EffectMatrix, type RunSubject } from '../subject.js';
import type { RunMethod } from './method.js';

/**
 * The trace's γ = ⟨r, Δ f⟩ ([Pfahler & Morik 2021]), split exactly into rows, each layer as a share of its ‖r‖², all layers
 * added up. It says whose updates the outputs are made of, not what would be without them.
 */
export const gamma: RunMethod = {
  name: 'gamma',
  says: 'the share of the layers’ outputs for this input that the example’s rows wrote into the weights',
  predicts: false,
  cost: (queries) => 1.5 + queries,
  effects: async (subject) => splitLayers(subject, await alongOutputs(subject)),
};

/** The same updates, measured along the gradient of the measure at the trained weights. */
export const gammaMargin: RunMethod = {
  name: 'gamma-margin',
  says: 'what the example’s updates add to the measure along its gradient at the trained weights',
  predicts: false,
  cost: (queries) => 1.5 + queries,
  effects: async (subject) => {
    const { replay, outcome, queries } = subject;
    const directions: Direction[] = [];
    for (const query of queries) directions.push((await measureAt(outcome, replay.final, query)).gradients);
    return splitAlong(subject, directions);
  },
};

/**
 * Splits the updates of layers by the losses of rows; where rows have nothing to do with one another, by the layers' own rows,
 * which is the same and costs less.
 */
async function splitLayers(subject: RunSubject, directions: readonly Direction[]): Promise<EffectMatrix> {
  const { replay, classifier, onWork } = subject;
  const { setup, carried } = replay;
  const groups = rowsAreApart(classifier) ? weightRows(classifier, setup.graphOptions.parameters) : [];
  const isFollowed = updatedWith(groups);
  const effects = noEffects(directions.length, setup.pool.length);
  if (groups.length > 0) {
    const atOnce = directionsAtOnce(replay, groups, subject.memory);
    const onStep = () => onWork?.(1.5 + Math.min(atOnce, directions.length));
    const parts = await splitWeightsByRows(
      replay,
      groups,
      groups.map(() => directions),
      atOnce,
      { onStep },
    );
    for (const part of parts) addMatrix(effects, part);
  }
  const others = directions.map((direction) => direction.map((g, i) => (isFollowed(carried[i]!) ? undefined : g)));
  if (others.some((direction) => direction.some(Boolean))) addMatrix(effects, await splitAlong(subject, others));
  return effects;
}

function splitAlong(subject: RunSubject, directions: readonly Direction[]) {
  return splitByRows(subject.replay, directions, queriesAtOnce(subject), subject.onWork);
}

async function alongOutputs({ replay, classifier, queries, runtime }: RunSubject): Promise<Direction[]> {
  const layers = await openLayerDirections(classifier, replay.carried, runtime);
  try {
    const directions: Direction[] = [];
    for (const query of queries) {
      const sum: (Float32Array | undefined)[] = replay.carried.map(() => undefined);
      for await (const { x, targets } of query.batches()) {
        const size = x.length / targets.length;
        for (let row = 0; row < targets.length; row++) {
          const found = await layers.at(replay.final, x.subarray(row * size, (row + 1) * size));
          for (const { squares, gradients } of found) {
            gradients.forEach((gradient, i) => {
              if (!gradient || squares === 0) return;
              const into = (sum[i] ??= new Float32Array(gradient.length));
              for (let k = 0; k < into.length; k++) into[k]! += (query.scale * gradient[k]!) / squares;
            });
          }
        }
      }
      directions.push(sum);
    }
    return directions;
  } finally {
    await layers.release();
  }
}
