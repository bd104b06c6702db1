/** An evaluation on the terminal. */
import { formatNumber, formatPercent } from '../../plot/format.js';
import type { EvaluateFigure, EvaluateResult } from '../../results/evaluate.js';
import { styled } from '../colour.js';
import { numbers } from '../table.js';
import type { Terminal } from '../terminal.js';
import { timeText } from './time.js';

/** Prints a table a protocol: methods by figures. */
export function showEvaluation(ui: Terminal, result: EvaluateResult): void {
  const { figures, protocols, trainingExamples, queries, accuracy, steps, seconds } = result;
  ui.verdict(
    `${trainingExamples} training examples, ${steps} steps, ${queries.length} queries (${formatPercent(accuracy)} decided as labelled)${timeText(seconds)}`,
  );
  for (const { name, asks } of protocols) {
    const own = figures.filter(({ protocol }) => protocol === name);
    const columns = [...new Set(own.map(({ figure }) => figure))];
    const methods = [...new Set(own.map(({ method }) => method))];
    ui.print('');
    ui.print([styled(name, 'heading'), `: ${asks}`]);
    const rows = methods.map((method) => [
      method,
      ...columns.map((column) => cell(own.find(({ figure, method: of }) => figure === column && of === method))),
    ]);
    ui.table(['method', ...columns.map(numbers)], rows);
  }
  const fitted = (result.fits ?? []).flatMap(({ method, training, layer: { fit, damping } }) =>
    fit ? [`${method} of ${training}: λ ${fit.lambda}${damping ? ', chosen by leave-one-out' : ''}`] : [],
  );
  if (fitted.length > 0) ui.print('');
  for (const line of fitted) ui.print(line);
  if (figures.some(({ distinguishable }) => distinguishable === false)) {
    ui.print('');
    ui.print('≈ cannot be told from chance');
  }
}

function cell(figure: EvaluateFigure | undefined): string {
  if (!figure) return '';
  const { value, standardError, distinguishable } = figure;
  const error = standardError === undefined ? '' : ` ±${formatNumber(standardError, 2)}`;
  return `${distinguishable === false ? '≈ ' : ''}${formatNumber(value)}${error}`;
}
