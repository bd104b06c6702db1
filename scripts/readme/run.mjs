/**
 * Runs what the README shows, word for word and in order, where nothing is but Node.js and npm.
 *
 *   npm run readme              the model that `create` makes, and one from PyTorch where Python has it
 *   npm run readme -- --long    also the exports of docs/exporters.md, and each format of data
 *
 * PYTHON names the Pythons that export, as PATH does; `--keep` leaves the folders for a look.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from '../package/empty-folder.mjs';
import { blocksOf } from './blocks.mjs';
import { EXPORTS, exportModel } from './exports.mjs';
import { FORMATS } from './formats.mjs';
import { writePhotos } from './photos.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(repository);

const long = process.argv.includes('--long');
const place = emptyFolder({ keep: process.argv.includes('--keep') });
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** What `npm install -g` installs into, and the command is found in. */
const prefix = join(place.home, 'global');
place.env.npm_config_prefix = prefix;
place.env.PATH = `${join(prefix, 'bin')}:${place.env.PATH}`;

const [start, install, python, create, commands, library, ...others] = blocksOf('README.md');
expect(start, '', 'npm run quickstart');
expect(install, '', 'npm pack');
expect(python, 'python', 'torch.onnx.export');
expect(create, '', 'onnx-explain create');
expect(commands, '', 'onnx-explain inspect');
expect(library, 'js', 'import');
for (const { file, line } of others) throw new Error(`${file}:${line}: nobody runs this block: scripts/readme/run.mjs`);

/** Models that the commands are run with: what they are called, and how one is put into a folder. */
const MODELS = [
  { name: 'create', write: (folder) => place.run(create.text, { cwd: folder }) },
  ...(long ? EXPORTS : EXPORTS.filter(({ block }) => block === undefined)).map((each) => ({
    ...each,
    write: (folder) => exportModel(each, each.block ?? python.text, folder),
  })),
];

const clone = join(place.work, 'clone');
await timed('a clone', () => place.run(`git clone --quiet ${repository} ${clone}`));
for (const line of start.text.split('\n')) {
  // It is what `.ci/run` itself begins with, and takes minutes.
  if (line.startsWith('npm cit ')) console.log(`README.md: ${said(line)}: skipped: it runs the tests`);
  else await timed(said(line), () => place.run(line, { cwd: clone }));
}
await timed(install.text.split('\n').map(said).join('; '), () => place.run(install.text, { cwd: clone }));

for (const { name, write, missing } of MODELS) {
  const why = missing?.();
  if (why) {
    console.log(`model from ${name}: skipped: ${why}`);
    continue;
  }
  const folder = fresh(`model-${name}`);
  await writePhotos(join(folder, 'photos'));
  await timed(`model from ${name}`, () => write(folder));
  await timed(`model from ${name}: ${commands.text.split('\n').length} commands`, () => runCommands(folder));
}

const project = fresh('project');
for (const made of ['run', 'photos'])
  cpSync(join(place.work, 'model-create', made), join(project, made), { recursive: true });
await timed('as a library', () => {
  place.run(`npm install --no-audit --no-fund ${join(clone, `onnx-explain-${version}.tgz`)}`, { cwd: project });
  writeFileSync(join(project, 'program.mjs'), library.text);
  place.run('node program.mjs', { cwd: project });
});

if (long) {
  for (const format of FORMATS) {
    const folder = fresh(`data-${format.name}`);
    await format.write(folder);
    place.run(`onnx-explain create ${format.create} --out model.onnx`, { cwd: folder });
    await timed(`data as ${format.name}`, () => runCommands(folder, format));
  }
}

/** The commands as they stand there, but for the data where these are others. */
function runCommands(folder, data) {
  const text = data
    ? commands.text.replaceAll('photos/test/cat/1.jpg', data.input).replace('--data photos/', `--data ${data.data}`)
    : commands.text;
  place.run(text, { cwd: folder });
  for (const page of ['why/index.html', 'who/index.html']) {
    if (!existsSync(join(folder, page))) throw new Error(`${folder}: there is no ${page}`);
  }
}

function fresh(name) {
  const folder = join(place.work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return folder;
}

function expect(block, language, beginning) {
  if (block?.language === language && block.text.startsWith(beginning)) return;
  throw new Error(`${block?.file}:${block?.line}: expected a block that begins with "${beginning}"`);
}

/** A command without the remark behind it. */
function said(line) {
  return line.replace(/\s+# .*/, '');
}

async function timed(what, work) {
  const begun = performance.now();
  await work();
  console.log(`README.md: ${what}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
