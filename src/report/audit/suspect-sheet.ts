/** The suspects as one picture. */
import { formatPercent } from '../../plot/format.js';
import { imageGrid } from '../../plot/image-grid.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { AuditSuspect } from '../../results/audit.js';
import { className } from '../class-name.js';

/** A suspect with its picture. */
export interface PicturedSuspect extends AuditSuspect {
  readonly image: EmbeddedImage | undefined;
}

/** The suspects as a sheet of pictures. */
export function suspectSheet(suspects: readonly PicturedSuspect[], classNames: readonly string[]): string {
  return imageGrid({
    items: suspects.map(({ image, label, suggested, confidence }) => ({
      image,
      caption: className(classNames, label),
      detail: suggested === undefined ? formatPercent(confidence) : `${className(classNames, suggested)}?`,
      tone: suggested === undefined ? undefined : 'opposing',
    })),
    title: 'labels most likely to be wrong, first to last',
    label: 'Training images whose label is most likely wrong',
  });
}
