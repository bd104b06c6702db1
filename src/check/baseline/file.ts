/** Baselines on disk (Node only): a JSON file to commit, and an `.npz` of arrays beside it where they are large. */
import { isUtf8 } from 'node:buffer';
import { zipSync } from 'fflate';
import * as v from 'valibot';
import { encodeNpy } from '../../data/npy/encode.js';
import { readNpy } from '../../data/npy/decode.js';
import { printable } from '../../data/printable.js';
import { withZip } from '../../data/archives/zip.js';
import { InputError } from '../../errors.js';
import { look, readBytes, sha256, writeAtomically } from '../../files.js';
import { basename, dirname, join } from '../../storage/paths.js';
import { shortestFloat32 } from '../../numeric/short-number.js';
import { matchSchema } from '../../schema/problem.js';
import { baselineOf, type Baseline } from './baseline.js';
import {
  BASELINE_KIND,
  baselineSchema,
  baselineVersion,
  expectedArrays,
  type BaselineFacts,
  type BaselineFile,
} from './format.js';
import type { Rows } from '../measure/statistics.js';
import { parseJson } from '../../schema/json.js';

/** Up to so many numbers stand in the JSON file itself. */
const MOST_INLINE = 4096;

/** No baseline is larger; refused before it is read. */
const LARGEST_FILE = 2 ** 26;

/** The side file's arrays may take so many bytes. */
const LARGEST_ARRAY = 2 ** 29;

/** Zip entries carry a time; the same one always, so that the same baseline has the same bytes. */
const EPOCH = new Date('1980-01-02T00:00:00Z');

const MEND = 'restore it from version control, or take it anew with `updateBaseline`';

/**
 * Writes a baseline. The side file comes first, so that the JSON file never names one that is not there.
 * @throws InputError when the files cannot be written
 */
export async function writeBaseline(
  path: string,
  file: BaselineFacts,
  arrays: ReadonlyMap<string, Rows>,
): Promise<void> {
  const count = [...arrays.values()].reduce((sum, { data }) => sum + data.length, 0);
  let place: BaselineFile['arrays'];
  if (count <= MOST_INLINE) {
    place = {
      inline: Object.fromEntries([...arrays].map(([name, { data }]) => [name, Array.from(data, shortestFloat32)])),
    };
  } else {
    const entries = [...arrays].map(([name, { rows, size, data }]) => [
      `${name}.npy`,
      [encodeNpy({ shape: [rows, size], data }), { mtime: EPOCH }] as const,
    ]);
    const bytes = zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0]);
    // No name that data of the user's might have.
    const side = `${path}.npz`;
    await refuseForeignSide(side, path);
    await writeAtomically(side, bytes);
    place = { file: basename(side), sha256: sha256(bytes) };
  }
  const whole = { ...file, arrays: place };
  await writeAtomically(path, `${jsonLines({ ...whole, checksum: checksumOf(whole) })}\n`);
}

/** @throws InputError for a side file that the baseline which is replaced does not name */
async function refuseForeignSide(side: string, path: string): Promise<void> {
  if (!(await look(side))) return;
  const former = (await look(path))?.kind === 'file' ? new TextDecoder().decode(await readBytes(path)) : '';
  if (former.includes(JSON.stringify(basename(side)))) return;
  throw new InputError({
    file: printable(side),
    problem: 'would be replaced, and belongs to no baseline',
    mend: 'move it away, or name another `baseline`',
  });
}

/** Of a baseline without its checksum, whatever the white space in its file. */
function checksumOf(whole: Omit<BaselineFile, 'checksum'>): string {
  return sha256(new TextEncoder().encode(JSON.stringify(whole)));
}

/** Indented JSON with each list of numbers on one line, so that a person can see what changed. */
function jsonLines(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/\[\n[-+.\deulnE,\s]*\]/g, (list) =>
    list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  );
}

/**
 * Reads a baseline with its arrays, checked against each other and their checksums.
 * @throws InputError when it is missing, damaged, of a newer version, or does not hold what a baseline holds
 */
export async function readBaseline(path: string): Promise<Baseline> {
  const shown = printable(path);
  const parsed = parse(await readText(path, shown), shown);
  const head = v.safeParse(v.object({ kind: v.literal(BASELINE_KIND) }), parsed);
  if (!head.success)
    throw new InputError(`${shown}: not a baseline of onnx-explain check; name the file with \`baseline\``);
  const { baselineVersion: version } = parsed as { baselineVersion?: unknown };
  if (typeof version === 'number' && version > baselineVersion) {
    throw new InputError(
      `${shown}: a baseline of version ${version}, and this onnx-explain reads up to ${baselineVersion}; update onnx-explain`,
    );
  }
  const checked = matchSchema(baselineSchema, parsed);
  if ('problem' in checked) {
    const { path: at, message } = checked.problem;
    throw new InputError(`${shown}: ${at}: ${message}; ${MEND}`);
  }
  const file = checked.value;
  checkConsistency(file, shown);
  const arrays = await readArrays(file, path, shown);
  const { checksum, ...rest } = parsed as BaselineFile;
  if (checksumOf(rest) !== checksum) {
    throw new InputError(`${shown}: was changed after it was written (its checksum differs); ${MEND}`);
  }
  return baselineOf(file, arrays);
}

async function readText(path: string, shown: string): Promise<string> {
  const info = await look(path);
  if (!info) throw new InputError(`${shown}: no such baseline; take one of the accepted model with \`updateBaseline\``);
  if (info.size > LARGEST_FILE) throw new InputError(`${shown}: ${info.size} bytes are too many for a baseline`);
  const bytes = await readBytes(path);
  if (!isUtf8(bytes)) throw new InputError(`${shown}: not UTF-8 text, expected a baseline; ${MEND}`);
  return new TextDecoder().decode(bytes);
}

function parse(text: string, shown: string): unknown {
  return parseJson(text, (why) => new InputError(`${shown}: not JSON (${printable(why, 100)}); ${MEND}`));
}

/** What no schema of single fields can say. */
function checkConsistency({ probes, decisions, outputs, model }: BaselineFile, shown: string): void {
  const lengths: [string, number | undefined][] = [
    ['probes.labels', probes.labels?.length],
    ['decisions.predicted', decisions?.predicted.length],
    ['probes.source', 'indices' in probes.source ? probes.source.indices.length : probes.source.count],
  ];
  for (const [place, length] of lengths) {
    if (length !== undefined && length !== probes.count) {
      throw new InputError(`${shown}: ${place}: ${length} entries for ${probes.count} probes; ${MEND}`);
    }
  }
  const ports = model.outputs.length;
  if (outputs.length === 0 || outputs.length !== ports) {
    throw new InputError(`${shown}: outputs: ${outputs.length} entries for ${ports} outputs of the model; ${MEND}`);
  }
  if (decisions && decisions.output >= outputs.length) {
    throw new InputError(`${shown}: decisions.output: there is no output ${decisions.output}; ${MEND}`);
  }
  const outside = decisions?.predicted.find((predicted) => predicted >= decisions.classes);
  if (outside !== undefined) {
    throw new InputError(`${shown}: decisions.predicted: there is no class ${outside}; ${MEND}`);
  }
}

async function readArrays(file: BaselineFile, path: string, shown: string): Promise<Map<string, Float32Array>> {
  const expected = expectedArrays(file);
  const arrays = new Map<string, Float32Array>();
  if ('inline' in file.arrays) {
    for (const name of expected.keys()) arrays.set(name, Float32Array.from(file.arrays.inline[name] ?? []));
  } else {
    const { file: name, sha256: wanted } = file.arrays;
    if (name !== basename(name))
      throw new InputError(`${shown}: arrays.file: "${printable(name)}" is not beside it; ${MEND}`);
    const side = join(dirname(path), name);
    const bytes = await readBytes(side).catch((error: unknown) => {
      if (error instanceof InputError) throw new InputError(`${error.message}; it belongs to ${shown}, commit both`);
      throw error;
    });
    if (sha256(bytes) !== wanted) {
      throw new InputError(`${printable(side)}: not the file that ${shown} was written with; restore both together`);
    }
    await withZip(side, async ({ names, read }) => {
      for (const array of expected.keys()) {
        if (!names.includes(`${array}.npy`)) continue;
        const { data } = await read(`${array}.npy`, (reader, size) => readNpy(reader, size, side, LARGEST_ARRAY));
        arrays.set(array, data as Float32Array);
      }
    });
  }
  for (const [name, length] of expected) {
    const found = arrays.get(name);
    if (found?.length !== length) {
      throw new InputError(`${shown}: array ${name}: ${found?.length ?? 0} numbers, expected ${length}; ${MEND}`);
    }
    if (!found.every(Number.isFinite))
      throw new InputError(`${shown}: array ${name}: not all numbers are finite; ${MEND}`);
  }
  return arrays;
}
