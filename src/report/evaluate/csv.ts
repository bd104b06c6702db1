/** All figures of an evaluation as CSV (RFC 4180). */
import type { EvaluateResult } from '../../results/evaluate.js';

const COLUMNS = [
  ...['protocol', 'figure', 'method', 'value', 'standard_error', 'low', 'high', 'chance', 'told_from_chance', 'count'],
];

/** One line a figure; empty where something is not known. */
export function evaluateCsv({ figures }: Pick<EvaluateResult, 'figures'>): string {
  const lines = figures.map(({ protocol, figure, method, value, standardError, interval, chance, ...rest }) =>
    [
      ...[protocol, `"${figure.replaceAll('"', '""')}"`, method, value, standardError ?? ''],
      ...[interval?.[0] ?? '', interval?.[1] ?? '', chance ?? '', rest.distinguishable ?? '', rest.count],
    ].join(),
  );
  return [COLUMNS.join(), ...lines, ''].join('\r\n');
}
