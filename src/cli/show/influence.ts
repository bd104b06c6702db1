/** An influence result on the terminal. */
import { formatNumber, formatSigned } from '../../plot/format.js';
import { isLoss, type InfluenceEffect, type InfluenceResult } from '../../results/influence.js';
import { alignedTable } from '../table.js';
import type { Terminal } from '../terminal.js';

/** Examples shown of either side; all that were asked for are in the result. */
const SHOWN = 5;

/** Prints for each input who supports and opposes it, and what training without the supporters showed. */
export function showInfluence(ui: Terminal, result: InfluenceResult): void {
  const { queries, classNames, unit, method, verified, trainingExamples, replay, layer, fineTuning, seconds } = result;
  const name = (index: number) => classNames[index] ?? String(index);
  const course = replay ? `, ${replay.steps} steps replayed` : '';
  const what = method.predicts === false ? 'values of' : 'effects of';
  const on = method.predicts === false ? `: ${unit}` : ` on ${unit}`;
  ui.print(
    `${method.name}: ${what} ${trainingExamples} training examples${on}${course}${fitText(layer)}, ${seconds.toFixed(1)} s`,
  );
  for (const { input, predicted, truth, measure, target, examples, opponents, verification } of queries) {
    const truly = truth && predicted && truth.class !== predicted.class ? `, truly ${truth.label}` : '';
    ui.print('');
    const decided = predicted ? `: ${predicted.label}${truly}` : '';
    ui.print(
      `${input}${decided}; ${measure.name}${target ? ` of ${target.label}` : ''} ${formatNumber(measure.value)}`,
    );
    const length = Math.min(SHOWN, Math.max(examples.length, opponents.length));
    const value = method.predicts === false ? 'value' : 'effect';
    const [up, down] = isLoss(measure.name) ? ['raises it', 'lowers it'] : ['supports', 'opposes'];
    const cells = (effect: InfluenceEffect | undefined) =>
      effect ? [effect.file ?? String(effect.index), name(effect.label), formatSigned(effect.effect)] : ['', '', ''];
    const rows = Array.from({ length }, (_, i) => [examples[i], opponents[i]].flatMap(cells));
    for (const line of alignedTable([up, 'class', value, down, 'class', value], rows)) ui.print(line);
    if (!verification) continue;
    const { examples: left, before, after, predicted: expected, actual } = verification;
    const foretold =
      expected === undefined ? 'nothing was predicted, as values only rank' : `predicted ${formatNumber(expected)}`;
    ui.print(
      `trained again without ${theStrongest(left, measure.name)}: ${measure.name} ${formatNumber(before)} → ` +
        `${formatNumber(after)}, lower by ${formatNumber(actual)}; ${foretold}`,
    );
  }
  if (fineTuning) {
    ui.print('');
    ui.print(`for the metagradient of a fine-tuning of a few epochs: ${fineTuning.join(' && ')}`);
  }
  if (verified && verified.queries > 1) {
    ui.print('');
    for (const line of verifiedLines(verified)) ui.print(line);
  }
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
