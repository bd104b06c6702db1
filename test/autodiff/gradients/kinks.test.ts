/**
 * Where a function has a kink, the slope is PyTorch's. The expected numbers are `x.grad` after `f(x).sum().backward()` in
 * PyTorch 2.9.1 (float64, CPU), for the function named, which its exporters write as the operator.
 */
import { expect, test } from '@jest/globals';
import { emitBackward, emitForward } from '../../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { inferValues } from '../../../src/graph/values.js';
import { float } from '../../../src/onnx/attributes.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { float32, toNumbers, type Tensor } from '../../../src/tensor.js';
import { runtime } from '../../helpers/training.js';

interface Kink {
  /** In PyTorch. */
  readonly name: string;
  readonly op: string;
  readonly x: readonly number[];
  readonly dims?: readonly number[];
  readonly dx: readonly number[];
  /** Operands behind x; undefined for an omitted one. */
  readonly constants?: readonly (Tensor | undefined)[];
  readonly attributes?: Attributes;
}

const number = (value: number) => float32([value], []);
const around = { zero: [-1, 0, 1], three: [-4, -3, 0, 3, 4], six: [-1, 0, 3, 6, 7], half: [-1, -0.5, 0, 0.5, 1] };

const KINKS: readonly Kink[] = [
  { name: 'relu', op: 'Relu', x: around.zero, dx: [0, 0, 1] },
  { name: 'relu6', op: 'Clip', x: around.six, constants: [number(0), number(6)], dx: [0, 0, 1, 0, 0] },
  { name: 'hardtanh', op: 'Clip', x: [-2, -1, 0, 1, 2], constants: [number(-1), number(1)], dx: [0, 0, 1, 0, 0] },
  { name: 'clamp(min=0)', op: 'Clip', x: around.zero, constants: [number(0)], dx: [0, 1, 1] },
  { name: 'clamp(max=6)', op: 'Clip', x: [5, 6, 7], constants: [undefined, number(6)], dx: [1, 1, 0] },
  { name: 'clamp(min=0), by the newer exporter', op: 'Max', x: around.zero, constants: [number(0)], dx: [0, 1, 1] },
  { name: 'clamp(max=6), by the newer exporter', op: 'Min', x: [5, 6, 7], constants: [number(6)], dx: [1, 1, 0] },
  { name: 'maximum(x, zeros)', op: 'Max', x: around.zero, constants: [float32([0, 0, 0])], dx: [0, 0.5, 1] },
  { name: 'minimum(x, ones)', op: 'Min', x: [0, 1, 2], constants: [float32([1, 1, 1])], dx: [1, 0.5, 0] },
  { name: 'leaky_relu', op: 'LeakyRelu', x: around.zero, attributes: { alpha: float(0.3) }, dx: [0.3, 0.3, 1] },
  { name: 'prelu', op: 'PRelu', x: around.zero, constants: [float32([0.3])], dx: [0.3, 0.3, 1] },
  { name: 'elu', op: 'Elu', x: around.zero, attributes: { alpha: float(0.5) }, dx: [0.18393972, 0.5, 1] },
  { name: 'celu', op: 'Celu', x: around.zero, attributes: { alpha: float(0.5) }, dx: [0.13533528, 1, 1] },
  { name: 'selu', op: 'Selu', x: around.zero, dx: [0.6467686, 1.75809934, 1.050701] },
  {
    name: 'hardsigmoid',
    op: 'HardSigmoid',
    x: around.three,
    attributes: { alpha: float(1 / 6) },
    dx: [0, 0, 0.16666667, 0, 0],
  },
  { name: 'hardswish', op: 'HardSwish', x: around.three, dx: [0, 0, 0.5, 1, 1] },
  { name: 'hardshrink', op: 'Shrink', x: around.half, attributes: { lambd: float(0.5) }, dx: [1, 0, 0, 0, 1] },
  {
    name: 'softshrink',
    op: 'Shrink',
    x: around.half,
    attributes: { lambd: float(0.5), bias: float(0.5) },
    dx: [1, 0, 0, 0, 1],
  },
  { name: 'threshold', op: 'ThresholdedRelu', x: [0, 1, 2], attributes: { alpha: float(1) }, dx: [0, 0, 1] },
  { name: 'abs', op: 'Abs', x: around.zero, dx: [-1, 0, 1] },
  { name: 'softsign', op: 'Softsign', x: around.zero, dx: [0.25, 1, 0.25] },
  { name: 'norm(1)', op: 'ReduceL1', x: around.zero, dx: [-1, 0, 1] },
  { name: 'norm(2)', op: 'ReduceL2', x: [0, 0, 0], dx: [0, 0, 0] },
  { name: 'amax', op: 'ReduceMax', x: [1, 2, 2], dx: [0, 0.5, 0.5] },
  { name: 'amin', op: 'ReduceMin', x: [1, 1, 2], dx: [0.5, 0.5, 0] },
  {
    name: 'max_pool1d',
    op: 'MaxPool',
    x: [2, 1, 2],
    dims: [1, 1, 3],
    attributes: { kernel_shape: [3] },
    dx: [1, 0, 0],
  },
  { name: 'adaptive_max_pool1d', op: 'GlobalMaxPool', x: [2, 1, 2], dims: [1, 1, 3], dx: [1, 0, 0] },
  {
    name: 'lp_pool1d',
    op: 'LpPool',
    x: [0, 0, 0],
    dims: [1, 1, 3],
    attributes: { kernel_shape: [3], p: 2 },
    dx: [0, 0, 0],
  },
  { name: 'x ** 0', op: 'Pow', x: [0, 1], constants: [number(0)], dx: [0, 0] },
];

async function slopes({ op, x, dims = [x.length], constants = [], attributes = {} }: Kink): Promise<number[]> {
  const node = makeNode(op, ['x', ...constants.map((tensor, i) => (tensor ? `c${i}` : ''))], ['y'], attributes);
  const declare = () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', dims);
    constants.forEach((tensor, i) => tensor && g.initializer(`c${i}`, tensor));
    return g;
  };
  const forward = declare();
  forward.add(node);
  forward.output('y', 'float32');
  const g = declare();
  const tape = emitForward(g, [node], await inferValues(forward.model(), runtime), ['x']);
  const ones = g.op('ConstantOfShape', [g.op('Shape', ['y'])], { value: float32([1], [1]) });
  g.output(g.rename(emitBackward(g, tape, new Map([['y', ones]]), ['x']).get('x')!, 'dx'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const { dx } = await session.run({ x: float32(x, dims) });
  await session.release();
  return toNumbers(dx!);
}

test.each(KINKS)('$name ($op)', async (kink) => {
  // A few roundings of float32.
  expect(await slopes(kink)).toBeAllClose([...kink.dx], { relative: 5e-7 });
});

test('equal operands share, and a bound takes what nothing else does', async () => {
  const node = makeNode('Max', ['a', 'b', 'low'], ['y']);
  const declare = () => {
    const g = new GraphBuilder();
    for (const name of ['a', 'b']) g.input(name, 'float32', [4]);
    g.initializer('low', number(0));
    return g;
  };
  const forward = declare();
  forward.add(node);
  forward.output('y', 'float32');
  const g = declare();
  const wrt = ['a', 'b', 'low'];
  const tape = emitForward(g, [node], await inferValues(forward.model(), runtime), wrt);
  g.input('dy', 'float32', [4]);
  const gradients = emitBackward(g, tape, new Map([['y', 'dy']]), wrt);
  for (const name of wrt) g.output(g.rename(gradients.get(name)!, `d_${name}`), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const [a, b, dy] = [float32([2, 1, 0, -1]), float32([2, 0, -1, -2]), float32([1, 10, 100, 1000])];
  const results = await session.run({ a, b, dy });
  await session.release();
  expect(toNumbers(results.d_a!)).toEqual([0.5, 10, 100, 0]);
  expect(toNumbers(results.d_b!)).toEqual([0.5, 0, 0, 0]);
  expect(toNumbers(results.d_low!)).toEqual([1000]);
});
