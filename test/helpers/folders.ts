/** What is in a folder, and how it gets there. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../src/files.js';
import type { FileWriter } from '../../src/report/report-files.js';

/** SHA-256 of every file below a folder, by its path in the folder. */
export function contentsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

/** Writes into a folder, of which nothing is kept in mind. */
export function writerAt(folder: string): FileWriter {
  return { write: (name, content) => writeAtomically(join(folder, name), content) };
}
