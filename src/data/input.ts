/** What `--input` names: image files, or examples of a data set as `<data spec>@<index>[,<index>…]`. */
import { stat } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import type { Notice } from '../progress.js';
import type { Dataset, ExampleArray, ExampleOrigin, Picture, Split } from './dataset.js';
import type { ExampleForm } from './example-shape.js';
import { AVIF_REMARK, readImageFile } from './pictures/image-file.js';
import { openDataset } from './open-dataset.js';
import { toPlanes } from './pictures/pictures.js';
import { isBundled } from './place.js';
import type { Preprocessing } from './preprocessing.js';
import { countText, printable } from './printable.js';
import { checkSize } from './resize.js';

/** One example to explain. */
export interface Input extends ExampleForm {
  /** As results call it: `fashion-mnist-sample@17`, or the image file. */
  readonly name: string;
  /** Its class, where the data set says so. */
  readonly label?: number | undefined;
  /** Names of the data set's classes. */
  readonly classNames?: readonly string[] | undefined;
  /** Its 0-based index in the split of the data set. */
  readonly index?: number | undefined;
  /** Where it is in the data set; undefined for what was given as a file. */
  readonly origin?: ExampleOrigin | undefined;
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
export type InputSpec = { readonly file: string } | { readonly data: string; readonly indices: readonly number[] };

/**
 * Takes a spec apart without looking at any file: `spec@1,2` names examples, all else an image file.
 * @throws InputError when what follows a bundled name is no list of indices
 */
export function parseInputSpec(spec: string): InputSpec {
  const at = spec.lastIndexOf('@');
  const data = at < 0 ? spec : spec.slice(0, at);
  const list = at < 0 ? '' : spec.slice(at + 1);
  if (data !== '' && /^\d+(,\d+)*$/.test(list)) return { data, indices: list.split(',').map(Number) };
  if (!isBundled(data)) return { file: spec };
  throw new InputError(
    `${printable(spec)}: name examples by their 0-based indices, such as ${data}@17 or ${data}@3,5,8`,
  );
}

/**
 * Reads what `--input` names, in the order given.
 * @throws InputError for a missing or unreadable file, an index outside the split, or an image that does not fit
 */
export async function readInputs(specs: readonly string[], options: InputOptions = {}): Promise<Input[]> {
  if (specs.length === 0) throw new InputError('no input given; name an image file or an example such as <data>@17');
  checkSize(options.resize);
  const opened = new Map<string, Promise<Dataset>>();
  const inputs: Input[] = [];
  for (const spec of specs) {
    const parsed = parseInputSpec(spec);
    if ('file' in parsed) {
      inputs.push(await readFileInput(parsed.file, options));
      continue;
    }
    if (!opened.has(parsed.data)) opened.set(parsed.data, open(parsed.data, options));
    inputs.push(...(await readExampleInputs(await opened.get(parsed.data)!, parsed.indices)));
  }
  return inputs;
}

// A few examples out of many: images of a folder are decoded one by one, not all.
async function open(spec: string, { split = 'test', known, ...options }: InputOptions): Promise<Dataset> {
  const { resize, channels, mean, std, memoryLimit, onNotice } = options;
  const isElsewhere = known?.path !== undefined && known.spec === spec && !(await stat(spec).catch(() => undefined));
  const place = isElsewhere ? known.path : spec;
  const open = { split, resize, channels, mean, std, memoryLimit, onNotice, onDemand: true };
  return { ...(await openDataset(place, open)), spec };
}

async function readExampleInputs(dataset: Dataset, indices: readonly number[]): Promise<Input[]> {
  const shown = printable(dataset.spec);
  const outside = indices.find((index) => index >= dataset.length);
  if (outside !== undefined) {
    throw new InputError(
      `${shown}@${outside}: the ${dataset.split} split holds ${countText(dataset.length)} examples, ` +
        `give an index from 0 to ${dataset.length - 1}`,
    );
  }
  const size = elementCount(dataset.shape);
  const data = await dataset.examples(indices);
  return Promise.all(
    indices.map(async (index, i) => ({
      name: `${shown}@${index}`,
      label: dataset.labels[index]!,
      classNames: dataset.classNames,
      index,
      origin: dataset.origin(index),
      shape: dataset.shape,
      kind: dataset.kind,
      channelsLast: dataset.channelsLast,
      data: data.slice(i * size, (i + 1) * size),
      picture: dataset.kind === 'image' ? await dataset.picture(index) : undefined,
    })),
  );
}

async function readFileInput(file: string, { resize, channels, shape, onNotice }: InputOptions): Promise<Input> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    const what = found ? 'is a folder' : 'no such file';
    throw new InputError(
      `${printable(file)}: ${what}; give an image file, or an example of a data set as <data>@<index>[,<index>…]`,
    );
  }
  if (file.toLowerCase().endsWith('.avif')) onNotice?.(`${printable(file)}: ${AVIF_REMARK}`);
  const picture = await readImageFile(file, { resize, channels, shape, wantedBy: "the model's input" });
  const data = new Uint8Array(picture.data.length);
  toPlanes(picture, data);
  const { height, width } = picture;
  return { name: printable(file), shape: [picture.channels, height, width], kind: 'image', data, picture };
}
