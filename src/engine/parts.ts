/** Where shards' files lie until they are merged. */
import { randomUUID } from 'node:crypto';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder beside the result's, which no other plan has. */
export function partsBeside(out: string): string {
  return `${out.replace(/\/+$/, '')}.parts-${randomUUID().slice(0, 8)}`;
}

/** Files that shards write: whole ones, and those that were not finished. */
const PART = /^shard-\d+-of-\d+\.partial(\.[0-9a-f]{8}\.part)?$/;

/** Removes the files of shards, and their folder where nothing else is in it. */
export async function clearParts(parts: string): Promise<void> {
  const names = await readdir(parts).catch(() => []);
  for (const name of names) if (PART.test(name)) await rm(join(parts, name), { force: true });
  await rmdir(parts).catch(() => undefined);
}
