/** Maps of the same images under one set of weights after the other, in sessions that are loaded once. */
import { InputError } from '../../errors.js';
import type { Classifier } from '../../classifier/classifier.js';
import { targetOf } from '../../classifier/targets.js';
import type { Weights } from '../../replay/weights.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import type { Attribution, Method, OpenMethod } from '../attribution/method.js';
import { openScores } from '../attribution/scores.js';
import type { AttributionSettings } from '../attribution/settings.js';

/** Images that are explained again and again. */
export interface ExplainedImages {
  /** What messages call each. */
  readonly names: readonly string[];
  /** As the model takes them. */
  readonly xs: readonly Float32Array[];
  readonly labels: ArrayLike<number>;
}

/** The network, its images, and how they are explained. */
export interface ExplainerRequest {
  readonly runtime: Runtime;
  readonly classifier: Classifier;
  /** Names of the weights that training changes. */
  readonly changing: readonly string[];
  readonly images: ExplainedImages;
  readonly methods: readonly Method[];
  readonly settings: AttributionSettings;
  /** `predicted` under the weights at hand, `true`, or a class by name or number. */
  readonly target: string;
  readonly classNames: readonly string[];
}

/** All images by one method. */
export interface MethodMaps {
  readonly method: string;
  readonly layer?: string | undefined;
  /** Of a map: the input's space; an input without channels has all its dimensions. */
  readonly shape: readonly number[];
  /** Relevance of each pixel, channels added up; positive supports the target. */
  readonly maps: readonly Float32Array[];
}

/** What is explained under one set of weights. */
export interface Explained {
  /** The class that each image's maps speak for. */
  readonly targets: readonly number[];
  /** In the order of the methods. */
  readonly methods: readonly MethodMaps[];
}

/** Explains the same images under any weights. */
export interface Explainer {
  /**
   * @param weights of all names that change
   * @param place the weights' step, for messages
   * @throws InputError where a map holds something that is no number
   */
  explain(weights: Weights, place: string): Promise<Explained>;
  release(): Promise<void>;
}

/**
 * Opens all methods; those that do not fit the model are refused before any runs.
 * @throws InputError when a method does not fit the model, or there is no such target
 */
export async function openExplainer(request: ExplainerRequest): Promise<Explainer> {
  const { runtime, classifier, images, target, classNames } = request;
  let now: Weights = {};
  const context = { runtime, explained: classifier, weights: { names: request.changing, current: () => now } };
  const scores = openScores(context);
  const opened: { readonly method: Method; readonly open: OpenMethod }[] = [];
  const release = async () => {
    await scores.release();
    for (const { open } of opened) await open.release();
  };
  const targetFor = (predicted: number, i: number) =>
    targetOf(
      { wanted: target, predicted, truth: images.labels[i], input: images.names[i]! },
      { kind: 'class', count: classifier.classes, names: classNames },
    );
  try {
    images.xs.forEach((_, i) => targetFor(0, i));
    for (const method of request.methods) {
      opened.push({ method, open: await method.open({ ...context, settings: request.settings, ledger: false }) });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return {
    explain: async (weights, place) => {
      now = weights;
      const targets = (await scores.of(images.xs)).map((row, i) => targetFor(strongest(row), i));
      const examples = images.xs.map((x, index) => ({ x, target: targets[index]!, index }));
      const methods: MethodMaps[] = [];
      for (const { method, open } of opened) {
        const found = await open.attribute(examples);
        const maps = found.map(({ map, shape }) => withoutChannels(map, shape));
        const bad = maps.findIndex((map) => !map.every(Number.isFinite));
        if (bad >= 0) throw notFinite(place, images.names[bad]!, method.name);
        methods.push({ method: method.name, layer: found[0]?.layer, shape: spaceOf(found[0]!), maps });
      }
      return { targets, methods };
    },
    release,
  };
}

/** The class of the highest score; of a single score, class 1 where it is above 0. */
function strongest(scores: Float32Array): number {
  if (scores.length === 1) return scores[0]! > 0 ? 1 : 0;
  return scores.reduce((best, score, i) => (score > scores[best]! ? i : best), 0);
}

function notFinite(place: string, image: string, method: string): InputError {
  return new InputError(
    `${place}: the map of ${image} by ${method} is not finite; choose another \`method\` or \`composite\`, ` +
      'or train again at a lower `learningRate` if the weights have grown without bound',
  );
}

/** [channels, …space] has channels in front; a map of fewer dimensions has none. */
const hasChannels = (shape: readonly number[]) => shape.length >= 3;

function spaceOf({ shape }: Attribution): readonly number[] {
  return hasChannels(shape) ? shape.slice(1) : shape;
}

function withoutChannels(map: Float32Array, shape: readonly number[]): Float32Array {
  if (!hasChannels(shape)) return map;
  const size = elementCount(shape.slice(1));
  if (size === map.length) return map;
  const sum = new Float32Array(size);
  for (let at = 0; at < map.length; at += size) for (let i = 0; i < size; i++) sum[i]! += map[at + i]!;
  return sum;
}
