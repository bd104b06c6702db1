/** γ, norms and sums from updates as they are stored are those of the same updates decoded, in every order of a weight. */
import { describe, expect, test } from '@jest/globals';
import { layerMatrix } from '../../../src/explain/trace/layer-matrix.js';
import { openProjection } from '../../../src/explain/trace/projection.js';
import { openProjector } from '../../../src/explain/trace/projector.js';
import { queryFactors } from '../../../src/explain/trace/query-factors.js';
import { STRATEGIES } from '../../../src/explain/trace/strategies/registry.js';
import { gammaAlone } from '../../../src/explain/trace/strategies/strategy.js';
import { encodeLowRank } from '../../../src/log/codecs/lowrank.js';
import { codecs, type CodecName } from '../../../src/log/codecs/registry.js';
import { layerLayout, type LayerLayout } from '../../../src/log/format/layer.js';
import { collectSteps, type StoredSteps } from '../../../src/log/read/stored-chunk.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { elementCount, float32 } from '../../../src/tensor.js';
import { flatSize, linearCases, linearModel, slowOutput } from '../../helpers/linear-layers/list.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { tensorBytes } from '../../helpers/tensor-bytes.js';

const runtime = nodeRuntime({ threads: 1 });
const STEPS = 4;
const QUERIES = 2;

/** Payloads of some steps; in all but the first of them the first row does not move. */
function rowPayloads(codec: 'int8' | 'float16' | 'float32', layout: LayerLayout): Uint8Array[] {
  const encoder = codecs[codec].encoder(layout);
  return Array.from({ length: STEPS }, (_, t) => {
    const delta = gaussian(layout.size, t + 1, 0.1);
    if (t > 0) delta.fill(0, 0, layout.rowEnds[0]);
    return encoder.encode(delta).slice();
  });
}

/** Payloads of ranks 2, 0, 1, 3, or as many as the matrix has. */
function factorPayloads(layout: LayerLayout): Uint8Array[] {
  const { rows, columns } = layout.matrix!;
  return [2, 0, 1, 3].map((wanted, t) => {
    const rank = Math.min(wanted, rows, columns);
    const bytes = (count: number, seed: number) => Int8Array.from(gaussian(count, seed, 40));
    const scales = (seed: number) => gaussian(rank, seed).map((value) => 0.01 * Math.abs(value));
    return encodeLowRank(
      {
        rank,
        lost: 0,
        leftScales: scales(10 + t),
        rightScales: scales(20 + t),
        others: gaussian(layout.size - rows * columns, 30 + t, 0.1),
        left: bytes(rank * rows, 40 + t),
        right: bytes(rank * columns, 50 + t),
      },
      layout,
    );
  });
}

const FORMS: readonly { codec: CodecName; form: StoredSteps['form'] }[] = [
  { codec: 'int8', form: 'rows' },
  { codec: 'float16', form: 'rows' },
  { codec: 'float32', form: 'rows' },
  { codec: 'lowrank', form: 'factors' },
];

const cases = linearCases.flatMap((linear) =>
  FORMS.flatMap(({ codec, form }) =>
    STRATEGIES.map((strategy) => ({
      title: `${linear.name}: ${codec}, ${strategy.name}`,
      linear,
      codec,
      form,
      strategy,
    })),
  ),
);

describe('stored updates give what decoded ones give', () => {
  test.each(cases)('$title', async ({ linear, codec, form, strategy }) => {
    const { total: size } = flatSize(linear);
    const trained = gaussian(size, 1, 0.3);
    const { layer } = linearModel(linear, trained);
    const tensors = [{ name: 'w', dims: layer.weightDims }];
    const bias = size - elementCount(layer.weightDims);
    const layout = layerLayout({ name: 'l', tensors: bias > 0 ? [...tensors, { name: 'b', dims: [bias] }] : tensors });
    const payloads = codec === 'lowrank' ? factorPayloads(layout) : rowPayloads(codec, layout);
    const stored = collectSteps(
      payloads.map((payload) => ({
        parts: codecs[codec].parts!(payload, layout),
        decode: (out) => codecs[codec].decode(payload, layout, out),
      })),
      layout,
      new ArrayBuffer(0),
    );
    expect(stored.form).toBe(form);
    const data = new Float32Array(STEPS * size);
    payloads.forEach((payload, t) => codecs[codec].decode(payload, layout, data.subarray(t * size, (t + 1) * size)));

    const inputs = Array.from({ length: QUERIES }, (_, q) =>
      float32(gaussian(elementCount(linear.inputDims), 100 + q), linear.inputDims),
    );
    const outputs = slowOutput(linear, trained, inputs[0]!.data);
    const matrix = layerMatrix(layer, linear.inputDims, outputs.length, linear.bias > 0);
    const total = new Float32Array(size);
    data.forEach((value, i) => (total[i % size]! += value));
    const initial = trained.map((value, i) => value - total[i]!);
    const count = elementCount(layer.weightDims);
    const weights = { initial: tensorBytes(initial, count), trained: tensorBytes(trained, count) };
    const keepsOutputs = !strategy.sumsDeltas;
    const computed = await queryFactors(runtime, matrix, strategy, weights, 'full', inputs);
    const factors = { ...computed, keepsOutputs };
    const [own, decoded] = [
      openProjection(runtime, matrix, strategy, factors, STEPS),
      openProjection(runtime, matrix, strategy, factors, STEPS),
    ];
    try {
      const found = await own.addSteps(stored, STEPS);
      const expected = await decoded.addSteps({ form: 'dense', data }, STEPS);
      // Whole numbers are exact in float32, and scales come in one rounding later or earlier: 2⁻²⁴ of each term, some
      // hundred of which add up. γ is compared on the scale ‖r‖ ‖Δ f‖ that it can reach.
      for (let i = 0; i < STEPS * QUERIES; i++) {
        const scale = factors.norms[i % QUERIES]!.reference * expected.norm[i]!;
        expect(Math.abs(found.gamma[i]! - expected.gamma[i]!)).toBeLessThanOrEqual(3e-6 * scale);
        expect(Math.abs(found.norm[i]! - expected.norm[i]!)).toBeLessThanOrEqual(1e-5 * expected.norm[i]!);
      }
      const furthest = Math.max(...expected.norm);
      found.outputs?.forEach((values, block) =>
        expect(values).toBeAllClose(expected.outputs![block]!, { absolute: 1e-5 * furthest }),
      );
      expect(found.outputs !== undefined).toBe(keepsOutputs);
      // The weights, larger than their updates, are rounded to 2⁻²⁴ of themselves.
      for (const value of await own.missing(() => total)) {
        expect(value).toBeLessThan(1e-6 * (furthest * STEPS + factors.norms[0]!.output));
      }
      const alone = openProjection(runtime, matrix, gammaAlone(strategy), computed, STEPS);
      const { gamma } = await alone.project(stored, STEPS);
      await alone.release();
      gamma.forEach((value, i) => {
        const scale = factors.norms[i % QUERIES]!.reference * expected.norm[i]!;
        expect(Math.abs(value - expected.gamma[i]!)).toBeLessThanOrEqual(3e-6 * scale);
      });
    } finally {
      await own.release();
      await decoded.release();
    }
  });
});

test('a large layer is widened in blocks, which change nothing', async () => {
  const [units, inputs, steps] = [1100, 4096, 2];
  const { layer: small } = linearModel(
    linearCases.find(({ name }) => name === 'Gemm, weight [out, in], bias')!,
    gaussian(200, 1),
  );
  const layer = { ...small, rows: units, columns: inputs, weightDims: [units, inputs] };
  const matrix = layerMatrix(layer, [1, inputs], units, false);
  const layout = layerLayout({ name: 'l', tensors: [{ name: 'w', dims: [units, inputs] }] });
  // Millions of numbers out of a few thousand; their number is prime, so that rows differ.
  const numbers = gaussian(4099, 1, 0.1);
  const data = new Float32Array(steps * units * inputs).map((_, i) => numbers[i % 4099]!);
  const encoder = codecs.int8.encoder(layout);
  // Of the second step every third row alone moves.
  for (let row = 0; row < units; row++)
    if (row % 3 > 0) data.fill(0, (units + row) * inputs, (units + row + 1) * inputs);
  const payloads = [0, 1].map((t) =>
    encoder.encode(data.subarray(t * units * inputs, (t + 1) * units * inputs)).slice(),
  );
  const f = gaussian(inputs, 2);
  const queries = { norms: [{ reference: 1 }], stacked: { columns: f, reference: gaussian(units, 3) } };
  const strategy = STRATEGIES.find(({ name }) => name === 'apply')!;
  const projector = openProjector(runtime, matrix, strategy, queries, steps);
  const parts = payloads.map((payload) => codecs.int8.parts!(payload, layout));
  for (const wanted of [[0], [1], [0, 1]]) {
    const stored = collectSteps(
      wanted.map((t) => ({ parts: parts[t]!, decode: () => undefined })),
      layout,
      new ArrayBuffer(0),
    );
    const widened = new Float32Array(wanted.length * units * inputs);
    wanted.forEach((t, i) =>
      codecs.int8.decode(payloads[t]!, layout, widened.subarray(i * units * inputs, (i + 1) * units * inputs)),
    );
    const [found, expected] = [
      await projector.measure(stored, wanted.length, true),
      await projector.measure({ form: 'dense', data: widened }, wanted.length, true),
    ];
    // Scales come in after the sums instead of before: 2⁻²⁴ of each of 4,096 terms, which add up like their square root.
    expect(found.norm).toBeAllClose(expected.norm, { relative: 1e-5 });
    expect(found.sums[0]!).toBeAllClose(expected.sums[0]!, { absolute: 1e-5 * Math.max(...expected.norm) });
  }
  await projector.release();
});
