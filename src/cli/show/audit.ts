/** An audit on the terminal. */
import { formatNumber } from '../../plot/format.js';
import { counselOf, suggestionOf } from '../../report/audit/counsel.js';
import { spreadText } from '../../report/audit/spread-text.js';
import { verdictOf } from '../../report/audit/verdict.js';
import type { AuditResult, AuditSimulation } from '../../results/audit.js';
import { numbers, paths, type Column } from '../table.js';
import type { Terminal } from '../terminal.js';
import { whereabouts } from './whereabouts.js';

/** Prints how many labels look wrong, the first suspects, and what a simulation showed. */
export function showAudit(ui: Terminal, result: AuditResult): void {
  const { suspects, classNames, data, by, reason, simulation } = result;
  const name = (index: number) => classNames[index] ?? String(index);
  ui.verdict(verdictOf(result));
  ui.print(`sorted by ${by}${reason === undefined ? '' : `: ${reason}`}`);
  const rows = suspects.slice(0, 10).map((suspect) => {
    const counsel = counselOf(result, suspect);
    return [
      whereabouts(suspect, data),
      name(suspect.label),
      suggestionOf(counsel, name) ?? '(its label)',
      counsel.wrong ?? '',
      formatNumber(suspect.score),
    ];
  });
  const heading: (string | Column)[] = [
    paths('example'),
    ...['label', 'should be'],
    numbers('wrong with'),
    numbers(by),
  ];
  ui.table(heading, rows);
  if (!simulation) return;
  ui.print('');
  const percent = (spread: AuditSimulation['clean']) => spreadText(spread, simulation.seeds);
  const shares = simulation.fractions.map((fraction) => `${Math.round(100 * fraction)} %`);
  const lines = simulation.methods.map(({ method, accuracy, rocAuc, recallAtNoise }) => [
    method,
    ...accuracy.map(percent),
    rocAuc.mean.toFixed(3),
    percent(recallAtNoise),
  ]);
  ui.print(`test accuracy after inspecting; without flips ${percent(simulation.clean)} %`);
  ui.table(['ranking', ...[...shares, 'ROC-AUC', 'found'].map(numbers)], lines);
}
