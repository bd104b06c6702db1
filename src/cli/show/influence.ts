/** An influence result on the terminal. */
import { formatNumber, formatSigned } from '../../plot/format.js';
import type { InfluenceEffect, InfluenceQuery, InfluenceResult } from '../../results/influence.js';
import { isLoss } from '../../results/losses.js';
import { numbers, paths, type Column } from '../table.js';
import type { Terminal } from '../terminal.js';
import { decisionLine, showDecisions } from './decisions.js';
import { whereabouts } from './whereabouts.js';
import { timeText } from './time.js';

/** Examples shown of either side; all that were asked for are in the result. */
const SHOWN = 5;

/** Prints who supports and opposes each decision, or many in short, and what training without the supporters showed. */
export function showInfluence(ui: Terminal, result: InfluenceResult, file: string): void {
  const { queries, unit, method, verified, trainingExamples, replay, layer, fineTuning, seconds } = result;
  const course = replay ? `, ${replay.steps} steps replayed` : '';
  const what = method.predicts === false ? 'values of' : 'effects of';
  const on = method.predicts === false ? `: ${unit}` : ` on ${unit}`;
  ui.print(
    `${method.name}: ${what} ${trainingExamples} training examples${on}${course}${fitText(layer)}${timeText(seconds)}`,
  );
  ui.print('');
  showDecisions(ui, queries, file, (query) => showQuery(ui, query, result), inShort(result));
  if (fineTuning) {
    ui.print('');
    ui.print(`for the metagradient of a fine-tuning of a few epochs: ${fineTuning.join(' && ')}`);
  }
  if (verified && verified.queries > 1) {
    ui.print('');
    for (const line of verifiedLines(verified)) ui.print(line);
  }
}

/** Of many queries, the strongest example of each, and what training again without the strongest ones showed. */
function inShort({ queries, method, data }: InfluenceResult) {
  const verified = queries.some(({ verification }) => verification);
  const predicted = queries.some(({ verification }) => verification?.predicted !== undefined);
  const number = (value: number | undefined) => (value === undefined ? '' : formatNumber(value));
  return {
    columns: [
      paths('strongest'),
      numbers(valueName(method)),
      ...(verified ? [numbers('lower without')] : []),
      ...(predicted ? [numbers('predicted')] : []),
    ] satisfies Column[],
    cells: ({ examples: [first], verification }: InfluenceQuery): string[] => [
      ...(first ? [whereabouts(first, data), formatSigned(first.effect)] : ['', '']),
      ...(verified ? [number(verification?.actual)] : []),
      ...(predicted ? [number(verification?.predicted)] : []),
    ],
  };
}

/** What the numbers of a method are called. */
const valueName = ({ predicts }: InfluenceResult['method']) => (predicts === false ? 'value' : 'effect');

function showQuery(ui: Terminal, query: InfluenceQuery, { classNames, method, data }: InfluenceResult): void {
  const { measure, target, examples, opponents, verification } = query;
  const of = target ? ` of ${target.label}` : '';
  ui.verdict(decisionLine(query, `; ${measure.name}${of} ${formatNumber(measure.value)}`));
  const length = Math.min(SHOWN, Math.max(examples.length, opponents.length));
  const [up, down] = isLoss(measure.name) ? ['raises it', 'lowers it'] : ['supports', 'opposes'];
  const cells = (effect: InfluenceEffect | undefined) =>
    effect
      ? [whereabouts(effect, data), classNames[effect.label] ?? String(effect.label), formatSigned(effect.effect)]
      : ['', '', ''];
  const columns = (title: string): (string | Column)[] => [paths(title), 'class', numbers(valueName(method))];
  ui.table(
    [...columns(up), ...columns(down)],
    Array.from({ length }, (_, i) => [examples[i], opponents[i]].flatMap(cells)),
  );
  if (!verification) return;
  const { examples: left, before, after, predicted: expected, actual } = verification;
  const foretold =
    expected === undefined ? 'nothing was predicted, as values only rank' : `predicted ${formatNumber(expected)}`;
  ui.print(
    `trained again without ${theStrongest(left, measure.name)}: ${measure.name} ${formatNumber(before)} → ` +
      `${formatNumber(after)}, lower by ${formatNumber(actual)}; ${foretold}`,
  );
}

/** Those that are left out, in words. */
function theStrongest(count: number, measure: string): string {
  if (isLoss(measure)) return `the ${count} that raise it most`;
  return `its ${count} strongest ${count === 1 ? 'supporter' : 'supporters'}`;
}

function verifiedLines({ queries, lowered, pearson, interval }: NonNullable<InfluenceResult['verified']>): string[] {
  const fell =
    lowered === undefined ? [] : [`without the strongest the measure is lower for ${lowered} of ${queries} inputs`];
  if (pearson === undefined) return fell;
  const range = interval ? ` (95 %: ${interval.map((end) => end.toFixed(3)).join(' to ')})` : '';
  return [...fell, `predicted and actual changes over ${queries} inputs: correlation ${pearson.toFixed(3)}${range}`];
}

function fitText(layer: InfluenceResult['layer']): string {
  if (!layer?.fit) return '';
  const chosen = layer.damping ? ', chosen by leave-one-out' : '';
  return `; layer ${layer.name} fitted to the ${layer.fit.targets} with λ ${layer.fit.lambda}${chosen}`;
}
