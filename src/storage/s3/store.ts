/** Files on S3, and on what speaks as S3 does (Node only). */
import { InputError } from '../../errors.js';
import { dirname, resolve } from '../paths.js';
import type { Store } from '../store.js';
import { anythingBelow, files, list, look } from './list.js';
import { readObject, readPart, streamObject } from './read.js';
import { probe, putObject, removeObject } from './write.js';

/** `s3://bucket/key`. */
export const s3Store: Store = {
  keepsVersions: true,
  look,
  list,
  files,
  read: readObject,
  readInto: readPart,
  stream: streamObject,
  write: async (path, content, { only } = {}) => {
    await probe(dirname(path));
    return putObject(path, content, only);
  },
  real: (path) => Promise.resolve(resolve(path)),
  remove: removeObject,
  // There are none: a folder is what names have in common.
  removeFolder: () => Promise.resolve(true),
  checkFolder: async (path) => {
    if ((await look(path))?.kind === 'file') {
      throw new InputError({ file: path, problem: 'is a file, expected a folder', mend: 'choose another path' });
    }
    const holdsAny = await anythingBelow(path);
    await probe(path);
    return holdsAny;
  },
};
