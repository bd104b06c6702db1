/** A LeNet that learns the bundled sample while people watch: the training of `demo`, in the page. */
import type { LiveProgress, LiveTrace } from '../../report/app/live/engine.js';
import { create, openTraining, type Dataset, type Runtime } from '../index.js';

/** As `demo` trains: batches of one class, so that each step's γ belongs to a class. */
const OPTIONS = {
  sampler: 'single-class',
  batchSize: 64,
  ghostSize: 20,
  learningRate: 0.004,
  epochs: 4,
  learningRateSteps: [3],
  learningRateFactor: 0.2,
} as const;

/** How long the page waits for news of a training, in milliseconds. */
const TICK = 300;

/** Inputs whose mean γ is taken away before training examples are ranked. */
const REFERENCES = 8;

/** Examples that are shown. */
const SHOWN = 8;

/** A training at work. */
export interface Lesson {
  progress(): LiveProgress;
  /** Runs steps for a fraction of a second. */
  advance(): Promise<LiveProgress>;
  /** @param index of a held-back example @returns training examples by their index */
  trace(index: number): Promise<Omit<LiveTrace, 'examples'> & { readonly examples: readonly { readonly index: number; readonly gamma: number }[] }>; // prettier-ignore
  accuracy(): Promise<number>;
  release(): Promise<void>;
}

/** Opens a training of a fresh network. */
export async function openLesson(runtime: Runtime, train: Dataset, test: Dataset): Promise<Lesson> {
  const model = create('lenet-bn', { seed: 0, activation: 'gelu' });
  const training = await openTraining({ runtime, model, train, test, options: OPTIONS });
  const progress = (): LiveProgress => ({
    done: training.stepsDone,
    total: training.totalSteps,
    losses: training.losses,
  });
  let size = 1;
  return {
    progress,
    advance: async () => {
      const started = performance.now();
      await training.run(size);
      size = Math.max(1, Math.min(16, Math.round((size * TICK) / Math.max(1, performance.now() - started))));
      return progress();
    },
    trace: async (index) => {
      const input = {
        name: `${test.spec}@${index}`,
        kind: 'image' as const,
        shape: test.shape,
        data: await test.examples([index]),
        picture: await test.picture(index),
      };
      const [query] = await training.trace([input], { steps: true, topK: SHOWN, references: REFERENCES });
      const layer = query!.layers.at(-1)!;
      const { gamma, class: classes } = layer.steps!;
      return {
        done: training.stepsDone,
        classes: query!.topClasses,
        layer: layer.layer,
        gamma: train.classNames.map((_, label) => addedUp(gamma, (step) => classes[step] === label)),
        examples: layer.examples,
      };
    },
    accuracy: async () => (await training.evaluate())!.accuracy,
    release: () => training.release(),
  };
}

/** Sums of the steps that count, up to each step. */
function addedUp(values: readonly number[], counts: (step: number) => boolean): Float64Array {
  let sum = 0;
  return Float64Array.from(values, (value, step) => (counts(step) ? (sum += value) : sum));
}
