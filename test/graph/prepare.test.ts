import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { nodesWithoutRule } from '../../src/autodiff/differentiate.js';
import { traceableLayers } from '../../src/graph/layers.js';
import { parametersOf } from '../../src/graph/parameters.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { inferValues } from '../../src/graph/values.js';
import { readModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { float32, toNumbers } from '../../src/tensor.js';
import { expectSameOutputs, runModel, runtime } from '../helpers/run-model.js';

const folder = new URL('../fixtures/onnx/', import.meta.url);
const { models } = JSON.parse(readFileSync(new URL('models.json', folder), 'utf8')) as {
  models: Record<string, { inputs: Record<string, { dims: number[] }>; outputs: Record<string, { values: number[] }> }>;
};

const waves = (dims: readonly number[]) => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return float32(
    Array.from({ length: count }, (_, i) => Math.sin(i * 0.37)),
    dims,
  );
};

const feedsOf = (name: string) =>
  Object.fromEntries(Object.entries(models[name]!.inputs).map(([input, { dims }]) => [input, waves(dims)]));

const read = async (name: string) => (await readModelFile(new URL(`${name}.onnx`, folder).pathname)).model;

describe('exports are brought into a form that can be differentiated, and compute what they did', () => {
  // The float16 export rounds every value to 11 bits; sums in another order differ in the last bits of float32.
  test.each<[name: string, traceable: number, tolerance: number]>([
    ['channels-last', 2, 1e-5],
    ['control-flow', 3, 1e-5],
    ['dynamo-lstm', 7, 1e-5],
    ['dynamo-transformer', 6, 1e-5],
    ['dynamo-transformer-fixed', 6, 1e-5],
    ['float16-cnn', 3, 5e-3],
    ['functions', 2, 1e-5],
    ['script-cnn-opset11', 3, 1e-5],
    ['script-gru', 7, 1e-5],
    ['script-lstm', 7, 1e-5],
    ['script-lstm-bidirectional', 13, 1e-5],
    ['script-rnn', 7, 1e-5],
    ['script-transformer', 6, 1e-5],
    ['script-transformer-fixed', 6, 1e-5],
  ])('%s', async (name, traceable, tolerance) => {
    const source = await read(name);
    const model = await prepareModel(source, runtime);
    const graph = graphOf(model);
    expect(model.functions).toEqual([]);
    expect(traceableLayers(graph).length).toBe(traceable);
    const values = await inferValues(model, runtime);
    const parameters = parametersOf(graph);
    expect(parameters.length).toBeGreaterThan(0);
    expect(nodesWithoutRule(graph.node, values, parameters)).toEqual([]);
    const got = await runModel(model, feedsOf(name));
    for (const [output, { values: expected }] of Object.entries(models[name]!.outputs)) {
      expect(toNumbers(got[output]!).slice(0, 64)).toBeAllClose(expected, { relative: tolerance });
    }
  });
});

test('quantized weights become float weights, quantized values stay', async () => {
  const source = await read('qdq-cnn');
  const model = await prepareModel(source, runtime);
  expect(parametersOf(graphOf(model))).toHaveLength(6);
  expect(traceableLayers(graphOf(model))).toHaveLength(3);
  await expectSameOutputs(model, source, feedsOf('qdq-cnn'));
});
