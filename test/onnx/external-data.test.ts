import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf, onnx, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { float32 } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';
import { awayFromZero } from '../helpers/gradients/gradient-check.js';
import { expectSameOutputs } from '../helpers/run-model.js';

const fixtures = fileURLToPath(new URL('../fixtures/onnx/', import.meta.url));
const EXTERNAL = onnx.TensorProto.DataLocation.EXTERNAL;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'external-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** A model file whose weight `w` of `dims` stands where `entries` say. */
async function modelWith(entries: Record<string, string>, dims = [2], count = 1): Promise<string> {
  const g = new GraphBuilder();
  g.input('x', 'float32', dims);
  const names = Array.from({ length: count }, (_, i) => `w${i}`);
  g.add(makeNode('Sum', ['x', ...names], ['y']));
  g.output('y', 'float32');
  for (const name of names) {
    const externalData = Object.entries(entries).map(([key, value]) => new onnx.StringStringEntryProto({ key, value }));
    g.graph.initializer.push(new onnx.TensorProto({ name, dims, dataType: 1, dataLocation: EXTERNAL, externalData }));
  }
  const path = join(directory, 'm.onnx');
  await writeFile(path, encodeModel(g.model()));
  return path;
}

const weights = ({ model }: { model: Model }) => graphOf(model).initializer.map((stored) => decodeTensor(stored).data);

test('a model that PyTorch wrote with its weights beside it', async () => {
  const [external, inside] = await Promise.all([
    readModelFile(join(fixtures, 'external.onnx')),
    readModelFile(join(fixtures, 'script-cnn.onnx')),
  ]);
  const feeds = { input: float32(Float32Array.from(awayFromZero([2, 1, 8, 8]).data), [2, 1, 8, 8]) };
  await expectSameOutputs(external.model, inside.model, feeds);
});

describe('writing', () => {
  test('large weights go beside the model, read by us and by ONNX Runtime as before', async () => {
    const model = create('lenet', { seed: 4 });
    const path = join(directory, 'models', 'lenet.onnx');
    await writeModelFile(path, model, true);
    const data = await stat(`${path}.data`);
    // 61,706 numbers less those of the biases and the first kernels, which are smaller than 1 KiB and stay inside.
    expect(data.size).toBeGreaterThan(4 * 60_000);
    expect((await stat(path)).size).toBeLessThan(10_000);
    const read = await readModelFile(path);
    expect(Buffer.compare(encodeModel(read.model), encodeModel(model))).toBe(0);
    // Written from the model that was given, which stays whole.
    expect(graphOf(model).initializer.every(({ dataLocation }) => dataLocation !== EXTERNAL)).toBe(true);
  });

  test('each weight begins at a multiple of 4096 bytes, so that it can be mapped into memory', async () => {
    const path = join(directory, 'm.onnx');
    await writeModelFile(path, create('mlp', { inputShape: [300], hidden: [7, 300] }), true);
    const stored = onnx.ModelProto.decode(await readFile(path)).graph!.initializer;
    const offsets = stored.flatMap(({ externalData }) =>
      externalData.filter(({ key }) => key === 'offset').map(({ value }) => Number(value)),
    );
    expect(offsets.length).toBeGreaterThan(2);
    expect(offsets.map((offset) => offset % 4096)).toEqual(offsets.map(() => 0));
    // ONNX Runtime opens the pair too.
    const output = execFileSync(process.execPath, [
      '--input-type=module',
      '-e',
      `import ort from 'onnxruntime-node';
       const session = await ort.InferenceSession.create(process.argv[1]);
       console.log(session.outputNames.join());`,
      path,
    ]);
    expect(output.toString().trim()).toBe('logits');
  });
});

describe('reading', () => {
  test('from an offset, without a length, in a folder below', async () => {
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'data', 'w.bin'), Float32Array.of(9, 9, 1, 2));
    expect(weights(await readModelFile(await modelWith({ location: 'data/w.bin', offset: '8' })))).toEqual([
      Float32Array.of(1, 2),
    ]);
    expect(
      weights(await readModelFile(await modelWith({ location: './data/../data/w.bin', offset: '8', length: '8' }))),
    ).toEqual([Float32Array.of(1, 2)]);
  });

  test('tied weights share their bytes', async () => {
    await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2));
    const { model } = await readModelFile(await modelWith({ location: 'w.bin' }, [2], 3));
    const [first, ...others] = graphOf(model).initializer;
    expect(others.every(({ rawData }) => rawData === first!.rawData)).toBe(true);
  });

  test('through a symbolic link that stays in the folder', async () => {
    await writeFile(join(directory, 'real.bin'), Float32Array.of(1, 2));
    await symlink('real.bin', join(directory, 'w.bin'));
    expect(weights(await readModelFile(await modelWith({ location: 'w.bin' })))).toEqual([Float32Array.of(1, 2)]);
  });

  test('of a model that itself stands behind a link, from the folder of the link', async () => {
    await mkdir(join(directory, 'store'));
    const path = await modelWith({ location: 'w.bin' });
    await copyFile(path, join(directory, 'store', 'blob'));
    await rm(path);
    await symlink('store/blob', path);
    await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2));
    expect(weights(await readModelFile(path))).toEqual([Float32Array.of(1, 2)]);
  });
});

describe('refusing', () => {
  const refused = (path: string) => expect(readModelFile(path)).rejects;

  test('a file that is missing', async () => {
    const path = await modelWith({ location: 'w.bin' });
    await refused(path).toBeInstanceOf(InputError);
    await refused(path).toThrow(/tensor "w0": external data is missing: .*w.bin: no such file/);
  });

  test.each([['../w.bin'], ['a/../../w.bin'], ['/etc/hostname'], [''], ['..']])(
    'a path that leaves the folder: "%s"',
    async (location) => {
      await mkdir(join(directory, 'models'));
      await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2));
      const path = await modelWith({ location });
      const inner = join(directory, 'models', 'm.onnx');
      await copyFile(path, inner);
      await refused(inner).toThrow(/lies outside the model's folder; move it beside the model/);
    },
  );

  test('a symbolic link that leaves the folder, to a file or through a folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    try {
      await writeFile(join(outside, 'w.bin'), Float32Array.of(1, 2));
      await symlink(join(outside, 'w.bin'), join(directory, 'w.bin'));
      await symlink(outside, join(directory, 'folder'));
      await refused(await modelWith({ location: 'w.bin' })).toThrow(/outside the model's folder/);
      await refused(await modelWith({ location: 'folder/w.bin' })).toThrow(/outside the model's folder/);
      await symlink('loop', join(directory, 'loop'));
      await refused(await modelWith({ location: 'loop' })).toThrow(/leads back to itself/);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test('what is not a file: a folder, a pipe', async () => {
    await mkdir(join(directory, 'folder'));
    await refused(await modelWith({ location: 'folder' })).toThrow(/is not a file/);
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    await refused(await modelWith({ location: 'pipe' })).toThrow(/is not a file/);
  });

  test('a file that ends too early', async () => {
    const path = join(directory, 'lenet.onnx');
    await writeModelFile(path, create('lenet'), true);
    const { size } = await stat(`${path}.data`);
    await truncate(`${path}.data`, size - 1);
    await refused(path).toThrow(/tensor "fc3.weight": needs bytes \d+ to \d+ of .*lenet.onnx.data, which has \d+/);
  });

  test.each([
    [{ offset: '-8' }, /offset "-8" is not a whole number/],
    [{ offset: 'eight' }, /offset "eight" is not a whole number/],
    [{ length: '4' }, /its shape needs 8 bytes, the model says 4/],
    [{ length: '1e300' }, /length "1e300" is not a whole number/],
    [{ offset: '9007199254740991' }, /needs bytes 9007199254740991 to/],
  ] as [Record<string, string>, RegExp][])('numbers that make no sense: %j', async (entries, message) => {
    await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2, 3, 4));
    await refused(await modelWith({ location: 'w.bin', ...entries })).toThrow(message);
  });

  test('a weight larger than the file, before memory is taken for it', async () => {
    await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2));
    await refused(await modelWith({ location: 'w.bin' }, [2 ** 40])).toThrow(/which has 8/);
  });

  test('tensors that share parts of a file: a small file must not fill the memory', async () => {
    await writeFile(join(directory, 'w.bin'), new Float32Array(64));
    const path = await modelWith({ location: 'w.bin' }, [60], 4);
    const model = onnx.ModelProto.decode(await readFile(path));
    model.graph!.initializer.forEach(({ externalData }, i) => {
      externalData.push(new onnx.StringStringEntryProto({ key: 'offset', value: `${4 * i}` }));
    });
    await writeFile(path, onnx.ModelProto.encode(model).finish());
    await refused(path).toThrow(/overlaps other tensors/);
  });
});

test('a relative path without a folder', async () => {
  await writeFile(join(directory, 'w.bin'), Float32Array.of(1, 2));
  const path = await modelWith({ location: 'w.bin' });
  const before = process.cwd();
  process.chdir(dirname(path));
  try {
    expect(weights(await readModelFile(basename(path)))).toHaveLength(1);
  } finally {
    process.chdir(before);
  }
});
