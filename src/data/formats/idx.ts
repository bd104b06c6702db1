/** A folder of IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST and whatever else uses their file names. */
import { basename, join } from '../../storage/paths.js';
import { InputError } from '../../errors.js';
import type { Split } from '../dataset.js';
import { namesBeside, numberedNames, toLabels } from '../class-names.js';
import { contentFingerprint } from '../fingerprint.js';
import { idxElementStream, idxExampleReader, readIdxElements, readIdxHeader, type IdxHeader } from './idx-file.js';
import { knownClassNames } from '../known-labels.js';
import { bytesText, countText, printable, shapeText, someOf } from '../printable.js';
import type { Format, Place, ReadRequest, Source } from '../source.js';

// train-images-idx3-ubyte.gz; t10k stands for test; EMNIST puts its own name before it; some mirrors write "images.idx3".
const FILE_NAME = /^(?:.*-)?(train|t10k|test)-(images|labels)[-.]idx\d+-ubyte(?:\.gz)?$/;

type IdxKind = 'images' | 'labels';

/** Reader of IDX folders. */
export const idxFormat: Format = {
  in: 'folder',
  expects: 'IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, each also .gz)',
  matches: (place) => place.files.some((name) => FILE_NAME.test(name)),
  read,
};

async function read(place: Place, request: ReadRequest): Promise<Source> {
  const { split, memoryLimit, onDemand } = request;
  const images = await readIdxHeader(join(place.path, fileOf(place, split, 'images')));
  const labelsFile = fileOf(place, split, 'labels');
  const shownLabels = `${place.shown}/${printable(labelsFile)}`;
  const labelBytes = await readLabels(join(place.path, labelsFile), shownLabels, memoryLimit);

  const [length, ...dims] = images.dims;
  if (dims.length === 0 || dims.includes(0) || length === 0) {
    throw new InputError(`${printable(images.path)}: holds no images (${shapeText(images.dims)})`);
  }
  if (length !== labelBytes.length) {
    throw new InputError(
      `${printable(images.path)}: holds ${countText(length!)} images, but ${printable(labelsFile)} holds ` +
        `${countText(labelBytes.length)} labels; get both files from the same place`,
    );
  }
  const listed = await namesBeside(place.path, place.files);
  const classNames = listed ?? knownClassNames(labelBytes) ?? (await namesOfBothSplits(place, labelBytes, memoryLimit));
  const labels = toLabels(labelBytes, shownLabels, classNames.length);

  // H×W is an image of one channel; C×H×W is one of C; anything else is a plain vector of bytes.
  const shape = dims.length === 2 ? [1, ...dims] : dims;
  const kind = shape.length === 3 && (shape[0] === 1 || shape[0] === 3) ? 'image' : 'vector';
  const imagesFile = basename(images.path);
  const origin = (row: number) => ({ file: imagesFile, row });
  const common = { shape, elementType: 'uint8', kind, labels, classNames, origin } as const;
  if (!images.compressed && (onDemand || images.bytes > memoryLimit)) {
    const fingerprint = await contentFingerprint(shape, 'uint8', labels, idxElementStream(images));
    return { ...common, examples: idxExampleReader(images), fingerprint };
  }
  requireFits(images, memoryLimit);
  return { ...common, examples: await readIdxElements(images) };
}

/** The file that plays a part; the unpacked one when it is there twice. */
function fileOf(place: Place, split: Split, content: IdxKind): string {
  const wanted = split === 'train' ? ['train'] : ['t10k', 'test'];
  const found = place.files.filter((name) => {
    const [, part, what] = FILE_NAME.exec(name) ?? [];
    return what === content && wanted.includes(part!);
  });
  const different = new Set(found.map((name) => name.replace(/\.gz$/, '')));
  if (different.size > 1) {
    throw new InputError(
      `${place.shown}: more than one file could be the ${split} ${content} (${someOf(found)}); keep one set in a folder`,
    );
  }
  if (found.length === 0) {
    const idx = content === 'images' ? 'images-idx3-ubyte' : 'labels-idx1-ubyte';
    throw new InputError(
      `${place.shown}: has no ${split} ${content}, looked for ${wanted[0]!}-${idx}[.gz] and found ` +
        `${someOf(place.files)}; add the file or choose the other split`,
    );
  }
  return found.reduce((a, b) => (a.length < b.length ? a : b));
}

async function readLabels(path: string, shown: string, memoryLimit: number): Promise<Uint8Array> {
  const header = await readIdxHeader(path);
  if (header.dims.length !== 1) {
    throw new InputError(`${shown}: holds ${shapeText(header.dims)} numbers, expected one label an image`);
  }
  requireFits(header, memoryLimit);
  return readIdxElements(header);
}

/** Numbers as names, as many as both splits need, so that train and test agree on the number of classes. */
async function namesOfBothSplits(place: Place, own: Uint8Array, memoryLimit: number): Promise<string[]> {
  const others = place.files.filter((name) => FILE_NAME.exec(name)?.[2] === 'labels');
  const sets = await Promise.all(
    others.map((name) => readLabels(join(place.path, name), `${place.shown}/${printable(name)}`, memoryLimit)),
  );
  return numberedNames(own, ...sets);
}

function requireFits({ path, bytes, compressed }: IdxHeader, memoryLimit: number): void {
  if (bytes <= memoryLimit) return;
  throw new InputError(
    `${printable(path)}: unpacks to ${bytesText(bytes)}, more than the memory limit of ${bytesText(memoryLimit)}; ` +
      (compressed ? 'gunzip the file, so that it can be read piece by piece, or raise the limit' : 'raise the limit'),
  );
}
