import { expect, test } from '@jest/globals';
import { CLOSED_DOMAIN } from '../../../src/autodiff/conv/closed.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { makeScan } from '../../../src/graph/scan.js';
import { subgraphsOf } from '../../../src/onnx/attributes.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import type { Graph, Model } from '../../../src/onnx/model.js';
import { float64, int64, type Tensor } from '../../../src/tensor.js';
import {
  compareWithDifferences,
  randomSeeds,
  runtime,
  SMALL_STEPS,
  WHOLE_STEPS,
  type Steps,
} from '../../helpers/gradients/differences.js';
import {
  compareSecondWithDifferences,
  differentiableModel,
  gradientOf,
  gradients,
} from '../../helpers/gradients/gradient-graphs.js';
import { awayFromZero, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

const [STEPS, BATCH, UNITS, WIDTH] = [4, 2, 3, 5];
const random = (seed: number, ...dims: number[]) => float64(Float64Array.from(awayFromZero(dims, seed).data), dims);

/** A graph that is a body: what is built in it is what it holds. */
function bodyOf(build: (b: GraphBuilder) => void): Graph {
  const b = new GraphBuilder({ name: 'body', prefix: 'body/' });
  build(b);
  return b.graph;
}

interface Built {
  readonly model: Model;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Compares the gradients to all inputs but some with differences. */
async function check(label: string, built: Built, except: readonly string[] = []): Promise<void> {
  const differentiable = await differentiableModel(label, built.model, built.feeds);
  const session = await runtime.createSession(encodeModel(built.model));
  try {
    const seeds = await randomSeeds(session, differentiable, SMALL_STEPS);
    const names = Object.keys(built.feeds).filter((name) => !except.includes(name));
    const found = await gradients(differentiable, seeds, names);
    for (const name of names)
      await compareWithDifferences(session, differentiable, seeds, name, found[name], SMALL_STEPS);
  } finally {
    await session.release();
  }
}

/**
 * h ← tanh(x·w + h·r·a + b), with a stack of h and one of h·c, and a state that counts the steps. w and r are read from
 * around the Scan, b is its own. x comes backwards along axis 1, the second stack goes backwards along axis 2.
 */
function recurrence(batch: string | number = 'batch'): Built {
  const g = new GraphBuilder();
  const feeds = {
    x: random(1, BATCH, STEPS, WIDTH),
    h0: random(2, BATCH, UNITS),
    w: random(3, WIDTH, UNITS),
    r: random(4, UNITS, UNITS),
    c: random(5, UNITS),
  };
  for (const [name, { dims }] of Object.entries(feeds)) {
    g.input(name, 'float64', name === 'x' || name === 'h0' ? [batch, ...dims.slice(1)] : dims);
  }
  g.initializer('zero', int64([0], []));
  const ratio = g.op('ReduceMean', ['c'], { keepdims: 0 });
  const body = bodyOf((b) => {
    b.input('h', 'float64');
    b.input('count', 'int64');
    b.input('item', 'float64');
    b.initializer('bias', random(6, UNITS));
    const state = b.op('Mul', [b.op('MatMul', ['h', 'r']), ratio]);
    const sum = b.op('Add', [b.op('Add', [b.op('MatMul', ['item', 'w']), state]), 'bias']);
    b.output(b.op('Tanh', [sum]), 'float64');
    b.output(b.op('Add', ['count', b.constant(int64([1], []))]), 'int64');
    const next = b.graph.output[0]!.name;
    b.output(b.op('Identity', [next]), 'float64');
    b.output(b.op('Mul', [next, 'c']), 'float64');
  });
  g.add(
    makeScan({
      body,
      initial: ['h0', 'zero'],
      sequences: [{ value: 'x', axis: 1, reversed: true }],
      last: ['h', 'steps'].map((name) => g.output(`last_${name}`, name === 'h' ? 'float64' : 'int64')),
      results: [
        { value: g.output('states', 'float64'), axis: 0, reversed: false },
        { value: g.output('scaled', 'float64'), axis: 2, reversed: true },
      ],
    }),
  );
  return { model: g.model(), feeds };
}

test('the gradient of a recurrence, to states, sequences and what the body reads from around it', async () => {
  await check('Scan', recurrence());
});

/** Compares the gradient of the gradient to all inputs with differences. @returns the first gradient */
async function checkSecond(label: string, { model, feeds }: Built, steps: Steps) {
  const differentiable = await differentiableModel(label, model, feeds);
  const session = await runtime.createSession(encodeModel(model));
  const seeds = await randomSeeds(session, differentiable, steps);
  await session.release();
  await compareSecondWithDifferences(differentiable, seeds, Object.keys(feeds), steps);
  return gradientOf(differentiable, seeds, Object.keys(feeds));
}

test('the gradient of that gradient', async () => {
  const first = await checkSecond('Scan', recurrence(), SMALL_STEPS);
  expect(first.nodes.filter(({ opType }) => opType === 'Scan')).toHaveLength(2);
});

test('a convolution in each step, whose gradient is lowered in the body too', async () => {
  const g = new GraphBuilder();
  const feeds = {
    x: wholeNumbers([BATCH, STEPS, 2, 4, 4], 1),
    h0: wholeNumbers([BATCH, 3, 4, 4], 2),
    w: wholeNumbers([3, 2, 3, 3], 3),
  };
  for (const [name, { dims }] of Object.entries(feeds)) {
    g.input(name, 'float32', name === 'w' ? dims : ['batch', ...dims.slice(1)]);
  }
  const body = bodyOf((b) => {
    b.input('h', 'float32');
    b.input('item', 'float32');
    b.output(b.op('Add', ['h', b.op('Conv', ['item', 'w'], { pads: [1, 1, 1, 1] })]), 'float32');
  });
  const last = [g.output('last', 'float32')];
  g.add(makeScan({ body, initial: ['h0'], sequences: [{ value: 'x', axis: 1, reversed: false }], last, results: [] }));
  const first = await checkSecond('Scan', { model: g.model(), feeds }, WHOLE_STEPS);
  const inside = first.nodes.flatMap(subgraphsOf).flatMap(({ node }) => node.map(({ domain }) => domain));
  expect(inside).toContain(CLOSED_DOMAIN);
});
