/** result.json on disk (Node only). Reading drops keys that this version does not know. */
import { isUtf8 } from 'node:buffer';
import { InputError } from '../errors.js';
import { look, readBytes, writeAtomically } from '../files.js';
import type { Result, ResultKind, ResultOf } from './kinds.js';
import { checkResult } from './validate.js';
import { parseJson } from '../schema/json.js';

/** V8 holds no longer string, so no larger file can be parsed; refused before it is read. */
const largestFile = 512 * 2 ** 20;

/**
 * Writes a result: whole or not at all.
 * @throws Error naming the place when the result breaks its schema, NaN and infinities included: a fault of the caller
 * @throws InputError when the file cannot be written
 */
export async function writeResult(path: string, result: Result): Promise<void> {
  await writeAtomically(path, resultText(result));
}

/** A result as the text of its file. @throws Error as {@link writeResult} does */
export function resultText(result: Result): string {
  const checked = checkResult(result);
  if ('problem' in checked) {
    throw new Error(`invalid ${result.kind} result: ${checked.problem.path}: ${checked.problem.message}`);
  }
  return JSON.stringify(result) + '\n';
}

/**
 * Reads a result of any kind.
 * @throws InputError when the file cannot be read, is no JSON, or holds no result that this version reads
 */
export async function readResult(path: string): Promise<Result>;
/**
 * Reads a result of the given kind.
 * @throws InputError also when the file holds a result of another kind
 */
export async function readResult<K extends ResultKind>(path: string, kind: K): Promise<ResultOf<K>>;
export async function readResult(path: string, kind?: ResultKind): Promise<Result> {
  const checked = checkResult(parse(await readText(path), path));
  if ('problem' in checked) {
    const { path: place, message } = checked.problem;
    throw new InputError(`${path}: ${place === '' ? 'not a result: ' : `${place}: `}${message}`);
  }
  const found: string = checked.result.kind;
  if (kind !== undefined && found !== kind) {
    throw new InputError(`${path}: a result of ${found}, expected one of ${kind}; give another file`);
  }
  return checked.result;
}

async function readText(path: string): Promise<string> {
  const size = (await look(path))?.size;
  if (size !== undefined && size > largestFile) {
    throw new InputError(`${path}: ${size} bytes are too many for a result; write it again without \`steps\``);
  }
  const bytes = await readBytes(path);
  if (!isUtf8(bytes)) throw new InputError(`${path}: not UTF-8 text, expected a result.json`);
  return new TextDecoder().decode(bytes);
}

function parse(text: string, path: string): unknown {
  return parseJson(text, (why) => new InputError(`${path}: not JSON (${why}); is it a result.json, and is it whole?`));
}
