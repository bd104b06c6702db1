/** The plots of an audit: what of the result goes into each. */
import { formatPercent } from '../../plot/format.js';
import { imageGrid } from '../../plot/image-grid.js';
import { linePlot } from '../../plot/line-plot.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { AuditResult, AuditSuspect } from '../../results/audit.js';
import { className } from '../class-name.js';

/** A suspect with its picture. */
export interface PicturedSuspect extends AuditSuspect {
  readonly image: EmbeddedImage | undefined;
  /** Pictures of its opponents; only of the first suspects. */
  readonly opponentImages?: readonly (EmbeddedImage | undefined)[] | undefined;
}

/** Accuracy and share of flips found over the fraction inspected (Fig. 2); none without a simulation. */
export function auditFigures({ simulation }: AuditResult): Readonly<Record<string, string>> {
  if (!simulation) return {};
  const { fractions, methods } = simulation;
  const x = fractions.map((fraction) => 100 * fraction);
  const plot = (of: 'accuracy' | 'found', yTitle: string, label: string) =>
    linePlot({
      series: methods.map(({ method, [of]: values }) => ({
        name: method,
        x,
        y: values.map(({ mean }) => 100 * mean),
        color: method === 'random' ? 'outline' : undefined,
      })),
      xTitle: 'training examples inspected, %',
      yTitle,
      label,
      width: 420,
      height: 320,
    });
  return {
    accuracy: plot('accuracy', 'test accuracy, %', 'Test accuracy after inspecting and mending labels, by ranking'),
    found: plot('found', 'flipped labels found, %', 'Share of the flipped labels found, by ranking'),
  };
}

/** The suspects as a sheet of pictures. */
export function suspectSheet(suspects: readonly PicturedSuspect[], classNames: readonly string[]): string {
  return imageGrid({
    items: suspects.map((suspect) => ({
      image: suspect.image,
      caption: className(classNames, suspect.label),
      detail: suspectRemark(suspect, classNames),
      tone: suspect.suggested === undefined ? undefined : 'opposing',
    })),
    title: 'labels most likely to be wrong, first to last',
    label: 'Training images whose label is most likely wrong',
  });
}

/** What the label should be, or how probable it is. */
export function suspectRemark(
  { suggested, confidence }: Pick<AuditSuspect, 'suggested' | 'confidence'>,
  classNames: readonly string[],
): string {
  return suggested === undefined ? formatPercent(confidence) : `${className(classNames, suggested)}?`;
}
