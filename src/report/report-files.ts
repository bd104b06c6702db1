/** The files of a report, all made before any of them is written (Node only). */
import { join } from 'node:path';
import { writeAtomically } from '../files.js';
import { renderPng } from '../plot/png.js';

/** Files that are made; a picture that cannot be drawn leaves no half of a report behind. */
export interface ReportFiles {
  /** Adds a plot as `<folder>/<name>.svg` and `<name>.png`; nothing where there is none. */
  plot(folder: string, name: string, svg: string | undefined): Promise<void>;
  /** Adds a file of text, such as a table. */
  text(name: string, content: string): void;
  /** Adds `index.html`. */
  page(text: string): void;
  /**
   * Writes all files below a folder, the page last.
   * @throws InputError when one cannot be written
   */
  write(outDir: string): Promise<void>;
}

/** Files, none yet. */
export function createReportFiles(): ReportFiles {
  const files = new Map<string, string | Uint8Array>();
  let index: string | undefined;
  return {
    plot: async (folder, name, svg) => {
      if (svg === undefined) return;
      const png = await renderPng(svg);
      files.set(join(folder, `${name}.svg`), svg);
      files.set(join(folder, `${name}.png`), png);
    },
    text: (name, content) => {
      files.set(name, content);
    },
    page: (text) => {
      index = text;
    },
    write: async (outDir) => {
      for (const [path, content] of files) await writeAtomically(join(outDir, path), content);
      if (index !== undefined) await writeAtomically(join(outDir, 'index.html'), index);
    },
  };
}
