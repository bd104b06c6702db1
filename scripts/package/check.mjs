/**
 * Whether the package installs and works where nothing else is: packs, lints tarball and types, installs the tarball in an empty
 * folder with an empty HOME and no cache, measures what that takes, and runs the command.
 *
 *   npm run package:check              also globally, by npx, and the demo: some three minutes
 *   npm run package:check -- --short   half a minute
 */
import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from './empty-folder.mjs';
import { pack } from './pack.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** MB that node_modules may take: the clients of S3 and of a queue are some 25 of them. */
const MOST_INSTALLED = 360;

/** Seconds that the demo may take, on two cores that nobody else uses. */
const LONGEST_DEMO = 60;

const short = process.argv.includes('--short');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const place = emptyFolder();
const tarball = pack(place.home);
say(`packed: ${megabytes(statSync(tarball).size)} MB`);

execFileSync('npx', ['publint', 'run', tarball, '--strict'], { stdio: ['ignore', 'ignore', 'inherit'] });
say('publint: clean');
// There is no CommonJS, and no Node.js that the package runs on looks types up in the old way.
execFileSync('npx', ['attw', tarball, '--profile', 'esm-only'], { stdio: ['ignore', 'ignore', 'inherit'] });
say('attw: clean');

const installed = place.run(`npm install --no-audit --no-fund ${tarball}`);
const size = megabytes(sizeOf(join(place.work, 'node_modules')));
say(`npm install <tarball>: ${seconds(installed)}, node_modules ${size} MB`);
if (size > MOST_INSTALLED) fail(`node_modules takes ${size} MB, more than ${MOST_INSTALLED}`);
if (existsSync(join(place.work, 'node_modules/onnxruntime-web'))) fail('onnxruntime-web was installed unasked');
expectVersion('npx onnx-explain --version');

const unpacked = join(place.work, 'node_modules/onnx-explain');
const links = Array.from(
  readFileSync(join(unpacked, 'README.md'), 'utf8').matchAll(/\]\(([^:)#]+)[^)]*\)/g),
  ([, to]) => to,
);
const dangling = links.filter((to) => !existsSync(join(unpacked, to)));
if (dangling.length > 0) fail(`README.md links to what is not in the package: ${dangling.join(', ')}`);
say(`README.md: ${links.length} links, each to a file of the package`);

place.run('npx onnx-explain create lenet --out m.onnx');
place.run('npx onnx-explain check m.onnx --baseline b.json --data fashion-mnist-sample --update-baseline');
const judged = place.run('npx onnx-explain check m.onnx --baseline b.json').stdout;
const missing = 'onnxruntime-web is not installed, npm install onnxruntime-web';
if (!judged.includes(missing)) fail(`check does not say "${missing}":\n${judged}`);
say('create, check: done, and the rule that needs onnxruntime-web says so');
place.run('npx onnx-explain train --model m.onnx --data fashion-mnist-sample --epochs 1 --out run');
const unserved = place.run('npx onnx-explain serve run', { expected: [2] }).stderr;
if (!unserved.includes(missing)) fail(`serve does not say "${missing}":\n${unserved}`);
const { outputFiles } = await build({
  stdin: { contents: "export * from 'onnx-explain/web'", resolveDir: place.work },
  bundle: true,
  format: 'esm',
  platform: 'browser',
  external: ['onnxruntime-web*'],
  write: false,
});
say(`serve: says so too; onnx-explain/web, bundled for a browser: ${outputFiles[0].contents.length >> 10} kB`);
const typed = `import('onnx-explain').then(({ nodeRuntime }) => console.log(nodeRuntime({ threads: 1 }).name))`;
say(`as a library: ${place.run(`node -e "${typed}"`).stdout.trim()}`);

if (!short) {
  const demo = place.run('npx onnx-explain demo');
  say(`demo: ${seconds(demo)}${demo.seconds > LONGEST_DEMO ? `, MORE THAN ${LONGEST_DEMO} s` : ''}`);
  const prefix = `npm_config_prefix=${place.home}/global`;
  place.run(`${prefix} npm install --no-audit --no-fund -g ${tarball}`);
  expectVersion(`${place.home}/global/bin/onnx-explain --version`);
  if (!existsSync(join(place.home, 'global/share/man/man1/onnx-explain.1'))) fail('there is no manual page');
  say('npm install -g <tarball>: done, with its manual page');
  // A bare path from the root would be run as a program.
  expectVersion(`npx --yes file:${tarball} --version`);
  say('npx <tarball>: done');
}

function expectVersion(line) {
  const printed = place.run(line).stdout.trim();
  if (printed !== version) fail(`${line}: expected ${version}, found ${printed}`);
}

function sizeOf(path) {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.blocks * 512;
  return stats.blocks * 512 + readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function megabytes(bytes) {
  return Math.ceil(bytes / 2 ** 20);
}

function seconds(done) {
  return `${done.seconds.toFixed(0)} s`;
}

function say(line) {
  console.log(line);
}

function fail(why) {
  throw new Error(why);
}
