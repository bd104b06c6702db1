import { describe, expect, test } from '@jest/globals';
import { decomposeRecurrent } from '../../../src/graph/recurrent/decompose-recurrent.js';
import { isScan, scanOf } from '../../../src/graph/scan.js';
import { rollUp, type KnownModel } from '../../../src/graph/steps/roll-up.js';
import { markStep, stepMark } from '../../../src/graph/steps/step-mark.js';
import { dropDead } from '../../../src/graph/drop-dead.js';
import { inferValues } from '../../../src/graph/values.js';
import { float, makeAttribute } from '../../../src/onnx/attributes.js';
import { cloneModel, decodeModel, encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, type Graph, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { makeNode, GraphBuilder } from '../../../src/graph/builder.js';
import { compareWithDifferences, randomSeeds, SMALL_STEPS } from '../../helpers/gradients/differences.js';
import { gradients } from '../../helpers/gradients/gradient-graphs.js';
import { inDouble, recurrentLayer, type LayerOptions } from '../helpers/recurrent-layers.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const STEPS = 8;

async function writtenOut(op: string, options: LayerOptions = {}) {
  const { model, feeds } = recurrentLayer(op, { steps: STEPS, ...options });
  // As in a prepared model, what nobody reads is gone.
  const written = dropDead(decomposeRecurrent(model, await inferValues(model, runtime)));
  return { model, feeds, written };
}

const known = async (model: Model): Promise<KnownModel> => ({ model, values: await inferValues(model, runtime) });
const scansIn = (graph: Graph) => graph.node.filter(isScan);
const both = { attributes: { direction: 'bidirectional' }, directions: 2, initial: true };
const lengths = { lengths: [STEPS, 3, 1], initial: true };

const CASES: [string, string, LayerOptions][] = [
  ...['RNN', 'LSTM', 'GRU'].flatMap((op): [string, string, LayerOptions][] => [
    [op, 'plain', {}],
    [op, 'without bias', { bias: false }],
    [op, 'backwards', { attributes: { direction: 'reverse' } }],
    [op, 'both ways, with first states', both],
    [op, 'both ways, from zeros', { ...both, initial: false }],
    [op, 'clipped', { attributes: { clip: float(0.7) } }],
    [op, 'with weights that are computed', { computed: true }],
    [op, 'of sequences of different lengths', lengths],
    [op, 'of different lengths, both ways', { ...lengths, ...both }],
  ]),
  ['GRU', 'that applies the weight before the reset gate', { attributes: { linear_before_reset: 1 } }],
  ['LSTM', 'with peepholes', { peepholes: true, initial: true }],
  ['LSTM', 'that forgets as much as it takes in', { attributes: { input_forget: 1 } }],
];

describe.each(CASES)('%s %s', (op, _, options) => {
  test('computes the same with the same weights, a Scan for each direction', async () => {
    const { model, feeds, written } = await writtenOut(op, options);
    const rolled = rollUp(await known(written));
    const graph = graphOf(rolled.model);
    expect(scansIn(graph)).toHaveLength(options.directions ?? 1);
    expect(graph.node.filter((node) => stepMark(node))).toEqual([]);
    const weights = (of: Model) =>
      graphOf(of)
        .initializer.filter(({ dataType }) => dataType === 1)
        .map(({ name }) => name);
    expect(weights(written)).toEqual(expect.arrayContaining(weights(rolled.model)));
    await expectSameOutputs(rolled.model, written, feeds, 1e-6);
    // Gates are summed in another order than in the fused kernel.
    await expectSameOutputs(rolled.model, model, feeds, 1e-5);
  });

  test('what is known of the values inside is what running shows', async () => {
    const rolled = rollUp(await known((await writtenOut(op, options)).written));
    const shown = await inferValues(rolled.model, runtime);
    for (const scan of scansIn(graphOf(rolled.model))) {
      const { body } = scanOf(scan);
      const [ours, theirs] = [rolled.values.within(scan), shown.within(scan)];
      const names = [...body.input.map(({ name }) => name), ...body.node.flatMap(({ output }) => output)];
      const typesIn = (values: typeof ours) =>
        names.map((name) => [name, values.of(name).type, ...values.of(name).dims]);
      expect(typesIn(ours)).toEqual(typesIn(theirs));
      for (const { name } of body.input) expect([name, ours.constant(name)]).toEqual([name, undefined]);
    }
  });
});

test.each(['RNN', 'LSTM', 'GRU'])('gradients through a rolled-up %s are what differences say', async (op) => {
  const { feeds, written } = await writtenOut(op, { ...both, ...lengths, computed: true });
  const { forward, ...differentiable } = await inDouble(`${op} rolled up`, written, feeds);
  const rolled = rollUp({ model: forward, values: differentiable.values });
  const graph = graphOf(rolled.model);
  expect(scansIn(graph)).toHaveLength(2);
  const builder = () => {
    const g = new GraphBuilder();
    for (const stored of graph.initializer) g.initializer(stored.name, decodeTensor(stored));
    for (const [name, { type, dims }] of Object.entries(differentiable.feeds)) g.input(name, type, dims);
    return g;
  };
  const session = await runtime.createSession(encodeModel(forward));
  try {
    const scanned = { ...differentiable, nodes: graph.node, values: rolled.values, builder };
    const seeds = await randomSeeds(session, scanned, SMALL_STEPS);
    const names = Object.keys(differentiable.feeds).filter((name) => name !== 'lengths');
    const found = await gradients(scanned, seeds, names);
    for (const name of names) await compareWithDifferences(session, scanned, seeds, name, found[name], SMALL_STEPS);
  } finally {
    await session.release();
  }
});

test('a model that was written to a file and read rolls up to the same bytes', async () => {
  const { written } = await writtenOut('LSTM', both);
  const read = decodeModel(encodeModel(written), 'written');
  expect(encodeModel(rollUp(await known(read)).model)).toEqual(encodeModel(rollUp(await known(written)).model));
});

describe('steps stay as they are', () => {
  /** Rolls up a model that was changed, which must leave it alone. */
  async function unrolled(change: (graph: Graph) => void, options: LayerOptions = {}): Promise<void> {
    const { written, feeds } = await writtenOut('LSTM', options);
    const changed = cloneModel(written);
    change(graphOf(changed));
    const rolled = rollUp(await known(changed));
    expect(scansIn(graphOf(rolled.model))).toHaveLength(0);
    await expectSameOutputs(rolled.model, changed, feeds, 0);
  }
  const nodesAt = (graph: Graph, step: number, op: string) =>
    graph.node.filter((node) => stepMark(node)?.step === step && node.opType === op);

  test('where there are few', () => unrolled(() => undefined, { steps: STEPS - 1 }));

  test('where one does something else', () =>
    unrolled((graph) => {
      nodesAt(graph, 3, 'Gemm')[0]!.attribute.push(makeAttribute('alpha', float(0.5)));
    }));

  test('where one has another weight', () =>
    unrolled((graph) => {
      const gemm = nodesAt(graph, 3, 'Gemm')[0]!;
      const weight = graph.initializer.find(({ name }) => name === gemm.input[1])!;
      graph.initializer.push(new onnx.TensorProto({ ...weight, name: 'another' }));
      gemm.input[1] = 'another';
    }));

  test('where one is read by itself', () =>
    unrolled((graph) => {
      const [gemm] = nodesAt(graph, 3, 'Gemm');
      graph.node.push(makeNode('Identity', [gemm!.output[0]!], ['looked_at']));
      graph.output.push(new onnx.ValueInfoProto({ name: 'looked_at' }));
    }));

  test('where one reads what two steps before left', () =>
    unrolled((graph) => {
      nodesAt(graph, 4, 'Gemm')[0]!.input[0] = nodesAt(graph, 3, 'Gemm')[0]!.input[0]!;
    }));

  test.each([
    ['that stand twice', { step: 2, place: 1 }],
    ['that leave steps out', { step: 100, place: 1 }],
  ])('where there are marks %s', async (_, mark) => {
    await unrolled((graph) => {
      const [gemm] = nodesAt(graph, 3, 'Gemm');
      markStep(gemm!, { loop: stepMark(gemm!)!.loop, ...mark });
    });
  });

  test('where there are no marks', () =>
    unrolled((graph) => {
      for (const node of graph.node) node.metadataProps = [];
    }));
});
