/** Small networks that LRP explains, with the settings of a test. */
import { openClassifier } from '../../src/classifier/open.js';
import type { Classifier } from '../../src/classifier/classifier.js';
import type { Attribution, Example, MethodContext } from '../../src/explain/attribution/method.js';
import { lrp } from '../../src/explain/attribution/methods/lrp.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../../src/explain/attribution/settings.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { BATCH } from '../../src/graph/values.js';
import { seededRandom } from '../../src/numeric/random.js';
import { elementCount, float32 } from '../../src/tensor.js';
import { runtime } from './run-model.js';

/** Of float32 sums in another order, relative to the map. */
export const ROUNDING = 1e-5;

/** What a test sets. */
export type Settings = Partial<AttributionSettings>;

/** Layers between an input and two class scores: each takes the value before it. */
export type Layers = (g: GraphBuilder, x: string, weight: (...dims: number[]) => string) => string;

/** A network of two classes with drawn weights, opened. */
export async function network(shape: readonly number[], layers: Layers): Promise<Classifier> {
  const g = new GraphBuilder();
  const random = seededRandom(3);
  const weight = (...dims: number[]) => {
    const data = Float32Array.from({ length: elementCount(dims) }, () => random.normal() / 2);
    return g.initializer(g.fresh('w'), float32(data, dims));
  };
  const last = layers(g, g.input('x', 'float32', [BATCH, ...shape]), weight);
  g.output(g.rename(last, 'scores'), 'float32', [BATCH, 2]);
  return openClassifier(g.model(), { runtime, form: { shape }, keepWeights: true });
}

/** Three inputs with elements from `low` to 1, for both classes. */
export function inputsOf(shape: readonly number[], low = -1): Example[] {
  const random = seededRandom(5);
  return [0, 1, 1].map((target, index) => ({
    x: Float32Array.from({ length: elementCount(shape) }, () => low + (1 - low) * random.uniform()),
    target,
    index,
  }));
}

/** What LRP says of the examples. */
export async function explain(
  explained: Classifier,
  examples: readonly Example[],
  settings: Settings,
  more: Partial<Pick<MethodContext, 'ledger' | 'weights' | 'runtime'>> = {},
): Promise<Attribution[]> {
  const open = await lrp.open({ runtime, ...more, explained, settings: { ...ATTRIBUTION_DEFAULTS, ...settings } });
  try {
    return await open.attribute(examples);
  } finally {
    await open.release();
  }
}
