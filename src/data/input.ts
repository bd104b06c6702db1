/**
 * What `--input` names: image files, folders of them, data sets, and examples of a data set as `<data spec>@<index>[,<index>…]`, where
 * `3-7` is a range of indices.
 */
import { InputError } from '../errors.js';
import { look } from '../files.js';
import { basename, dirname, join, resolve } from '../storage/paths.js';
import type { Notice } from '../progress.js';
import type { Dataset, ExampleArray, ExampleOrigin, Picture, Split } from './dataset.js';
import type { ExampleForm } from './example-shape.js';
import { inParallel } from './examples.js';
import { conversionOf } from './formats/unread-files.js';
import { AVIF_REMARK, isImageName, readImageFile } from './pictures/image-file.js';
import { formatOf, openDataset } from './open-dataset.js';
import { toPlanes } from './pictures/pictures.js';
import { findPlace, isBundled, listFolder } from './place.js';
import { readingOf, type Preprocessing } from './preprocessing.js';
import { countText, printable } from './printable.js';
import { checkSize } from './resize.js';
import { isSplitName } from './split-names.js';

/** One example to explain. */
export interface Input extends ExampleForm {
  /** As results call it: `fashion-mnist-sample@17`, or the image file. */
  readonly name: string;
  /** Its class, where the data set says so. */
  readonly label?: number | undefined;
  /** Names of the data set's classes. */
  readonly classNames?: readonly string[] | undefined;
  /** The folder that an image file lies in, by its last name: its class, where the model has one of that name. */
  readonly folder?: string | undefined;
  /** Its 0-based index in the split of the data set. */
  readonly index?: number | undefined;
  /** Where it is in the data set; undefined for what was given as a file. */
  readonly origin?: ExampleOrigin | undefined;
  /** What each feature is called, where the data set says so. */
  readonly featureNames?: readonly string[] | undefined;
  /** What the positions of a text are called, in reading order: see `Dataset.tokens`. */
  readonly tokens?: readonly string[] | undefined;
  /** Pixels, or numbers that are fed as they are. */
  readonly data: ExampleArray;
  /** What to show, when it is an image. */
  readonly picture?: Picture | undefined;
}

/** Where indices count, and how pictures become what the model takes. */
export interface InputOptions extends Preprocessing {
  /** Split that the indices count in, `test` by default. */
  readonly split?: Split | undefined;
  /** `[channels, height, width]` that image files must have, if that is known: the data set's or the model's. */
  readonly shape?: readonly number[] | undefined;
  readonly memoryLimit?: number | undefined;
  /** A data set that is called by its spec though it may lie elsewhere: the run's, seen from another folder. */
  readonly known?: Pick<Dataset, 'spec' | 'path'> | undefined;
  readonly onNotice?: Notice | undefined;
}

/** A spec taken apart. */
export type InputSpec = { readonly place: string } | { readonly data: string; readonly indices: readonly number[] };

/** More inputs are hardly meant: each takes a section of a page, and memory for each layer. */
const MOST_INPUTS = 1000;

/**
 * Takes a spec apart without looking at any file: `spec@1,5-7` names examples, all else a file, a folder or a data set.
 * @throws InputError for a range that ends before it begins, or is longer than inputs may be
 */
export function parseInputSpec(spec: string): InputSpec {
  const at = spec.lastIndexOf('@');
  const data = at < 0 ? spec : spec.slice(0, at);
  const list = at < 0 ? '' : spec.slice(at + 1);
  if (data !== '' && /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list)) {
    return { data, indices: list.split(',').flatMap((part) => indicesOf(part, spec)) };
  }
  if (at < 0 || !isBundled(data)) return { place: spec };
  throw new InputError(
    `${printable(spec)}: name examples by their 0-based indices, such as ${data}@17, ${data}@3,5,8 or ${data}@0-9`,
  );
}

function indicesOf(part: string, spec: string): number[] {
  const [first, last = first] = part.split('-').map(Number) as [number, number?];
  const count = last - first + 1;
  if (count >= 1 && count <= MOST_INPUTS) return Array.from({ length: count }, (_, i) => first + i);
  throw new InputError(
    `${printable(spec)}: ${part} ${count < 1 ? 'ends before it begins' : `are ${countText(count)} examples`}; ` +
      `name up to ${countText(MOST_INPUTS)}, such as 0-9`,
  );
}

/** Something to explain that has been found, and may yet have to be read. */
interface FoundInput {
  readonly name: string;
  /** What it is on the disk, however it was named. */
  readonly identity: string;
  readonly read: () => Promise<Input>;
}

/**
 * Reads what `--input` names, in the order given; what a folder or a data set holds, in its order.
 * @throws InputError for a missing or unreadable file, an index outside the split, an image that does not fit, something that is
 *   named twice, or too many inputs
 */
export async function readInputs(specs: readonly string[], options: InputOptions = {}): Promise<Input[]> {
  if (specs.length === 0) throw new InputError('no input given; name an image file or an example such as <data>@17');
  checkSize(options.resize);
  const opened = new Map<string, Promise<Dataset>>();
  const open = (spec: string) => {
    if (!opened.has(spec)) opened.set(spec, openSpec(spec, options));
    return opened.get(spec)!;
  };
  const found: FoundInput[] = [];
  for (const spec of specs) {
    found.push(...(await findInputs(spec, open, options)));
    if (found.length > MOST_INPUTS) throw tooMany(spec, found.length);
  }
  refuseTwice(found);
  const inputs = new Array<Input>(found.length);
  await inParallel(found.length, async (i) => {
    inputs[i] = await found[i]!.read();
  });
  return inputs;
}

async function findInputs(
  spec: string,
  open: (spec: string) => Promise<Dataset>,
  options: InputOptions,
): Promise<FoundInput[]> {
  const parsed = parseInputSpec(spec);
  // A file may be called so; a list of many examples is longer than any file's name.
  const there = await look(spec).catch((error: unknown) => {
    if ('data' in parsed && error instanceof InputError) return undefined;
    throw error;
  });
  if ('data' in parsed && !there) return examplesOf(await open(parsed.data), parsed.indices);
  if (!there && !isKnown(spec, options)) throw nothingThere(spec);
  if (there?.kind === 'folder') {
    const files = await imagesBelow(spec);
    if (files) return files.map((file) => fileInput(file, options));
  } else if (there && !(await isDataset(spec))) return [fileInput(spec, options)];
  const dataset = await open(spec);
  if (dataset.length > MOST_INPUTS) throw tooMany(spec, dataset.length);
  return examplesOf(
    dataset,
    Array.from({ length: dataset.length }, (_, i) => i),
  );
}

function isKnown(spec: string, { known }: InputOptions): boolean {
  return isBundled(spec) || (known?.path !== undefined && known.spec === spec);
}

/** Whether a file holds many examples, or would if it were converted, and is no image. */
async function isDataset(path: string): Promise<boolean> {
  if (isImageName(path)) return false;
  return conversionOf([basename(path)]) !== undefined || (await formatOf(await findPlace(path))) !== undefined;
}

/** The images in a folder and in those below it; undefined for a folder that is a data set: of other files, or in splits. */
async function imagesBelow(folder: string): Promise<string[] | undefined> {
  const place = await findPlace(folder);
  const isOther = (await formatOf(place)) !== undefined;
  const { files, folders } = place;
  if (folders.some(isSplitName) || (isOther && folders.length === 0)) return undefined;
  const images = files.filter(isImageName).map((name) => join(folder, name));
  for (const name of folders) await collectImages(join(folder, name), images);
  if (images.length > 0 || isOther) return images.length > 0 ? images : undefined;
  throw new InputError({ file: folder, problem: 'holds no images', mend: 'name image files, or a folder of them' });
}

async function collectImages(folder: string, images: string[]): Promise<void> {
  const { files, folders } = await listFolder(folder);
  for (const name of files) if (isImageName(name)) images.push(join(folder, name));
  if (images.length > MOST_INPUTS) throw tooMany(folder, images.length);
  for (const name of folders) await collectImages(join(folder, name), images);
}

function tooMany(spec: string, count: number): InputError {
  return new InputError(
    `${printable(spec)}: makes ${countText(count)} inputs or more, and up to ${countText(MOST_INPUTS)} are explained at once; ` +
      'name some of them, such as <data>@0-99',
  );
}

function nothingThere(spec: string): InputError {
  if (/[*?[\]{}]/.test(spec)) {
    return new InputError(
      `${printable(spec)}: no file is called so, and the shell found none that the pattern fits; correct the pattern`,
    );
  }
  return new InputError(
    `${printable(spec)}: no such file or folder; give image files, a folder of them, or examples of a data set as ` +
      '<data>@<index>[,<index>…]',
  );
}

/** @throws InputError for what is named twice, in whatever way */
function refuseTwice(found: readonly FoundInput[]): void {
  const names = new Map<string, string>();
  for (const { name, identity } of found) {
    const first = names.get(identity);
    names.set(identity, name);
    if (first === undefined) continue;
    const other = first === name ? '' : `, as ${first} too`;
    throw new InputError(`${name}: is named twice${other}; name every input once`);
  }
}

// A few examples out of many: images of a folder are decoded one by one, not all.
async function openSpec(spec: string, options: InputOptions): Promise<Dataset> {
  const { known, split = 'test', memoryLimit, onNotice } = options;
  const isElsewhere = known?.path !== undefined && known.spec === spec && !(await look(spec));
  const place = isElsewhere ? known.path : spec;
  const { mean, std } = options;
  // Those of a run are of its own data.
  const corrections = known?.spec === spec ? options.corrections : undefined;
  const how = { ...readingOf(options), mean, std, memoryLimit, corrections, onNotice };
  return { ...(await openDataset(place, { ...how, split, onDemand: true })), spec };
}

function examplesOf(dataset: Dataset, indices: readonly number[]): FoundInput[] {
  const shown = printable(dataset.spec);
  const outside = indices.find((index) => index >= dataset.length);
  if (outside !== undefined) {
    throw new InputError(
      `${shown}@${outside}: the ${dataset.split} split holds ${countText(dataset.length)} examples, ` +
        `give an index from 0 to ${dataset.length - 1}`,
    );
  }
  return indices.map((index) => {
    const name = `${shown}@${index}`;
    const origin = dataset.origin(index);
    const isFile = origin.file !== undefined && origin.row === undefined && dataset.path !== undefined;
    const identity = isFile ? join(dataset.path, origin.file) : `${dataset.path ?? dataset.spec}@${index}`;
    const read = async (): Promise<Input> => ({
      name,
      label: dataset.labels[index]!,
      classNames: dataset.classNames,
      index,
      origin,
      featureNames: dataset.featureNames,
      tokens: dataset.tokens?.(index),
      shape: dataset.shape,
      kind: dataset.kind,
      channelsLast: dataset.channelsLast,
      data: await dataset.examples([index]),
      picture: dataset.kind === 'image' ? await dataset.picture(index) : undefined,
    });
    return { name, identity, read };
  });
}

function fileInput(file: string, options: InputOptions): FoundInput {
  return { name: printable(file), identity: resolve(file), read: () => readFileInput(file, options) };
}

async function readFileInput(file: string, options: InputOptions): Promise<Input> {
  const { resize, channels, shape, classNames, onNotice } = options;
  if (file.toLowerCase().endsWith('.avif')) onNotice?.(`${printable(file)}: ${AVIF_REMARK}`);
  const picture = await readImageFile(file, { resize, channels, shape, wantedBy: "the model's input" });
  const data = new Uint8Array(picture.data.length);
  toPlanes(picture, data);
  const { height, width } = picture;
  const folder = printable(basename(dirname(resolve(file))), 200);
  return {
    name: printable(file),
    classNames,
    folder,
    shape: [picture.channels, height, width],
    kind: 'image',
    data,
    picture,
  };
}
