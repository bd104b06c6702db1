/** A representer result on the terminal. */
import type { RepresenterResult } from '../../results/representer.js';
import { formatNumber } from '../../plot/format.js';
import { closerText } from '../../report/representer/closer-text.js';
import { alignedTable } from '../table.js';
import type { Terminal } from '../terminal.js';

/** Points and mistakes shown in a line or table; all of them are in the result. */
const SHOWN = 5;

/** Prints the fit, then for each input what excites and inhibits it, then the mistakes. */
export function showRepresenter(ui: Terminal, result: RepresenterResult): void {
  const { fit, queries, classNames, mistakes } = result;
  const name = (index: number) => classNames[index] ?? String(index);
  const source = fit.reused ? 'taken from the cache' : `${fit.seconds.toFixed(2)} s`;
  const norm = `‖∇‖∞ ${fit.gradientMaxNorm.toExponential(1)}`;
  ui.print(
    `fit of ${fit.layer}: ${fit.examples} × ${fit.features} features, ${fit.outputs} score${fit.outputs === 1 ? '' : 's'}, ` +
      `${fit.iterations} iterations, ${norm}, ${fit.status}, ${source}`,
  );
  for (const [split, part] of Object.entries({ train: fit, test: fit.test })) {
    if (!part) continue;
    ui.print(`${split}: Pearson ${part.pearson.toFixed(6)}, largest error ${part.maxAbsError.toExponential(2)}`);
  }
  if (fit.closer) ui.print(closerText(fit, fit.closer));
  for (const { input, predicted, truth, undecided, target, reconstructed, excitatory, inhibitory } of queries) {
    const truly = truth && truth.class !== predicted.class ? `, truly ${truth.label}` : '';
    ui.print('');
    ui.print(`${input}: ${predicted.label}${truly}; score of ${target.label} ${formatNumber(reconstructed)}`);
    if (undecided !== undefined) {
      ui.print(undecided);
      continue;
    }
    const length = Math.min(SHOWN, Math.max(excitatory.length, inhibitory.length));
    const rows = Array.from({ length }, (_, i) =>
      [excitatory[i], inhibitory[i]].flatMap((point) =>
        point ? [String(point.index), name(point.label), formatNumber(point.value)] : ['', '', ''],
      ),
    );
    for (const line of alignedTable(['excites', 'class', 'value', 'inhibits', 'class', 'value'], rows)) ui.print(line);
  }
  if (!mistakes) return;
  ui.print('');
  const rows = mistakes.map(({ truth, predicted, members, inhibitory }) => [
    `${truth.label} as ${predicted.label}`,
    members.length,
    inhibitory
      .slice(0, SHOWN)
      .map(({ index, label, among }) => `${index} (${name(label)}, ${among}×)`)
      .join(', '),
  ]);
  for (const line of alignedTable(['mistake', 'test points', 'most inhibiting training points'], rows)) ui.print(line);
}
