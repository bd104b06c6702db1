/** A plot as files (Node only). */
import { join } from 'node:path';
import { writeAtomically } from '../files.js';
import { renderPng } from '../plot/png.js';

/** Writes a plot as `<name>.svg` and `<name>.png`; nothing where there is none. */
export async function writePlot(folder: string, name: string, svg: string | undefined): Promise<void> {
  if (svg === undefined) return;
  await Promise.all([
    writeAtomically(join(folder, `${name}.svg`), svg),
    renderPng(svg).then((png) => writeAtomically(join(folder, `${name}.png`), png)),
  ]);
}
