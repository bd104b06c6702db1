/** Says which folders and files have grown too large to be found one's way in; part of `npm run lint`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const MOST_FILES = 25;
const MOST_LINES = 300;

/** Folders are for people who look for something; fixtures are looked for by tests only. */
const UNCOUNTED = /^test\/(fixtures|golden)\//;
const CODE = /\.(tsx?|js|mjs|cjs|py|sh)$/;

const listed = execFileSync('git', [
  'ls-files',
  '--cached',
  '--others',
  '--exclude-standard',
  'src',
  'test',
  'scripts',
  'examples',
]);
const files = String(listed)
  .split('\n')
  .filter((file) => file !== '' && existsSync(file) && !UNCOUNTED.test(file));

const folders = new Map();
for (const file of files) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);

const complaints = [
  ...[...folders].filter(([, count]) => count > MOST_FILES).map(([folder, count]) => `${folder}: ${count} files`),
  ...files
    .filter((file) => CODE.test(file))
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ file, lines }) => `${file}: ${lines} lines`),
];
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) {
  console.error(`A folder holds at most ${MOST_FILES} files, a file at most ${MOST_LINES} lines: group or split them.`);
  process.exitCode = 1;
}
