/** Arrays that fixture scripts saved with numpy.savez. */
import { readNpy } from '../../src/data/npy/decode.js';
import { withZip } from '../../src/data/archives/zip.js';

/** Dimensions and elements of one array. */
export interface NpzArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Every array of an archive of float32 arrays, by name. */
export async function readNpz(path: string): Promise<Record<string, NpzArray>> {
  return withZip(path, async (archive) => {
    const arrays: Record<string, NpzArray> = {};
    for (const name of archive.names) {
      const { shape, data } = await archive.read(name, (reader, size) => readNpy(reader, size, name));
      arrays[name.replace(/\.npy$/, '')] = { shape, data: data as Float32Array };
    }
    return arrays;
  });
}
