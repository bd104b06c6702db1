/** Loops of exporters, written out by `unroll` and rolled up again. */
import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { parametersOf } from '../../../src/graph/parameters.js';
import { prepareModel } from '../../../src/graph/prepare.js';
import { isScan, makeScan, scanOf } from '../../../src/graph/scan.js';
import { rollUp } from '../../../src/graph/steps/roll-up.js';
import { inferValues } from '../../../src/graph/values.js';
import { encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float64, int64, type Tensor } from '../../../src/tensor.js';
import { compareWithDifferences, randomSeeds, SMALL_STEPS } from '../../helpers/gradients/differences.js';
import { gradients } from '../../helpers/gradients/gradient-graphs.js';
import { awayFromZero } from '../../helpers/random-tensors.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const [STEPS, BATCH, UNITS, WIDTH] = [9, 3, 4, 2];
const random = (seed: number, ...dims: number[]) => float64(Float64Array.from(awayFromZero(dims, seed).data), dims);

/** What stands in a step besides the recurrence. */
interface Extra {
  /** What becomes of the next state. */
  readonly next?: (b: GraphBuilder, h: string) => string;
  /** Whether the weight on the state is the body's own. */
  readonly ownWeight?: boolean;
}

/** h ← tanh(xₜ·w + h·r) over the steps of x, [batch, steps, width], as a body. @param pick gives xₜ */
function bodyOf(pick: (b: GraphBuilder) => string, { next = (_, h) => h, ownWeight }: Extra): GraphBuilder {
  const b = new GraphBuilder({ name: 'body', prefix: 'body/' });
  const item = pick(b);
  const weight = ownWeight ? b.initializer('own', random(4, UNITS, UNITS)) : 'r';
  const sum = b.op('Add', [b.op('MatMul', [item, 'w']), b.op('MatMul', ['h', weight])]);
  b.output(next(b, b.op('Mul', [b.op('Tanh', [sum]), b.constant(float64([0.5], []))])), 'float64');
  return b;
}

function surroundings(): { g: GraphBuilder; feeds: Record<string, Tensor> } {
  const g = new GraphBuilder();
  const feeds = { x: random(1, BATCH, STEPS, WIDTH), h0: random(2, BATCH, UNITS) };
  g.input('x', 'float64', ['batch', STEPS, WIDTH]);
  g.input('h0', 'float64', ['batch', UNITS]);
  g.initializer('w', random(3, WIDTH, UNITS));
  g.initializer('r', random(4, UNITS, UNITS));
  return { g, feeds };
}

/** As a Scan that goes backwards and stacks along the axis 1. */
function scanned(extra: Extra = {}) {
  const { g, feeds } = surroundings();
  const b = bodyOf((inner) => {
    inner.input('h', 'float64');
    return inner.input('item', 'float64');
  }, extra);
  b.output(b.op('Identity', [b.graph.output[0]!.name]), 'float64');
  const [x, y] = ['x', 'y'].map((value) => ({ value, axis: 1, reversed: true }));
  g.add(makeScan({ body: b.graph, initial: ['h0'], sequences: [x!], last: ['last'], results: [y!] }));
  g.output('last', 'float64');
  g.output('y', 'float64');
  return { model: g.model(), feeds };
}

/** As a Loop that picks its items by the number of the step. */
function looped(extra: Extra = {}) {
  const { g, feeds } = surroundings();
  const b = bodyOf((inner) => {
    const number = inner.input('number', 'int64', []);
    inner.input('goes_on', 'bool', []);
    inner.input('h', 'float64');
    return inner.op('Gather', ['x', number], { axis: 1 });
  }, extra);
  b.graph.output.unshift(b.graph.input[1]!);
  b.output(b.op('Identity', [b.graph.output[1]!.name]), 'float64');
  const count = g.initializer('count', int64([STEPS], []));
  const always = g.initializer('always', { type: 'bool', dims: [], data: Uint8Array.of(1) });
  g.add(makeNode('Loop', [count, always, 'h0'], ['last', 'y'], { body: b.graph }));
  g.output('last', 'float64');
  g.output('y', 'float64');
  return { model: g.model(), feeds };
}

async function rolledUp(model: Model) {
  const prepared = await prepareModel(model, runtime);
  expect(graphOf(prepared).node.filter(({ opType }) => opType === 'Scan' || opType === 'Loop')).toHaveLength(0);
  const values = await inferValues(prepared, runtime);
  return { prepared, ...rollUp({ model: prepared, values }) };
}

test.each([
  ['Scan', scanned],
  ['Loop', looped],
])('a %s that was written out is a Scan again, with a gradient', async (label, build) => {
  const { model, feeds } = build();
  const { prepared, ...rolled } = await rolledUp(model);
  const graph = graphOf(rolled.model);
  const scans = graph.node.filter(isScan);
  expect(scans).toHaveLength(1);
  // The items are taken from the sequence itself, whose gradient is then a sequence.
  expect(scanOf(scans[0]!).sequences).toEqual([{ value: 'x', axis: 1, reversed: label === 'Scan' }]);
  await expectSameOutputs(rolled.model, model, feeds, 1e-12);
  await expectSameOutputs(rolled.model, prepared, feeds, 1e-12);

  const builder = () => {
    const g = new GraphBuilder();
    for (const stored of graph.initializer) if (!['w', 'r'].includes(stored.name)) g.store(stored);
    for (const { name, type, dims } of inputs) g.input(name, type, dims);
    return g;
  };
  const weights = graph.initializer.filter(({ name }) => ['w', 'r'].includes(name));
  const all = { ...feeds, ...Object.fromEntries(weights.map((stored) => [stored.name, decodeTensor(stored)])) };
  const inputs = Object.entries(all).map(([name, { type, dims }]) => ({ name, type, dims }));
  const outputNames = ['last', 'y'];
  const differentiable = { label, nodes: graph.node, values: rolled.values, feeds: all, outputNames, builder };
  const forward = builder();
  for (const node of graph.node) forward.add(node);
  for (const name of outputNames) forward.output(name, 'float64');
  const session = await runtime.createSession(encodeModel(forward.model()));
  try {
    const seeds = await randomSeeds(session, differentiable, SMALL_STEPS);
    const names = Object.keys(all);
    const found = await gradients(differentiable, seeds, names);
    for (const name of names) {
      await compareWithDifferences(session, differentiable, seeds, name, found[name], SMALL_STEPS);
    }
  } finally {
    await session.release();
  }
});

test('a weight that stands in the body is one weight of all steps', async () => {
  for (const build of [scanned, looped]) {
    const { model, feeds } = build({ ownWeight: true });
    const { prepared, ...rolled } = await rolledUp(model);
    const squares = (of: Model) =>
      graphOf(of).initializer.filter(({ dims }) => dims.map(Number).join() === `${UNITS},${UNITS}`);
    expect(squares(prepared)).toHaveLength(1);
    expect(parametersOf(graphOf(prepared))).toContain(squares(prepared)[0]!.name);
    expect(graphOf(rolled.model).node.filter(isScan)).toHaveLength(1);
    await expectSameOutputs(rolled.model, model, feeds, 1e-12);
  }
});

test('a loop that drops out stays written out', async () => {
  for (const build of [scanned, looped]) {
    const { model, feeds } = build({ next: (b, h) => b.op('Dropout', [h, b.scalar(0.5)]) });
    const rolled = await rolledUp(model);
    expect(graphOf(rolled.model).node.filter(isScan)).toHaveLength(0);
    await expectSameOutputs(rolled.model, model, feeds, 1e-12);
  }
});
