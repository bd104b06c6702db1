/** The suspects as one picture. */
import { imageGrid } from '../../plot/image-grid.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { AuditResult, AuditSuspect } from '../../results/audit.js';
import { className } from '../class-name.js';
import { counselOf } from './counsel.js';

/** A suspect with its picture. */
export interface PicturedSuspect extends AuditSuspect {
  readonly image: EmbeddedImage | undefined;
}

/** The suspects as a sheet of pictures. */
export function suspectSheet(
  suspects: readonly PicturedSuspect[],
  audit: Pick<AuditResult, 'classNames' | 'errors'>,
): string {
  return imageGrid({
    items: suspects.map((suspect) => {
      const { instead } = counselOf(audit, suspect);
      return {
        image: suspect.image,
        caption: className(audit.classNames, suspect.label),
        detail: instead === undefined ? 'as labelled' : `${className(audit.classNames, instead)}?`,
        tone: instead === undefined ? undefined : 'opposing',
      };
    }),
    title: 'labels most likely to be wrong, first to last',
    label: 'Training images whose label is most likely wrong',
  });
}
