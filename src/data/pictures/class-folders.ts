/** Images in one folder per class, with `train/` and `test/` above the class folders or without. */
import { InputError } from '../../errors.js';
import type { Notice } from '../../progress.js';
import { below, type FileTree } from '../archives/file-tree.js';
import { cleanNames } from '../class-names.js';
import { byCodePoints } from '../code-points.js';
import type { Split } from '../dataset.js';
import { announcedHoldOut } from '../hold-out.js';
import { isNoLitter, KINDS, leftOut, type LeftOut } from '../left-out.js';
import type { Listing } from '../place.js';
import { printable, someOf } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { isSplitName, nameOfSplit, SPLIT_NAMES } from '../split-names.js';
import { IMAGE_ENDINGS, isImageName } from './image-file.js';
import { pictureSource } from './picture-source.js';

interface ImageEntry {
  /** Below the tree. */
  readonly path: string;
  readonly label: number;
}

interface FolderContents {
  readonly classes: readonly string[];
  readonly images: readonly ImageEntry[];
}

/** How deep a data set may lie in folders that hold nothing else. */
const DEEPEST = 8;

/**
 * Reads the images below the class folders of a tree.
 * @throws InputError naming the folder that is not as it should be, or the image that cannot be read
 */
export async function readClassFolders(tree: FileTree, request: ReadRequest): Promise<Source> {
  const { classes, images } = await scan(tree, request);
  return pictureSource(
    {
      length: images.length,
      shown: (i) => tree.shownFile(images[i]!.path),
      path: (i) => images[i]!.path,
      size: (i) => tree.size(images[i]!.path),
      read: (i) => tree.read(images[i]!.path),
    },
    {
      labels: Int32Array.from(images, ({ label }) => label),
      classNames: cleanNames(classes),
      origin: (index) => ({ file: images[index]!.path }),
    },
    request,
  );
}

/** The folder that the data set begins at: downloads and archives often have one around it that holds nothing else. */
async function startOf(tree: FileTree): Promise<string> {
  let start = '';
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { folders, files } = await tree.list(start);
    const [only] = folders;
    if (folders.length !== 1 || isSplitName(only!) || files.some(isImageName)) return start;
    const inner = await tree.list(below(start, only!));
    if (inner.folders.length === 0 || inner.files.some(isImageName)) return start;
    start = below(start, only!);
  }
  return start;
}

async function scan(tree: FileTree, { split, notice }: ReadRequest): Promise<FolderContents> {
  const rest = leftOut();
  const start = await startOf(tree);
  const top = await tree.list(start);
  if (!(await hasSplitFolders(tree, start, top, notice))) {
    const all = await listClasses(tree, start, top.folders, top, rest);
    rest.tell(tree.shown, notice);
    const labels = all.map(({ label }) => label);
    const kept = announcedHoldOut(labels, split, tree.shown, notice);
    return { classes: top.folders, images: kept.map((i) => all[i]!) };
  }
  const folderOf = (wanted: Split): string | undefined => nameOfSplit(wanted, top.folders);
  const folder = folderOf(split);
  if (folder === undefined) {
    throw new InputError(
      `${tree.shown}: has no ${split} split, looked for a folder ${SPLIT_NAMES[split].join(' or ')} and found ` +
        `${someOf(top.folders)}; add it or choose the other split`,
    );
  }
  // Numbered over both splits, so that a class that one of them lacks does not shift the others.
  const found = [folderOf('train'), folderOf('test')].filter((name) => name !== undefined);
  const listings = await Promise.all(found.map((name) => tree.list(below(start, name))));
  const classes = [...new Set(listings.flatMap(({ folders }) => folders))].sort(byCodePoints);
  if (classes.length === 0) {
    throw new InputError(
      `${tree.shown}/${printable(below(start, folder))}: holds no class folders; put the images of each class in one`,
    );
  }
  const own = listings[found.indexOf(folder)]!;
  for (const name of classes.filter((each) => !own.folders.includes(each))) {
    const shown = `${tree.shown}/${printable(below(start, folder, name))}`;
    notice(`${shown}: there is no such folder, so the class has no examples in this split`);
  }
  const images = await listClasses(tree, below(start, folder), classes, own, rest);
  rest.tell(tree.shown, notice);
  return { classes, images };
}

/** Whether `train` and the like are splits here, or classes that happen to be called so. */
async function hasSplitFolders(tree: FileTree, start: string, top: Listing, notice: Notice): Promise<boolean> {
  const splits = top.folders.filter(isSplitName);
  if (splits.length === 0 || splits.length === top.folders.length) return splits.length > 0;
  const { folders, files } = await tree.list(below(start, splits[0]!));
  if (folders.length === 0 || files.some(isImageName)) return false;
  const others = top.folders.filter((name) => !isSplitName(name));
  notice(`${tree.shown}: left out what is beside the splits ${someOf(splits)} (${someOf(others, 3)})`);
  return true;
}

/**
 * The images of all classes, by class and then by name.
 * @param folder the one that holds the class folders
 * @param own what this folder holds: classes that are not among it have no images
 * @throws InputError where no class has an image
 */
async function listClasses(
  tree: FileTree,
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
    const { files, folders, hidden } = await tree.list(below(folder, name));
    const here = (names: readonly string[]): string[] => names.map((each) => below(folder, name, each));
    const names = files.filter(isImageName);
    rest.add(KINDS.other, ...here(files.filter((file) => !isImageName(file))));
    rest.add(KINDS.deeper, ...here(folders));
    rest.add(KINDS.hidden, ...here(hidden.filter(isNoLitter)));
    if (names.length === 0) {
      rest.add(KINDS.empty, below(folder, name));
      empty ??= new InputError(
        `${tree.shown}/${printable(below(folder, name))}: holds no images, looked for ${IMAGE_ENDINGS.join(' ')} and found ` +
          `${someOf([...folders, ...files])}; add images or take the folder away`,
      );
    }
    for (const file of names) images.push({ path: below(folder, name, file), label });
  }
  if (images.length === 0 && empty) throw empty;
  return images;
}
