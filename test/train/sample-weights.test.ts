/** Weights of examples in the loss: what they do to a step, and how a run keeps them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { readInputs } from '../../src/data/input.js';
import { traceRun } from '../../src/explain/trace/trace-run.js';
import { checkWholeRun } from '../../src/run/check-run.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { readSampleWeights } from '../../src/run/sample-weights.js';
import { sampleWeights, type ClassWeights } from '../../src/train/sample-weights.js';
import { dense } from '../../src/zoo/network.js';
import { encodeNpy, inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { runHere } from '../helpers/in-process.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';
import { network, relu } from '../helpers/networks.js';
import { consecutiveSteps, randomDataset, runSteps, runtime } from '../helpers/training.js';

describe('in a step', () => {
  const model = network([6], (net, x) => dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', x, 5)), 3));
  const data = randomDataset(4, 40, [6], 3);
  const request = { model, data, normalization: { mean: [0.5], std: [0.5] }, rows: 8 };

  test('weight 0 is the same batch with the loss of the example removed', async () => {
    const rate = 0.1;
    const dropped = [1, 2, 5, 8, 9, 14, 16, 17, 18, 19];
    const weights = new Float32Array(40).fill(1);
    for (const index of dropped) weights[index] = 0;
    const steps = consecutiveSteps(5, 8, () => rate);
    const weighted = await runSteps({ ...request, sampleWeights: weights }, steps);
    // Without them the mean is over fewer: the rate makes it the sum over as many as there were.
    const without = steps.map((step) => {
      const examples = step.examples.filter((index) => weights[index] !== 0);
      return { ...step, examples, learningRate: (rate * examples.length) / 8 };
    });
    const removed = await runSteps(request, without);
    // Sums in another order: rounding of float32.
    for (const [name, values] of Object.entries(removed.weights)) {
      expect(weighted.weights[name]).toBeAllClose(values, { relative: 1e-5 });
    }
    weighted.losses.forEach((loss, i) =>
      expect(loss).toBeCloseTo((removed.losses[i]! * without[i]!.examples.length) / 8, 5),
    );
  });

  test('weight 2 is the example twice', async () => {
    const weights = new Float32Array(40).fill(1);
    weights[3] = 2;
    const [step] = consecutiveSteps(1, 8);
    const weighted = await runSteps({ ...request, sampleWeights: weights }, [step!]);
    const twice = { ...step!, examples: Int32Array.of(...step!.examples, 3), learningRate: (0.1 * 9) / 8 };
    const doubled = await runSteps({ ...request, rows: 9 }, [twice]);
    for (const [name, values] of Object.entries(doubled.weights)) {
      expect(weighted.weights[name]).toBeAllClose(values, { relative: 1e-5 });
    }
  });
});

describe('by class', () => {
  const data = { labels: Int32Array.of(0, 0, 0, 1, 2, 2), classNames: ['cat', 'dog', 'eel', 'fox'] };
  const of = (classes: ClassWeights) => [...sampleWeights(data, { classes })!];

  test('by number, by name, as a list, balanced over the classes that have examples', () => {
    expect(of({ 0: 2, 2: 0.5 })).toEqual([2, 2, 2, 1, 0.5, 0.5]);
    expect(of({ dog: 3 })).toEqual([1, 1, 1, 3, 1, 1]);
    expect(of([1, 2, 3, 4])).toEqual([1, 1, 1, 2, 3, 3]);
    expect(of('balanced')).toEqual([6 / 9, 6 / 9, 6 / 9, 2, 1, 1].map(Math.fround));
  });

  test('both kinds are multiplied; none is none', () => {
    const samples = [1, 0, 1, 2, 1, 1];
    expect([...sampleWeights(data, { samples, classes: { 1: 3 } })!]).toEqual([1, 0, 1, 6, 1, 1]);
    expect(sampleWeights(data, {})).toBeUndefined();
  });

  test.each<[ClassWeights, RegExp]>([
    [[1, 2], /^`classWeights`: 2 weights for 4 classes; /],
    [{ bat: 2 }, /^`classWeights`: there is no class bat; the classes are 0 to 3: cat, dog/],
    [{ 4: 2 }, /^`classWeights`: there is no class 4;/],
    [{ 1: -1 }, /^`classWeights`: the weight of class 1 \(dog\) is -1; /],
    [[0, 0, 0, 1], /^`classWeights`: every training example weighs 0/],
  ])('%j is refused', async (classes, message) => {
    expect(await inputErrorOf(() => of(classes))).toMatch(message);
  });
});

describe('a run', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const { start, dataSpec, modelPath } = trainingIn(folder);
  const weights = Float32Array.from({ length: 300 }, (_, i) => (i % 7) / 3);

  beforeAll(async () => {
    await makeRuns(folder);
    const onProgress = ({ step }: { step: number }) => {
      const filter = (path: string) => !path.endsWith('train.lock');
      if (step === 10) cpSync(at('weighted'), at('cut off'), { recursive: true, filter });
    };
    writeFileSync(at('w.npy'), encodeNpy('<f4', [300], weights));
    await start('weighted', { sampleWeights: at('w.npy'), onProgress });
  });

  test('keeps its weights, covered by a checksum', async () => {
    const manifest = await readManifest(at('weighted'));
    expect(manifest.files.map(({ path }) => path)).toContain('sample-weights.npy');
    expect(await readSampleWeights(at('weighted'), manifest)).toEqual(weights);
    await checkWholeRun(at('weighted'), manifest);
    expect((await runHere(['inspect', at('weighted')])).stdout).toContain(
      'examples weigh in the loss as sample-weights.npy says',
    );
    const plain = await readManifest(at('whole'));
    expect(await readSampleWeights(at('whole'), plain)).toBeUndefined();
    expect(manifest.run).not.toBe(plain.run);
  });

  test('goes on with them to the same bytes', async () => {
    await start('cut off', { resume: true });
    expect(contentsOf(at('cut off'))).toEqual(contentsOf(at('weighted')));
  });

  test('does not go on with others', async () => {
    expect(await inputErrorOf(() => start('cut off', { resume: true, classWeights: 'balanced' }))).toMatch(
      /^`sampleWeights`, `classWeights`: a run that is resumed has its own/,
    );
    cpSync(at('cut off'), at('changed'), { recursive: true });
    const manifest = await readManifest(at('changed'));
    writeFileSync(
      join(at('changed'), 'sample-weights.npy'),
      encodeNpy(
        '<f4',
        [300],
        weights.map((w) => w + 1),
      ),
    );
    expect(await inputErrorOf(() => readSampleWeights(at('changed'), manifest))).toMatch(
      /sample-weights\.npy: was changed after it was written/,
    );
  });

  test('weights of 1 give the bytes of none, and others do not', async () => {
    await start('ones', { sampleWeights: new Float32Array(300).fill(1) });
    const bytes = (run: string) => readFileSync(join(at(run), 'model.onnx'));
    expect(bytes('ones').equals(bytes('whole'))).toBe(true);
    expect(bytes('weighted').equals(bytes('whole'))).toBe(false);
  });

  test('is replaced together with its weights', async () => {
    cpSync(at('weighted'), at('again'), { recursive: true });
    await start('again', { force: true });
    expect(contentsOf(at('again'))).toEqual(contentsOf(at('whole')));
  });

  test('touches no file of that name that is not its own', async () => {
    cpSync(at('whole'), at('beside'), { recursive: true });
    writeFileSync(join(at('beside'), 'sample-weights.npy'), 'mine');
    const before = contentsOf(at('beside'));
    const again = () => start('beside', { force: true, sampleWeights: weights });
    expect(await inputErrorOf(again)).toMatch(/sample-weights\.npy: /);
    expect(contentsOf(at('beside'))).toEqual(before);
  });

  test('is traced to no example that weighed 0', async () => {
    const data = await openDataset(dataSpec);
    const inputs = await readInputs([`${dataSpec}@3`]);
    const listed = async (name: string) => {
      const { queries } = await traceRun(at(name), inputs, { layers: ['fc2'], topK: 300 }, { runtime, data });
      return queries[0]!.layers.flatMap(({ examples, opponents }) => [...examples, ...opponents]);
    };
    expect((await listed('weighted')).filter(({ index }) => index % 7 === 0)).toEqual([]);
    expect((await listed('whole')).filter(({ index }) => index % 7 === 0).length).toBeGreaterThan(0);
  });

  const train = (...args: string[]) =>
    runHere([
      'train',
      '--model',
      modelPath,
      '--data',
      dataSpec,
      '--sampler',
      'single-class',
      '--epochs',
      '1',
      '--no-log',
      '--quiet',
      ...args,
    ]);

  test('class weights on the command line', async () => {
    expect(await train('--class-weights', '0:2,Sneaker:0.5', '--out', at('classes'))).toMatchObject({ code: 2 });
    expect((await train('--class-weights', '{"0": 2, "7": 0.5}', '--out', at('classes'))).code).toBe(0);
    const kept = await readSampleWeights(at('classes'), await readManifest(at('classes')));
    expect([...new Set(kept)].sort()).toEqual([0.5, 1, 2]);
  });

  const npy = (descr: string, shape: number[], elements: ArrayBufferView) => encodeNpy(descr, shape, elements);
  const filled = (value: number) => Float64Array.from({ length: 300 }, (_, i) => (i === 17 ? value : 1));

  test.each<[string, Uint8Array, RegExp]>([
    ['too few', npy('<f4', [5], new Float32Array(5)), /--sample-weights: 5 weights for 300 training examples; /],
    ['negative', npy('<f8', [300], filled(-0.5)), /--sample-weights: the weight of example 17 is -0\.5; /],
    ['NaN', npy('<f8', [300], filled(NaN)), /the weight of example 17 is NaN; expected a finite number from 0/],
    ['infinite', npy('<f8', [300], filled(Infinity)), /the weight of example 17 is Infinity; /],
    ['too large', npy('<f8', [300], filled(1e300)), /too large for a 32-bit number/],
    ['all zero', npy('<f4', [300], new Float32Array(300)), /every training example weighs 0/],
    ['a matrix', npy('<f4', [150, 2], new Float32Array(300)), /has the shape \[150×2\]; save a list of numbers/],
    ['text', npy('<U1', [300], new Uint32Array(300).fill(49)), /holds text; save a list of numbers/],
    ['complex', npy('<c8', [150], new Float32Array(300)), /has elements of type '<c8', which is not read/],
    ['no array', new Uint8Array(300), /is not a NumPy array/],
  ])('%s: one line, exit code 2', async (name, bytes, message) => {
    writeFileSync(at(`${name}.npy`), bytes);
    const { code, stderr } = await train('--sample-weights', at(`${name}.npy`), '--out', at(`bad ${name}`));
    expect(stderr).toMatch(message);
    expect([code, stderr.trimEnd().split('\n')]).toEqual([2, [expect.any(String)]]);
  });

  test.each([
    [['--sample-weights', 'missing.npy'], /missing\.npy: no such file/],
    [['--class-weights', '0:2,3'], /--class-weights 0:2,3: expected balanced, a weight for each class/],
    [['--class-weights', 'heavy'], /--class-weights heavy: expected balanced/],
    [['--class-weights', '[1, "2"]'], /--class-weights \[1, "2"\]: expected balanced/],
    [['--class-weights', '1,2'], /--class-weights: 2 weights for 10 classes/],
  ])('%j: one line, exit code 2', async (args, message) => {
    const { code, stderr } = await train(...args, '--out', at('bad'));
    expect(stderr).toMatch(message);
    expect([code, stderr.trimEnd().split('\n')]).toEqual([2, [expect.any(String)]]);
  });
});
