/**
 * Puts ONNX Runtime into dist, from onnxruntime-node, which is a devDependency: all of it that computes, nothing that installs.
 *
 * As a dependency it could not be installed everywhere: its postinstall script fetches CUDA files, hundreds of megabytes that
 * nothing here computes with, from a server that is no package registry, and without them the installation fails. A package
 * cannot switch off the scripts of its dependencies (`allowScripts` and .npmrc count at the root of an installation only), and
 * `bundleDependencies` packs what is in node_modules as it is, that script included, unless somebody edits node_modules and
 * puts it back afterwards. A copy of our own needs neither, is the same to every package manager, and is what our tests run.
 * Its part of onnxruntime-common goes with it: there backends are registered, each once, and a program may have
 * onnxruntime-node itself besides (of the same version: on Linux a process holds one library of that name).
 *
 * Libraries are links to those in node_modules where the file system has them, and then take no room.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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
  const [node, common] = ['onnxruntime-node', 'onnxruntime-common'].map(folderOf);
  const { name, version, license, author, repository, main } = JSON.parse(
    readFileSync(join(node, 'package.json'), 'utf8'),
  );
  const manifest = `${JSON.stringify({ name, version, license, author, repository, main }, null, 2)}\n`;
  const binaries = filesOf(node, 'bin').filter((file) => !isDouble(node, file));
  if (isThere(target, manifest, node, binaries)) return;
  rmSync(target, { recursive: true, force: true });
  for (const file of binaries) {
    // A binding keeps what belongs to a process in itself, and to the system a link is the same one.
    const put = file.endsWith('.node') ? copyFileSync : linkOrCopy;
    put(join(node, file), place(target, file));
  }
  for (const file of filesOf(node, 'dist').filter(isScript)) {
    const code = readFileSync(join(node, file), 'utf8');
    writeFileSync(
      place(target, file),
      code.replaceAll('require("onnxruntime-common")', 'require("../common/index.js")'),
    );
  }
  for (const file of filesOf(common, 'dist/cjs').filter(isScript)) {
    copyFileSync(join(common, file), place(target, file.replace('dist/cjs', 'common')));
  }
  writeFileSync(join(target, 'LICENSE'), LICENSE);
  // Last: it says that the others are complete.
  writeFileSync(join(target, 'package.json'), manifest);
}

function folderOf(name) {
  // Of a package that exports no package.json, Node.js still says where it looked.
  const found = createRequire(import.meta.url)
    .resolve.paths(name)
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

function filesOf(folder, below) {
  return readdirSync(join(folder, below), { recursive: true })
    .map((file) => `${below}/${file.replaceAll('\\', '/')}`)
    .filter((file) => statSync(join(folder, file)).isFile());
}

const isScript = (file) => file.endsWith('.js');

/**
 * Of macOS's library there are two copies. The load commands of the binding, and the library's own name, are
 * libonnxruntime.1.dylib; nothing asks for the one whose name is the whole version.
 */
function isDouble(folder, file) {
  const asked = file.replace(/(libonnxruntime\.\d+)\.\d+\.\d+\.dylib$/, '$1.dylib');
  return asked !== file && existsSync(join(folder, asked));
}

function place(target, file) {
  const path = join(target, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
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
