import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { inferenceForm } from '../../../src/graph/passes/inference-form.js';
import { prepareModel } from '../../../src/graph/prepare.js';
import { decodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import { float32, toNumbers, type Tensor } from '../../../src/tensor.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { expectSameOutputs, runModel, runtime } from '../../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);
const bool = (value: boolean): Tensor => ({ type: 'bool', dims: [], data: Uint8Array.of(value ? 1 : 0) });
const opsOf = (model: Model) => graphOf(model).node.map(({ opType }) => opType);

test('an export in training mode gives an example the same whatever stands beside it', async () => {
  const file = new URL('../../fixtures/onnx/script-cnn-training.onnx', import.meta.url);
  const source = decodeModel(readFileSync(file), 'script-cnn-training');
  expect(opsOf(source)).toEqual(expect.arrayContaining(['BatchNormalization', 'Dropout']));
  const model = await prepareModel(source, runtime);
  // Training finds both, to put its own in their places.
  expect(opsOf(model)).toEqual(expect.arrayContaining(['BatchNormalization', 'Dropout']));
  const input = x(2, 1, 8, 8);
  const both = toNumbers((await runModel(model, { input })).logits!);
  const alone = toNumbers((await runModel(model, { input: float32(input.data.slice(0, 64), [1, 1, 8, 8]) })).logits!);
  expect(alone).toBeAllClose(both.slice(0, alone.length), { relative: 1e-6 });
});

/** A batch norm whose updated mean is given out, dropout that drops, and a factor drawn for each channel. */
function layers(trains: boolean): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 2, 3]);
  const statistics = ['scale', 'shift', 'mean'].map((name) => g.initializer(name, x(2)));
  const variance = g.initializer('variance', float32([1, 2]));
  const outputs = trains ? ['normal', 'next_mean', 'next_variance'] : ['normal'];
  const mode = trains ? { training_mode: 1 } : {};
  g.add(makeNode('BatchNormalization', ['x', ...statistics, variance], outputs, mode));
  if (!trains) g.add(makeNode('Identity', ['mean'], ['next_mean']));
  const ratio = g.scalar(0.5);
  let h = g.op('Dropout', trains ? ['normal', ratio, g.constant(bool(true))] : ['normal']);
  if (trains) {
    const shape = g.op('Concat', [g.op('Shape', ['x'], { end: 2 }), g.ints([1])], { axis: 0 });
    const drawn = g.op('RandomUniformLike', [g.op('ConstantOfShape', [shape])]);
    const kept = g.op('Cast', [g.op('Less', [drawn, ratio])], { to: onnx.TensorProto.DataType.FLOAT });
    h = g.op('Mul', [g.op('Div', [kept, ratio]), h]);
  }
  g.add(makeNode('Relu', [h], ['y']));
  g.output('y', 'float32', ['batch', 2, 3]);
  g.output('next_mean', 'float32', [2]);
  return g.model();
}

test('statistics stay, nothing is dropped, random factors are 1', async () => {
  const settled = inferenceForm(layers(true));
  await expectSameOutputs(settled, layers(false), { x: x(4, 2, 3) });
  expect(opsOf(settled)).not.toContain('RandomUniformLike');
});
