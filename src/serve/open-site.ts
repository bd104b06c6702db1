/** What there is to be seen of a folder (Node only): a run, or a result. */
import type { Dataset } from '../data/dataset.js';
import { printable } from '../data/printable.js';
import { openRemembered } from '../data/remembered.js';
import { exampleInput } from '../classifier/example-input.js';
import { look } from '../files.js';
import { basename, join, resolve } from '../storage/paths.js';
import { InputError, inPlace } from '../errors.js';
import { latestModel } from '../explain/audit/evidence/log-weights.js';
import { readModelFile } from '../onnx/file.js';
import type { Notice } from '../progress.js';
import type { Result } from '../results/kinds.js';
import { readManifest } from '../run/manifest-file.js';
import { RUN_FILES, type RunManifest } from '../run/manifest.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { liveSite, type LiveRequest } from './live-site.js';
import { resultSite } from './result-site.js';
import type { Site } from './site.js';

/** A folder as a site. */
export interface OpenedSite {
  readonly site: Site;
  /** Pages, by what they show; the first is the one to open. */
  readonly pages: Readonly<Record<string, string>>;
}

/** Where the live page of a result is, behind the token. */
const LIVE = 'live/';

/** Bytes of a model that a page loads into the browser's memory, several times over. */
const LARGEST_MODEL = 2 ** 28;

/**
 * Opens a run directory or a folder of results.
 * @param dataSpec the training data, where they are no longer where the run says
 * @throws InputError when it is neither, is damaged or of a newer version, or when a run's page needs onnxruntime-web and it is not
 *   installed
 */
export async function openSite(folder: string, onNotice: Notice, dataSpec?: string): Promise<OpenedSite> {
  const found = await look(folder);
  if (found?.kind !== 'folder') {
    const problem = found ? 'is a file' : 'there is no such folder';
    throw new InputError({ file: folder, problem, mend: 'name a run directory, or a folder of results' });
  }
  if (await isFile(join(folder, RUN_FILES.manifest))) {
    return { site: await liveSite(await ofRun(folder, onNotice, dataSpec)), pages: { 'live page': '' } };
  }
  if (!(await isFile(join(folder, 'result.json')))) {
    throw new InputError({
      file: folder,
      problem: `holds neither a run (${RUN_FILES.manifest}) nor a result (result.json)`,
      mend: 'name a folder that a command of onnx-explain has written',
    });
  }
  if (dataSpec !== undefined) throw new InputError('`data`: a result shows no training data but its own; leave it out');
  const { result, site } = await resultSite(folder);
  const live = await liveOf(result).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    onNotice(`without a live page: ${error.message}`);
    return new Map() as Site;
  });
  const pages = { result: '', ...(live.size > 0 ? { 'live page': LIVE } : {}) };
  return { site: new Map([...site, ...live]), pages };
}

async function isFile(path: string): Promise<boolean> {
  return (await look(path))?.kind === 'file';
}

async function ofRun(folder: string, onNotice: Notice, dataSpec: string | undefined): Promise<LiveRequest> {
  const manifest = await readManifest(folder);
  const file = await inPlace(folder, () => latestModel(manifest));
  const records = recordsOf(manifest, [file]);
  await checkRunFiles(folder, records);
  const { data, input, options } = manifest;
  const name = basename(resolve(folder));
  const remarks: string[] = [];
  const remark = (line: string) => {
    remarks.push(line);
    onNotice(line);
  };
  const isPicture = data.kind === 'image' && data.shape.length === 3;
  const isTooLarge = records.reduce((sum, { bytes }) => sum + bytes, 0) > LARGEST_MODEL;
  if (!isPicture) remark(`${printable(folder)}: was trained on vectors, so its page takes no pictures`);
  else if (isTooLarge)
    remark(`${printable(folder)}: its model is too large for a page, which therefore takes no pictures`);
  const takesPictures = isPicture && !isTooLarge;
  const { inputShape, output, at } = options;
  const of = {
    name: `${printable(name)}, ${manifest.steps} steps`,
    shape: data.shape,
    channelsLast: data.channelsLast,
    classNames: data.classNames,
    normalization: input.normalization,
    inputShape,
    output,
    at,
  };
  const train = takesPictures ? await trainingData(folder, manifest, remark, dataSpec) : undefined;
  const model = takesPictures ? { of, model: (await readModelFile(join(folder, file))).model } : undefined;
  return { title: printable(name), model, train, remarks };
}

/** The examples that a run was trained on, where they are still what they were. */
async function trainingData(
  folder: string,
  { data, input }: RunManifest,
  remark: Notice,
  dataSpec: string | undefined,
): Promise<Dataset | undefined> {
  const { normalization, ...shaping } = input;
  try {
    const found = await openRemembered(data, folder, { ...shaping, ...normalization, split: 'train', onDemand: true }, dataSpec); // prettier-ignore
    if (found.fingerprint === data.fingerprint) return found;
    remark(`${printable(data.spec)}: the data changed since the run began, so no training examples are shown`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    remark(`no training examples are shown: ${error.message}`);
  }
  return undefined;
}

/** @throws InputError saying why there is no live page of the result's model */
async function liveOf({ kind, model: { path, sha256 }, classNames }: Result): Promise<Site> {
  const found = await look(path);
  if (found?.kind !== 'file') throw new InputError(`the model ${printable(path)} is no longer where it was`);
  if (found.size > LARGEST_MODEL) throw new InputError(`the model ${printable(path)} is too large for a page`);
  const file = await readModelFile(path);
  if (file.sha256 !== sha256) throw new InputError(`the model ${printable(path)} changed since it was explained`);
  const { dims } = exampleInput(file.model);
  const shape = pictureShape(dims ?? []);
  if (!shape) throw new InputError(`the model ${printable(path)} does not say what pictures it takes`);
  const name = printable(basename(path));
  return liveSite({ title: `${kind} of ${name}`, model: { of: { name, shape, classNames }, model: file.model }, remarks: [] }, LIVE); // prettier-ignore
}

/** `[channels, height, width]` where an input takes pictures of one size, its channels first or last. */
function pictureShape(dims: readonly (number | null)[]): number[] | undefined {
  if (dims.length !== 3 || !dims.every((dim) => dim !== null)) return undefined;
  const [a, b, c] = dims as [number, number, number];
  if (a === 1 || a === 3) return [a, b, c];
  return c === 1 || c === 3 ? [c, a, b] : undefined;
}
