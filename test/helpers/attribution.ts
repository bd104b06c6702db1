/** The networks and references of scripts/fixtures/attribution/. */
import { readFileSync } from 'node:fs';
import type { Classifier } from '../../src/classifier/classifier.js';
import { openClassifier } from '../../src/classifier/open.js';
import type { Attribution, Example, Method } from '../../src/explain/attribution/method.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../../src/explain/attribution/settings.js';
import { readModelFile } from '../../src/onnx/file.js';
import { readNpz, type NpzArray } from './npz.js';
import { runtime } from './run-model.js';

const folder = 'test/fixtures/attribution';

/** What the fixture says of each network. */
export const references = JSON.parse(readFileSync(`${folder}/references.json`, 'utf8')) as {
  readonly low: number;
  readonly high: number;
  readonly networks: Readonly<
    Record<
      string,
      {
        readonly shape: readonly number[];
        readonly targets: readonly number[];
        readonly lastConv: string;
        readonly convergenceDelta: readonly number[];
        /** How far the peers' own float32 is from their float64, by the name of the map. */
        readonly rounding: Readonly<Record<string, number>>;
      }
    >
  >;
};

/** Names of the networks. */
export const NETWORKS = Object.keys(references.networks);

/** One network with its inputs and references. */
export interface Fixture {
  readonly explained: Classifier;
  readonly examples: readonly Example[];
  readonly arrays: Readonly<Record<string, NpzArray>>;
  /** Weight of the last convolution. */
  readonly lastConv: string;
}

const opened = new Map<string, Promise<Fixture>>();

/** A network of the fixture, prepared once. */
export function fixture(name: string): Promise<Fixture> {
  const known = opened.get(name) ?? openFixture(name);
  opened.set(name, known);
  return known;
}

async function openFixture(name: string): Promise<Fixture> {
  const { shape, targets, lastConv } = references.networks[name]!;
  const { model } = await readModelFile(`${folder}/${name}.onnx`);
  const arrays = await readNpz(`${folder}/${name}.npz`);
  const { data } = arrays.x!;
  const size = data.length / targets.length;
  const examples = targets.map((target, index) => ({
    x: data.subarray(index * size, (index + 1) * size),
    target,
    index,
  }));
  return {
    explained: await openClassifier(model, { runtime, form: { shape: shape } }),
    examples,
    arrays,
    lastConv: `${lastConv}.weight`,
  };
}

/** Runs a method on examples. */
export async function attributionsOf(
  method: Method,
  explained: Classifier,
  examples: readonly Example[],
  settings: Partial<AttributionSettings> = {},
): Promise<Attribution[]> {
  const open = await method.open({ runtime, explained, settings: { ...ATTRIBUTION_DEFAULTS, ...settings } });
  try {
    return await open.attribute(examples);
  } finally {
    await open.release();
  }
}

/** The maps of several examples as one array. */
export function stacked(attributions: readonly Attribution[]): Float32Array {
  const size = attributions[0]!.map.length;
  const all = new Float32Array(size * attributions.length);
  attributions.forEach(({ map }, i) => all.set(map, i * size));
  return all;
}

/**
 * How far maps are from references, relative to the size of each reference: the largest over the examples, in the 2-norm
 * and in the maximum norm.
 */
export function worstError(found: readonly Attribution[], references: ArrayLike<number>): number {
  const size = references.length / found.length;
  const errors = found.map(({ map }, i) => {
    if (map.length !== size) throw new Error(`a map of ${map.length} elements beside a reference of ${size}`);
    const reference = Array.prototype.slice.call(references, i * size, (i + 1) * size) as number[];
    const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const maximum = largest(reference.map((value, k) => value - map[k]!)) / largest(reference);
    return Math.max(relativeError(map, reference), maximum);
  });
  return Math.max(...errors);
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
