/** γ and norms against the paper's definitions in plain loops: apply each Δ to f, then project. */
import { describe, expect, test } from '@jest/globals';
import { layerMatrix } from '../../../src/explain/trace/layer-matrix.js';
import { openProjection } from '../../../src/explain/trace/projection.js';
import { queryFactors } from '../../../src/explain/trace/query-factors.js';
import { gammaStrategyFor, STRATEGIES } from '../../../src/explain/trace/strategies/registry.js';
import { gammaAlone } from '../../../src/explain/trace/strategies/strategy.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { elementCount, float32 } from '../../../src/tensor.js';
import { flatSize, linearCases, linearModel, slowOutput } from '../../helpers/linear-layers/list.js';
import { gaussian } from '../../helpers/random-tensors.js';
import { tensorBytes } from '../../helpers/tensor-bytes.js';

const runtime = nodeRuntime({ threads: 1 });
const STEPS = 6;
const QUERIES = 3;

const dense = (data: Float32Array) => ({ form: 'dense', data }) as const;
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const norm = (a: Float64Array) => Math.sqrt(dot(a, a));

const cases = linearCases.flatMap((linear) =>
  STRATEGIES.flatMap((strategy) =>
    (['full', 'delta'] as const).map((reference) => ({
      title: `${linear.name}: ${strategy.name}, ${reference}`,
      linear,
      strategy,
      reference,
    })),
  ),
);

describe('γ and ‖Δ f‖ are what the definitions say', () => {
  test.each(cases)('$title', async ({ linear, strategy, reference }) => {
    const { total: size } = flatSize(linear);
    const initial = gaussian(size, 1, 0.3);
    const deltas = gaussian(STEPS * size, 2, 0.1);
    const step = (t: number) => deltas.subarray(t * size, (t + 1) * size);
    const trained = initial.map(
      (value, i) => value + Array.from({ length: STEPS }, (_, t) => step(t)[i]!).reduce((a, b) => a + b),
    );
    const change = trained.map((value, i) => value - initial[i]!);
    const { layer } = linearModel(linear, trained);
    const inputs = Array.from({ length: QUERIES }, (_, q) =>
      float32(gaussian(elementCount(linear.inputDims), 10 + q), linear.inputDims),
    );
    const outputs = inputs.map(({ data }) => slowOutput(linear, trained, data));
    const references = inputs.map(({ data }) => slowOutput(linear, reference === 'full' ? trained : change, data));

    const matrix = layerMatrix(layer, linear.inputDims, outputs[0]!.length, linear.bias > 0);
    const count = elementCount(linear.weightDims);
    const weights = { initial: tensorBytes(initial, count), trained: tensorBytes(trained, count) };
    const factors = await queryFactors(runtime, matrix, strategy, weights, reference, inputs);
    // Working memory for two of the three queries: they are projected in two blocks.
    const working = 2 * strategy.workingBytes(matrix, STEPS);
    const projection = openProjection(runtime, matrix, strategy, factors, STEPS, working);
    try {
      // In two parts, so that sums run over more than one call.
      const parts = [
        await projection.addSteps(dense(deltas.slice(0, 2 * size)), 2),
        await projection.addSteps(dense(deltas.slice(2 * size)), STEPS - 2),
      ];
      const gammas = parts.flatMap((part) => [...part.gamma]);
      const norms = parts.flatMap((part) => [...part.norm]);
      for (let q = 0; q < QUERIES; q++) {
        const r = references[q]!;
        const x = inputs[q]!.data;
        // float32: each sum of up to some hundred products is off by about 1e-7 of its terms; γ is compared on the scale
        // ‖r‖ ‖Δ f‖ that it can reach.
        expect(factors.norms[q]!.reference).toBeCloseTo(norm(r), 4);
        expect(factors.norms[q]!.output).toBeCloseTo(norm(outputs[q]!), 4);
        const moves = Array.from({ length: STEPS }, (_, t) => slowOutput(linear, step(t), x));
        for (const [t, moved] of moves.entries()) {
          const scale = norm(r) * norm(moved);
          expect(Math.abs(gammas[t * QUERIES + q]! - dot(r, moved))).toBeLessThan(1e-5 * scale);
          expect(Math.abs(norms[t * QUERIES + q]! - norm(moved))).toBeLessThan(1e-5 * norm(moved));
          expect(Math.abs(gammas[t * QUERIES + q]!)).toBeLessThanOrEqual(
            norm(r) * norms[t * QUERIES + q]! * (1 + 1e-5),
          );
        }
      }
      // Everything was added: nothing but float32 rounding of the weights is missing (2⁻²⁴ each).
      const missing = await projection.missing(() => change.slice());
      missing.forEach((value, q) => expect(value).toBeLessThan(1e-6 * norm(outputs[q]!)));
      // Two steps short.
      const short = change.map((value, i) => value + step(0)[i]! + step(1)[i]!);
      const earlier = trained.map((value, i) => value - short[i]!);
      const further = { ...weights, initial: tensorBytes(earlier, count) };
      const { views: seen } = await queryFactors(runtime, matrix, strategy, further, reference, inputs);
      const lacking = await projection.missing(() => short.slice(), seen);
      const last = Float32Array.from(step(0), (value, i) => value + step(1)[i]!);
      lacking.forEach((value, q) => {
        const expected = norm(slowOutput(linear, last, inputs[q]!.data));
        expect(Math.abs(value - expected)).toBeLessThan(1e-5 * norm(outputs[q]!));
      });
      // Δ f itself, where it is asked for and made.
      if (!strategy.sumsDeltas) {
        const keeping = openProjection(runtime, matrix, strategy, { ...factors, keepsOutputs: true }, STEPS, working);
        try {
          const { outputs: kept } = await keeping.project(dense(deltas), STEPS);
          const count = outputs[0]!.length;
          expect(keeping.blocks).toEqual([2, 1]);
          inputs.forEach(({ data: x }, q) => {
            const [block, place, queries] = q < 2 ? [0, q, 2] : [1, 0, 1];
            for (let t = 0; t < STEPS; t++) {
              const own = Array.from({ length: count }, (_, i) => kept![block]![(t * count + i) * queries + place]!);
              const moved = slowOutput(linear, step(t), x);
              // By groups, units and positions, while a layer may store its outputs in another order.
              const [got, wanted] = [own, moved].map((values) => Float64Array.from(values).sort());
              expect(norm(wanted!.map((value, i) => value - got![i]!))).toBeLessThan(1e-5 * norm(moved));
            }
          });
        } finally {
          await keeping.release();
        }
      }
      // γ alone is the same γ.
      const alone = gammaAlone(strategy);
      const fewer = await queryFactors(runtime, matrix, alone, weights, reference, inputs);
      const onlyGamma = openProjection(runtime, matrix, alone, fewer, STEPS);
      try {
        const all = await onlyGamma.project(dense(deltas), STEPS);
        const scale = Math.max(...gammas.map(Math.abs));
        gammas.forEach((gamma, i) => expect(Math.abs(all.gamma[i]! - gamma)).toBeLessThan(1e-5 * scale));
        expect(all.norm.every(Number.isNaN)).toBe(true);
      } finally {
        await onlyGamma.release();
      }
    } finally {
      await projection.release();
    }
  });
});

test('γ alone goes by matrices of the weight’s size while they are small, or positions many', () => {
  const way = (size: number, positions: number) =>
    gammaStrategyFor({ size, positions } as Parameters<typeof gammaStrategyFor>[0], { queries: 32, factored: false })
      .name;
  expect(way(50_000, 1)).toBe('gram, γ alone');
  expect(way(4096 * 4096, 1)).toBe('apply, γ alone');
  expect(way(512 * 512 * 9, 4)).toBe('apply, γ alone');
  expect(way(512 * 512 * 9, 196)).toBe('gram, γ alone');
  // 32 matrices of 64 MiB are too many.
  expect(way(4096 * 4096, 196)).toBe('apply, γ alone');
});

test('γ alone of outer products goes by whichever side of the weight takes fewer products', () => {
  const way = (units: number, inputs: number, positions: number) => {
    const sizes = { groups: 1, units, inputs, positions, size: units * inputs };
    return gammaStrategyFor(sizes as Parameters<typeof gammaStrategyFor>[0], { queries: 32, factored: true }).name;
  };
  expect(way(64, 576, 1024)).toBe('gram, γ alone');
  expect(way(256, 1152, 64)).toBe('apply, γ alone');
  expect(way(10, 512, 1)).toBe('apply, γ alone');
  // Cheaper, and too large.
  expect(way(4096, 4096, 4096)).toBe('apply, γ alone');
});
