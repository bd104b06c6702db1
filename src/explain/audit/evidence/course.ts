/** The course of a training: what the network said of each label at the end of every epoch, from the weights it had then. */
import type { Runtime } from '../../../runtime/runtime.js';
import type { Progress } from '../../../progress.js';
import { datasetFeatures, openBody } from '../../representer/features/body.js';
import type { FeatureSet } from '../../representer/features/feature-set.js';
import type { Network } from '../../representer/network.js';
import { epochsToLookAt, someOfEpochs, type WeightsOfEpochs } from './epoch-weights.js';
import { createGatherer, type Gathered } from './gathered.js';
import { networkSays } from './margins.js';

/** Epochs whose last features are fitted and searched, which takes as long as training several epochs. */
const MOST_STATES = 6;

/** What a training said of its labels. */
export interface Course {
  readonly source: WeightsOfEpochs['source'];
  /** Epochs that were looked at. */
  readonly epochs: readonly number[];
  /** Area under the margin: its mean over those epochs, [rows]. */
  readonly margins: Float64Array;
  /** Mean loss over those epochs, [rows]. */
  readonly losses: Float64Array;
  /** How often an example that was classified as labelled no longer was at the next epoch looked at, [rows]. */
  readonly forgotten: Int32Array;
  /** Whether it ever was classified as labelled, [rows]. */
  readonly learnt: Uint8Array;
  /** Evidence of the last layer over the epochs before the network had memorised its labels. */
  readonly gathered: Gathered;
  /** Epochs of that evidence. */
  readonly gatheredEpochs: readonly number[];
  /** The margin's mean up to the last of them, [rows]. */
  readonly gatheredMargins: Float64Array;
}

/** What a course is followed on. */
export interface CourseRequest {
  readonly weights: WeightsOfEpochs;
  readonly network: Network;
  readonly train: Pick<FeatureSet, 'data' | 'labels'>;
  readonly classes: number;
  readonly seed: number;
  readonly runtime: Runtime;
  readonly onProgress?: Progress | undefined;
}

/**
 * Runs all training examples through the network of every epoch, one session for all.
 * @throws InputError where the weights of an epoch cannot be had
 */
export async function followCourse(request: CourseRequest): Promise<Course> {
  const { weights, network, train, classes, seed, runtime, onProgress } = request;
  const { classifier, explained } = network;
  const { labels, data } = train;
  const epochs = epochsToLookAt(weights.epochs);
  const states = new Set(someOfEpochs(epochs, MOST_STATES));
  const sums = { margins: new Float64Array(labels.length), losses: new Float64Array(labels.length) };
  const forgotten = new Int32Array(labels.length);
  const learnt = new Uint8Array(labels.length);
  let before: Int32Array | undefined;
  const gatherer = createGatherer({ labels, classes }, seed, runtime);
  const gatheredEpochs: number[] = [];
  let gatheredMargins = new Float64Array(labels.length);
  let gathers = true;
  let seen = 0;

  const body = await openBody(classifier, explained, runtime, weights.names);
  try {
    for await (const { epoch, weights: fed } of weights.walk(epochs)) {
      const { features, scores } = await datasetFeatures(body, explained, data, { weights: fed });
      const { margins, losses, given } = networkSays(scores, labels, explained.outputs, explained.activation);
      seen++;
      labels.forEach((label, i) => {
        sums.margins[i]! += margins[i]!;
        sums.losses[i]! += losses[i]!;
        if (given[i] === label) learnt[i] = 1;
        else if (before?.[i] === label) forgotten[i]!++;
      });
      before = given;
      if (gathers && states.has(epoch)) {
        gathers = await gatherer.take(features, given);
        if (gathers) {
          gatheredEpochs.push(epoch);
          gatheredMargins = sums.margins.map((sum) => sum / seen);
        }
      }
      onProgress?.('epochs', seen, epochs.length);
    }
  } finally {
    await body.release();
  }
  return {
    source: weights.source,
    epochs,
    margins: sums.margins.map((sum) => sum / seen),
    losses: sums.losses.map((sum) => sum / seen),
    forgotten,
    learnt,
    gathered: gatherer.result,
    gatheredEpochs,
    gatheredMargins,
  };
}
