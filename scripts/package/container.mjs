/**
 * Tries Containerfile: builds the image where podman or docker can, and otherwise runs its steps one by one in an empty folder
 * that stands for the container's root, with the Node.js that is here. Then runs the command as an ordinary user.
 *
 *   node scripts/package/container.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from './empty-folder.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const builder = ['podman', 'docker'].find((name) => spawnSync(name, ['info']).status === 0);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const found = builder ? byContainer(builder) : byHand();
if (found !== version) throw new Error(`expected version ${version}, found ${found}`);
console.log(builder ? `built and run by ${builder}` : 'skipped: no podman or docker; the steps were run one by one');

function byContainer(name) {
  execFileSync(name, ['build', '-f', 'Containerfile', '-t', 'onnx-explain', '.'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return String(execFileSync(name, ['run', '--rm', 'onnx-explain', '--version'])).trim();
}

/** Each instruction as far as it can be followed without a container; an unknown one is a fault. */
function byHand() {
  const place = emptyFolder();
  /** Folders of the container are folders here. */
  const here = (text) => text.replace(/(?<![\w./-])\/(source|opt|work|tmp)\b/g, join(place.work, '$1'));
  for (const folder of ['opt', 'tmp', 'work']) mkdirSync(join(place.work, folder));
  let [directory, entry] = [place.work, undefined];
  for (const [name, rest] of instructions()) {
    if (name === 'WORKDIR') mkdirSync((directory = here(rest)), { recursive: true });
    else if (name === 'RUN') console.log(`${rest}: ${place.run(here(rest), { cwd: directory }).seconds.toFixed(0)} s`);
    else if (name === 'COPY' && rest === '. .') execFileSync('sh', ['-c', `git archive HEAD | tar x -C ${directory}`]);
    else if (name === 'ENTRYPOINT') [entry] = JSON.parse(rest);
    // Both stages are one folder here.
    else if (!['FROM', 'COPY', 'ENV', 'VOLUME', 'USER'].includes(name)) throw new Error(`${name}: unknown`);
  }
  chmodSync(dirname(place.work), 0o755);
  const asUser = process.getuid?.() === 0 ? 'setpriv --reuid 1000 --regid 1000 --clear-groups ' : '';
  return place.run(`HOME=/tmp ${asUser}${join(place.work, 'opt/onnx-explain/bin', entry)} --version`).stdout.trim();
}

function instructions() {
  const lines = readFileSync('Containerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => /^(\w+) (.*)$/.exec(line).slice(1));
}
