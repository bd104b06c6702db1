/** Where a verdict goes besides the terminal. */
import { appendFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { printable } from '../data/printable.js';
import { InputError } from '../errors.js';
import { explainFileError, writeAtomically } from '../files.js';
import type { CheckResult } from '../results/check.js';
import { writeResult } from '../results/result-file.js';
import { junitXml } from './formats/junit.js';
import { markdown } from './formats/markdown.js';

/** Where a verdict is written besides. */
export interface CheckReports {
  /** A folder for result.json. */
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
  /** A file that Markdown is appended to: GitHub's summary of a job. */
  readonly summary?: string | undefined;
}

/** Writes a verdict's reports, each whole or not at all. @throws InputError when a file cannot be written */
export async function writeReports(result: CheckResult, reports: CheckReports): Promise<void> {
  const inputs = { model: result.model.path, baseline: result.baseline.path };
  const file = reports.out === undefined ? undefined : join(reports.out, 'result.json');
  await refuseOverwriting(file, '`out`', inputs);
  await refuseOverwriting(reports.junit, '`junit`', inputs);
  await refuseOverwriting(reports.markdown, '`markdown`', inputs);
  if (file !== undefined) await writeResult(file, result);
  if (reports.junit !== undefined) await writeAtomically(reports.junit, junitXml(result));
  if (reports.markdown !== undefined) await writeAtomically(reports.markdown, markdown(result));
  if (reports.summary !== undefined) {
    await appendFile(reports.summary, markdown(result)).catch((error: unknown) => {
      throw explainFileError(error, reports.summary!);
    });
  }
}

/** @throws InputError when what is to be written is what was read */
export async function refuseOverwriting(
  path: string | undefined,
  flag: string,
  inputs: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const real = (file: string) => realpath(file).catch(() => resolve(file));
  for (const [what, input] of Object.entries(inputs)) {
    if (path === undefined || input === undefined || (await real(path)) !== (await real(input))) continue;
    throw new InputError(`${flag} ${printable(path)}: is the ${what}, which would be lost; name another file`);
  }
}
