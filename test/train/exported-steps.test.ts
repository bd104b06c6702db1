/**
 * Steps of models from exporters, differentiated as a whole. Kinks are smoothed first (tanh for ReLU and its like, means for
 * maxima): at them the gradient jumps, and differences of it tell nothing. In float32, as ONNX Runtime knows no other
 * convolution and no other erf.
 */
import { readFileSync } from 'node:fs';
import { test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { prepareModel } from '../../src/graph/prepare.js';
import { makeNode } from '../../src/graph/builder.js';
import { intsAttribute } from '../../src/onnx/attributes.js';
import { decodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, type Model } from '../../src/onnx/model.js';
import { decodeReference } from '../helpers/exports.js';
import { checkStep } from '../helpers/gradients/step.js';
import { runtime } from '../helpers/training.js';

const files = unzipSync(readFileSync('test/fixtures/exporters.zip'));

/** Changes the model. */
function smooth(model: Model): void {
  const graph = graphOf(model);
  graph.node = graph.node.map((node) => {
    const [x, y] = [node.input[0]!, node.output[0]!];
    if (['Relu', 'LeakyRelu', 'Clip', 'Elu'].includes(node.opType)) return makeNode('Tanh', [x], [y]);
    if (node.opType !== 'MaxPool') return node;
    const window = ['kernel_shape', 'strides', 'pads'].map((name) => [name, intsAttribute(node, name)] as const);
    return makeNode('AveragePool', [x], [y], Object.fromEntries(window));
  });
}

const NAMES = ['bert-dynamo', 'cnn-1d-training', 'keras-cnn-torch', 'lenet-torchscript', 'u-net-dynamo', 'vit-dynamo'];

test.each(NAMES)('%s', async (name) => {
  const source = decodeModel(files[`${name}/model.onnx`]!, name);
  const { input, labels } = decodeReference(files[`${name}/reference.onnx`]!);
  const feed = feedsOf(graphOf(source))[0]!.name;
  const [rows, ...shape] = input.dims;
  const model = await prepareModel(source, runtime, { [feed]: shape });
  smooth(model);
  const fed = { [feed]: input, labels };
  await checkStep(
    { model, shape, classes: 2, rows: rows!, fed, rollsUp: true, optimizer: 'momentum' },
    { precision: 'float32' },
  );
});
