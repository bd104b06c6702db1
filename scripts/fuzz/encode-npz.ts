/** Archives of NumPy arrays for fuzzers. */
import { zipSync } from 'fflate';

/** An `.npz` of stored arrays, each as `[descr, shape, elements]`, such as `['<f4', [4, 3], values]`. */
export function encodeNpz(arrays: Readonly<Record<string, [string, readonly number[], ArrayBufferView]>>): Uint8Array {
  const members = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(...array)] as const);
  return zipSync(Object.fromEntries(members), { level: 0 });
}

function encodeNpy(descr: string, shape: readonly number[], { buffer, byteOffset, byteLength }: ArrayBufferView) {
  const dims = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const fields = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const header = `${fields.padEnd(64 * Math.ceil((fields.length + 11) / 64) - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), 10 + header.length);
  return bytes;
}
