/** Folders copied from a disk to a store. */
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { join } from '../../../src/storage/paths.js';
import { storeOf } from '../../../src/storage/registry.js';

/** Puts every file below a folder to the same name below an address. */
export async function copyTo(folder: string, address: string): Promise<void> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = `${entry.parentPath}/${entry.name}`;
    await storeOf(address).write(join(address, relative(folder, path)), readFileSync(path));
  }
}

/** What is below an address, by name. */
export async function contentsAt(address: string): Promise<Map<string, Uint8Array>> {
  const store = storeOf(address);
  const contents = new Map<string, Uint8Array>();
  for (const name of [...(await store.files(address)).keys()].sort()) {
    contents.set(name, await store.read(join(address, name)));
  }
  return contents;
}
