/** Training, attribution and influence on WebGPU give what the processor gives. SwiftShader stands in for a graphics processor. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readNpyFile } from '../../src/data/npy/file.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { leaveToProcessor } from '../../src/runtime/webgpu.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { pooledNetwork } from '../helpers/networks.js';
import { writePatterns } from '../helpers/small-run.js';
import { webGpuEnvironment } from '../helpers/webgpu.js';

// A shader is compiled for every kernel, on processors that others share.
jest.setTimeout(240_000);

describe('what the processor gets', () => {
  const leftOf = (op: string, dims: number[], inputs: string[], attributes: Attributes = {}, outputs = ['y']) => {
    const g = new GraphBuilder();
    g.input('x', 'float32', dims);
    g.add(makeNode(op, ['x', ...inputs], outputs, attributes));
    return leaveToProcessor(encodeModel(g.model())).left;
  };
  const pool = { kernel_shape: [2, 2] };
  test.each([
    ['a pool', leftOf('MaxPool', [1, 1, 4, 4], [], pool), []],
    ['a pool with indices', leftOf('MaxPool', [1, 1, 4, 4], [], pool, ['y', 'i']), ['y']],
    ['another storage order', leftOf('MaxPool', [1, 1, 4, 4], [], { ...pool, storage_order: 1 }), ['y']],
    ['a pool along three axes', leftOf('AveragePool', [1, 1, 4, 4, 4], [], { kernel_shape: [2, 2, 2] }), ['y']],
    ['a convolution in groups', leftOf('Conv', [1, 2, 4, 4], ['w'], { group: 2 }), []],
    ['one along three axes', leftOf('Conv', [1, 2, 4, 4, 4], ['w']), []],
    ['one along three axes in groups', leftOf('Conv', [1, 2, 4, 4, 4], ['w'], { group: 2 }), ['y']],
    ['a transposed one', leftOf('ConvTranspose', [1, 2, 4, 4], ['w']), []],
    ['what adds up in places', leftOf('ScatterElements', [4], ['i', 'u'], { reduction: 'add' }), ['y']],
    ['what only moves', leftOf('ScatterElements', [4], ['i', 'u']), []],
    ['batch norm of rows', leftOf('BatchNormalization', [2, 3], ['s', 'b', 'm', 'v']), ['y']],
    ['batch norm of maps', leftOf('BatchNormalization', [2, 3, 4, 4], ['s', 'b', 'm', 'v']), []],
    ['a transposed one in groups', leftOf('ConvTranspose', [1, 2, 4, 4], ['w'], { group: 2 }), ['y']],
  ])('%s', (_, left, expected) => {
    expect(left).toEqual(expected);
  });

  test('batch norm behind a convolution stays, and behind anything else that says nothing of its axes it does not', () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', ['n', 1, 4, 4]);
    g.input('w', 'float32', [1, 1, 3, 3]);
    g.add(makeNode('Conv', ['x', 'w'], ['maps']));
    g.add(makeNode('BatchNormalization', ['maps', 's', 'b', 'm', 'v'], ['normal']));
    g.add(makeNode('Flatten', ['normal'], ['flat']));
    g.add(makeNode('BatchNormalization', ['flat', 's', 'b', 'm', 'v'], ['y']));
    expect(leaveToProcessor(encodeModel(g.model())).left).toEqual(['y']);
  });

  test('nodes of bodies too, and those without a name', () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [3, 1, 1, 4, 4]);
    const body = new GraphBuilder();
    body.input('each', 'float32', [1, 1, 4, 4]);
    const node = makeNode('MaxPool', ['each'], ['most', 'place'], pool);
    node.name = '';
    body.add(node);
    body.output('most', 'float32');
    g.add(makeNode('Scan', ['x'], ['y'], { body: body.graph, num_scan_inputs: 1 }));
    const { model, left } = leaveToProcessor(encodeModel(g.model()));
    expect(left).toEqual(['processor/most']);
    const inner = graphOf(decodeModel(model, 'm')).node[0]!.attribute.find(({ name }) => name === 'body')!.g!;
    expect(inner.node[0]!.name).toBe('processor/most');
  });
});

const environment = webGpuEnvironment();
const folder = temporaryFolder();
const on = (...args: string[]) => runCommand(args, folder, environment);
const GPU = ['--execution-provider', 'webgpu'];

test('without an adapter it says so', async () => {
  await writeModelFile(join(folder, 'none.onnx'), pooledNetwork());
  const nowhere = { VK_ICD_FILENAMES: '/nonexistent', LD_LIBRARY_PATH: '', VK_DRIVER_FILES: '/nonexistent' };
  const inspected = await runCommand(['inspect', 'none.onnx', ...GPU], folder, nowhere);
  // A machine with a driver of its own may find an adapter all the same.
  if (inspected.code === 0) return;
  expect(inspected.code).toBe(2);
  expect(inspected.stderr).toMatch(
    /execution provider "webgpu": there is no graphics processor here .*; set --execution-provider to cpu/,
  );
});

const whereThere = environment ? describe : describe.skip;
whereThere(environment ? 'on WebGPU' : 'skipped: no WebGPU adapter', () => {
  beforeAll(async () => {
    const data = writePatterns(join(folder, 'data'), 20);
    await writeModelFile(join(folder, 'm.onnx'), pooledNetwork());
    const training = ['train', '--model', 'm.onnx', '--data', data, '--batch-size', '10', '--epochs', '1'];
    // Some calls of a few steps each: the weights stay on the device between them, and are read from there after each.
    const options = [
      '--sampler',
      'shuffled',
      '--lr',
      '0.05',
      '--codec',
      'lowrank',
      '--rank',
      '2',
      '--checkpoint-every',
      '3',
    ];
    for (const [out, provider] of [
      ['cpu', []],
      ['gpu', GPU],
    ] as const) {
      expect(await on(...training, ...options, '--out', out, ...provider)).toMatchObject({ code: 0 });
    }
  });

  /** Kernels of both sum in an order of their own: float32 rounds at 6e-8, a few hundred sums come to 1e-5 of the largest. */
  const expectClose = (
    found: ArrayLike<number>,
    expected: ArrayLike<number>,
    largest = Math.max(...Array.from(expected, Math.abs)),
  ) => {
    const apart = Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i]!)));
    expect(apart / largest).toBeLessThan(1e-5);
  };

  test('training takes the same path, and its run says where', () => {
    const weights = (run: string) =>
      graphOf(decodeModel(readFileSync(join(folder, run, 'model.onnx')), run)).initializer;
    const [cpu, gpu] = [weights('cpu'), weights('gpu')];
    expect(gpu.map(({ name }) => name)).toEqual(cpu.map(({ name }) => name));
    cpu.forEach((weight, i) => {
      const tensor = decodeTensor(weight);
      // Of weights of about 1: the bias in front of a batch norm is nothing but rounding.
      if (tensor.type === 'float32')
        expectClose(decodeTensor(gpu[i]!).data as Float32Array, tensor.data as Float32Array, 1);
    });
    const manifest = (run: string) =>
      JSON.parse(readFileSync(join(folder, run, 'run.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest('gpu').executionProvider).toBe('webgpu');
    expect(manifest('cpu')).not.toHaveProperty('executionProvider');
  });

  test('a state stays on the device, and is copied from there when it is asked for', () => {
    const script = `
      import { GraphBuilder } from './dist/graph/builder.js';
      import { encodeModel } from './dist/onnx/codec.js';
      import { nodeRuntime } from './dist/runtime/node.js';
      import { float32 } from './dist/tensor.js';
      import { deviceState } from './dist/train/carried-state.js';
      const g = new GraphBuilder();
      const x = g.input('x', 'float32', [3]);
      g.output(g.rename(g.op('Add', [x, x]), 'next'), 'float32');
      g.output(g.rename(g.op('ReduceSum', [x], { keepdims: 0 }), 'sum'), 'float32');
      const runtime = nodeRuntime({ executionProviders: ['webgpu', 'cpu'] });
      const session = await runtime.createSession(encodeModel(g.model()), { onDevice: ['next'] });
      let feeds = { x: float32([1, 2, 3]) };
      let state;
      for (let step = 0; step < 3; step++) {
        const { left, read } = await session.runOnDevice(feeds);
        state?.pass();
        state = deviceState({ x: left.next }, runtime);
        feeds = state.feeds;
        console.log(left.next.native.location, Object.keys(read).join(), read.sum.data[0]);
      }
      console.log(...(await state.read()).x.data);
      process.exit(0);
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n')).toEqual([
      'gpu-buffer sum 6',
      'gpu-buffer sum 12',
      'gpu-buffer sum 24',
      '8 16 24',
    ]);
  });

  test('its log, which holds factors that the graph found there, adds up to its weights', async () => {
    const { code, stdout } = await on('inspect', 'gpu', '--verify');
    expect(code).toBe(0);
    // Of conv2 and the last layer, whose factors need float64 that only the processor has.
    expect(stdout.match(/^\S+ +lowrank .* yes$/gm)!.length).toBeGreaterThan(2);
  });

  test('gradients and relevances are those of the processor', async () => {
    const explain = ['attribute', '--model', 'cpu/model.onnx', '--input', 'data@0', '--method', 'gradient,lrp'];
    expect(await on(...explain, '--out', 'maps-cpu')).toMatchObject({ code: 0 });
    expect(await on(...explain, '--out', 'maps-gpu', ...GPU)).toMatchObject({ code: 0 });
    for (const method of ['gradient', 'lrp']) {
      const map = async (run: string) =>
        (await readNpyFile(join(folder, run, 'query-0', `${method}.npy`))).data as Float32Array;
      expectClose(await map('maps-gpu'), await map('maps-cpu'));
    }
  });

  test('a run comes again to the bit where it was trained, and is refused elsewhere', async () => {
    const explain = ['influence', 'gpu', '--input', 'data@0', '--values', '--out'];
    const there = await on(...explain, 'effects-gpu', ...GPU);
    expect([there.code, there.code === 0 ? '' : there.stderr]).toEqual([0, '']);
    const effects = async (run: string) => (await readNpyFile(join(folder, run, 'values.npy'))).data as Float64Array;
    const refused = await on(...explain, 'refused');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /trained on the execution provider webgpu, .* on cpu; set --execution-provider to webgpu, or set --allow-drift/,
    );
    const resumed = await on('train', '--resume', 'gpu', '--epochs', '2');
    expect(resumed.code).toBe(2);
    const elsewhere = await on('influence', 'cpu', '--input', 'data@0', '--values', '--out', 'effects-cpu');
    expect(elsewhere).toMatchObject({ code: 0 });
    // Another derivative of other rounding; kinks that the paths cross alike.
    const [gpu, cpu] = [await effects('effects-gpu'), await effects('effects-cpu')];
    const largest = Math.max(...cpu.map(Math.abs));
    gpu.forEach((value, i) => expect(Math.abs(value - cpu[i]!) / largest).toBeLessThan(1e-3));
  });
});
