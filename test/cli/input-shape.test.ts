/** Models that leave sizes open besides the batch: the data tell them, or --input-shape does, to every command. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Dim } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { seededRandom } from '../../src/numeric/random.js';
import { float32, type ElementType } from '../../src/tensor.js';
import { encodeImage, encodeNpz, pixels, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const random = seededRandom(3);
const weight = (...dims: number[]) =>
  float32(
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.uniform() - 0.5),
    dims,
  );

/** A model whose features go through one linear layer into two classes. */
function classifier(
  type: ElementType,
  dims: readonly Dim[],
  features: number,
  build: (g: GraphBuilder, x: string) => string,
) {
  const g = new GraphBuilder();
  const x = build(g, g.input('in', type, ['batch', ...dims]));
  const layer = [x, g.initializer('fc', weight(2, features)), g.initializer('b', weight(2))];
  g.add(makeNode('Gemm', layer, [g.reserve('scores')], { transB: 1 }));
  g.output('scores', 'float32', ['batch', 2]);
  return g.model();
}

/** A filter over images of any size, and its mean. */
const images = () =>
  classifier('float32', [1, 'height', 'width'], 3, (g, x) => {
    const filtered = g.op('Conv', [x, g.initializer('filter', weight(3, 1, 3, 3))], { pads: [1, 1, 1, 1] });
    return g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Relu', [filtered])])]);
  });

/** The mean of the embeddings of tokens, however many there are. */
const texts = () =>
  classifier('int64', ['tokens'], 5, (g, x) =>
    g.op('ReduceMean', [g.op('Gather', [g.initializer('embedding', weight(7, 5)), x]), g.ints([1])], { keepdims: 0 }),
  );

/** The mean and the maximum over the steps of a series of six sensors, both sizes open. */
const series = () =>
  classifier('float32', ['steps', 'sensors'], 12, (g, x) => {
    const over = (operator: string) => g.op(operator, [x, g.ints([1])], { keepdims: 0 });
    return g.op('Concat', [over('ReduceMean'), over('ReduceMax')], { axis: 1 });
  });

const labels = Uint8Array.from({ length: 24 }, (_, i) => i % 2);
const numbers = Float32Array.from({ length: 24 * 24 }, () => random.uniform());
const split = (x: [string, readonly number[], ArrayBufferView]) =>
  encodeNpz({ x, y: ['|u1', [24], labels], x_test: x, y_test: ['|u1', [24], labels] });

beforeAll(async () => {
  await writeModelFile(at('images.onnx'), images());
  await writeModelFile(at('texts.onnx'), texts());
  await writeModelFile(at('series.onnx'), series());
  const pictures = Uint8Array.from({ length: 24 }, (_, i) => i).reduce<Uint8Array[]>(
    (all, i) => [...all, pixels(5, 7, 1, i)],
    [],
  );
  const tokens = BigInt64Array.from({ length: 24 * 4 }, (_, i) => BigInt(i % 7));
  writeFiles(folder, {
    'images.npz': split(['|u1', [24, 5, 7], Buffer.concat(pictures)]),
    'texts.npz': split(['<i8', [24, 4], tokens]),
    'series.npz': split(['<f4', [24, 4, 6], numbers]),
    'flat.npz': split(['<f4', [24, 24], numbers]),
    'photo.png': await encodeImage('png', 5, 7, 1),
    'large.png': await encodeImage('png', 10, 14, 1),
  });
});

const onnx = async (...args: string[]) => {
  const { code, stdout, stderr } = await runHere([...args, '--threads', '1']);
  return { code, stdout, stderr };
};
const succeeds = async (...args: string[]) => {
  const ended = await onnx(...args);
  expect([ended.code, ended.code === 0 ? '' : ended.stderr]).toEqual([0, '']);
  return ended;
};
const refusal = async (...args: string[]) => {
  const { code, stderr } = await onnx(...args, '--quiet');
  expect([code, stderr.split('\n').length]).toEqual([2, 2]);
  return stderr;
};
const train = (model: string, data: string, out: string) => [
  'train',
  '--model',
  at(model),
  '--data',
  at(data),
  '--out',
  at(out),
  '--epochs',
  '1',
  '--batch-size',
  '8',
];

describe.each([
  ['images', 'images.npz'],
  ['texts', 'texts.npz'],
  ['series', 'series.npz'],
])('%s: the data say what the model leaves open', (name, data) => {
  const model = `${name}.onnx`;

  test('train and trace', async () => {
    await succeeds(...train(model, data, `${name}-run`));
    await succeeds('trace', at(`${name}-run`), '--input', `${at(data)}@1`, '--out', at(`${name}-trace`));
  });

  test('attribute, representer, audit and check', async () => {
    if (name !== 'texts') {
      await succeeds('attribute', '--model', at(model), '--input', `${at(data)}@1`, '--out', at(`${name}-map`));
    }
    const both = ['--model', at(model), '--data', at(data)];
    await succeeds('representer', ...both, '--input', `${at(data)}@1`, '--out', at(`${name}-points`));
    await succeeds('audit', ...both, '--out', at(`${name}-audit`));
    const check = ['check', at(model), '--baseline', at(`${name}.json`)];
    await succeeds(...check, '--data', at(data), '--update-baseline', '--force');
    await succeeds(...check, '--skip', 'cost,execution');
  });
});

test('a picture says its size; --input-shape says it where the picture is to be brought to another', async () => {
  const attribute = ['attribute', '--model', at('images.onnx'), '--out', at('picture')];
  await succeeds(...attribute, '--input', at('large.png'));
  const small = ['--input', at('large.png'), '--input-shape', '1,5,7', '--force'];
  expect(await refusal(...attribute, ...small)).toMatch(/large\.png: is 1×10×14 .*1×5×7; give --resize 7x5/);
  await succeeds(...attribute, ...small, '--resize', '7x5');
});

describe('flat vectors for a model with two open sizes', () => {
  const shape = ['--input-shape', '4,6'];

  test('each command says that --input-shape is missing, and takes it', async () => {
    const both = ['--model', at('series.onnx'), '--data', at('flat.npz')];
    const input = ['--input', `${at('flat.npz')}@1`];
    const commands = [
      train('series.onnx', 'flat.npz', 'flat-run'),
      ['attribute', '--model', at('series.onnx'), ...input, '--out', at('flat-map')],
      ['representer', ...both, ...input, '--out', at('flat-points'), '--no-cache'],
      ['audit', ...both, '--out', at('flat-audit'), '--no-cache'],
      [
        'check',
        at('series.onnx'),
        '--baseline',
        at('flat.json'),
        '--data',
        at('flat.npz'),
        '--update-baseline',
        '--force',
      ],
    ];
    for (const command of commands) {
      expect(await refusal(...command)).toMatch(/each example is 24, but the model takes \?×\?; .*--input-shape\n$/);
      await succeeds(...command, ...shape);
    }
  });

  test('they are what the same numbers in two dimensions are', async () => {
    const losses = (run: string) =>
      (JSON.parse(readFileSync(at(`${run}/run.json`), 'utf8')) as { epochs: unknown }).epochs;
    await succeeds(...train('series.onnx', 'series.npz', 'plain-run'));
    expect(losses('flat-run')).toEqual(losses('plain-run'));
    const maps = ['flat-map', 'series-map'].map((name) => readFileSync(at(`${name}/query-0/lrp.npy`)));
    expect(maps[0]).toEqual(maps[1]);
  });

  test('the run and the baseline remember it', async () => {
    await succeeds('trace', at('flat-run'), '--input', `${at('flat.npz')}@1`, '--out', at('flat-trace'));
    const check = ['check', at('series.onnx'), '--baseline', at('flat.json'), '--skip', 'cost,execution'];
    await succeeds(...check);
    expect(await refusal(...check, ...shape)).toMatch(/--input-shape: belongs to the baseline/);
  });
});

describe('no data at all', () => {
  test('inspect and check ask for it, and take it', async () => {
    for (const [name, shape] of [
      ['images', '1,5,7'],
      ['texts', '4'],
      ['series', '4,6'],
    ] as const) {
      const { stdout } = await succeeds('inspect', at(`${name}.onnx`));
      expect(stdout).toMatch(/is open; give the shape of one example as --input-shape/);
      const told = await succeeds('inspect', at(`${name}.onnx`), '--input-shape', shape);
      expect(told.stdout).not.toContain('is open');
      const check = ['check', at(`${name}.onnx`), '--baseline', at(`${name}-made-up.json`)];
      const update = [...check, '--update-baseline', '--force'];
      expect(await refusal(...update)).toMatch(/is open in dimension \d.*--input-shape, or examples with --data/);
      await succeeds(...update, '--input-shape', shape);
      await succeeds(...check, '--skip', 'cost,execution');
      // Once more: the probes stay as they are.
      await succeeds(...update);
    }
  });

  test.each([
    ['3,5,7', /--input-shape 3,5,7: the model takes examples of \[1, \?, \?\] for "in"; say what its open sizes are/],
    ['5,7', /--input-shape 5,7: the model takes examples of \[1, \?, \?\]/],
    ['1,0,7', /--input-shape 1,0,7: expected the sizes of one example/],
    ['1,2.5,7', /--input-shape 1,2\.5,7: expected the sizes of one example/],
    ['tall', /--input-shape tall: expected numbers/],
  ])('a shape that will not do: %s', async (shape, message) => {
    expect(await refusal('inspect', at('images.onnx'), '--input-shape', shape)).toMatch(message);
    const command = train('images.onnx', 'images.npz', 'refused');
    expect(await refusal(...command, '--input-shape', shape)).toMatch(message);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test('a shape for a model that leaves nothing open', async () => {
    await succeeds('create', 'mlp', '--input-shape', '6', '--out', at('closed.onnx'));
    expect(await refusal('inspect', at('closed.onnx'), '--input-shape', '7')).toMatch(/\[6\].*leave the option out/);
    await succeeds('inspect', at('closed.onnx'), '--input-shape', '6');
  });
});
