/** What a classifier decides, read off its outputs. */
import { sigmoid } from '../../numeric/probabilities.js';
import { indexOfMax } from '../../numeric/vectors.js';
import type { Classifier } from '../../classifier/classifier.js';
import { rowAt, asProbabilities, type Rows } from './statistics.js';

/** How class scores are read. */
export interface DecisionRule {
  /** Number of the output that holds them. */
  readonly output: number;
  readonly classes: number;
  /** With a single score: class 1 from here on, class 0 below. */
  readonly threshold: number | null;
}

/** A decision for one probe. */
export interface Decision {
  readonly class: number;
  /** How far the runner-up is, in the output's own unit. */
  readonly margin: number;
  /** Probability of the class. */
  readonly confidence: number;
}

/** An output of the model over all probes. */
export interface OutputRows {
  readonly name: string;
  readonly type: string;
  /** Dimensions of one row. */
  readonly dims: readonly (number | null)[];
  readonly rows: Rows;
}

/**
 * How decisions are read off the outputs, as the classifier says; null when the model is none.
 * @param classifier undefined where the model cannot be opened as one (it has several inputs, say): then the first output with
 *   a row of real numbers per example is read
 */
export function decisionRule(
  outputs: readonly OutputRows[],
  classifier: Pick<Classifier, 'output' | 'outputs' | 'classes' | 'activation'> | undefined,
): DecisionRule | null {
  const output = outputs.findIndex((each) => (classifier ? each.name === classifier.output : isRow(each)));
  const { size = 0, data } = outputs[output]?.rows ?? {};
  if (size === 0 || (classifier && size !== classifier.outputs && size !== classifier.classes)) return null;
  if (size >= 2) return { output, classes: size, threshold: null };
  // A probability is split at one half, a score at zero.
  const isProbability = classifier ? classifier.activation === 'sigmoid' : data!.every((p) => p >= 0 && p <= 1);
  return { output, classes: 2, threshold: isProbability ? 0.5 : 0 };
}

/** Real numbers along one axis at most. */
function isRow({ type, dims }: OutputRows): boolean {
  return type.startsWith('float') && dims.filter((dim) => dim !== 1).length <= 1;
}

/** The decision for each row. Ties go to the first class. */
export function decide(rows: Rows, { threshold }: DecisionRule): Decision[] {
  return Array.from({ length: rows.rows }, (_, i) => {
    const row = rowAt(rows, i);
    if (threshold !== null) {
      const score = row[0]!;
      const probability = threshold === 0 ? sigmoid(score) : score;
      const isOne = score >= threshold;
      return {
        class: isOne ? 1 : 0,
        margin: Math.abs(score - threshold),
        confidence: isOne ? probability : 1 - probability,
      };
    }
    const best = indexOfMax(row);
    let second = -Infinity;
    for (let c = 0; c < row.length; c++) if (c !== best && row[c]! > second) second = row[c]!;
    return { class: best, margin: row[best]! - second, confidence: asProbabilities(row)[best]! };
  });
}
