/** Attribution maps of all probes, small enough to be kept in a baseline. */
import type { Classifier } from '../../classifier/classifier.js';
import { methodNamed } from '../../explain/attribution/methods/registry.js';
import { ATTRIBUTION_DEFAULTS } from '../../explain/attribution/settings.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import type { ProbeFeed } from './feeds.js';
import type { Rows } from './statistics.js';

/** Maps of one method. */
export interface AttributionMaps {
  readonly method: string;
  /** LRP's, by name: another one is another explanation, and no change of a model. */
  readonly composite: string;
  /** Height and width of a map, or its length where the input is no image. */
  readonly shape: readonly number[];
  /** [probes, elements] */
  readonly maps: Rows;
}

/** A map is brought to at most this many cells an edge: enough to see where relevance is. */
const MOST_CELLS = 32;

/**
 * Explains each probe for a given class.
 * @param how methods, and the composite of LRP, by name
 * @param targets class of each probe: the one that the accepted model decided for
 * @throws InputError when the model has operators without a rule
 */
export async function attributionMaps(
  explained: Classifier,
  { dims, data }: ProbeFeed,
  targets: readonly number[],
  { methods, composite }: { readonly methods: readonly string[]; readonly composite: string },
  runtime: Runtime,
): Promise<AttributionMaps[]> {
  const size = elementCount(dims.slice(1));
  const examples = targets.map((target, index) => ({
    x: new Float32Array(data.subarray(index * size, (index + 1) * size)),
    target,
    index,
  }));
  const settings = { ...ATTRIBUTION_DEFAULTS, composite };
  const found: AttributionMaps[] = [];
  for (const name of methods) {
    const method = await methodNamed(name).open({ runtime, explained, settings });
    try {
      const full = await method.attribute(examples);
      const pooling = poolingOf(full[0]!.shape);
      const cells = elementCount(pooling.shape);
      const maps = new Float32Array(full.length * cells);
      full.forEach(({ map }, i) => maps.set(pool(map, pooling), i * cells));
      found.push({
        method: name,
        composite,
        shape: pooling.shape,
        maps: { rows: full.length, size: cells, data: maps },
      });
    } finally {
      await method.release();
    }
  }
  return found;
}

/** Where the elements of a map go when it is made small. */
interface Pooling {
  readonly shape: readonly number[];
  /** The cell of each element. */
  readonly cells: Int32Array;
}

/** Takes the channels away and leaves at most MOST_CELLS cells an edge. */
function poolingOf(shape: readonly number[]): Pooling {
  // The two long axes of an image are its space, wherever its channels are.
  const space = shape.length < 2 ? [shape.length - 1] : spatialAxes(shape);
  const counts = space.map((axis) => Math.min(shape[axis] ?? 1, shape.length < 2 ? MOST_CELLS ** 2 : MOST_CELLS));
  const cells = new Int32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < cells.length; i++) {
    let cell = 0;
    space.forEach((axis, k) => {
      cell = cell * counts[k]! + Math.floor((index[axis]! * counts[k]!) / shape[axis]!);
    });
    cells[i] = cell;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape: counts, cells };
}

/** A small map, each cell the sum of what falls into it. */
function pool(map: Float32Array, { shape, cells }: Pooling): Float32Array {
  const pooled = new Float32Array(elementCount(shape));
  for (let i = 0; i < map.length; i++) pooled[cells[i]!]! += map[i]!;
  return pooled;
}

function spatialAxes(shape: readonly number[]): number[] {
  const channelsLast = shape.length === 3 && shape[2]! <= 4 && shape[0]! > 4;
  return channelsLast ? [0, 1] : [shape.length - 2, shape.length - 1];
}
