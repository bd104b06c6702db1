/** A LeNet that learns the bundled sample while people watch: the training of `demo`, in the page. */
import type { LiveInfluence, LiveProgress, LiveTrace } from '../../report/app/live/engine.js';
import { create, openTraining, type Dataset, type Input, type Progress, type Runtime } from '../index.js';

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

/** A training example by its index, and how much lower the margin would be without it. */
interface Effect {
  readonly index: number;
  readonly effect: number;
}

/** What `LiveInfluence` says, of examples by their index. */
type Influence = Omit<LiveInfluence, 'seen' | 'helped' | 'hurt'> & Record<'helped' | 'hurt', readonly Effect[]>;

/** A training at work. */
export interface Lesson {
  progress(): LiveProgress;
  /** Runs steps for a fraction of a second. */
  advance(): Promise<LiveProgress>;
  /** @param index of a held-back example @returns training examples by their index */
  trace(index: number): Promise<Omit<LiveTrace, 'examples'> & { readonly examples: readonly { readonly index: number; readonly gamma: number }[] }>; // prettier-ignore
  /** @param input a picture of the shape of the examples, or the index of a held-back one */
  influence(input: Input | number, onProgress: Progress): Promise<Influence>;
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
  const heldBack = async (index: number): Promise<Input> => ({
    name: `${test.spec}@${index}`,
    kind: 'image',
    shape: test.shape,
    data: await test.examples([index]),
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
      const [query] = await training.trace([await heldBack(index)], {
        steps: true,
        topK: SHOWN,
        references: REFERENCES,
      });
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
    influence: async (of, onProgress) => {
      const began = performance.now();
      const input = typeof of === 'number' ? await heldBack(of) : of;
      const [query] = await training.influence([input], { topK: SHOWN }, onProgress);
      return {
        steps: training.stepsDone,
        seconds: (performance.now() - began) / 1000,
        classes: query!.topClasses!,
        margin: query!.measure.value,
        helped: query!.examples,
        hurt: query!.opponents,
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
