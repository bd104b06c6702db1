/**
 * Which value of a new export is which value of the accepted model, told by what they hold rather than by their names:
 * exporters rename, fold and reorder nodes, but what a layer computes stays.
 */
import type { LayerSketch } from '../../measure/layer-sketches.js';
import { linearCka, relativeError } from '../../measure/statistics.js';

/** A layer of the accepted model beside the value of the new one that is likest to it. */
export interface LayerMatch {
  readonly layer: LayerSketch;
  /** The new model's value; undefined where it has none of this size. */
  readonly candidate: LayerSketch | undefined;
  /** ‖new − old‖ / ‖old‖ over the probes; infinite without a candidate. */
  readonly error: number;
  /** Linear CKA of the two. */
  readonly cka: number;
  /** `same`: within the limit. `absent`: not found, but all that was computed from it is (it was folded or fused away). */
  readonly state: 'same' | 'absent' | 'diverged';
}

/**
 * Matches layers. A value is reproduced when some value of the new model is within the limit of it; one of the same name
 * is preferred. What is not reproduced has diverged only if that is seen downstream.
 * @param baseline the accepted model's layers, in topological order
 * @param limit largest relative error
 * @returns one match a layer, in the same order
 */
export function matchLayers(
  baseline: readonly LayerSketch[],
  candidates: readonly LayerSketch[],
  limit: number,
): LayerMatch[] {
  const outputs = candidates.filter(({ output }) => output !== null);
  const bySize = new Map<number, LayerSketch[]>();
  for (const candidate of candidates) {
    bySize.set(candidate.size, [...(bySize.get(candidate.size) ?? []), candidate]);
  }
  const found = baseline.map((layer) => {
    if (layer.output === null) return nearest(layer, bySize.get(layer.size) ?? [], limit);
    // An output is what callers read under its name or in its place; a hidden value that is like it does not help them.
    const read =
      outputs.find(({ value }) => value === layer.value) ?? outputs.find(({ output }) => output === layer.output);
    return nearest(layer, read?.size === layer.size ? [read] : [], limit);
  });
  const reproduced = new Map(baseline.map(({ value }, i) => [value, found[i]!.error <= limit]));
  const states = new Map<string, LayerMatch['state']>();
  for (const { value, readers, output } of [...baseline].reverse()) {
    const isSeen = output !== null || readers.some((reader) => states.get(reader) === 'diverged');
    states.set(value, reproduced.get(value) ? 'same' : isSeen ? 'diverged' : 'absent');
  }
  return baseline.map((layer, i) => {
    const { candidate, error } = found[i]!;
    const cka = candidate ? linearCka(layer.sketch, candidate.sketch) : 0;
    return { layer, candidate, error, cka, state: states.get(layer.value)! };
  });
}

function nearest(layer: LayerSketch, candidates: readonly LayerSketch[], limit: number) {
  const scored = candidates.map((candidate) => ({
    candidate,
    error: relativeError(candidate.sketch.data, layer.sketch.data),
  }));
  const named = scored.find(({ candidate }) => candidate.value === layer.value);
  const best = [...scored].sort((a, b) => a.error - b.error)[0];
  // By name if that is right; else by what is in it; of two that are wrong, the one of the same name tells more.
  const chosen = named && (named.error <= limit || !(best!.error <= limit)) ? named : best;
  return chosen ?? { candidate: undefined, error: Infinity };
}
