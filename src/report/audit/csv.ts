/** All examples of an audit as CSV (RFC 4180), most suspicious first. */
import type { AuditSuspect } from '../../results/audit.js';

const COLUMNS = [
  ...['rank', 'index', 'label', 'label_name', 'predicted', 'predicted_name', 'label_probability'],
  ...['representer', 'loss', 'gradient_norm', 'influence', 'file'],
];

/** One line per example; the influence is empty where it was not computed, the file where the example has none. */
export function auditCsv(examples: readonly AuditSuspect[], classNames: readonly string[]): string {
  const name = (index: number) => field(classNames[index] ?? String(index));
  const lines = examples.map((example, i) =>
    [
      ...[i + 1, example.index, example.label, name(example.label), example.predicted, name(example.predicted)],
      ...[example.probability, example.representer, example.loss, example.gradientNorm, example.influence ?? ''],
      field(example.file ?? ''),
    ].join(),
  );
  return [COLUMNS.join(), ...lines, ''].join('\r\n');
}

/** Quoted where it has to be; a formula in a name must stay text in a spreadsheet. */
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
