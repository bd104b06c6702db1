/** The weights of a run at the ends of its epochs, wherever they come from. */
import type { Tensor } from '../../../tensor.js';

/** The model's weights at the end of an epoch. */
export interface EpochWeights {
  /** From 1. */
  readonly epoch: number;
  /** Those that training changes, by name. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** A run's weights, epoch by epoch. */
export interface WeightsOfEpochs {
  /** Epochs that the run has finished. */
  readonly epochs: number;
  /** Names of the weights that training changes. */
  readonly names: readonly string[];
  /** Where they come from, for the record. */
  readonly source: 'log' | 'replay';
  /**
   * The weights at the ends of some epochs. What is handed out is valid until the next is asked for.
   * @param wanted epochs in rising order
   * @throws InputError where the run is damaged, or cannot be run again as it was
   */
  walk(wanted: readonly number[]): AsyncIterable<EpochWeights>;
}

/** What only the run that trained a model tells of its labels; nothing without one. */
export interface RunEvidence {
  /** Weights of the run's epochs. */
  readonly weights?: WeightsOfEpochs | undefined;
  /** Effects of the training examples on the held-out loss, as `influence` computes them. */
  readonly heldOutEffects?: (() => Promise<Float64Array>) | undefined;
}

/** A pass over the training data costs about half of an epoch's training; of more epochs, every k-th is looked at. */
const MOST_EPOCHS = 40;

/** Epochs at which a training is looked at: all of them, or every k-th, the last one always. */
export function epochsToLookAt(epochs: number, most = MOST_EPOCHS): number[] {
  const every = Math.ceil(epochs / most);
  const count = Math.ceil(epochs / every);
  return Array.from({ length: count }, (_, i) => epochs - (count - 1 - i) * every);
}

/** Some of these epochs, evenly spread, the last one always. */
export function someOfEpochs(epochs: readonly number[], most: number): number[] {
  const count = Math.min(most, epochs.length);
  return Array.from({ length: count }, (_, i) => epochs[Math.ceil(((i + 1) * epochs.length) / count) - 1]!);
}
