/** Opens a data set by its spec, whatever format it has. */
import { resolve } from '../storage/paths.js';
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import type { Reporting } from '../progress.js';
import { pixelsOrNumbers } from './bytes.js';
import { givenNames } from './class-names.js';
import { corrected } from './corrections/corrections.js';
import type { Dataset, Split } from './dataset.js';
import { allocateExamples, readAllExamples, readExamples } from './examples.js';
import { FORMATS } from './formats/registry.js';
import { conversionOf } from './formats/unread-files.js';
import { toPicture } from './pictures/pictures.js';
import { findPlace, isBundled, placeName } from './place.js';
import type { Preprocessing } from './preprocessing.js';
import { bytesText, countText, printable, someOf } from './printable.js';
import { arrayReader, checkSize, resized, sourceFingerprint } from './resize.js';
import type { Format, Place, ReadExample } from './source.js';

/** How a data set is opened. */
export interface OpenOptions extends Preprocessing, Reporting {
  /** `train` by default. */
  readonly split?: Split | undefined;
  /** Bytes that the examples may take in memory, 1 GiB by default; images of a larger folder are decoded on demand. */
  readonly memoryLimit?: number | undefined;
  /** Read examples when they are asked for even if all would fit: for a few examples out of many. */
  readonly onDemand?: boolean | undefined;
}

const GIBIBYTE = 2 ** 30;

const ARCHIVE = /\.(tar|tgz|tar\.gz|zip)$/i;

/**
 * Opens one split of a data set; what it is gets found out from the contents.
 * @param spec a bundled name (`fashion-mnist-sample`), a folder or a file
 * @throws InputError naming what was looked for and found, or the file and place that cannot be used
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { split = 'train', memoryLimit = GIBIBYTE, onDemand = false, onNotice, onProgress } = options;
  const { resize, channels, mean, std, labelColumn, classNames: names, corrections } = options;
  const preprocessing = { resize, channels, mean, std, labelColumn };
  checkSize(resize);
  const place = await findPlace(spec);
  const format = await formatOf(place);
  if (!format) throw await unrecognised(place);
  const notice = onNotice ?? (() => undefined);
  const found = await format.read(place, {
    split,
    memoryLimit,
    onDemand,
    preprocessing,
    labelColumn,
    notice,
  });
  const shaped = await resized(found, place.shown, preprocessing);
  const source = await pixelsOrNumbers(shaped, place.shown, preprocessing, notice);

  const { shape, elementType, kind, channelsLast, labels, featureNames, tokens, notes } = source;
  const origin = notes ? (index: number) => ({ ...source.origin(index), notes: notes(index) }) : source.origin;
  const classNames = names ? givenNames(names, source.classNames.length, place.shown) : source.classNames;
  const length = labels.length;
  const size = elementCount(shape);
  const fingerprint = await sourceFingerprint(source);
  const bytes = length * size * (elementType === 'uint8' ? 1 : 4);
  const { examples } = source;
  const fits = !onDemand && bytes <= memoryLimit;
  if (!fits && !onDemand && typeof examples === 'function') {
    notice(
      `${place.shown}: ${bytesText(bytes)} are more than the memory limit of ${bytesText(memoryLimit)}; ` +
        'examples are read when they are needed',
    );
  }
  const all =
    typeof examples !== 'function'
      ? examples
      : fits
        ? await readAllExamples(length, size, elementType, examples, (done) => onProgress?.('examples', done, length))
        : undefined;
  const read = all ? arrayReader(all, size) : (examples as ReadExample);
  const check = (index: number): void => {
    if (Number.isInteger(index) && index >= 0 && index < length) return;
    throw new RangeError(`${place.shown} has no example ${index}: the ${split} split holds ${countText(length)}`);
  };
  const data: Dataset = {
    spec,
    path: isBundled(spec) ? undefined : resolve(place.path),
    split,
    name: placeName(spec),
    length,
    shape,
    channelsLast,
    classNames,
    labels,
    elementType,
    kind,
    fingerprint,
    all,
    origin,
    featureNames,
    tokens,
    examples: async (indices) => {
      Array.from(indices).forEach(check);
      return readExamples(indices, size, elementType, read);
    },
    picture: async (index) => {
      if (kind !== 'image') throw new TypeError(`the examples of ${place.shown} are not images`);
      check(index);
      const example = allocateExamples(elementType, size);
      await read(index, example);
      return toPicture(example, shape);
    },
  };
  return corrections && split === 'train' ? corrected(data, corrections) : data;
}

/** The format of what lies in a place; undefined where it is none that is read. */
export async function formatOf(place: Place, kind = place.is): Promise<Format | undefined> {
  for (const format of FORMATS) if (format.in === kind && (await format.matches(place))) return format;
  return undefined;
}

async function unrecognised(place: Place): Promise<InputError> {
  const { shown, is, folders, files } = place;
  const lookedFor = FORMATS.filter((format) => format.in === is).map(({ expects }) => expects);
  const found = is === 'file' ? 'neither' : someOf([...folders, ...files]);
  // A single file out of a data set: with its siblings, the folder would be one.
  const isPart = is === 'file' && (await formatOf(place, 'folder')) !== undefined;
  const archive = is === 'folder' ? files.find((name) => ARCHIVE.test(name)) : undefined;
  const mend = isPart
    ? 'give the folder that holds it'
    : (conversionOf(files) ??
      (archive === undefined ? 'choose another file or folder' : `give the archive itself: ${printable(archive, 60)}`));
  return new InputError(`${shown}: holds no data set; looked for ${lookedFor.join('; ')}; found ${found}; ${mend}`);
}
