/** What every store keeps, on the real thing: a disk, and an emulator of S3. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { join } from '../../src/storage/paths.js';
import { storeOf } from '../../src/storage/registry.js';
import { Conflict, CutShort, NotThere, type Store } from '../../src/storage/store.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { hasMoto, onS3, startMoto, useStore } from '../helpers/storage/moto.js';

const disk = temporaryFolder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

beforeAll(async () => {
  if (hasMoto) useStore(await startMoto(['contract']));
});

describe.each([
  ['a disk', join(disk, 'contract'), test],
  ['S3', 's3://contract/some folder', onS3],
] as const)('on %s', (_, root, tests) => {
  const store = (): Store => storeOf(root);
  const at = (...names: string[]) => join(root, ...names);

  tests('a file is written with the folders above it, found, read, replaced and removed', async () => {
    const path = at('a', 'b', 'größe+1.txt');
    expect(await store().look(path)).toBeUndefined();
    await expect(store().read(path)).rejects.toThrow(NotThere);
    await store().write(path, 'one');
    expect(await store().look(path)).toMatchObject({ kind: 'file', size: 3 });
    expect(await store().look(at('a'))).toMatchObject({ kind: 'folder' });
    await store().write(path, [new TextEncoder().encode('tw'), new TextEncoder().encode('o!!')]);
    expect(text(await store().read(path))).toBe('two!!');
    await store().remove(path);
    await store().remove(path);
    expect(await store().look(path)).toBeUndefined();
  });

  tests('folders are listed, by what is in them and by all that is below them', async () => {
    for (const name of ['x', 'x-1', 'y/z', 'y/w/v']) await store().write(at('list', name), name);
    const entries = await store().list(at('list'));
    expect(entries.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual(['file x', 'file x-1', 'folder y']);
    const files = await store().files(at('list'));
    expect([...files.keys()].sort()).toEqual(['x', 'x-1', 'y/w/v', 'y/z']);
    expect(files.get('y/w/v')?.size).toBe(5);
    expect(await store().files(at('none'))).toEqual(new Map());
    expect(await store().checkFolder(at('list'))).toBe(true);
    expect(await store().checkFolder(at('none', 'such'))).toBe(false);
    expect(await store().look(at('none'))).toBeUndefined();
    await expect(store().checkFolder(at('list', 'x'))).rejects.toThrow(/is a file, expected a folder/);
  });

  tests('ranges are read, and a file that ends too early is known', async () => {
    const content = randomBytes(3_000_000);
    const path = at('range');
    await store().write(path, content);
    const into = new Uint8Array(1000);
    await store().readInto(path, 1_234_567, into);
    expect(Buffer.from(into).equals(content.subarray(1_234_567, 1_235_567))).toBe(true);
    await expect(store().readInto(path, 2_999_500, into)).rejects.toThrow(new CutShort(3_000_000));
    await expect(store().readInto(path, 4_000_000, into)).rejects.toThrow(CutShort);
    const parts: Uint8Array[] = [];
    for await (const part of store().stream(path, { start: 10, end: 2_500_000 })) parts.push(part);
    expect(Buffer.concat(parts).equals(content.subarray(10, 2_500_000))).toBe(true);
    for await (const part of store().stream(path, { start: 3_000_000 })) expect(part).toHaveLength(0);
    await store().write(at('empty'), '');
    expect(await store().read(at('empty'))).toHaveLength(0);
    expect(await store().look(at('empty'))).toMatchObject({ kind: 'file', size: 0 });
  });

  tests('of many that write a file that must not be there, one wins', async () => {
    const path = at('only');
    const tried = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => store().write(path, `writer ${i}`, { only: { absent: true } })),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of tried) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Conflict);
    const winner = tried.findIndex(({ status }) => status === 'fulfilled');
    expect(text(await store().read(path))).toBe(`writer ${winner}`);
  });

  tests('a folder is no file', async () => {
    await store().write(at('folder', 'file'), '');
    await expect(store().read(at('folder'))).rejects.toThrow(/is a folder, expected a file/);
  });
});

onS3('of many that replace a version, one wins, and a version that is gone is not read', async () => {
  const store = storeOf('s3://contract');
  const path = 's3://contract/versions';
  const version = (await store.write(path, 'first'))!;
  expect((await store.look(path))?.version).toBe(version);
  expect((await store.files('s3://contract')).get('versions')?.version).toBe(version);
  const tried = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) => store.write(path, `writer ${i}`, { only: { version } })),
  );
  expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await expect(store.readInto(path, 0, new Uint8Array(2), version)).rejects.toThrow(
    /^s3:\/\/contract\/versions: was replaced while it was read; try again$/,
  );
  await store.remove(path);
  await expect(store.write(path, 'again', { only: { version } })).rejects.toThrow(Conflict);
});

onS3('what is larger than a part goes up in parts, and is there whole or not at all', async () => {
  const store = storeOf('s3://contract');
  const path = 's3://contract/large';
  const piece = randomBytes(9_000_000);
  const pieces = Array.from({ length: 9 }, () => piece);
  const broken = (function* () {
    yield* pieces;
    throw new Error('the disk broke');
  })();
  await expect(store.write(path, broken)).rejects.toThrow('the disk broke');
  expect(await store.look(path)).toBeUndefined();
  const version = (await store.write(path, pieces, { only: { absent: true } }))!;
  expect(await store.look(path)).toMatchObject({ size: 81_000_000, version });
  expect(Buffer.from(await store.read(path)).equals(Buffer.concat(pieces))).toBe(true);
  await expect(store.write(path, pieces, { only: { absent: true } })).rejects.toThrow(Conflict);
});
