/**
 * Gradients of gradients where a slope is infinite, jumps or is 0 by convention: never NaN, and the true value where there
 * is one. Expected numbers follow from the formulas beside them.
 */
import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../../src/graph/builder.js';
import { inferValues } from '../../../src/graph/values.js';
import { float32, toNumbers, type Tensor } from '../../../src/tensor.js';
import { runtime, type Differentiable } from '../../helpers/gradients/differences.js';
import { gradientOf, gradients } from '../../helpers/gradients/gradient-graphs.js';

interface Point {
  readonly op: string;
  readonly x: readonly number[];
  readonly dims?: readonly number[];
  /** The operand behind x. */
  readonly operand?: Tensor;
  /** Whether that operand is a constant of the graph. */
  readonly isConstant?: boolean;
  readonly attributes?: Attributes;
  /** dx for dy = 1. */
  readonly first: readonly number[];
  /** The gradient of Σ dx to x. */
  readonly second: readonly number[];
  /** The gradient of Σ dx to dy. */
  readonly toSeed: readonly number[];
}

const scalar = (value: number) => float32([value], []);
const [image, window] = [[1, 1, 3], { kernel_shape: [3], p: 2 }];
// ‖x‖ at (0, 3, 4): dx = x/5; Σ dx has the gradient (1 − x·Σx/25)/5.
const ofNorm = { x: [0, 3, 4], first: [0, 0.6, 0.8], second: [0.2, 0.032, -0.024], toSeed: [1.4] };
const nothing = { x: [0, 0, 0], first: [0, 0, 0], second: [0, 0, 0], toSeed: [0] };

const POINTS: readonly Point[] = [
  { op: 'Sqrt', x: [0, 4], first: [0, 0.25], second: [0, -1 / 32], toSeed: [0, 0.25] },
  ...[true, false].flatMap((isConstant): Point[] => [
    { op: 'Pow', operand: scalar(0), isConstant, x: [0, 2], first: [0, 0], second: [0, 0], toSeed: [0, 0] },
    {
      op: 'Pow',
      operand: scalar(0.5),
      isConstant,
      x: [0, 4],
      first: [0, 0.25],
      second: [0, -1 / 32],
      toSeed: [0, 0.25],
    },
    { op: 'Pow', operand: scalar(1), isConstant, x: [0, 2], first: [1, 1], second: [0, 0], toSeed: [1, 1] },
    { op: 'Pow', operand: scalar(1.5), isConstant, x: [0, 4], first: [0, 3], second: [0, 0.375], toSeed: [0, 3] },
    { op: 'Pow', operand: scalar(2), isConstant, x: [0, -3], first: [0, -6], second: [2, 2], toSeed: [0, -6] },
    { op: 'Pow', operand: scalar(3), isConstant, x: [0, -1], first: [0, 3], second: [0, -6], toSeed: [0, 3] },
  ]),
  { op: 'ReduceL2', ...nothing },
  { op: 'ReduceL2', ...ofNorm },
  { op: 'LpPool', dims: image, attributes: window, ...nothing },
  { op: 'LpPool', dims: image, attributes: window, ...ofNorm },
  { op: 'GlobalLpPool', dims: image, ...nothing },
  { op: 'GlobalLpPool', dims: image, ...ofNorm },
  { op: 'LpNormalization', ...nothing, toSeed: [0, 0, 0] },
  { op: 'Abs', x: [0, -2], first: [0, -1], second: [0, 0], toSeed: [0, -1] },
  { op: 'Relu', x: [0, 2], first: [0, 1], second: [0, 0], toSeed: [0, 1] },
];

async function differentiable({ op, x, dims, operand, isConstant, attributes }: Point): Promise<Differentiable> {
  const node = makeNode(op, ['x', ...(operand ? ['b'] : [])], ['y'], attributes);
  const feeds: Record<string, Tensor> = { x: float32(x, dims) };
  if (operand && !isConstant) feeds.b = operand;
  const builder = () => {
    const g = new GraphBuilder({ opset: op === 'LpNormalization' ? 22 : 18 });
    if (operand && isConstant) g.initializer('b', operand);
    for (const [name, tensor] of Object.entries(feeds)) g.input(name, 'float32', tensor.dims);
    return g;
  };
  const forward = builder();
  forward.add(node);
  const values = await inferValues(forward.model(), runtime);
  return { label: op, nodes: [node], values, feeds, outputNames: ['y'], builder };
}

const ones = (dims: readonly number[]) =>
  float32(new Float32Array(dims.reduce((n, size) => n * size, 1)).fill(1), dims);

test.each(POINTS)('$op at $x, operand $operand.data, constant: $isConstant', async (point) => {
  const given = await differentiable(point);
  const seed = ones(given.values.of('y').dims as number[]);
  const { x } = await gradients(given, { y: seed }, ['x']);
  const first = await gradientOf(given, { y: seed }, ['x']);
  const second = await gradients(first, { [first.outputNames[0]!]: ones(x!.dims) }, ['x', 'seed_y']);
  const none = new Float32Array(point.x.length);
  // A few roundings of float32.
  const limits = { relative: 1e-6, absolute: 1e-7 };
  expect(toNumbers(x!)).toBeAllClose([...point.first], limits);
  expect(second.x ? toNumbers(second.x) : none).toBeAllClose([...point.second], limits);
  expect(second.seed_y ? toNumbers(second.seed_y) : none).toBeAllClose([...point.toSeed], limits);
});
