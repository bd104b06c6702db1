/** Where shards' files lie until they are merged. */
import { randomUUID } from 'node:crypto';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';

/** A folder beside the result's, which no other plan has. */
export function partsBeside(out: string): string {
  return `${out.replace(/\/+$/, '')}.parts-${randomUUID().slice(0, 8)}`;
}

/** What shards write: whole files, and what a killed one leaves on a disk, or of trying whether a store keeps conditions. */
const PART = /^(?:shard-\d+-of-\d+\.partial(\.[0-9a-f]+\.part)?|\.onnx-explain-probe-[0-9a-f]{16})$/;

/** Removes the files of shards, and their folder where nothing else is in it. */
export async function clearParts(parts: string): Promise<void> {
  const store = storeOf(parts);
  const entries = await store.list(parts).catch(() => []);
  for (const { name } of entries) if (PART.test(name)) await store.remove(join(parts, name));
  await store.removeFolder(parts);
}
