/** What is specific to an input: γ minus γ̄, the mean over reference inputs, against references traced one by one. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDataset } from '../../../src/data/open-dataset.js';
import { readInputs } from '../../../src/data/input.js';
import { drawReferences } from '../../../src/explain/trace/draw-references.js';
import type { ExampleGammaRequest } from '../../../src/explain/trace/example-gammas.js';
import { traceRun, type TraceRunContext, type TraceRunOptions } from '../../../src/explain/trace/trace-run.js';
import type { TraceLayer, TraceResult } from '../../../src/results/trace.js';
import { checkResult } from '../../../src/results/validate.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';

const runtime = nodeRuntime({ threads: 1 });
const folder = temporaryFolder();
const EXAMPLES = 160;
const REFERENCES = 6;
const everything = { topK: 1000, steps: true, references: REFERENCES } as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

let run: SmallRun;
let context: TraceRunContext;
let contrasted: TraceResult;
/** The reference inputs, each traced as an input of its own, without a contrast. */
let slow: TraceResult;

beforeAll(async () => {
  run = await smallRun(folder, { epochs: 2 });
  const references = await openDataset(run.dataSpec, { split: 'test' });
  context = { runtime, data: run.trainSet, references };
  contrasted = await traceRun(run.directory, run.inputs, everything, context);
  slow = await traced(contrasted.references!.indices, { contrast: false });
});

async function traced(indices: readonly number[], options: TraceRunOptions, more: Partial<TraceRunContext> = {}) {
  const inputs = await readInputs([`${run.dataSpec}@${indices.join()}`]);
  return traceRun(run.directory, inputs, { ...everything, ...options }, { ...context, ...more });
}

/** Γ of every example, or its contrast; those that are not listed have 0. */
function byExample({ examples, opponents }: TraceLayer, of: 'gamma' | 'contrast' | 'cosine'): number[] {
  const values = new Array<number>(EXAMPLES).fill(0);
  for (const example of [...examples, ...opponents]) values[example.index] = example[of]!;
  return values;
}

/** γ̄ of an input: the mean of the references' shares, times its own ‖r‖². */
function meanGamma(
  { norm }: TraceLayer,
  references: readonly TraceLayer[],
  gammas: (layer: TraceLayer) => readonly number[],
): number[] {
  return meanOf(references.map((other) => gammas(other).map((gamma) => gamma / other.norm ** 2))).map(
    (share) => share * norm ** 2,
  );
}

/** The mean of lists of numbers. */
function meanOf(lists: readonly (readonly number[])[]): number[] {
  return lists[0]!.map((_, i) => sum(lists.map((list) => list[i]!)) / lists.length);
}

test('is γ − γ̄ for examples, steps and classes, and ranks them', () => {
  expect(checkResult(JSON.parse(JSON.stringify(contrasted)))).not.toHaveProperty('problem');
  for (const { layers } of contrasted.queries) {
    layers.forEach((layer, l) => {
      const references = slow.queries.map((query) => query.layers[l]!);
      // γ are float32 sums.
      const rounding = 1e-5 * layer.norm ** 2;
      const mean = meanGamma(layer, references, (other) => byExample(other, 'gamma'));
      for (const { index, gamma, contrast } of [...layer.examples, ...layer.opponents]) {
        expect(Math.abs(contrast! - (gamma - mean[index]!))).toBeLessThan(rounding);
      }
      const listed = [...layer.examples, ...layer.opponents.toReversed()].map(({ contrast }) => contrast!);
      expect(listed).toEqual([...listed].sort((a, b) => b - a));
      const meanSteps = meanGamma(layer, references, ({ steps }) => steps!.gamma);
      for (const { step, gamma, contrast } of layer.batches) {
        expect(Math.abs(contrast! - (gamma - meanSteps[step - 1]!))).toBeLessThan(rounding);
      }
      expect(layer.batches.map(({ contrast }) => contrast!)).toEqual(
        layer.batches.map(({ contrast }) => contrast!).sort((a, b) => b - a),
      );
      const meanClasses = meanGamma(layer, references, ({ classes }) => classes.map(({ gamma }) => gamma));
      for (const { class: name, gamma, contrast } of layer.classes) {
        expect(Math.abs(contrast! - (gamma - meanClasses[name]!))).toBeLessThan(rounding);
      }
    });
  }
});

test('of the references averages to 0, as a share of each', async () => {
  const own = await traced(contrasted.references!.indices, {});
  own.queries[0]!.layers.forEach((layer, l) => {
    const layers = own.queries.map((query) => query.layers[l]!);
    const shares = (of: (each: TraceLayer) => readonly number[]) =>
      meanOf(layers.map((each) => of(each).map((contrast) => contrast / each.norm ** 2)));
    for (const average of [
      shares((each) => byExample(each, 'contrast')),
      shares(({ classes }) => classes.map(({ contrast }) => contrast!)),
    ]) {
      // What is below the rounding of γ is listed as 0.
      for (const value of average) expect(Math.abs(value)).toBeLessThan(1e-5);
    }
    expect(Math.max(...byExample(layer, 'contrast'))).toBeGreaterThan(0);
  });
});

test('leaves γ, its sums and the completeness as they are', () => {
  contrasted.queries.forEach(({ layers }) => {
    for (const layer of layers) {
      const square = layer.norm ** 2;
      expect(Math.abs(sum(layer.steps!.gamma) + layer.initial!.gamma - square)).toBeLessThan(1e-5 * square);
      expect(Math.abs(sum(byExample(layer, 'gamma')) - sum(layer.steps!.gamma))).toBeLessThan(1e-5 * square);
      expect(layer.completenessError).toBeLessThan(1e-5);
    }
  });
});

test('of cosines, where they rank', async () => {
  const options = { similarity: 'cosine' } as const;
  const plain = await traced(contrasted.references!.indices, { ...options, contrast: false });
  const [query] = (await traced([0], options)).queries;
  query!.layers.forEach((layer, l) => {
    const mean = meanOf(plain.queries.map(({ layers }) => byExample(layers[l]!, 'cosine')));
    for (const { index, cosine, contrast } of layer.examples) {
      expect(contrast).toBeCloseTo(cosine! - mean[index]!, 4);
    }
  });
});

test('does not depend on what is traced with an input, nor on how steps are read', async () => {
  const alone = await traced([2], {}, { chunkSteps: 3 });
  alone.queries[0]!.layers.forEach((layer, l) => {
    const among = contrasted.queries[2]!.layers[l]!;
    expect(byExample(layer, 'contrast')).toBeAllClose(byExample(among, 'contrast'), {
      absolute: 1e-5 * layer.norm ** 2,
    });
    expect(layer.listOverlap).toEqual(among.listOverlap);
  });
});

test('the overlap of lists is that of the references’ lists, over pairs that are decided differently', () => {
  const decided = slow.queries.map(({ predicted }) => predicted.class);
  contrasted.queries[0]!.layers.forEach((layer, l) => {
    const values = slow.queries.map(({ layers }) =>
      byExample(layers[l]!, 'gamma').map((gamma) => gamma / layers[l]!.norm ** 2),
    );
    const mean = meanOf(values);
    const lists = values.map((own) => {
      const contrasts = own.map((value, i) => value - mean[i]!);
      const order = Array.from(contrasts.keys()).sort((a, b) => contrasts[b]! - contrasts[a]!);
      return order.filter((i) => contrasts[i]! > 0).slice(0, 10);
    });
    const shared: number[] = [];
    for (const [i, list] of lists.entries()) {
      for (let j = 0; j < i; j++) {
        if (decided[i] !== decided[j]) shared.push(list.filter((index) => lists[j]!.includes(index)).length);
      }
    }
    expect(layer.listOverlap).toMatchObject({ of: 10, inputs: REFERENCES, chance: 100 / EXAMPLES });
    // Examples of one batch tie, and rounding may order them otherwise.
    expect(Math.abs(layer.listOverlap!.shared - sum(shared) / shared.length)).toBeLessThan(0.7);
  });
});

describe('references', () => {
  test('follow from the seed, ascending, and are all there is where there are no more', async () => {
    const from = context.references!;
    const drawn = await drawReferences(from, 10, 3);
    expect(drawn.indices).toEqual((await drawReferences(from, 10, 3)).indices);
    expect(drawn.indices).not.toEqual((await drawReferences(from, 10, 4)).indices);
    expect(drawn.indices).toEqual([...new Set(drawn.indices)].sort((a, b) => a - b));
    expect(drawn.data.map((data) => data.length)).toEqual(new Array(10).fill(144));
    expect((await drawReferences(from, 1000, 3)).indices).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('are left out without data to draw them from', async () => {
    const plain = await traceRun(run.directory, run.inputs, everything, { runtime, data: run.trainSet });
    expect(plain.options).toMatchObject({ contrast: false, references: 0 });
    expect(plain.references).toBeUndefined();
    const [layer] = plain.queries[0]!.layers;
    expect(layer!.examples[0]).toHaveProperty('contrast', undefined);
    expect(layer!.listOverlap).toBeUndefined();
  });
});

describe('an exact split from elsewhere', () => {
  const gammasOf = (seed: number) => Float64Array.from({ length: EXAMPLES }, (_, i) => ((i * seed) % 97) - 48);

  test('takes the place of equal parts, in lists and in sums of classes', async () => {
    const mean = gammasOf(31);
    const asked: ExampleGammaRequest[] = [];
    const exact = {
      of: (request: ExampleGammaRequest) => {
        asked.push(request);
        const ofLayer = { queries: [gammasOf(13), gammasOf(17)], mean, references: [gammasOf(5), gammasOf(7)] };
        return Promise.resolve(request.layers.map(() => ofLayer));
      },
    };
    const result = await traced([0, 1], {}, { exact });
    expect(result.split).toBe('exact');
    // All layers are asked for at once.
    expect(asked.map(({ layers }) => layers)).toEqual([['conv1', 'conv2', 'fc1', 'fc2']]);
    for (const { reference, inputs, references } of asked) {
      expect([reference, inputs.length, references.length]).toEqual(['full', 2, REFERENCES]);
    }
    result.queries.forEach(({ layers }, q) => {
      const expected = gammasOf([13, 17][q]!);
      for (const layer of layers) {
        for (const { index, gamma, contrast } of [...layer.examples, ...layer.opponents]) {
          expect(gamma).toBe(expected[index]);
          expect(contrast).toBe(expected[index]! - layer.norm ** 2 * mean[index]!);
        }
        for (const { class: name, gamma } of layer.classes) {
          expect(gamma).toBe(sum(Array.from(expected).filter((_, i) => run.trainSet.labels[i] === name)));
        }
        expect(layer.listOverlap!.inputs).toBe(2);
      }
    });
  });

  test('goes with γ alone', async () => {
    const exact = { of: () => Promise.resolve([{ queries: [gammasOf(13)] }]) };
    await expect(traced([0], { similarity: 'cosine' }, { exact })).rejects.toThrow(/`similarity` cosine: an exact/);
  });
});
