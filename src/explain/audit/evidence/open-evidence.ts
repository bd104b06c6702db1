/** Evidence about the labels of a model's training data, computed when it is asked for. */
import type { Dataset } from '../../../data/dataset.js';
import { InputError } from '../../../errors.js';
import type { Reporting } from '../../../progress.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { LayerData } from '../../representer/layer-data.js';
import type { Suspicion } from '../fitted.js';
import type { Evidence } from '../rankings/ranking.js';
import { followCourse, type Course } from './course.js';
import type { RunEvidence } from './epoch-weights.js';
import { createGatherer, type Gathered } from './gathered.js';
import { evidenceOfInputs } from './inputs.js';
import { networkSays } from './margins.js';

/** Evidence, and what of it has been gathered for a ranking. */
export interface OpenedEvidence extends Evidence {
  /** The best that there is without computing more than a ranking has asked for. */
  gathered(): Promise<Gathered>;
  /** The course, where a ranking has asked for it. */
  followed(): Promise<Course> | undefined;
}

/**
 * Opens what rankings are computed from.
 * @param fitted the last layer, fitted to all labels
 * @param ofRun what a run tells; nothing without one
 * @throws InputError for a run that is too young
 */
export function openEvidence(
  { layer, train, network }: LayerData,
  fitted: Suspicion,
  ofRun: RunEvidence,
  seed: number,
  runtime: Runtime,
  { onProgress }: Reporting,
): OpenedEvidence {
  const { weights, heldOutEffects } = ofRun;
  const { labels, features, scores } = train;
  const { outputs, activation } = layer;
  // A single score decides between two classes; classes of a model that no label names are nobody's suggestion.
  const classes = Math.max(2, labels.reduce((most, label) => Math.max(most, label), 0) + 1);
  if (weights?.epochs === 0) {
    throw new InputError('the run has not finished an epoch yet; let it go on, or give its `model` and `data`');
  }
  const latest = once(async () => {
    const gatherer = createGatherer({ labels, classes }, seed, runtime);
    const given = layer.weights ? networkSays(scores, labels, outputs, activation).given : fitted.predicted;
    await gatherer.take(features, given);
    return gatherer.result;
  });
  const inputs = once(async () => {
    // Tokens and positions are numbers of things, and no measures.
    const areMeasures = network?.classifier.input.type.startsWith('float') === true;
    return areMeasures ? evidenceOfInputs(train.data, labels, classes, seed, runtime) : undefined;
  });
  const course = once(() =>
    followCourse({ weights: weights!, network: network!, train, classes, seed, runtime, onProgress }),
  );
  return {
    labels,
    classes,
    fitted,
    latest,
    inputs,
    course: weights && network ? course : undefined,
    heldOutEffects: heldOutEffects && (async () => ofMembers(await heldOutEffects(), train.data)),
    gathered: async () => (course.asked() ? (await course()).gathered : latest()),
    followed: () => (course.asked() ? course() : undefined),
  };
}

/** What is known of all examples of a split, of some of them. */
function ofMembers(values: Float64Array, { members }: Pick<Dataset, 'members'>): Float64Array {
  return members ? Float64Array.from(members, (index) => values[index]!) : values;
}

/** Computes at most once, when it is first asked. */
function once<T>(compute: () => Promise<T>): (() => Promise<T>) & { readonly asked: () => boolean } {
  let kept: Promise<T> | undefined;
  return Object.assign(() => (kept ??= compute()), { asked: () => kept !== undefined });
}
