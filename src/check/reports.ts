/** Where a verdict goes besides the terminal. */
import { appendFile } from 'node:fs/promises';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { printable } from '../data/printable.js';
import { InputError } from '../errors.js';
import { writeAtomically } from '../files.js';
import { explainFileError } from '../storage/disk/error.js';
import { checkLists } from '../lists/check.js';
import { publish, type Page } from '../lists/publish.js';
import type { CheckResult } from '../results/check.js';
import { refuseForeignFile } from '../results/own-file.js';
import type { ResultFolder } from '../results/result-folder.js';
import { junitXml } from './formats/junit.js';
import { markdown } from './formats/markdown.js';

/** Where a verdict is written besides. */
export interface CheckReports {
  /** A folder for result.json, the list of rules and the page. */
  readonly out?: ResultFolder | undefined;
  /** Makes the page of the folder; without it there is none. */
  readonly page?: (() => Promise<Page>) | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
  /** A file that Markdown is appended to: GitHub's summary of a job. */
  readonly summary?: string | undefined;
}

/** Files that a check reads. */
type Inputs = Readonly<Record<string, string | undefined>>;

/** How a report begins, by its option, and what it is called. */
const OURS = {
  junit: { what: 'JUnit report', begins: /^<\?xml [^>]*>\s*<testsuites name="onnx-explain check"/ },
  markdown: { what: 'Markdown report', begins: /^### \S+ onnx-explain check: / },
} as const;

/** @throws InputError when a report would replace a file that the check reads, another report, or a file that is not ours */
export async function refuseReports(reports: CheckReports, inputs: Inputs): Promise<void> {
  const written = { out: resultFile(reports), junit: reports.junit, markdown: reports.markdown };
  let others = inputs;
  for (const [option, path] of Object.entries(written)) {
    await refuseOverwriting(path, `\`${option}\``, others);
    others = { ...others, [`file of \`${option}\``]: path };
  }
  // A pipeline writes its reports anew each time, so those of ours are replaced without being asked.
  for (const option of ['junit', 'markdown'] as const) {
    const path = reports[option];
    if (path !== undefined) await refuseForeignFile(path, OURS[option].what, OURS[option].begins);
  }
}

/**
 * Writes a verdict's reports, each whole or not at all, and every one whatever becomes of the others.
 * @returns why, for each that could not be written
 */
export async function writeReports(result: CheckResult, reports: CheckReports): Promise<InputError[]> {
  const { out, page, junit, markdown: comment, summary } = reports;
  const unwritten: InputError[] = [];
  const write = async (path: string | undefined, writing: (path: string) => Promise<void>) => {
    if (path === undefined) return;
    await writing(path).catch((error: unknown) => {
      const explained = explainFileError(error, path);
      if (!(explained instanceof InputError)) throw explained;
      unwritten.push(explained);
    });
  };
  await write(out?.path, async () => publish(out!, result, checkLists(result), await page?.()));
  await write(junit, (path) => writeAtomically(path, junitXml(result)));
  await write(comment, (path) => writeAtomically(path, markdown(result)));
  await write(summary, (path) => appendFile(path, markdown(result)));
  return unwritten;
}

function resultFile({ out }: CheckReports): string | undefined {
  return out === undefined ? undefined : join(out.path, 'result.json');
}

/** @throws InputError when what is to be written is what was read */
export async function refuseOverwriting(path: string | undefined, flag: string, inputs: Inputs): Promise<void> {
  const real = (file: string) => storeOf(file).real(file);
  for (const [what, input] of Object.entries(inputs)) {
    if (path === undefined || input === undefined || (await real(path)) !== (await real(input))) continue;
    throw new InputError(`${flag} ${printable(path)}: is the ${what}, which would be lost; name another file`);
  }
}
