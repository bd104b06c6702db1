/** A representer result on the terminal. */
import type { RepresenterQuery, RepresenterResult } from '../../results/representer.js';
import { formatNumber } from '../../plot/format.js';
import { closerText } from '../../report/representer/closer-text.js';
import { numbers, paths, type Column } from '../table.js';
import type { Terminal } from '../terminal.js';
import { decisionLine, showDecisions } from './decisions.js';
import { whereabouts } from './whereabouts.js';
import { timeText } from './time.js';

/** Points and mistakes shown in a line or table; all of them are in the result. */
const SHOWN = 5;

/** Prints the fit, then what excites and inhibits each decision, or many in short, then the mistakes. */
export function showRepresenter(ui: Terminal, result: RepresenterResult, file: string): void {
  const { fit, queries, classNames, data, mistakes } = result;
  const name = (index: number) => classNames[index] ?? String(index);
  const source = fit.reused ? ', taken from the cache' : timeText(fit.seconds, 2);
  const norm = `‖∇‖∞ ${fit.gradientMaxNorm.toExponential(1)}`;
  ui.print(
    `fit of ${fit.layer}: ${fit.examples} × ${fit.features} features, ${fit.outputs} score${fit.outputs === 1 ? '' : 's'}, ` +
      `${fit.iterations} iterations, ${norm}, ${fit.status}${source}`,
  );
  for (const [split, part] of Object.entries({ train: fit, test: fit.test })) {
    if (!part) continue;
    ui.print(`${split}: Pearson ${part.pearson.toFixed(6)}, largest error ${part.maxAbsError.toExponential(2)}`);
  }
  const usual = fit.tried?.[0];
  if (usual && fit.lambda < usual.lambda) {
    ui.print(
      `λ = ${fit.lambda} follows the model’s outputs; λ = ${usual.lambda} would not (Pearson ${usual.pearson.toFixed(4)})`,
    );
  }
  if (fit.closer) ui.print(closerText(fit, fit.closer));
  if (queries.length > 0) ui.print('');
  const inFull = (query: RepresenterQuery) => {
    const { undecided, target, modelLogit, reconstructed, excitatory, inhibitory } = query;
    ui.verdict(
      decisionLine(
        query,
        `; score of ${target.label} ${formatNumber(modelLogit)}, training points sum to ${formatNumber(reconstructed)}`,
      ),
    );
    if (undecided !== undefined) return ui.print(undecided);
    const length = Math.min(SHOWN, Math.max(excitatory.length, inhibitory.length));
    const rows = Array.from({ length }, (_, i) =>
      [excitatory[i], inhibitory[i]].flatMap((point) =>
        point ? [whereabouts(point, data), name(point.label), formatNumber(point.value)] : ['', '', ''],
      ),
    );
    const columns = (title: string): (string | Column)[] => [paths(title), 'class', numbers('value')];
    ui.table([...columns('excites'), ...columns('inhibits')], rows);
  };
  const strongest = ({ excitatory: [first] }: RepresenterQuery) => [
    ...(first ? [whereabouts(first, data), name(first.label), formatNumber(first.value)] : ['', '', '']),
  ];
  const inShort: (string | Column)[] = [paths('excites most'), 'class', numbers('value')];
  showDecisions(ui, queries, file, inFull, { columns: inShort, cells: strongest });
  if (!mistakes) return;
  ui.print('');
  const rows = mistakes.flatMap(({ truth, predicted, members, inhibitory }) =>
    inhibitory
      .slice(0, SHOWN)
      .map((point, i) => [
        i > 0 ? '' : `${truth.label} as ${predicted.label}`,
        i > 0 ? '' : members.length,
        whereabouts(point, data),
        name(point.label),
        point.among,
      ]),
  );
  ui.table(
    ['mistake', numbers('test points'), paths('most inhibiting training points'), 'class', numbers('of how many')],
    rows,
  );
}
