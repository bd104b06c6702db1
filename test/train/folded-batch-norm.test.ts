/** Batch norm in training where positions (tokens, frames, windows) stand elsewhere than behind the channels. */
import { describe, expect, test } from '@jest/globals';
import { makeNode, type Dim } from '../../src/graph/builder.js';
import { BATCH } from '../../src/graph/values.js';
import type { Node } from '../../src/onnx/model.js';
import { elementCount, float32, int64, type Tensor } from '../../src/tensor.js';
import {
  batchNormNode,
  KEEP,
  numericGradient,
  operands,
  ours,
  reference,
  ROUNDING,
  type Case,
  type Wiring,
} from '../helpers/batch-norm.js';

const CHANNELS = 3;

interface Layout {
  readonly name: string;
  /** Dimensions of an example in the model, with "C" for the channels. */
  readonly example: readonly (number | 'C')[];
  /** Between x and the batch norm, and between it and y: operators with what they are told. */
  readonly into: readonly Step[];
  readonly outOf: readonly Step[];
}

type Step = readonly ['Reshape' | 'Transpose', readonly number[]] | readonly ['Flatten', number] | readonly ['Mul'];

const LAYOUTS: readonly Layout[] = [
  {
    name: 'tokens, folded behind the examples',
    example: [4, 'C'],
    into: [['Reshape', [-1, CHANNELS]]],
    outOf: [['Reshape', [-1, 4, CHANNELS]]],
  },
  {
    name: 'tokens, folded by Flatten, with a layer before and after',
    example: [4, 'C'],
    into: [['Flatten', 2], ['Mul']],
    outOf: [['Mul'], ['Reshape', [-1, 4, CHANNELS]]],
  },
  {
    name: 'tokens, folded in front of the examples',
    example: [4, 'C'],
    into: [['Transpose', [1, 0, 2]], ['Reshape', [-1, CHANNELS]], ['Mul']],
    outOf: [
      ['Reshape', [4, -1, CHANNELS]],
      ['Transpose', [1, 0, 2]],
    ],
  },
  {
    name: 'tokens, transposed behind the channels',
    example: [4, 'C'],
    into: [['Transpose', [0, 2, 1]]],
    outOf: [['Transpose', [0, 2, 1]]],
  },
  {
    name: 'frames of pictures, folded behind the examples',
    example: [2, 'C', 1, 2],
    into: [['Reshape', [-1, CHANNELS, 1, 2]]],
    outOf: [['Reshape', [-1, 2, CHANNELS, 1, 2]]],
  },
  {
    name: 'frames of pictures, folded in front of the examples',
    example: [2, 'C', 2],
    into: [
      ['Transpose', [1, 0, 2, 3]],
      ['Reshape', [-1, CHANNELS, 2]],
    ],
    outOf: [
      ['Reshape', [2, -1, CHANNELS, 2]],
      ['Transpose', [1, 0, 2, 3]],
    ],
  },
  {
    name: 'windows, folded on both sides of the examples',
    example: [2, 3, 'C'],
    into: [
      ['Transpose', [1, 0, 2, 3]],
      ['Reshape', [-1, CHANNELS]],
    ],
    outOf: [
      ['Reshape', [2, -1, 3, CHANNELS]],
      ['Transpose', [1, 0, 2, 3]],
    ],
  },
];

function wiring({ example, into, outOf }: Layout): Wiring {
  const weights: Record<string, Tensor> = { one: float32([1], []) };
  const nodes: Node[] = [];
  let count = 0;
  const chain = (from: string, steps: readonly Step[], to: string) =>
    steps.reduce((value, [op, given], i) => {
      const output = i === steps.length - 1 ? to : `value${count++}`;
      if (op === 'Reshape') weights[`shape:${output}`] = int64(given);
      const operands = { Reshape: [`shape:${output}`], Mul: ['one'], Transpose: [], Flatten: [] }[op];
      const attributes = { Transpose: { perm: given }, Flatten: { axis: given }, Reshape: {}, Mul: {} }[op];
      nodes.push(makeNode(op, [value, ...operands], [output], attributes));
      return output;
    }, from);
  chain('x', into, 'rows');
  nodes.push(batchNormNode('rows', 'normalized'));
  chain('normalized', outOf, 'y');
  const dims = [BATCH, ...example.map((dim) => (dim === 'C' ? CHANNELS : dim))];
  return { dims, nodes, weights };
}

/** Numbers [rows, channels, positions] in the model's order, and back. */
function order({ example }: Layout) {
  const behind = example.slice(example.indexOf('C') + 1) as number[];
  const positions = elementCount(example.filter((dim) => dim !== 'C'));
  const inner = elementCount(behind);
  const size = CHANNELS * positions;
  const placeInModel = (i: number) => {
    const [row, c, p] = [Math.floor(i / size), Math.floor(i / positions) % CHANNELS, i % positions];
    return row * size + Math.floor(p / inner) * CHANNELS * inner + c * inner + (p % inner);
  };
  return {
    positions,
    toModel: (numbers: Float64Array) => {
      const placed = new Float64Array(numbers.length);
      numbers.forEach((value, i) => (placed[placeInModel(i)] = value));
      return placed;
    },
    fromModel: (numbers: readonly number[]) => numbers.map((_, i) => numbers[placeInModel(i)]!),
  };
}

describe.each([
  { rows: 'without ghosts', examples: 4, ghosts: 0 },
  { rows: 'with ghosts', examples: 2, ghosts: 3 },
  { rows: 'by ghosts only', examples: 3, ghosts: 2, statistics: 'ghost-only' as const },
])('batch norm $rows', ({ examples, ghosts, statistics }) => {
  test.each(LAYOUTS)('over $name', async (layout) => {
    const { positions, toModel, fromModel } = order(layout);
    const given: Case = { examples, ghosts, statistics, shape: [CHANNELS, positions] };
    const { dy, ...at } = operands(given);
    const results = await ours({ ...at, x: toModel(at.x) }, toModel(dy), given, wiring(layout));
    const expected = reference(at, given);
    expect(fromModel(results.y!)).toBeAllClose(expected.y, ROUNDING);
    expect(results.out_running_mean).toBeAllClose(expected.means, ROUNDING);
    expect(results.out_running_var).toBeAllClose(expected.variances, ROUNDING);
    expect(fromModel(results.out_d_x!)).toBeAllClose(numericGradient(at, dy, 'x', given), ROUNDING);
    expect(results.out_d_scale).toBeAllClose(numericGradient(at, dy, 'scale', given), ROUNDING);
    expect(results.out_d_bias).toBeAllClose(numericGradient(at, dy, 'bias', given), ROUNDING);
  });
});

test('rows that no example stands in weigh the same, whatever the batch is', async () => {
  const given: Case = { examples: 5, ghosts: 0, shape: [CHANNELS] };
  const { dy, ...at } = operands(given);
  const fixed: Wiring = { dims: [5, CHANNELS], nodes: [batchNormNode('x', 'y')] };
  // The batch has two examples and three ghosts, of which these rows know nothing.
  const results = await ours(at, dy, { examples: 2, ghosts: 3, shape: [CHANNELS] }, fixed);
  expect(results.y).toBeAllClose(reference(at, given).y, ROUNDING);
  expect(results.out_running_var).toBeAllClose(reference(at, given).variances, ROUNDING);
});

test('a layer that is used twice updates its running statistics twice', async () => {
  const given: Case = { examples: 4, ghosts: 0, shape: [CHANNELS] };
  const { dy, ...at } = operands(given);
  const twice: Wiring = { dims: [BATCH, CHANNELS], nodes: [batchNormNode('x', 'h'), batchNormNode('h', 'y')] };
  const results = await ours(at, dy, given, twice);
  const first = reference(at, given);
  const second = reference({ ...at, x: first.y }, given);
  // The first step's update starts from 0.25 in each reference; the second's starts from the first's.
  const means = second.means.map((mean, c) => mean - KEEP * 0.25 + KEEP * first.means[c]!);
  expect(results.out_running_mean).toBeAllClose(means, ROUNDING);
});

describe('refused, with the node and what to do', () => {
  const shapes = { mix: int64([-1, 2 * CHANNELS]), one: int64([1, -1, 4]), back: int64([-1, CHANNELS, 4]) };

  async function refusal(dims: readonly Dim[], nodes: readonly Node[], channels: number) {
    const given: Case = { examples: 2, ghosts: 0, shape: [channels] };
    const at = { x: new Float64Array(), scale: new Float64Array(channels), bias: new Float64Array(channels) };
    const attempt = ours(at, new Float64Array(), given, { dims, nodes, weights: shapes });
    return attempt.then(
      () => 'accepted',
      (error: unknown) => (error as Error).message,
    );
  }

  test('examples among the channels, as an instance norm written by Reshape has them', async () => {
    const perExample = ['scale', 'bias', 'running_mean', 'running_var'];
    const node = makeNode('BatchNormalization', ['rows', ...perExample.map((name) => `${name}*`)], ['normalized']);
    const nodes = [
      makeNode('Shape', ['x'], ['examples'], { start: 0, end: 1 }),
      ...perExample.map((name) => makeNode('Tile', [name, 'examples'], [`${name}*`])),
      makeNode('Reshape', ['x', 'one'], ['rows']),
      node,
      makeNode('Reshape', ['normalized', 'back'], ['y']),
    ];
    const message = await refusal([BATCH, CHANNELS, 4], nodes, CHANNELS);
    expect(message).toContain('the examples of a batch stand along axis 1 of its input (shape [1, 3*batch, 4])');
  });

  test('examples dealt out to rows in another order', async () => {
    const nodes = [
      makeNode('Transpose', ['x'], ['front'], { perm: [1, 0, 2] }),
      makeNode('Reshape', ['front', 'mix'], ['rows']),
      batchNormNode('rows', 'y'),
    ];
    const message = await refusal([BATCH, 2, CHANNELS], nodes, 2 * CHANNELS);
    expect(message).toContain('mixes the examples of a batch in a way that cannot be followed');
    expect(message).toContain('export the model with examples along axis 0');
  });

  test('a batch joined to itself', async () => {
    const nodes = [makeNode('Concat', ['x', 'x'], ['rows'], { axis: 0 }), batchNormNode('rows', 'y')];
    expect(await refusal([BATCH, CHANNELS], nodes, CHANNELS)).toContain('(shape [2*batch, 3])');
  });
});
