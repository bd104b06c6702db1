/**
 * Updates split into the rows of layers, in one walk back for all layers: beside the derivatives to the weights of the rows in
 * the loss, which take a walk a layer, and beside the updates as they were.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Classifier } from '../../../src/classifier/classifier.js';
import { asFed } from '../../../src/classifier/feeds.js';
import { exactSplit } from '../../../src/explain/influence/exact-split.js';
import { openLayerDirections, type LayerDirection } from '../../../src/explain/influence/layer-directions.js';
import {
  splitByRows,
  splitWeightsByRows,
  updatedWith,
  type Direction,
} from '../../../src/explain/influence/split-by-rows.js';
import { gamma } from '../../../src/explain/influence/methods/gamma.js';
import type { Model } from '../../../src/onnx/model.js';
import { openReplay } from '../../../src/replay/recorded.js';
import type { Replay } from '../../../src/replay/replay.js';
import { weightRows } from '../../../src/replay/weight-rows.js';
import { readManifest } from '../../../src/run/manifest-file.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { openRun } from '../../../src/workflows/open-run.js';
import { conv, dense, dropout, flatten, maxPool } from '../../../src/zoo/network.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { network, relu, smallNetwork } from '../../helpers/networks.js';
import { smallRun } from '../../helpers/small-run.js';

const EXAMPLES = 40;
/** Of the runs that `smallRun` makes. */
const CLASSES = 4;
const runtime = nodeRuntime({ threads: 1 });
const folders = temporaryFolder();

const mlp = () =>
  network([1, 12, 12], (net, x) =>
    dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', flatten(net, 'flat', x), 8)), 4),
  );

/** Convolutions whose weights are fewer than their columns and more than these, dropout, dense layers. */
const cnn = () =>
  network([1, 12, 12], (net, x) => {
    let h = maxPool(net, 'pool1', relu(net, 'relu1', conv(net, 'conv1', x, { channels: 4, kernel: 3, bias: true })));
    h = relu(net, 'relu2', conv(net, 'conv2', h, { channels: 12, kernel: 3, bias: true }));
    return dense(net, 'fc', dropout(net, 'dropout', flatten(net, 'flat', h), 0.25), 4);
  });

interface Split {
  readonly replay: Replay;
  /** G of two inputs at each layer, [layers][inputs]. */
  readonly directions: readonly (readonly Direction[])[];
  /** Parts of every example, [layers], each [inputs, examples]. */
  readonly parts: readonly Float64Array[];
  readonly classifier: Classifier;
  readonly inputs: readonly Float32Array[];
  /** ‖r‖² of the inputs at each layer, [layers][inputs]. */
  readonly squares: readonly (readonly number[])[];
}

/** A direction that nobody may look at elsewhere: a copy of all of it for each group would take groups times the memory. */
function onlyAt(direction: Direction, isOwn: (place: number) => boolean): Direction {
  const guarded = [...direction];
  for (const place of guarded.keys()) {
    if (isOwn(place)) continue;
    Object.defineProperty(guarded, place, {
      get: () => {
        throw new Error(`tensor ${place} is of another group`);
      },
    });
  }
  return guarded;
}

/** Trains, and splits the updates of all layers at once. */
async function split<T>(model: Model, options: Partial<TrainOptions>, work: (found: Split) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(folders, 'run-'));
  const { directory } = await smallRun(folder, { ghostSize: 0, epochs: 2, ...options }, EXAMPLES, model);
  const manifest = await readManifest(directory);
  const run = await openRun({ runDirectory: directory, manifest, runtime });
  const replay = await openReplay({ ...run, manifest, memory: 2 ** 30 });
  const classifier = { ...run.classifier, normalization: manifest.input.normalization };
  const opened = await openLayerDirections(classifier, replay.carried, runtime);
  try {
    const at: LayerDirection[][] = [];
    const inputs: Float32Array[] = [];
    for (const index of [0, 3]) {
      const x = asFed(classifier, await run.test!.examples(Int32Array.of(index)), run.test!.shape, 'x');
      inputs.push(x);
      at.push(await opened.at(replay.final, x));
    }
    const groups = weightRows(classifier, replay.setup.graphOptions.parameters);
    expect(groups.map(({ layers }) => layers.map(({ name }) => name))).toEqual(opened.layers.map((name) => [name]));
    const directions = opened.layers.map((_, layer) => at.map((found) => found[layer]!.gradients));
    const guarded = directions.map((own, group) => {
      const isOwn = updatedWith([groups[group]!]);
      return own.map((direction) => onlyAt(direction, (place) => isOwn(replay.carried[place]!)));
    });
    const effects = await splitWeightsByRows(replay, groups, guarded, 2);
    const squares = opened.layers.map((_, layer) => at.map((found) => found[layer]!.squares));
    const parts = effects.map(({ values }) => values);
    return await work({ replay, directions, parts, classifier, inputs, squares });
  } finally {
    await opened.release();
    await replay.release();
  }
}

const inner = (direction: Direction, of: (place: number) => ArrayLike<number>) =>
  direction.reduce((sum, part, place) => {
    const other = part && of(place);
    return sum + (part?.reduce((total, value, i) => total + value * other![i]!, 0) ?? 0);
  }, 0);

/** ⟨G, W⁽ᵀ⁾ − W⁽⁰⁾⟩: what all updates of a layer come to. */
async function changed({ replay }: Split, direction: Direction): Promise<number> {
  for await (const { before } of replay.forwards()) {
    const dataOf = (state: typeof before, place: number) => state[replay.carried[place]!.input]!.data as Float32Array;
    return inner(direction, (place) =>
      dataOf(replay.final, place).map((value, i) => value - dataOf(before, place)[i]!),
    );
  }
  throw new Error('no steps');
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const size = (values: Iterable<number>) => sum([...values].map(Math.abs));

/** Float32 gradients of some dozen rows, added up over a few steps in another order. */
const ROUNDING = 1e-4;

describe('all layers at once are what each alone is by the losses of rows', () => {
  test.each([
    ['a perceptron', mlp, { sampler: 'shuffled', optimizer: 'momentum' }],
    ['a convolutional network', cnn, { sampler: 'single-class', ghostSize: 4, optimizer: 'adam', clipNorm: 0.5 }],
  ] as const)('%s', async (_, model, options) => {
    await split(model(), options, async ({ replay, directions, parts }) => {
      for (const [layer, own] of directions.entries()) {
        const alone = await splitByRows(replay, own, 2);
        const most = Math.max(...alone.values.map(Math.abs));
        expect(most).toBeGreaterThan(0);
        expect(parts[layer]!).toBeAllClose(alone.values, { absolute: ROUNDING * most });
      }
    });
  });
});

describe('the parts add up to the updates', () => {
  test.each([
    ['sgd', {}],
    ['momentum', { sampler: 'single-class', ghostSize: 4 }],
    ['nesterov', { sampler: 'shuffled', clipNorm: 0.2 }],
    ['adam', { sampler: 'shuffled', learningRate: 0.005 }],
  ] as const)('of %s, with batch norm', async (optimizer, options) => {
    await split(smallNetwork(), { optimizer, ...options }, async (found) => {
      for (const [layer, own] of found.directions.entries()) {
        for (const [input, direction] of own.entries()) {
          const parts = found.parts[layer]!.slice(input * EXAMPLES, (input + 1) * EXAMPLES);
          expect(Math.abs(sum(parts) - (await changed(found, direction)))).toBeLessThan(ROUNDING * size(parts));
        }
      }
    });
  });

  test('less what weight decay took away', async () => {
    const weightDecay = 0.1;
    await split(mlp(), { optimizer: 'sgd', sampler: 'shuffled', weightDecay }, async (found) => {
      const { replay, directions } = found;
      for (const [layer, own] of directions.entries()) {
        for (const [input, direction] of own.entries()) {
          const parts = found.parts[layer]!.slice(input * EXAMPLES, (input + 1) * EXAMPLES);
          let decay = 0;
          for await (const { step, before } of replay.forwards()) {
            const weights = (place: number) => before[replay.carried[place]!.input]!.data as Float32Array;
            decay -= step.learningRate * weightDecay * inner(direction, weights);
          }
          expect(Math.abs(decay)).toBeGreaterThan(0);
          const rest = (await changed(found, direction)) - sum(parts);
          expect(Math.abs(rest - decay)).toBeLessThan(ROUNDING * (size(parts) + Math.abs(decay)));
        }
      }
    });
  });
});

test.each([
  ['at once', 2 ** 28],
  // The other layers have fewer directions than this one, and wait while the rest of its own are walked back.
  ['in several walks', 50_000],
])(
  'what examples did to each output of a layer adds up to γ, as the layer’s output weighs it: %s',
  async (_, memory) => {
    await split(cnn(), { optimizer: 'momentum', sampler: 'shuffled', ghostSize: 0 }, async (found) => {
      const { replay, classifier, directions, parts, inputs } = found;
      const layers = weightRows(classifier, replay.setup.graphOptions.parameters).flatMap(({ layers: own }) => own);
      const layer = layers.length - 1;
      // The gradient to the bias, which has as many elements as the layer has outputs, is the layer's output itself.
      const outputs = directions[layer]!.map((direction) => direction.find((part) => part?.length === CLASSES)!);
      const all = Array.from({ length: CLASSES }, (_, unit) => unit);
      let total = 0;
      const exact = exactSplit({ replay, classifier, runtime, memory, onProgress: (_done, all) => (total = all) });
      const results = await exact.of({
        layers: layers.map(({ name }) => name),
        reference: 'full',
        inputs,
        references: [],
        units: { layer: layers[layer]!.name, count: CLASSES, of: inputs.map(() => all) },
      });
      expect(total / replay.steps > 1).toBe(memory < 2 ** 28);
      expect(results!.map(({ units }) => units !== undefined)).toEqual(layers.map((_, l) => l === layer));
      results![layer]!.units!.forEach((units, input) => {
        const gammas = parts[layer]!.slice(input * EXAMPLES, (input + 1) * EXAMPLES);
        const weighted = gammas.map((_, i) => sum(all.map((unit) => outputs[input]![unit]! * units.get(unit)![i]!)));
        expect(weighted).toBeAllClose(gammas, { absolute: ROUNDING * Math.max(...gammas.map(Math.abs)) });
      });
    });
  },
);

test('the method gamma is the sum over layers, as shares of ‖r‖²', async () => {
  const options = { optimizer: 'momentum', sampler: 'single-class', ghostSize: 4 } as const;
  await split(cnn(), options, async ({ replay, classifier, squares, parts, inputs }) => {
    const queries = inputs.map((x) => ({ batches: () => [{ x, targets: [0] }], scale: 1 }));
    const subject = { replay, classifier, runtime, queries, memory: 2 ** 28, outcome: undefined as never };
    const { values } = await gamma.effects(subject);
    const shares = values.map((_, i) =>
      sum(parts.map((part, layer) => part[i]! / squares[layer]![Math.floor(i / EXAMPLES)]!)),
    );
    expect(values).toBeAllClose(shares, { absolute: ROUNDING * Math.max(...shares.map(Math.abs)) });
  });
});
