/** Damage that disks, copies and people do to a run directory. */
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../src/run/canonical-json.js';
import type { Random } from '../../src/numeric/random.js';

/** What was done. */
export interface Damage {
  readonly what: string;
  /** Whether the manifest was given a checksum that fits what it says now: then only the form of the answers can be judged. */
  readonly isResealed: boolean;
}

/** Every file below a folder, as paths in it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

/** Does something to a run. @param other another run's folder, with files of the same names */
export function damage(run: string, other: string, random: Random): Damage {
  const kinds = [flip, flip, flip, truncate, extend, remove, zero, swap, swap, fromOther, edit, edit, edit];
  return kinds[random.below(kinds.length)]!(run, random, other);
}

const pick = <T>(list: readonly T[], random: Random): T => list[random.below(list.length)]!;

function change(run: string, random: Random, how: (bytes: Buffer) => [Buffer, string]): Damage {
  const file = pick(filesIn(run), random);
  const [changed, what] = how(readFileSync(join(run, file)));
  writeFileSync(join(run, file), changed);
  return { what: `${file}: ${what}`, isResealed: false };
}

function flip(run: string, random: Random): Damage {
  return change(run, random, (bytes) => {
    const at = random.below(Math.max(1, bytes.length));
    const bit = random.below(8);
    if (bytes.length > 0) bytes[at]! ^= 1 << bit;
    return [bytes, `bit ${bit} of byte ${at} flipped`];
  });
}

function truncate(run: string, random: Random): Damage {
  return change(run, random, (bytes) => {
    const length = random.below(Math.max(1, bytes.length));
    return [bytes.subarray(0, length), `cut off at ${length}`];
  });
}

function extend(run: string, random: Random): Damage {
  return change(run, random, (bytes) => {
    const more = bytes.subarray(0, 1 + random.below(200));
    return [Buffer.concat([bytes, more]), `${more.length} bytes more`];
  });
}

function zero(run: string, random: Random): Damage {
  return change(run, random, (bytes) => {
    const at = random.below(Math.max(1, bytes.length));
    const length = 1 + random.below(512);
    return [bytes.fill(0, at, Math.min(at + length, bytes.length)), `${length} zeros from byte ${at}`];
  });
}

function remove(run: string, random: Random): Damage {
  const file = pick(filesIn(run), random);
  rmSync(join(run, file));
  return { what: `${file}: removed`, isResealed: false };
}

function swap(run: string, random: Random): Damage {
  const files = filesIn(run);
  const first = pick(files, random);
  const alike = files.filter((name) => name !== first && name.split('.').at(-1) === first.split('.').at(-1));
  const second = pick(alike.length > 0 ? alike : files, random);
  const [a, b] = [first, second].map((name) => readFileSync(join(run, name)));
  writeFileSync(join(run, first), b!);
  writeFileSync(join(run, second), a!);
  return { what: `${first} and ${second}: swapped`, isResealed: false };
}

function fromOther(run: string, random: Random, other: string): Damage {
  const file = pick(filesIn(other), random);
  try {
    copyFileSync(join(other, file), join(run, file));
  } catch {
    return flip(run, random);
  }
  return { what: `${file}: another run's`, isResealed: false };
}

const VALUES: readonly unknown[] = [
  null, true, 0, -1, 0.5, 1e9, 2 ** 31, 2 ** 53, 1e308, '', '../../x', '/etc/passwd', 'segment-99999', [], {}, [[]], '\u0000\u001b[2J',
]; // prettier-ignore

/** Changes one value of the manifest, or removes one, mostly without and sometimes with a checksum that fits. */
function edit(run: string, random: Random): Damage {
  const path = join(run, 'run.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  let place: Record<string, unknown> = manifest;
  let key: string;
  for (;;) {
    key = pick(Object.keys(place), random);
    const next = place[key];
    const isHolder = typeof next === 'object' && next !== null && Object.keys(next).length > 0;
    if (!isHolder || random.uniform() < 0.2) break;
    place = next as Record<string, unknown>;
  }
  const value = pick(VALUES, random);
  const isRemoved = random.uniform() < 0.2;
  if (isRemoved) Reflect.deleteProperty(place, key);
  else place[key] = value;
  const isResealed = random.uniform() < 0.6;
  if (isResealed) {
    const rest = { ...manifest, checksum: undefined };
    Object.assign(manifest, { checksum: createHash('sha256').update(canonicalJson(rest)).digest('hex') });
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  const what = isRemoved ? `${key} removed` : `${key} is ${JSON.stringify(value)}`;
  return { what: `run.json: ${what}${isResealed ? ', with a checksum that fits' : ''}`, isResealed };
}
