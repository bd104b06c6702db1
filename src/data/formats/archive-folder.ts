/** A folder with an archive of images for each split: `train.tar.gz` and `test.tar.gz`. */
import { join } from '../../storage/paths.js';
import { joinedTree } from '../archives/file-tree.js';
import { openTar } from '../archives/tar.js';
import { withZip } from '../archives/zip.js';
import type { Split } from '../dataset.js';
import { readClassFolders } from '../pictures/class-folders.js';
import type { Format } from '../source.js';
import { isSplitName, nameOfSplit } from '../split-names.js';

const ENDING = /\.(tar|tgz|tar\.gz|zip)$/i;

/** Reader of archives that are called as splits are. */
export const archiveFolderFormat: Format = {
  in: 'folder',
  expects: 'archives of images (train.tar.gz and test.tar.gz, or .zip)',
  matches: ({ files, folders }) => folders.length === 0 && splitArchives(files).length > 0,
  read: async ({ path, shown, files }, request) => {
    const trees = [];
    for (const { split, file } of splitArchives(files)) {
      const archive = join(path, file);
      const isZip = /\.zip$/i.test(file);
      const tree = isZip
        ? await withZip(archive, ({ tree }) => Promise.resolve(tree()))
        : (await openTar(archive, request.memoryLimit)).tree;
      trees.push({ name: split, tree });
    }
    return readClassFolders(await joinedTree(shown, trees), request);
  },
};

function splitArchives(files: readonly string[]): { split: Split; file: string }[] {
  const stems = files.map((file) => (ENDING.test(file) ? file.replace(ENDING, '') : '')).filter(isSplitName);
  return (['train', 'test'] as const).flatMap((split) => {
    const stem = nameOfSplit(split, stems);
    const file = stem && files.find((each) => ENDING.test(each) && each.replace(ENDING, '') === stem);
    return file ? [{ split, file }] : [];
  });
}
