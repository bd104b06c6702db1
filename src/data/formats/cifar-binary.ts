/**
 * CIFAR-10 and CIFAR-100 as published in binary form: records of one label byte (CIFAR-100: coarse, then fine) and
 * 3×32×32 bytes of pixels, channel planes first.
 */
import { InputError } from '../../errors.js';
import { look } from '../../files.js';
import { join } from '../../storage/paths.js';
import { numberedNames, readNameList, toLabels } from '../class-names.js';
import { openBytes } from '../byte-reader.js';
import type { ExampleOrigin, Split } from '../dataset.js';
import { bytesText, countText, printable, someOf } from '../printable.js';
import type { Format, Place, ReadRequest, Source } from '../source.js';

const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;

interface CifarFiles {
  readonly files: Readonly<Record<Split, RegExp>>;
  /** For the message. */
  readonly wanted: Readonly<Record<Split, string>>;
  readonly names: string;
  /** Bytes of labels before the pixels; the last of them is the class. */
  readonly labelBytes: number;
}

const LAYOUTS: readonly CifarFiles[] = [
  {
    files: { train: /^data_batch_\d+\.bin$/, test: /^test_batch\.bin$/ },
    wanted: { train: 'data_batch_1.bin …', test: 'test_batch.bin' },
    names: 'batches.meta.txt',
    labelBytes: 1,
  },
  {
    files: { train: /^train\.bin$/, test: /^test\.bin$/ },
    wanted: { train: 'train.bin', test: 'test.bin' },
    names: 'fine_label_names.txt',
    labelBytes: 2,
  },
];

/** Reader of CIFAR binary batches. */
export const cifarBinaryFormat: Format = {
  in: 'folder',
  expects: 'CIFAR binary batches (data_batch_1.bin … and test_batch.bin, or train.bin and test.bin)',
  matches: (place) => layoutOf(place) !== undefined,
  read,
};

function layoutOf({ files }: Place): CifarFiles | undefined {
  return LAYOUTS.find((layout) => files.some((name) => layout.files.train.test(name) || layout.files.test.test(name)));
}

async function read(place: Place, { split, memoryLimit }: ReadRequest): Promise<Source> {
  const layout = layoutOf(place)!;
  const files = place.files.filter((name) => layout.files[split].test(name)).sort(byNumber);
  if (files.length === 0) {
    throw new InputError(
      `${place.shown}: has no ${split} split, looked for ${layout.wanted[split]} and found ${someOf(place.files)}; ` +
        'add the file or choose the other split',
    );
  }
  const recordBytes = layout.labelBytes + PIXELS;
  const records: number[] = [];
  for (const name of files) records.push(await recordCount(join(place.path, name), recordBytes));
  const length = records.reduce((a, b) => a + b, 0);
  if (length * PIXELS > memoryLimit) {
    throw new InputError(
      `${place.shown}: takes ${bytesText(length * PIXELS)}, more than the memory limit of ${bytesText(memoryLimit)}; ` +
        'raise the limit',
    );
  }

  const examples = new Uint8Array(length * PIXELS);
  const classes = new Uint8Array(length);
  let at = 0;
  for (const [i, name] of files.entries()) {
    const { reader } = await openBytes(join(place.path, name));
    try {
      const labels = new Uint8Array(layout.labelBytes);
      for (const end = at + records[i]!; at < end; at++) {
        const filled =
          (await reader.fill(labels)) + (await reader.fill(examples.subarray(at * PIXELS, (at + 1) * PIXELS)));
        if (filled < recordBytes) throw new InputError(`${place.shown}/${name}: became shorter while it was read`);
        classes[at] = labels.at(-1)!;
      }
    } finally {
      await reader.close();
    }
  }
  const listed = place.files.includes(layout.names) ? await readNameList(join(place.path, layout.names)) : undefined;
  const labels = toLabels(classes, `${place.shown} (${split})`, listed?.length);
  return {
    shape: SHAPE,
    elementType: 'uint8',
    kind: 'image',
    labels,
    classNames: listed ?? numberedNames(labels),
    origin: (index) => recordOf(index, files, records),
    examples,
  };
}

/** Which record of which file an example is. */
function recordOf(index: number, files: readonly string[], records: readonly number[]): ExampleOrigin {
  let row = index;
  for (const [i, file] of files.entries()) {
    if (row < records[i]!) return { file, row };
    row -= records[i]!;
  }
  throw new RangeError(`no example ${index}`);
}

async function recordCount(path: string, recordBytes: number): Promise<number> {
  const size = (await look(path))?.size ?? 0;
  if (size === 0 || size % recordBytes !== 0) {
    throw new InputError(
      `${printable(path)}: holds ${countText(size)} bytes, expected a multiple of ${countText(recordBytes)}; get the file again`,
    );
  }
  return size / recordBytes;
}

/** `data_batch_2` before `data_batch_10`. */
function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
