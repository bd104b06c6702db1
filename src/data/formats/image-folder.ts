/** Images in one folder per class, with `train/` and `test/` above the class folders or without. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../files.js';
import type { Notice } from '../../progress.js';
import { cleanNames } from '../class-names.js';
import { byCodePoints } from '../code-points.js';
import type { Split } from '../dataset.js';
import { inParallel } from '../examples.js';
import { descriptionFingerprint } from '../fingerprint.js';
import { announcedHoldOut } from '../hold-out.js';
import {
  AVIF_REMARK,
  IMAGE_ENDINGS,
  imageShape,
  isImageName,
  readImageFile,
  UnreadableImage,
} from '../pictures/image-file.js';
import { KINDS, leftOut, type LeftOut } from '../left-out.js';
import { toPlanes } from '../pictures/pictures.js';
import { listFolder, type Listing } from '../place.js';
import { countText, printable, someOf } from '../printable.js';
import type { Format, Place, ReadRequest, Source } from '../source.js';

/** Folder names that stand for a split; in a place that has `val` but no `test`, `val` is the test split. */
const SPLIT_FOLDERS: Readonly<Record<Split, readonly string[]>> = {
  train: ['train', 'training'],
  test: ['test', 'testing', 'val', 'valid', 'validation'],
};

interface ImageEntry {
  /** Relative to the data set's folder. */
  readonly path: string;
  readonly label: number;
}

/** Pictures in one folder per class, whose name is the class's. */
export const imageFolderFormat: Format = {
  in: 'folder',
  expects: `one folder per class with images (${IMAGE_ENDINGS.join(' ')}), perhaps below train/ and test/`,
  matches: ({ folders }) => folders.length > 0,
  read,
};

async function read(place: Place, request: ReadRequest): Promise<Source> {
  const { split, preprocessing, notice } = request;
  const { classes, images } = await scan(place, request);
  const avif = images.find(({ path }) => path.toLowerCase().endsWith('.avif'));
  if (avif) notice(`${place.shown}/${printable(avif.path)}: ${AVIF_REMARK}`);
  const sizes = new Array<number>(images.length).fill(0);
  await inParallel(images.length, async (i) => {
    const path = join(place.path, images[i]!.path);
    try {
      sizes[i] = (await stat(path)).size;
    } catch (error) {
      throw explainFileError(error, printable(path));
    }
  });
  const shape = await shapeOfFirst(
    images.map(({ path }) => join(place.path, path)),
    request,
  );
  const options = { ...preprocessing, shape, wantedBy: `the first ${split} image` };
  return {
    shape,
    elementType: 'uint8',
    kind: 'image',
    labels: Int32Array.from(images, ({ label }) => label),
    classNames: cleanNames(classes),
    origin: (index) => ({ file: images[index]!.path }),
    examples: async (index, target) => {
      toPlanes(await readImageFile(join(place.path, images[index]!.path), options), target);
    },
    fingerprint: descriptionFingerprint([
      JSON.stringify(shape),
      ...images.map(({ path, label }, i) => JSON.stringify([path, sizes[i], label])),
    ]),
  };
}

/** The shape of the first image that can be read: those before it are counted when the images are decoded. */
async function shapeOfFirst(paths: readonly string[], request: ReadRequest): Promise<number[]> {
  let first: UnreadableImage | undefined;
  for (const path of paths) {
    try {
      return await imageShape(path, request.preprocessing);
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      first ??= error;
    }
  }
  if (paths.length === 1) throw first!;
  throw new InputError(`${first!.message}; none of ${countText(paths.length)} images can be read`, { cause: first });
}

interface FolderContents {
  readonly classes: readonly string[];
  readonly images: readonly ImageEntry[];
}

async function scan(place: Place, request: ReadRequest): Promise<FolderContents> {
  const { split, notice } = request;
  const rest = leftOut();
  if (!(await hasSplitFolders(place, notice))) {
    const all = await listClasses(place, '', place.folders, place, rest);
    rest.tell(place.shown, notice);
    const kept = announcedHoldOut(
      all.map(({ label }) => label),
      split,
      place.shown,
      notice,
    );
    return { classes: place.folders, images: kept.map((i) => all[i]!) };
  }
  const folderOf = (wanted: Split): string | undefined =>
    SPLIT_FOLDERS[wanted]
      .map((name) => place.folders.find((f) => f.toLowerCase() === name))
      .find((f) => f !== undefined);
  const folder = folderOf(split);
  if (folder === undefined) {
    throw new InputError(
      `${place.shown}: has no ${split} split, looked for a folder ${SPLIT_FOLDERS[split].join(' or ')} and found ` +
        `${someOf(place.folders)}; add it or choose the other split`,
    );
  }
  // Numbered over both splits, so that a class that one of them lacks does not shift the others.
  const found = [folderOf('train'), folderOf('test')].filter((name) => name !== undefined);
  const listings = await Promise.all(found.map((name) => listFolder(join(place.path, name))));
  const classes = [...new Set(listings.flatMap(({ folders }) => folders))].sort(byCodePoints);
  if (classes.length === 0) {
    throw new InputError(
      `${place.shown}/${printable(folder)}: holds no class folders; put the images of each class in one`,
    );
  }
  const own = listings[found.indexOf(folder)]!;
  for (const name of classes.filter((each) => !own.folders.includes(each))) {
    const shown = `${place.shown}/${printable(folder)}/${printable(name)}`;
    notice(`${shown}: there is no such folder, so the class has no examples in this split`);
  }
  const images = await listClasses(place, folder, classes, own, rest);
  rest.tell(place.shown, notice);
  return { classes, images };
}

/** Whether `train` and the like are splits here, or classes that happen to be called so. */
async function hasSplitFolders(place: Place, notice: Notice): Promise<boolean> {
  const names = Object.values(SPLIT_FOLDERS).flat();
  const isSplit = (name: string): boolean => names.includes(name.toLowerCase());
  const splits = place.folders.filter(isSplit);
  if (splits.length === 0 || splits.length === place.folders.length) return splits.length > 0;
  const { folders, files } = await listFolder(join(place.path, splits[0]!));
  if (folders.length === 0 || files.some(isImageName)) return false;
  const others = place.folders.filter((name) => !isSplit(name));
  notice(`${place.shown}: left out what is beside the splits ${someOf(splits)} (${someOf(others, 3)})`);
  return true;
}

/**
 * The images of all classes, by class and then by name.
 * @param folder the split's, below the place; empty where there are no splits
 * @param own what this folder holds: classes that are not among it have no images
 * @throws InputError where no class has an image
 */
async function listClasses(
  place: Place,
  folder: string,
  classes: readonly string[],
  own: Listing,
  rest: LeftOut,
): Promise<ImageEntry[]> {
  const images: ImageEntry[] = [];
  let empty: InputError | undefined;
  rest.add(KINDS.beside, ...own.files.filter(isImageName).map((name) => below(folder, name)));
  rest.add(KINDS.hidden, ...own.hidden.filter(isNoLitter).map((name) => below(folder, name)));
  for (const [label, name] of classes.entries()) {
    if (!own.folders.includes(name)) continue;
    const { files, folders, hidden } = await listFolder(join(place.path, folder, name));
    const here = (names: readonly string[]): string[] => names.map((each) => below(folder, name, each));
    const names = files.filter(isImageName);
    rest.add(KINDS.other, ...here(files.filter((file) => !isImageName(file))));
    rest.add(KINDS.deeper, ...here(folders));
    rest.add(KINDS.hidden, ...here(hidden.filter(isNoLitter)));
    if (names.length === 0) {
      rest.add(KINDS.empty, below(folder, name));
      empty ??= new InputError(
        `${place.shown}/${printable(below(folder, name))}: holds no images, looked for ${IMAGE_ENDINGS.join(' ')} and found ` +
          `${someOf([...folders, ...files])}; add images or take the folder away`,
      );
    }
    for (const file of names) images.push({ path: below(folder, name, file), label });
  }
  if (images.length === 0 && empty) throw empty;
  return images;
}

const below = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/');

/** Whether a hidden entry may be meant as data: file managers leave theirs in every folder. */
function isNoLitter(name: string): boolean {
  return (
    !['.DS_Store', '.localized', '.directory', '.gitkeep', '.gitignore', '__MACOSX'].includes(name) &&
    !name.startsWith('._')
  );
}
