import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../src/errors.js';
import { readResult, writeResult } from '../../src/results/result-file.js';
import type { Result } from '../../src/results/kinds.js';
import { syntheticTrace } from '../helpers/synthetic-trace.js';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'results-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Results as commit b834af1 wrote them (on a LeNet after an epoch), their lists cut to two entries. */
const EARLIER = join('test', 'fixtures', 'results');

describe('a result of an earlier build', () => {
  test.each(['trace', 'representer', 'attribute', 'audit'] as const)(
    'of %s is read, and written again',
    async (kind) => {
      const path = join(EARLIER, `${kind}.json`);
      const result = await readResult(path, kind);
      expect(result).toEqual(JSON.parse(await readFile(path, 'utf8')));
      await inFolder(async (folder) => {
        await writeResult(join(folder, 'result.json'), result);
        expect(await readResult(join(folder, 'result.json'))).toEqual(result);
      });
    },
  );
});

/** The message of the InputError that reading this text as a result ends in. */
async function messageFor(content: string | Uint8Array): Promise<string> {
  let message = '';
  await inFolder(async (folder) => {
    const path = join(folder, 'result.json');
    await writeFile(path, content);
    const error: unknown = await readResult(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    message = (error as InputError).message;
    expect(message.startsWith(`${path}: `)).toBe(true);
    expect(message).not.toMatch(/[\n\r]/);
    message = message.slice(path.length + 2);
  });
  return message;
}

/** A copy of the synthetic result in which the value at this place is replaced (undefined: left out). */
function withValue(place: readonly (string | number)[], value: unknown): Result {
  const copy = structuredClone(syntheticTrace()) as unknown;
  let parent = copy as Record<string | number, unknown>;
  for (const key of place.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = place.at(-1)!;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as Result;
}

/** Every place in a value, as a list of keys. */
function placesIn(value: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return at.length > 0 ? [[...at]] : [];
  const inside = Array.isArray(value)
    ? value.slice(0, 2).flatMap((item, i) => placesIn(item, [...at, i]))
    : Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]));
  return at.length > 0 ? [[...at], ...inside] : inside;
}

describe('writeResult and readResult', () => {
  test('give back what was written', async () => {
    await inFolder(async (folder) => {
      const result = syntheticTrace({ queries: 2 });
      const path = join(folder, 'deep', 'result.json');
      await writeResult(path, result);
      expect(await readResult(path)).toEqual(result);
      expect((await readResult(path, 'trace')).queries).toHaveLength(2);
      expect(await readdir(join(folder, 'deep'))).toEqual(['result.json']);
    });
  });

  test.each([
    [['queries', 0, 'layers', 2, 'norm'], NaN, 'queries[0].layers[2].norm'],
    [['queries', 0, 'predicted', 'probability'], Infinity, 'queries[0].predicted.probability'],
    [['queries', 0, 'layers', 0, 'classes', 3, 'ridge', 'density', 5], -Infinity, '.classes[3].ridge.density[5]'],
    [['options', 'learning rate'], NaN, 'options["learning rate"]'.replaceAll('"', '')],
  ])('writing %p = %p is an error that names the place, and writes nothing', async (place, value, name) => {
    await inFolder(async (folder) => {
      const error: unknown = await writeResult(join(folder, 'r.json'), withValue(place, value)).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(name);
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test('an old file stays whole when the new result is refused', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'result.json');
      await writeResult(path, syntheticTrace());
      const before = await readFile(path, 'utf8');
      await expect(writeResult(path, withValue(['queries', 0, 'layers', 0, 'biasShare'], NaN))).rejects.toThrow(
        'biasShare',
      );
      expect(await readFile(path, 'utf8')).toBe(before);
    });
  });
});

describe('readResult says what is wrong and where', () => {
  test.each([
    [['schemaVersion'], 2, /^schemaVersion: 2 is newer than 1.*update onnx-explain$/],
    [['kind'], 'tarce', /^kind: tarce is none of trace/],
    [['queries', 0, 'layers', 1, 'layer'], 7, /^queries\[0\]\.layers\[1\]\.layer: expected string, found 7$/],
    [['queries', 0, 'layers', 1, 'norm'], undefined, /^queries\[0\]\.layers\[1\]\.norm: is missing$/],
    [['queries', 0, 'layers', 1, 'norm'], -1, /norm: expected >=0, found -1$/],
    [['queries', 0, 'layers', 0, 'reference'], 'half', /reference: expected \("full" \| "delta"\), found half$/],
    [['model', 'sha256'], 'abc', /^model\.sha256: expected 64 hex digits$/],
    [['queries', 0, 'layers', 0, 'classes', 0, 'ridge', 'x'], [0], /ridge: x and density must have the same length$/],
  ])('%p = %p', async (place, value, message) => {
    expect(await messageFor(JSON.stringify(withValue(place, value)))).toMatch(message);
  });

  test('no JSON, no object, no UTF-8, no file', async () => {
    expect(await messageFor('{"kind": \n "trace"')).toMatch(/^not JSON \(.*whole\?$/);
    expect(await messageFor('[]')).toMatch(/^kind: is missing|^not a result/);
    expect(await messageFor('"text"')).toMatch(/^not a result: expected Object, found text$/);
    expect(await messageFor(Uint8Array.of(0x22, 0xff, 0xfe, 0x22))).toMatch(/^not UTF-8/);
    await expect(readResult('/nowhere/result.json')).rejects.toThrow(InputError);
  });

  test('a hostile value cannot break the line or flood it', async () => {
    const message = await messageFor(JSON.stringify(withValue(['kind'], 'a\nb\r' + 'x'.repeat(5000))));
    expect(message.length).toBeLessThan(200);
  });

  test('whatever is put in the place of a value, the result is refused in one line or is a valid one', async () => {
    const whole = syntheticTrace({ layers: ['fc'], steps: 4 });
    const places = placesIn(whole);
    const odd = fc.constantFrom<unknown>(undefined, null, [], {}, '', 'x', -1, 0.5, 1e300, true, [null], { kind: 1 });
    await inFolder(async (folder) => {
      const path = join(folder, 'result.json');
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...places), odd, async (place, value) => {
          const copy = structuredClone(whole) as unknown;
          let parent = copy as Record<string | number, unknown>;
          for (const key of place.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
          if (value === undefined) delete parent[place.at(-1)!];
          else parent[place.at(-1)!] = value;
          await writeFile(path, JSON.stringify(copy));
          const read: unknown = await readResult(path).catch((error: unknown) => error);
          if (!(read instanceof Error)) return void (await writeResult(path, read as Result));
          expect(read).toBeInstanceOf(InputError);
          expect(read.message).toMatch(/^[^\n\r]{1,400}$/);
          expect(read.message.startsWith(`${path}: `)).toBe(true);
        }),
        { numRuns: 150 },
      );
    });
  });

  test('a file cut at any byte is refused', async () => {
    const text = JSON.stringify(syntheticTrace({ layers: ['fc'], steps: 40 }));
    await inFolder(async (folder) => {
      const path = join(folder, 'result.json');
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: text.length - 1 }), async (length) => {
          await writeFile(path, text.slice(0, length));
          await expect(readResult(path)).rejects.toThrow(InputError);
        }),
        { numRuns: 30 },
      );
    });
  });
});
