/** ONNX Runtime as the package carries it: complete for every system, and without anything that installs. */
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = 'dist/onnxruntime-node';
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
const ending = (end: RegExp) => files.filter((file) => end.test(file)).map((file) => join(FOLDER, file));

test('has no script, and needs no other package', () => {
  expect(Object.keys(JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as object)).toEqual(
    expect.not.arrayContaining(['scripts', 'dependencies']),
  );
  const foreign = ending(/\.js$/).flatMap((file) =>
    Array.from(readFileSync(file, 'utf8').matchAll(/require\(["']([^."'][^"']*)["']\)/g), ([, name]) => name!),
  );
  expect([...new Set(foreign)]).toEqual(['worker_threads']);
  expect(existsSync(join(FOLDER, 'LICENSE'))).toBe(true);
});

describe('each library that a binding is loaded with lies beside it', () => {
  const bindings = ending(/\.node$/);

  test('for five systems', () => {
    const systems = bindings.map((file) => file.split(/[\\/]/).slice(-3, -1).join(' '));
    expect(systems.sort()).toEqual(['darwin arm64', 'linux arm64', 'linux x64', 'win32 arm64', 'win32 x64']);
  });

  test.each(bindings)('%s', (file) => {
    const asked = file.includes('darwin') ? machOLibraries(readFileSync(file)) : namesIn(file);
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect(existsSync(join(dirname(file), name))).toBe(true);
  });
});

test('a program may have onnxruntime-node itself besides', () => {
  const model = JSON.stringify('models/mlp.onnx');
  const ours = JSON.stringify(pathToFileURL('dist/runtime/node.js').href);
  const program = `
    import ort from 'onnxruntime-node';
    import { readFileSync } from 'node:fs';
    const { nodeRuntime } = await import(${ours});
    const session = await nodeRuntime({ threads: 1 }).createSession(readFileSync(${model}));
    const theirs = await ort.InferenceSession.create(${model});
    console.log(session.outputs[0].name, theirs.outputNames[0]);`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(printed.trim()).toBe('logits logits');
});

/** What the load commands of a Mach-O file of 64 bits ask for beside the file itself. */
function machOLibraries(bytes: Buffer): string[] {
  const [LOAD_DYLIB, HEADER] = [0xc, 32];
  expect(bytes.readUInt32LE(0)).toBe(0xfeedfacf);
  const found: string[] = [];
  for (let [i, at] = [0, HEADER]; i < bytes.readUInt32LE(16); i++, at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== LOAD_DYLIB) continue;
    const name = bytes.subarray(at + bytes.readUInt32LE(at + 8), at + bytes.readUInt32LE(at + 4)).toString('latin1');
    const [, own] = /^@rpath\/([^\0]+)/.exec(name) ?? [];
    if (own !== undefined) found.push(own);
  }
  return found;
}

/** ELF and PE files hold the names of libraries as plain text. */
function namesIn(file: string): string[] {
  const text = readFileSync(file, 'latin1');
  return [...new Set(text.match(/\b(?:libonnxruntime\.so\.1|onnxruntime\.dll)(?=\0)/g))];
}
