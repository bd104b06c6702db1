/** Behind a live page: the browser entry of the library at work on what the server handed out. */
import type { LiveConfig, LiveExamples, LiveModel } from '../../report/app/live/config.js';
import type { LiveEngine, LiveExample, Pixels } from '../../report/app/live/engine.js';
import {
  arrayDataset,
  decodeModel,
  InputError,
  openExplainer,
  openNeighbours,
  pictureFromPixels,
  pictureInput,
  webRuntime,
  type Dataset,
  type Explainer,
  type Input,
  type Neighbours,
  type Picture,
  type Runtime,
} from '../index.js';
import { openLesson, type Lesson } from './lesson.js';

/** Methods that say different things, each at once. */
const METHODS = {
  convolutional: ['input-x-gradient', 'grad-cam', 'lrp'],
  // Grad-CAM needs maps, and the flat rule of LRP spreads evenly what a dense first layer gets.
  other: ['input-x-gradient', 'integrated-gradients', 'smooth-grad'],
};

/** Held-back examples that a training may be asked about: one of each class. */
const QUESTIONS = 10;

/** Data sets by their place, fetched when first needed. */
type Examples = (of: LiveExamples) => Promise<Dataset>;

/** @param load fetches a file of the page */
export function liveEngine(load: (url: string) => Promise<ArrayBuffer>): LiveEngine {
  const fetched = new Map<string, Promise<Dataset>>();
  const examples: Examples = (of) => {
    if (!fetched.has(of.url))
      fetched.set(
        of.url,
        load(of.url).then((bytes) => datasetOf(of, bytes)),
      );
    return fetched.get(of.url)!;
  };
  const onProcessor = once(() => webRuntime());
  let config: LiveConfig;
  let explainer: Explainer | undefined;
  let neighbours: Neighbours | undefined;
  let asked: Input | undefined;
  let lesson: Lesson | undefined;

  const current = () => {
    if (!asked || !explainer) throw new InputError('no picture was given yet; drop one');
    return { input: asked, explainer };
  };
  /** Training examples to compare pictures with; undefined where there are none. */
  const comparison = async (of: Explainer) => {
    if (!config.examples) return undefined;
    return (neighbours ??= await openNeighbours(of.classifier, await examples(config.examples), await onProcessor()));
  };
  const taught = () => {
    if (!lesson) throw new InputError('no training has begun yet; start one');
    return lesson;
  };
  const questions = once(async (): Promise<LiveExample[]> => {
    const of = config.sample.test;
    const data = await examples(of);
    const firsts = of.classNames.map((_, label) => of.labels.indexOf(label)).filter((place) => place >= 0);
    return Promise.all(firsts.slice(0, QUESTIONS).map((place) => exampleAt(of, data, place)));
  });

  return {
    open: async () => {
      config = JSON.parse(new TextDecoder().decode(await load('live.json'))) as LiveConfig;
      let [computing, problem] = ['WebAssembly', undefined as string | undefined];
      if (config.model) {
        try {
          const bytes = new Uint8Array(await load(config.model.url));
          ({ explainer, computing } = await openModel(config.model, bytes, onProcessor));
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          problem = error.message;
        }
      }
      const sampleClasses = config.sample.test.classNames;
      const nodes = explainer?.classifier.model.graph?.node ?? [];
      const methods = METHODS[nodes.some(({ opType }) => opType === 'Conv') ? 'convolutional' : 'other'];
      return { computing, problem, methods, sampleClasses, questions: await questions() };
    },
    prepare: async (part) => {
      if (!explainer) return;
      if (part === 'nearest') return void (await comparison(explainer));
      const [channels, height, width] = config.model!.shape as [1 | 3, number, number];
      const blank = { height, width, channels, data: new Uint8Array(channels * height * width) };
      await explainer.attribute(pictureInput('nothing', blank, config.model!.shape), part);
    },
    decide: async (name, pixels) => {
      if (!explainer) throw new InputError('there is no model here that takes pictures');
      const input = pictureInput(name, pictureFromPixels(pixels), config.model!.shape);
      const { topClasses } = await explainer.decide(input);
      asked = input;
      return { classes: topClasses, seen: pixelsOf(input.picture!) };
    },
    explain: async (method) => {
      const { input, explainer: of } = current();
      const { data, shape, target } = await of.attribute(input, method);
      const [height, width] = shape.slice(-2) as [number, number];
      return { method, label: target.label, width, height, values: inUnits(data, width * height) };
    },
    nearest: async (count) => {
      const { input, explainer: of } = current();
      const found = (await (await comparison(of))?.nearest(input, count)) ?? [];
      const data = config.examples && (await examples(config.examples));
      return Promise.all(
        found.map(async ({ index, similarity }) => ({ ...(await exampleAt(config.examples!, data!, index)), similarity })), // prettier-ignore
      );
    },
    beginTraining: async () => {
      await lesson?.release();
      const { train, test } = config.sample;
      lesson = await openLesson(await onProcessor(), await examples(train), await examples(test));
      return lesson.progress();
    },
    advance: () => taught().advance(),
    trace: async (question) => {
      const { test, train } = config.sample;
      const index = (await questions())[question]!.index;
      const data = await examples(train);
      const { examples: strongest, ...found } = await taught().trace(test.indices.indexOf(index));
      return {
        ...found,
        examples: await Promise.all(
          strongest.map(async ({ index: place, gamma }) => ({ ...(await exampleAt(train, data, place)), gamma })),
        ),
      };
    },
    influence: async (subject, onProgress) => {
      const { test, train } = config.sample;
      const [held, learnt] = [await examples(test), await examples(train)];
      const isQuestion = 'question' in subject;
      const place = isQuestion ? test.indices.indexOf((await questions())[subject.question]!.index) : -1;
      const input = isQuestion ? undefined : pictureInput(subject.name, pictureFromPixels(subject.pixels), test.shape);
      const found = await taught().influence(input ?? place, onProgress);
      const shown = (list: readonly { readonly index: number; readonly effect: number }[]) =>
        Promise.all(list.map(async ({ index, effect }) => ({ ...(await exampleAt(train, learnt, index)), effect })));
      return {
        ...found,
        seen: pixelsOf(input?.picture ?? (await held.picture(place))),
        helped: await shown(found.helped),
        hurt: await shown(found.hurt),
      };
    },
    accuracy: () => taught().accuracy(),
  };
}

/** A function whose outcome is kept; one that failed is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** Opens the model on the graphics processor where there is one and it takes the model, and else on the processor. */
async function openModel(
  { shape, channelsLast, classNames, normalization, inputShape, output, at }: LiveModel,
  bytes: Uint8Array,
  onProcessor: () => Promise<Runtime>,
): Promise<{ readonly explainer: Explainer; readonly computing: string }> {
  const on = (runtime: Runtime) =>
    openExplainer({
      runtime,
      model: decodeModel(bytes, 'the model'),
      form: { shape, kind: 'image', channelsLast },
      classNames,
      classes: classNames?.length,
      preprocessing: normalization,
      inputShape,
      output,
      at,
    });
  const explainer = await on(await onProcessor());
  const faster = (await hasGraphics()) ? await onGraphics(on) : undefined;
  if (!faster) return { explainer, computing: 'WebAssembly' };
  if (await agree(explainer, faster, shape)) {
    await explainer.release();
    return { explainer: faster, computing: 'WebGPU, and the training on WebAssembly' };
  }
  await faster.release();
  return { explainer, computing: 'WebAssembly, as WebGPU computes something else here' };
}

/** @returns undefined where WebGPU refuses the model */
async function onGraphics(open: (runtime: Runtime) => Promise<Explainer>): Promise<Explainer | undefined> {
  try {
    return await open(await webRuntime({ executionProviders: ['webgpu'] }));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Probabilities that differ by more are no matter of rounding. */
const TOLERANCE = 1e-3;

/** Whether both decide alike about a picture of stripes: kernels for graphics processors have been wrong before. */
async function agree(one: Explainer, other: Explainer, shape: readonly number[]): Promise<boolean> {
  const [channels, height, width] = shape as [1 | 3, number, number];
  const data = Uint8Array.from({ length: channels * height * width }, (_, i) => (i * 37) % 251);
  const input = pictureInput('stripes', { width, height, channels, data }, shape);
  const probabilities = async (of: Explainer) =>
    new Map((await of.decide(input)).topClasses.map(({ label, probability }) => [label, probability]));
  try {
    const [expected, found] = [await probabilities(one), await probabilities(other)];
    return [...expected].every(([label, value]) => Math.abs(value - (found.get(label) ?? 0)) <= TOLERANCE);
  } catch {
    return false;
  }
}

/** Whether there is a graphics processor: what stands in for one on the processor is slower than WebAssembly. */
async function hasGraphics(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && adapter?.info?.isFallbackAdapter !== true;
}

/** What is asked of an adapter of WebGPU. */
interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

function datasetOf(
  { name, url, elementType, shape, labels, classNames }: LiveExamples,
  bytes: ArrayBuffer,
): Promise<Dataset> {
  // prettier-ignore
  const examples = elementType === 'uint8' ? new Uint8Array(bytes) : new Float32Array(bytes);
  return arrayDataset({ name, examples, labels, shape, classNames, split: url.includes('test') ? 'test' : 'train' });
}

/** @param place among the examples that were fetched */
async function exampleAt(of: LiveExamples, data: Dataset, place: number): Promise<LiveExample> {
  return {
    index: of.indices[place]!,
    label: of.classNames[of.labels[place]!]!,
    file: of.files?.[place] ?? undefined,
    pixels: pixelsOf(await data.picture(place)),
  };
}

function pixelsOf({ width, height, channels, data }: Picture): Pixels {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = data[channels * p + (channels === 3 ? c : 0)]!;
    rgba[4 * p + 3] = 255;
  }
  return { width, height, data: rgba };
}

/** A map with its channels added up, in units of its largest magnitude. */
function inUnits(data: Float32Array, places: number): Float32Array {
  const values = new Float32Array(places);
  for (let i = 0; i < data.length; i++) values[i % places]! += data[i]!;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 0 ? values.map((value) => value / largest) : values;
}
