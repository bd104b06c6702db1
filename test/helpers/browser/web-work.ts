/** What a user of the browser entry does, in a page and in Node: explains an input by every method, and trains. */
import {
  arrayDataset,
  create,
  METHOD_NAMES,
  openExplainer,
  openNeighbours,
  openTraining,
  pictureFromPixels,
  pictureInput,
  type Runtime,
} from '../../../src/web/index.js';

const EDGE = 28;
const CLASSES = 3;

/** Squares, crosses and stripes of a brightness that rises over the picture. */
function pixels(label: number, i: number): Uint8Array {
  return Uint8Array.from({ length: EDGE * EDGE }, (_, place) => {
    const [x, y] = [place % EDGE, Math.floor(place / EDGE)];
    const inside = [x > 6 && x < 20 && y > 6 && y < 20, Math.abs(x - y) < 4, x % 6 < 3][label]!;
    return (inside ? 120 + 4 * x : 20) + ((place * 7 + i * 13) % 40);
  });
}

/** What came out: numbers by what they are. */
export type Outcome = Readonly<Record<string, readonly number[]>>;

/** Explains a picture with a fresh LeNet by all methods that need no data. */
export async function explain(runtime: Runtime): Promise<Outcome> {
  const grey = pixels(1, 5);
  const picture = pictureFromPixels({
    width: EDGE,
    height: EDGE,
    data: Uint8Array.from({ length: 4 * EDGE * EDGE }, (_, i) => (i % 4 === 3 ? 255 : grey[i >> 2]!)),
  });
  const input = pictureInput('drawn', picture, [1, EDGE, EDGE]);
  const explainer = await openExplainer({ runtime, model: create('lenet', { seed: 3 }), form: input });
  const { topClasses } = await explainer.decide(input);
  const found: Record<string, readonly number[]> = { probabilities: topClasses.map(({ probability }) => probability) };
  for (const method of METHOD_NAMES.filter((name) => name !== 'mim')) {
    found[method] = [...(await explainer.attribute(input, method)).data];
  }
  await explainer.release();
  return found;
}

/** Trains a LeNet on pictures made on the spot, traces a decision, and finds what looks like it. */
export async function train(runtime: Runtime): Promise<Outcome> {
  const of = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => ({ label: i % CLASSES, data: pixels(i % CLASSES, from + i) }));
  const dataset = (name: 'train' | 'test', examples: ReturnType<typeof of>) =>
    arrayDataset({
      name,
      split: name,
      examples: Uint8Array.from(examples.flatMap(({ data }) => [...data])),
      labels: examples.map(({ label }) => label),
      shape: [1, EDGE, EDGE],
    });
  const [data, held] = await Promise.all([dataset('train', of(48, 0)), dataset('test', of(12, 90))]);
  const training = await openTraining({
    runtime,
    model: create('lenet', { classes: CLASSES, seed: 1 }),
    train: data,
    test: held,
    options: { epochs: 4, batchSize: 16, learningRate: 0.05 },
  });
  await training.run(12);
  const input = { name: 'held', kind: 'image' as const, shape: held.shape, data: await held.examples([4]) };
  const [query] = await training.trace([input], { references: 0 });
  const [asked] = await training.influence([input]);
  const neighbours = await openNeighbours(training.classifier, data, runtime);
  const nearest = await neighbours.nearest(input, 5);
  const { loss, accuracy } = (await training.evaluate())!;
  const outcome = {
    losses: [...training.losses],
    evaluation: [loss, accuracy],
    gamma: query!.layers.flatMap(({ batches }) => batches.map(({ gamma }) => gamma)),
    effects: asked!.examples.map(({ effect }) => effect),
    labels: nearest.map(({ label }) => label),
    similarities: nearest.map(({ similarity }) => similarity),
  };
  await neighbours.release();
  await training.release();
  return outcome;
}
