/** The files of onnxruntime-web, which pages load from us and never from elsewhere (Node only). */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError } from '../errors.js';
import { typeOf, type Resource } from './site.js';

/** The scripts of both builds, and the WebAssembly that each loads from beside itself. */
export const ORT_FILES = {
  wasm: 'ort.wasm.bundle.min.mjs',
  webgpu: 'ort.webgpu.bundle.min.mjs',
} as const;

const FILES = [...Object.values(ORT_FILES), 'ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm'];

/**
 * The files by their names.
 * @param policy what they may do
 * @param find finds the file that a package is loaded by
 * @throws InputError when onnxruntime-web is not installed
 */
export function onnxRuntimeFiles(
  policy: string,
  find: (name: string) => string = createRequire(import.meta.url).resolve,
): [string, Resource][] {
  let folder: string;
  try {
    // Only looked for: loading it would take a second.
    folder = dirname(find('onnxruntime-web'));
  } catch (error) {
    throw new InputError('onnxruntime-web is not installed, npm install onnxruntime-web', { cause: error });
  }
  return FILES.map((name) => [
    name,
    { type: typeOf(name), policy, read: () => readFile(join(folder, name)).catch(() => undefined) },
  ]);
}
