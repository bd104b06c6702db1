import { join } from 'node:path';
import { writeAtomically } from '../../src/files.js';
import type { FileWriter } from '../../src/report/report-files.js';

/** Writes into a folder, of which nothing is kept in mind. */
export function writerAt(folder: string): FileWriter {
  return { write: (name, content) => writeAtomically(join(folder, name), content) };
}
