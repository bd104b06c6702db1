/**
 * Compiles every proto/*.proto into an ES module with types.
 * Run by `npm run build`; a file is compiled again only when its source is newer.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where each schema's module lives: beside the code that owns the format. */
const targets = {
  'proto/onnx.proto': 'src/onnx/gen/onnx.js',
  'proto/delta-log.proto': 'src/log/gen/delta-log.js',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

process.chdir(root);
for (const [source, target] of Object.entries(targets)) {
  if (modified(source) === 0 || modified(target) > modified(source)) continue;
  mkdirSync(dirname(target), { recursive: true });
  const pbjs = ['node_modules/protobufjs-cli/bin/pbjs', '-t', 'static-module', '-w', 'esm'];
  const flags = [
    '--dts',
    '--no-create',
    '--no-verify',
    '--no-delimited',
    '--no-service',
    '--no-typeurl',
    '--no-convert',
    '--force-message',
  ];
  execFileSync(process.execPath, [...pbjs, ...flags, '-o', target, source], { stdio: 'inherit' });
}
