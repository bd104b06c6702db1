/** Which maps the page of a result shows. */
import type { AttributeQuery } from '../../results/attribute.js';
import type { Result } from '../../results/kinds.js';
import type { RepresenterQuery } from '../../results/representer.js';
import type { TrendsStrip } from '../../results/trends.js';
import type { ArraySource } from '../attribute/figures.js';
import { entryOf, planeOf, type Plane } from '../attribute/maps.js';
import { framesOf } from '../trends/strips.js';
import type { MapStack } from './pack-maps.js';

/**
 * The maps of a result that are pictures.
 * @param arrays the arrays that the result names
 */
export function mapStacks(result: Result, arrays: ArraySource): MapStack[] {
  if (result.kind === 'attribute') return result.queries.flatMap((query) => ofMethod(query, arrays));
  if (result.kind === 'representer') return result.queries.flatMap((query) => ofPoints(query, arrays));
  if (result.kind === 'trends') return result.strips.map((strip) => ofStrip(strip, arrays));
  return [];
}

/** The map of a method, and the pictures of layers; values of named features stand in the result itself. */
function ofMethod({ file, features, layered }: AttributeQuery, arrays: ArraySource): MapStack[] {
  if (features) return [];
  const layers = (layered?.layers ?? []).map((layer) => all(layer.file, arrays));
  return [{ file, maps: planes([planeOf(arrays(file))]) }, ...layers];
}

/** The gradient by the input, and the maps of training points. */
function ofPoints({ sensitivity }: RepresenterQuery, arrays: ArraySource): MapStack[] {
  return sensitivity ? [all(sensitivity.file, arrays)] : [];
}

/** The maps of a strip that are shown, as they are. */
function ofStrip({ file, steps }: TrendsStrip, arrays: ArraySource): MapStack {
  const stack = arrays(file);
  return { file, maps: planes(framesOf(steps.length).map((frame) => planeOf(entryOf(stack, frame)))) };
}

function all(file: string, arrays: ArraySource): MapStack {
  const stack = arrays(file);
  return { file, maps: planes(Array.from({ length: stack.shape[0]! }, (_, i) => planeOf(entryOf(stack, i)))) };
}

const planes = (found: readonly (Plane | undefined)[]): Plane[] => found.filter((plane) => plane !== undefined);
