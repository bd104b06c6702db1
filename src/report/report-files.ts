/** The files of a report, all made before any of them is written (Node only). */
import { renderPng } from '../plot/png.js';
import { picturesFiles } from './page/pictures-folder.js';
import type { Sheets } from './page/sheets.js';

/** What files are written by. */
export interface FileWriter {
  /** @param name below the folder, with `/` between its parts */
  readonly write: (name: string, content: string | Uint8Array) => Promise<void>;
}

/** Files that are made; a picture that cannot be drawn leaves no half of a report behind. */
export interface ReportFiles {
  /** Adds a plot as `<folder>/<name>.svg` and `<name>.png`, beside the page where the folder is empty; nothing where there is none. */
  plot(folder: string, name: string, svg: string | undefined): Promise<void>;
  /** Adds `index.html`, and its pictures as `pictures/`, from which the page can be made again. */
  page(text: string, pictures?: Sheets): void;
  /**
   * Writes all files into a folder, the page last.
   * @throws InputError when one cannot be written
   */
  write(folder: FileWriter): Promise<void>;
}

/** Files, none yet. */
export function createReportFiles(): ReportFiles {
  const files = new Map<string, string | Uint8Array>();
  let index: string | undefined;
  return {
    plot: async (folder, name, svg) => {
      if (svg === undefined) return;
      const png = await renderPng(svg);
      const path = folder === '' ? name : `${folder}/${name}`;
      files.set(`${path}.svg`, svg);
      files.set(`${path}.png`, png);
    },
    page: (text, pictures) => {
      index = text;
      for (const [name, content] of picturesFiles(pictures)) files.set(name, content);
    },
    write: async (folder) => {
      for (const [path, content] of files) await folder.write(path, content);
      if (index !== undefined) await folder.write('index.html', index);
    },
  };
}
