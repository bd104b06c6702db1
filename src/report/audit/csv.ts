/** All examples of an audit as CSV (RFC 4180), most suspicious first. */
import type { AuditSuspect } from '../../results/audit.js';
import { csvField } from '../csv.js';

/** An example as a line of the file. */
type Line = Omit<AuditSuspect, 'opponents'>;

const COLUMNS = [
  ...['rank', 'index', 'label', 'label_name', 'score', 'suggested', 'suggested_name', 'confidence', 'wrong'],
  ...['predicted', 'predicted_name', 'label_probability', 'representer', 'loss', 'gradient_norm', 'influence', 'file'],
];

/**
 * One line per example; the suggestion is empty where it is the label, the influence where it was not computed, the file
 * where the example has none.
 */
export function auditCsv(examples: readonly Line[], classNames: readonly string[]): string {
  const name = (index: number) => csvField(classNames[index] ?? String(index));
  const lines = examples.map((example, i) =>
    [
      ...[i + 1, example.index, example.label, name(example.label), example.score],
      ...(example.suggested === undefined ? ['', ''] : [example.suggested, name(example.suggested)]),
      ...[example.confidence, example.wrong ?? '', example.predicted, name(example.predicted), example.probability],
      ...[example.representer, example.loss, example.gradientNorm, example.influence ?? ''],
      csvField(example.file ?? ''),
    ].join(),
  );
  return [COLUMNS.join(), ...lines, ''].join('\r\n');
}
