/** A trace in a few lines of text. */
import type { TraceLayer, TraceResult } from '../results/trace.js';
import { MIXED_BATCHES, mixesClasses } from '../report/trace/mixed-batches.js';
import { alignedTable } from './table.js';
import type { Terminal } from './terminal.js';

/** Prints, for each input, what shaped each layer most. */
export function showTrace(ui: Terminal, { queries, classNames }: TraceResult): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  for (const { input, predicted, truth, layers } of queries) {
    const truly = truth && truth.class !== predicted.class ? `, truly ${truth.label}` : '';
    ui.print(`${input}: ${predicted.label} (${percent(predicted.probability)})${truly}`);
    const rows = layers.map((layer) => {
      const strongest = layer.classes.reduce((best, next) => (next.gamma > best.gamma ? next : best));
      const name = classNames[strongest.class] ?? String(strongest.class);
      return [
        layer.layer,
        `${name} (${percent(shareOf(layer, strongest.gamma))})`,
        percent(shareOf(layer, layer.classes[predicted.class]?.gamma ?? 0)),
        layer.examples[0] ? String(layer.examples[0].index) : '',
        layer.completenessError.toExponential(1),
      ];
    });
    const heading = ['layer', 'shaped most by steps of', 'by the predicted class', 'top example', 'unexplained'];
    for (const line of alignedTable(heading, rows)) ui.print(line);
    ui.print('');
  }
  if (queries.some(mixesClasses)) ui.notice(MIXED_BATCHES);
}

/** Share of the layer's reference that a γ accounts for. */
function shareOf({ norm }: TraceLayer, gamma: number): number {
  return norm > 0 ? gamma / norm ** 2 : 0;
}
