/** A classifier that answers for one input after another: what it decides, and by what of the input. */
import { openActivations, type Activations } from '../classifier/activations.js';
import type { Classifier } from '../classifier/classifier.js';
import {
  classNamesFor,
  describeInput,
  knownLabel,
  type DescribedInput,
  type NamedClass,
} from '../classifier/describe.js';
import { examine } from '../classifier/examine.js';
import { asFed } from '../classifier/feeds.js';
import { openClassifier, type OpenClassifier, type OpenedClassifier } from '../classifier/open.js';
import { targetOf } from '../classifier/targets.js';
import type { Input } from '../data/input.js';
import { UNIT_RANGE } from '../data/normalization.js';
import { InputError } from '../errors.js';
import { boundsOf } from '../explain/attribution/bounds.js';
import type { OpenMethod } from '../explain/attribution/method.js';
import { methodNamed } from '../explain/attribution/methods/registry.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../explain/attribution/settings.js';
import type { Model } from '../onnx/model.js';

/** A model, and what is asked of it. */
export interface ExplainerRequest extends Omit<OpenClassifier, 'isPrepared' | 'keepWeights' | 'rollsUp'> {
  readonly model: Model;
  /** Names of the classes; numbers by default. */
  readonly classNames?: readonly string[] | undefined;
  /** Of all methods; where they are left out, the defaults of `attribute`. */
  readonly settings?: Partial<AttributionSettings> | undefined;
}

/** What one method says of one input. */
export interface AttributionMap {
  readonly method: string;
  /** The class that is explained. */
  readonly target: NamedClass;
  /** Score of the target. */
  readonly output: number;
  /** Row-major, positive supports the target. */
  readonly data: Float32Array;
  /** Dimensions of the map: the input's, or its height and width where channels are taken together. */
  readonly shape: readonly number[];
  /** The layer that the map was made at, where it has one. */
  readonly layer?: string | undefined;
}

/** A classifier at work; `release` it when done. */
export interface Explainer {
  readonly classifier: OpenedClassifier;
  readonly classNames: readonly string[];
  /** What the model decides about an input. @throws InputError for one that does not fit, or scores that are no numbers */
  decide(input: Input): Promise<DescribedInput>;
  /**
   * Explains a decision. A method's graph is built when it is first asked for, and kept.
   * @param method one of `METHOD_NAMES` that needs no data
   * @param target `predicted`, `true`, a class name or number
   * @throws InputError where method, target or input do not fit the model
   */
  attribute(input: Input, method: string, target?: string): Promise<AttributionMap>;
  release(): Promise<void>;
}

/** What examples have shown of the classifier, and where it is asked for its scores. */
interface Tried {
  readonly classifier: Classifier;
  readonly activations: Activations;
}

/**
 * Opens a classifier to be asked about inputs of one form.
 * @throws InputError as `attribute` does of the model
 */
export async function openExplainer(request: ExplainerRequest): Promise<Explainer> {
  const { runtime, onNotice } = request;
  const classifier = await openClassifier(request.model, { ...request });
  const classNames = classNamesFor(classifier.classes, [request.classNames]);
  const settings: AttributionSettings = { ...ATTRIBUTION_DEFAULTS, bounds: { low: [], high: [] }, ...request.settings };
  const methods = new Map<string, Promise<OpenMethod>>();
  let tried: Promise<Tried> | undefined;

  const tryOn = async (x: Float32Array): Promise<Tried> => {
    const { classifier: examined } = await examine(classifier, [x], runtime, onNotice);
    return { classifier: examined, activations: await openActivations(examined, runtime, [examined.scores]) };
  };
  const fedWith = (input: Input) => asFed(classifier, input.data, input.shape, input.name);
  const decided = async (input: Input, x: Float32Array) => {
    const { classifier: examined, activations } = await remember((tried ??= tryOn(x)), () => (tried = undefined));
    const [scores] = await activations.of(examined.scores, [x]);
    return { examined, described: describeInput(input, scores!.data as Float32Array, examined, classNames) };
  };

  return {
    classifier,
    classNames,
    decide: async (input) => (await decided(input, fedWith(input))).described,
    attribute: async (input, name, target = 'predicted') => {
      const x = fedWith(input);
      const { examined, described } = await decided(input, x);
      if (examined.input.type !== 'float32') {
        throw new InputError(`the input "${examined.input.name}" is ${examined.input.type}, which has no gradient`);
      }
      const method = methodNamed(name);
      const bounds = boundsOf(settings.bounds, [input], examined.normalization ?? UNIT_RANGE);
      // The range of numbers that are fed as they are is that of the input at hand.
      const key = JSON.stringify([name, bounds]);
      // Nobody is shown the ledger, which takes time, and float64 that WebGPU lacks.
      const context = { runtime, explained: examined, settings: { ...settings, bounds }, ledger: false };
      const open = async () => method.open(context);
      if (!methods.has(key)) methods.set(key, open());
      const opened = await remember(methods.get(key)!, () => methods.delete(key));
      const question = {
        wanted: target,
        predicted: described.predicted.class,
        truth: knownLabel(input, classNames),
        input: input.name,
      };
      const found = targetOf(question, { kind: 'class', count: examined.classes, names: classNames });
      const [attribution] = await opened.attribute([{ x, target: found, index: 0 }]);
      const { map: data, shape, output, layer } = attribution!;
      return { method: name, target: { class: found, label: classNames[found]! }, output, data, shape, layer };
    },
    release: async () => {
      const all = await Promise.allSettled(methods.values());
      methods.clear();
      for (const each of all) if (each.status === 'fulfilled') await each.value.release();
      await (await tried)?.activations.release();
    },
  };
}

/** Waits for what is kept, which is forgotten where it failed, to be tried again. */
async function remember<T>(kept: Promise<T>, forget: () => void): Promise<T> {
  try {
    return await kept;
  } catch (error) {
    forget();
    throw error;
  }
}
