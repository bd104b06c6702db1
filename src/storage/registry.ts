/** Which store keeps what a path names. */
import { InputError } from '../errors.js';
import { diskStore } from './disk/store.js';
import { schemeOf } from './paths.js';
import { s3Store } from './s3/store.js';
import type { Store } from './store.js';

/** One line a store, by how its addresses begin. */
const STORES: Readonly<Record<string, Store>> = {
  s3: s3Store,
};

/**
 * The store of a path.
 * @throws InputError for an address of a kind that there is no store for
 */
export function storeOf(path: string): Store {
  const scheme = schemeOf(path);
  if (scheme === undefined) return diskStore;
  if (Object.hasOwn(STORES, scheme)) return STORES[scheme]!;
  throw new InputError({
    file: path,
    problem: `${scheme}:// is no place that files are read from or written to`,
    mend: `give a path, or an address that begins with ${Object.keys(STORES)
      .map((name) => `${name}://`)
      .join(' or ')}`,
  });
}
