/** An `.npz` archive of NumPy arrays: examples, their class numbers, and perhaps test examples and class names. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { cleanNames, numberedNames, toLabels } from '../class-names.js';
import type { ExampleArray } from '../dataset.js';
import { announcedHoldOut } from '../hold-out.js';
import { readNpy, type NpyArray } from '../npy.js';
import { channelAxisFirst } from '../pictures.js';
import { count, printable, shapeText, someOf } from '../printable.js';
import type { Format, Place, ReadRequest, Source } from '../source.js';
import { withZip, type ZipArchive } from '../zip.js';

/** Names that arrays go by: ours, Keras's and MedMNIST's. The first pair found counts. */
const LAYOUTS = [
  { train: ['x', 'y'], test: ['x_test', 'y_test'] },
  { train: ['x_train', 'y_train'], test: ['x_test', 'y_test'] },
  { train: ['train_images', 'train_labels'], test: ['test_images', 'test_labels'] },
] as const;

/** Reader of `.npz` files. */
export const npzFormat: Format = {
  in: 'file',
  expects: 'an .npz file with the arrays x and y',
  matches: ({ head }) => head[0] === 0x50 && head[1] === 0x4b,
  read: (place, request) => withZip(place.path, (archive) => read(place, request, archive)),
};

async function read(place: Place, request: ReadRequest, archive: ZipArchive): Promise<Source> {
  const { split, memoryLimit, notice } = request;
  const has = (name: string): boolean => archive.names.includes(`${name}.npy`);
  const array = (name: string): Promise<NpyArray> =>
    archive.read(`${name}.npy`, (reader, size) => readNpy(reader, size, `${place.shown}, array ${name}`, memoryLimit));
  const labelsOf = async (name: string, classes?: number): Promise<Int32Array> =>
    labelVector(await array(name), `${place.shown}, array ${name}`, classes);

  const layout =
    LAYOUTS.find(({ train }) => train.every(has)) ??
    (split === 'test' ? LAYOUTS.find(({ test }) => test.every(has)) : undefined);
  if (!layout) {
    const wanted = LAYOUTS.map(({ train }) => train.join(' and ')).join(', or ');
    throw new InputError(
      `${place.shown}: looked for the arrays ${wanted}, found ${someOf(archive.names.map((n) => n.replace(/\.npy$/, '')))}; ` +
        'save it with numpy.savez(file, x=…, y=…)',
    );
  }
  const hasTest = layout.test.every(has);
  if (!hasTest && layout !== LAYOUTS[0] && split === 'test') {
    throw new InputError(`${place.shown}: has no test split; add the arrays ${layout.test.join(' and ')}`);
  }
  const names = has('classes') ? classList(await array('classes'), place.shown) : undefined;
  const [xName, yName] = hasTest && split === 'test' ? layout.test : layout.train;
  const labels = await labelsOf(yName, names?.length);
  const otherY = yName === layout.train[1] ? layout.test[1] : layout.train[1];
  const classNames = names ?? numberedNames(labels, has(otherY) ? await labelsOf(otherY) : []);

  const where = `${place.shown}, array ${xName}`;
  const { shape, data, elementType, kind } = asExamples(await array(xName), where);
  const size = elementCount(shape);
  if (data.length !== labels.length * size) {
    throw new InputError(
      `${where}: holds ${count(data.length / size)} examples, but ${yName} holds ${count(labels.length)} labels; ` +
        'save both for the same examples',
    );
  }
  const whole = { shape, elementType, kind, labels, classNames, examples: data } as const;
  if (hasTest || layout !== LAYOUTS[0]) return whole;
  const kept = announcedHoldOut(labels, split, place.shown, notice);
  return { ...whole, labels: Int32Array.from(kept, (i) => labels[i]!), examples: compact(data, kept, size) };
}

/** Keeps only these examples, moved together in place (indices ascend). */
function compact(data: ExampleArray, kept: readonly number[], size: number): ExampleArray {
  kept.forEach((from, to) => data.copyWithin(to * size, from * size, (from + 1) * size));
  return data.subarray(0, kept.length * size);
}

function labelVector({ shape, data }: NpyArray, where: string, classes?: number): Int32Array {
  const isVector = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!isVector || isText(data)) {
    throw new InputError(
      `${where}: holds ${isText(data) ? 'text' : shapeText(shape)}, expected one class number an example; ` +
        'for one-hot rows save y.argmax(1), for names their numbers and the names as classes',
    );
  }
  return toLabels(data, where, classes);
}

function classList({ data }: NpyArray, shown: string): string[] {
  if (!isText(data) || data.length === 0) {
    throw new InputError(`${shown}, array classes: expected the names of the classes as text`);
  }
  return cleanNames(data);
}

/** Bytes stay bytes, every other number becomes a float32; images get their channel axis first. */
function asExamples(
  { shape: [length, ...dims], data }: NpyArray,
  where: string,
): Omit<Source, 'labels' | 'classNames' | 'examples'> & { data: ExampleArray } {
  if (isText(data) || !length || dims.length === 0 || dims.includes(0)) {
    throw new InputError(`${where}: expected numbers of shape [examples, …] and at least one example`);
  }
  const elements = data instanceof Uint8Array ? data : toFloats(data, where, elementCount(dims));
  const elementType = elements instanceof Uint8Array ? 'uint8' : 'float32';
  if (dims.length === 2 && elementType === 'uint8')
    return { shape: [1, ...dims], elementType, kind: 'image', data: elements };
  const channels = [dims[0], dims[2]].map((dim) => dim === 1 || dim === 3);
  if (dims.length !== 3 || !channels.includes(true))
    return { shape: dims, elementType, kind: 'vector', data: elements };
  if (channels[0]) return { shape: dims, elementType, kind: 'image', data: elements };
  const shape = [dims[2]!, dims[0]!, dims[1]!];
  return { shape, elementType, kind: 'image', data: channelAxisFirst(elements, shape) };
}

function toFloats(data: Exclude<NpyArray['data'], string[]>, where: string, size: number): Float32Array {
  const floats = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number);
  for (let i = 0; i < floats.length; i++) {
    if (!Number.isFinite(floats[i]!)) {
      throw new InputError(
        `${where}: example ${count(Math.floor(i / size))} holds ${printable(String(data[i]))} at position ${i % size}; ` +
          'replace what is not a finite number',
      );
    }
  }
  return floats;
}

function isText(data: NpyArray['data']): data is string[] {
  return Array.isArray(data);
}
