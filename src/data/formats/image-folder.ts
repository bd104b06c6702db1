/** Images in one folder a class, with `train/` and `test/` above the class folders or without. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../files.js';
import { cleanNames } from '../class-names.js';
import type { Split } from '../dataset.js';
import { inParallel } from '../examples.js';
import { descriptionFingerprint } from '../fingerprint.js';
import { announcedHoldOut } from '../hold-out.js';
import { IMAGE_ENDINGS, imageShape, isImageName, readImageFile } from '../image-file.js';
import { toPlanes } from '../pictures.js';
import { listFolder } from '../place.js';
import { printable, someOf } from '../printable.js';
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

/** Reader of image folders. */
export const imageFolderFormat: Format = {
  in: 'folder',
  expects: `one folder a class with images (${IMAGE_ENDINGS.join(' ')}), perhaps below train/ and test/`,
  matches: ({ folders }) => folders.length > 0,
  read,
};

async function read(place: Place, request: ReadRequest): Promise<Source> {
  const { split, resize, channels } = request;
  const { classes, images } = await scan(place, request);
  const sizes = new Array<number>(images.length).fill(0);
  await inParallel(images.length, async (i) => {
    const path = join(place.path, images[i]!.path);
    try {
      sizes[i] = (await stat(path)).size;
    } catch (error) {
      throw explainFileError(error, printable(path));
    }
  });
  const first = join(place.path, images[0]!.path);
  const shape = await imageShape(first, request);
  const options = { resize, channels, shape, wantedBy: `the first ${split} image` };
  return {
    shape,
    elementType: 'uint8',
    kind: 'image',
    labels: Int32Array.from(images, ({ label }) => label),
    classNames: cleanNames(classes),
    examples: async (index, target) => {
      toPlanes(await readImageFile(join(place.path, images[index]!.path), options), target);
    },
    fingerprint: descriptionFingerprint([
      JSON.stringify(shape),
      ...images.map(({ path, label }, i) => JSON.stringify([path, sizes[i], label])),
    ]),
  };
}

async function scan(place: Place, request: ReadRequest): Promise<{ classes: string[]; images: ImageEntry[] }> {
  const { split, notice } = request;
  const splitNames = [...SPLIT_FOLDERS.train, ...SPLIT_FOLDERS.test];
  if (!place.folders.every((name) => splitNames.includes(name.toLowerCase()))) {
    const all = await listClasses(place, '', place.folders, notice);
    const kept = announcedHoldOut(
      all.map(({ label }) => label),
      split,
      place.shown,
      notice,
    );
    return { classes: [...place.folders], images: kept.map((i) => all[i]!) };
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
  const lists = await Promise.all(found.map(async (name) => (await listFolder(join(place.path, name))).folders));
  const classes = [...new Set(lists.flat())].sort();
  if (classes.length === 0) {
    throw new InputError(
      `${place.shown}/${printable(folder)}: holds no class folders; put the images of each class in one`,
    );
  }
  const images = await listClasses(place, folder, classes, notice, lists[found.indexOf(folder)]);
  return { classes, images };
}

/** The images of all classes, by class and then by name. */
async function listClasses(
  place: Place,
  folder: string,
  classes: readonly string[],
  notice: (line: string) => void,
  present: readonly string[] = classes,
): Promise<ImageEntry[]> {
  const images: ImageEntry[] = [];
  for (const [label, name] of classes.entries()) {
    const shown = [place.shown, folder, printable(name)].filter((part) => part !== '').join('/');
    if (!present.includes(name)) {
      notice(`${shown}: there is no such folder, so the class has no examples in this split`);
      continue;
    }
    const { files, folders } = await listFolder(join(place.path, folder, name));
    const names = files.filter(isImageName);
    if (names.length === 0) {
      throw new InputError(
        `${shown}: holds no images, looked for ${IMAGE_ENDINGS.join(' ')} and found ${someOf([...folders, ...files])}; ` +
          'add images or take the folder away',
      );
    }
    const ignored = files.filter((file) => !isImageName(file));
    if (ignored.length > 0) notice(`${shown}: left out what is no image (${someOf(ignored, 3)})`);
    for (const file of names)
      images.push({ path: [folder, name, file].filter((part) => part !== '').join('/'), label });
  }
  return images;
}
