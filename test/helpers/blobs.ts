/** Points of three classes around three corners, as files that commands read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy, encodeZip } from './data-files.js';
import { randomNumbers } from './random-tensors.js';

/** Arrays of an archive by name: float32, or uint8. */
export type Arrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | Uint8Array }>
>;

/** Writes an archive of arrays. Returns its name. */
export function writeNpz(folder: string, name: string, arrays: Arrays): string {
  const members = Object.entries(arrays).map(([array, { shape, data }]) => {
    return [`${array}.npy`, { content: encodeNpy(data instanceof Uint8Array ? '|u1' : '<f4', shape, data) }] as const;
  });
  writeFileSync(join(folder, name), encodeZip(Object.fromEntries(members)));
  return name;
}

/**
 * Points and labels, as `x` and `y`.
 * @param change what is done to them
 */
export function blobs(count: number, change: (data: Float32Array, labels: Uint8Array) => void = () => undefined) {
  const next = randomNumbers(8);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const data = Float32Array.from({ length: 4 * count }, (_, k) => {
    return (k % 4 === labels[Math.floor(k / 4)]! ? 2 : 0) + next() - 0.5;
  });
  change(data, labels);
  return { x: { shape: [count, 4], data }, y: { shape: [count], data: labels } };
}
