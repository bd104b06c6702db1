/** What of a folder is not read, collected to be told in one line. */
import type { Notice } from '../progress.js';
import { countText, printable } from './printable.js';

/** Collects what is left out. */
export interface LeftOut {
  /**
   * @param kind what it is, as one and as several: `['folder below a class folder', 'folders below class folders']`
   * @param name an example of it, as it is shown
   */
  add(kind: Kind, ...names: readonly string[]): void;
  /** Says what was left out, if anything was. */
  tell(shown: string, notice: Notice): void;
}

type Kind = readonly [one: string, several: string];

/** The kinds of thing that image folders have besides images. */
export const KINDS = {
  other: ['file that is not a picture', 'files that are not pictures'],
  deeper: ['folder below a class folder', 'folders below class folders'],
  beside: ['file beside the class folders', 'files beside the class folders'],
  hidden: ['hidden file or folder', 'hidden files and folders'],
  empty: ['class folder without pictures', 'class folders without pictures'],
} as const satisfies Record<string, Kind>;

/** An empty collection. */
export function leftOut(): LeftOut {
  const found = new Map<Kind, { first: string; count: number }>();
  return {
    add: (kind, ...names) => {
      for (const name of names) {
        const entry = found.get(kind);
        if (entry) entry.count++;
        else found.set(kind, { first: name, count: 1 });
      }
    },
    tell: (shown, notice) => {
      const parts = [...found].map(([[one, several], { first, count: n }]) => {
        return `${countText(n)} ${n === 1 ? one : several} (${printable(first, 80)}${n === 1 ? '' : ', …'})`;
      });
      if (parts.length > 0) notice(`${shown}: left out ${parts.join('; ')}`);
    },
  };
}

/** Whether a hidden entry may be meant as data: file managers leave theirs in every folder. */
export function isNoLitter(name: string): boolean {
  return (
    !['.DS_Store', '.localized', '.directory', '.gitkeep', '.gitignore', '__MACOSX'].includes(name) &&
    !name.startsWith('._')
  );
}
