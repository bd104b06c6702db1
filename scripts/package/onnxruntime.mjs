/**
 * Puts ONNX Runtime into dist, from onnxruntime-node, which is a devDependency: all of it that computes, nothing that installs.
 *
 * As a dependency it could not be installed everywhere: its postinstall script fetches CUDA files, hundreds of megabytes that
 * nothing here computes with, from a server that is no package registry, and without them the installation fails. A package
 * cannot switch off the scripts of its dependencies (`allowScripts` and .npmrc count at the root of an installation only), and
 * `bundleDependencies` packs what is in node_modules as it is, that script included, unless somebody edits node_modules and
 * puts it back afterwards. A copy of our own needs neither, is the same to every package manager, and is what our tests run.
 *
 * Files are links to those in node_modules where the file system has them, and then take no room.
 */
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What stands in the package's own files, and at run time is wanted of none of them. */
const UNWANTED = [
  // The other name of the same file: the load commands of binding and library name libonnxruntime.1.dylib.
  /^bin\/napi-v6\/darwin\/.*\/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/,
  /\.(d\.ts|map)$/,
];

/** Folders of onnxruntime-node that compute; the others are its sources and what installs it. */
const WANTED = ['bin', 'dist'];

const LICENSE = `MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;

/**
 * Writes `target`, unless it is there already.
 * @param {string} target where package.json's `imports` expects it
 */
export function placeOnnxRuntime(target) {
  const source = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const kept = read(join(source, 'package.json'));
  for (const field of ['scripts', 'devDependencies', 'types']) delete kept[field];
  const common = kept.dependencies['onnxruntime-common'];
  const ours = read('package.json').dependencies['onnxruntime-common'];
  // Both must see one `env`, one register of backends.
  if (ours !== common)
    throw new Error(`package.json: onnxruntime-common must be ${common}, as onnxruntime-node has it`);
  const manifest = `${JSON.stringify({ ...kept, dependencies: { 'onnxruntime-common': common } }, null, 2)}\n`;
  const files = WANTED.flatMap((folder) =>
    readdirSync(join(source, folder), { recursive: true }).map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  ).filter((file) => statSync(join(source, file)).isFile() && !UNWANTED.some((pattern) => pattern.test(file)));
  if (isThere(target, manifest, source, files)) return;
  rmSync(target, { recursive: true, force: true });
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    linkOrCopy(join(source, file), join(target, file));
  }
  writeFileSync(join(target, 'LICENSE'), LICENSE);
  // Last: it says that the others are complete.
  writeFileSync(join(target, 'package.json'), manifest);
}

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function isThere(target, manifest, source, files) {
  try {
    return (
      readFileSync(join(target, 'package.json'), 'utf8') === manifest &&
      files.every((file) => statSync(join(target, file)).size === statSync(join(source, file)).size)
    );
  } catch {
    return false;
  }
}

function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
