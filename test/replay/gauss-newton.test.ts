/**
 * A step with Gauss–Newton curvature against its formula: λ − η (Σ_i w_i/n J_iᵀ (diag p_i − p_i p_iᵀ) J_i + decay) λ, the
 * Jacobians of the scores being differences.
 */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { asFed } from '../../src/classifier/feeds.js';
import { openOutcome } from '../../src/explain/influence/outcome.js';
import { softmax } from '../../src/numeric/probabilities.js';
import { writeModelFile } from '../../src/onnx/file.js';
import type { Model } from '../../src/onnx/model.js';
import { openReplay, type RecordedReplay } from '../../src/replay/recorded.js';
import { ALL_DERIVATIVES } from '../../src/replay/step-back.js';
import type { StepFromState } from '../../src/replay/states.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32, type Tensor } from '../../src/tensor.js';
import type { CarriedTensors } from '../../src/train/carried-state.js';
import { openRun } from '../../src/workflows/open-run.js';
import { startTraining } from '../../src/workflows/train.js';
import { conv, dense, flatten } from '../../src/zoo/network.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { linear, network, relu } from '../helpers/networks.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { writePatterns } from '../helpers/small-run.js';

const runtime = nodeRuntime({ threads: 1 });
const folder = temporaryFolder();
const data = writePatterns(join(folder, 'data'), 24);
const options = { optimizer: 'sgd', learningRate: 0.2, weightDecay: 0.1, batchSize: 8, epochs: 2 } as const;
const CLASSES = 4;

async function withRun<T>(
  name: string,
  model: Model,
  work: (replay: RecordedReplay, opened: Opened) => Promise<T>,
): Promise<T> {
  const runDirectory = join(folder, name);
  const modelPath = `${runDirectory}.onnx`;
  await writeModelFile(modelPath, model);
  await startTraining({ modelPath, dataSpec: data, runDirectory, runtime, options: { ...options, sampler: 'shuffled', log: false } }); // prettier-ignore
  const manifest = await readManifest(runDirectory);
  const opened = await openRun({ runDirectory, manifest, runtime });
  const replay = await openReplay({ ...opened, runtime, manifest, memory: 2 ** 28 });
  try {
    return await work(replay, opened);
  } finally {
    await replay.release();
  }
}
type Opened = Awaited<ReturnType<typeof openRun>>;

async function lastStep(replay: RecordedReplay): Promise<StepFromState> {
  for await (const last of replay.backwards()) return last;
  throw new Error('no steps');
}

/** A cotangent for one query. */
function drawn(replay: RecordedReplay): Tensor[] {
  const next = randomNumbers(7);
  return replay.carried.map(({ dims }) => {
    const size = dims.reduce((product, count) => product * count, 1);
    return float32(Float32Array.from({ length: size }, () => next() - 0.5), [1, ...dims]); // prettier-ignore
  });
}

/** The state, moved along a direction. */
function moved(replay: RecordedReplay, state: CarriedTensors, along: readonly Tensor[], by: number): CarriedTensors {
  return Object.fromEntries(
    replay.carried.map(({ input, dims }, i) => {
      const direction = along[i]!.data as Float32Array;
      return [
        input,
        float32(
          (state[input]!.data as Float32Array).map((value, k) => value + by * direction[k]!),
          dims,
        ),
      ];
    }),
  );
}

test.each([
  ['dense', () => network([1, 12, 12], (net, x) => dense(net, 'fc2', relu(net, 'relu', dense(net, 'fc1', flatten(net, 'flatten', x), 6)), CLASSES))], // prettier-ignore
  ['convolution', () => network([1, 12, 12], (net, x) => dense(net, 'fc', flatten(net, 'flatten', relu(net, 'relu', conv(net, 'conv', x, { channels: 3, kernel: 5 }))), CLASSES))], // prettier-ignore
])('%s: a step is pulled back by its formula', async (name, model) => {
  await withRun(name, model(), async (replay, { classifier: plain, train }) => {
    const classifier = { ...plain, normalization: replay.manifest.input.normalization };
    const outcome = await openOutcome(classifier, replay.carried, 'logit', 'cross-entropy', runtime);
    const derivative = await replay.differentiate({ ...ALL_DERIVATIVES, curvature: 'gauss-newton' });
    const { step, before } = await lastStep(replay);
    const cotangents = drawn(replay);
    const { gradients } = await derivative.pull(step, before, cotangents);

    const x = asFed(classifier, await train.examples(step.examples), train.shape, train.spec);
    const rows = step.examples.length;
    const targets = new Array<number>(rows).fill(0);
    const scoresAt = async (state: CarriedTensors) => (await outcome.at(state, { x, targets })).scores;
    const scores = await scoresAt(before);
    const by = 1e-3;
    const [up, down] = [await scoresAt(moved(replay, before, cotangents, by)), await scoresAt(moved(replay, before, cotangents, -by))]; // prettier-ignore
    // H_ℓ J λ, row by row, and J to one score each by the gradient of a logit.
    const pushed = scores.map((_, k) => (up[k]! - down[k]!) / (2 * by));
    const expected = cotangents.map((tensor) => Float64Array.from(tensor.data as Float32Array, (value) => value * (1 - options.learningRate * options.weightDecay))); // prettier-ignore
    for (let row = 0; row < rows; row++) {
      const own = { x: x.subarray((row * x.length) / rows, ((row + 1) * x.length) / rows) };
      const p = softmax(Float64Array.from(scores.subarray(row * CLASSES, (row + 1) * CLASSES)));
      const along = pushed.subarray(row * CLASSES, (row + 1) * CLASSES);
      const inner = p.reduce((sum, value, c) => sum + value * along[c]!, 0);
      for (let c = 0; c < CLASSES; c++) {
        const factor = (options.learningRate / rows) * p[c]! * (along[c]! - inner);
        const { gradients: jacobian } = await outcome.at(before, { ...own, targets: [c] });
        jacobian.forEach((part, i) => part?.forEach((value, k) => (expected[i]![k]! -= factor * value)));
      }
    }
    expected.forEach((values, i) => {
      const found = gradients[i]!.data as Float32Array;
      const curvature = values.map((value, k) => value - (cotangents[i]!.data as Float32Array)[k]!);
      const size = Math.sqrt(curvature.reduce((sum, value) => sum + value ** 2, 0));
      const apart = Math.sqrt(values.reduce((sum, value, k) => sum + (value - found[k]!) ** 2, 0));
      // Differences of float32 scores, and few kinks within a step of 0.001.
      expect(apart).toBeLessThan(0.02 * size);
      expect(size).toBeGreaterThan(0);
    });
    await derivative.release();
    await outcome.release();
  });
});

test('of a linear model it is the Hessian', async () => {
  await withRun('linear', linear(144, CLASSES), async (replay) => {
    const { step, before } = await lastStep(replay);
    const pulled = await Promise.all(
      (['exact', 'gauss-newton'] as const).map(async (curvature) => {
        const derivative = await replay.differentiate({ ...ALL_DERIVATIVES, curvature });
        const { gradients, rows } = await derivative.pull(step, before, drawn(replay));
        await derivative.release();
        return [...gradients.map((gradient) => gradient!.data as Float32Array), rows];
      }),
    );
    pulled[0]!.forEach((exact, i) => exact.forEach((value, k) => expect(pulled[1]![i]![k]!).toBeCloseTo(value, 6)));
  });
});
