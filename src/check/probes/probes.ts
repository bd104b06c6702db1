/** The inputs that a baseline and every later model are compared on (Node only: data sets are files). */
import type { ExampleArray, ExampleOrigin } from '../../data/dataset.js';
import type { ExampleForm } from '../../data/example-shape.js';
import { asExamples } from '../../data/npy/examples.js';
import { readNpy } from '../../data/npy/decode.js';
import { openDataset } from '../../data/open-dataset.js';
import { readingOf, type Preprocessing } from '../../data/preprocessing.js';
import { bytesText, printable } from '../../data/printable.js';
import { withZip } from '../../data/archives/zip.js';
import { InputError } from '../../errors.js';
import { sha256 } from '../../files.js';
import { seededRandom } from '../../numeric/random.js';
import type { Notice } from '../../progress.js';
import { elementCount } from '../../tensor.js';
import { withOpenSizes, type Port } from '../measure/signature.js';

/** Where probes come from, as the baseline keeps it. */
export type ProbeSource = {
  /** Dimensions of one example, where the model leaves them open and the data do not tell. */
  readonly inputShape?: readonly number[] | undefined;
} & ProbeOrigin;

type ProbeOrigin =
  /** The data set as it was opened: bytes that are no pictures are pixels where mean or std was known. */
  | ({
      readonly kind: 'data';
      /** As the user wrote it; another place with the same contents will do. */
      readonly spec: string;
      readonly indices: readonly number[];
    } & Preprocessing)
  /** Arrays named like the model's inputs: numbers as they are, but for bytes where mean or std was known. */
  | ({ readonly kind: 'arrays'; readonly spec: string; readonly count: number } & Pick<Preprocessing, 'mean' | 'std'>)
  /** Uniform numbers of mean 0 and variance 1; whole numbers are 0 or 1. */
  | { readonly kind: 'random'; readonly seed: number; readonly count: number };

/** What one input of the model is fed with: bytes still to be normalised, or numbers as they are. */
export interface ProbeArray extends ExampleForm {
  /** `[count, …shape]` */
  readonly data: ExampleArray | Float64Array;
}

/** Inputs on which the accepted model and a new export are compared. */
export interface Probes {
  readonly source: ProbeSource;
  readonly count: number;
  /** In the order of the model's inputs. */
  readonly arrays: readonly ProbeArray[];
  /** How each is called in messages. */
  readonly names: readonly string[];
  /** Where each is, for probes of a data set. */
  readonly origins?: readonly ExampleOrigin[] | undefined;
  /** The true classes, where they are known. */
  readonly labels: readonly number[] | null;
  readonly classNames: readonly string[];
  /** What the columns of a table are called, where the probes are its rows. */
  readonly featureNames?: readonly string[] | undefined;
  /** Of shapes, elements and labels, before any normalisation. */
  readonly sha256: string;
}

/** How many probes there are by default. */
export const PROBE_COUNT = 32;

/** Where the probes of a new baseline come from, and how many there are. */
export interface ProbeRequest extends Preprocessing {
  readonly data?: string | undefined;
  readonly count: number;
  readonly seed: number;
  readonly inputShape?: readonly number[] | undefined;
  readonly onNotice?: Notice | undefined;
}

/**
 * Chooses probes for a model: from a data set's test split, from an `.npz` with an array for each input, or made up.
 * @throws InputError when the data do not fit the model's inputs, or an input's shape is open and there are no data
 */
export async function chooseProbes(inputs: readonly Port[], request: ProbeRequest): Promise<Probes> {
  const { data, count, seed, inputShape, mean, std, onNotice } = request;
  if (data === undefined) return randomProbes(inputs, { kind: 'random', seed, count, inputShape });
  if (await hasArrays(data, inputs)) {
    return arrayProbes(inputs, { kind: 'arrays', spec: data, count, mean, std, inputShape }, onNotice);
  }
  // What there is to say of the data is said when the probes are read.
  const set = await openDataset(data, { ...request, split: 'test', onDemand: true, onNotice: undefined });
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: set.length }, (_, i) => i));
  const indices = [...order.subarray(0, Math.min(count, set.length))].sort((a, b) => a - b);
  return dataProbes({ kind: 'data', spec: data, indices, ...readingOf(request), mean, std, inputShape }, onNotice);
}

/**
 * Makes the probes of a baseline again.
 * @param data where the data set is now, if not where it was
 * @throws InputError when the data cannot be read
 */
export async function probesAgain(
  source: ProbeSource,
  inputs: readonly Port[],
  data?: string,
  onNotice?: Notice,
): Promise<Probes> {
  if (source.kind === 'random') {
    if (data !== undefined) {
      throw new InputError(
        `\`data\` ${printable(data)}: the baseline was taken on made-up inputs; leave \`data\` out, or take a new baseline with it`,
      );
    }
    return randomProbes(inputs, source);
  }
  const here = { ...source, spec: data ?? source.spec };
  return here.kind === 'arrays' ? arrayProbes(inputs, here, onNotice) : dataProbes(here, onNotice);
}

async function dataProbes(source: ProbeSource & { kind: 'data' }, onNotice: Notice | undefined): Promise<Probes> {
  const { spec, indices, mean, std } = source;
  const set = await openDataset(spec, { ...readingOf(source), mean, std, split: 'test', onDemand: true, onNotice });
  const outside = indices.find((index) => index >= set.length);
  if (outside !== undefined) {
    throw new InputError(
      `${printable(spec)}: its test split holds ${set.length} examples, but the baseline was taken with number ${outside}; ` +
        'the data have changed: restore them, or take a new baseline with `updateBaseline`',
    );
  }
  return describe({
    source,
    count: indices.length,
    arrays: [{ shape: set.shape, kind: set.kind, channelsLast: set.channelsLast, data: await set.examples(indices) }],
    names: indices.map((index) => `${printable(spec)}@${index}${whereabouts(set.origin(index))}`),
    origins: indices.map((index) => set.origin(index)),
    labels: indices.map((index) => set.labels[index]!),
    classNames: set.classNames,
    featureNames: set.featureNames,
  });
}

/** The file of an example that is one, in brackets. */
function whereabouts({ file, row }: ExampleOrigin): string {
  return file === undefined || row !== undefined ? '' : ` (${printable(file)})`;
}

async function hasArrays(path: string, inputs: readonly Port[]): Promise<boolean> {
  if (!path.endsWith('.npz')) return false;
  return withZip(path, ({ names }) => Promise.resolve(inputs.every(({ name }) => names.includes(`${name}.npy`))));
}

/** Arrays larger than this are a mistake. */
const MEMORY_LIMIT = 2 ** 30;

function arrayProbes(
  inputs: readonly Port[],
  source: ProbeSource & { kind: 'arrays' },
  onNotice: Notice = () => undefined,
): Promise<Probes> {
  const shown = printable(source.spec);
  return withZip(source.spec, async ({ names, read }) => {
    const array = (name: string) =>
      read(`${name}.npy`, (reader, size) => readNpy(reader, size, `${shown}, array ${name}`, MEMORY_LIMIT));
    const missing = inputs.find(({ name }) => !names.includes(`${name}.npy`));
    if (missing) throw new InputError(`${shown}: has no array "${missing.name}", which the model takes; save it again`);
    const found = [];
    for (const { name } of inputs) found.push({ name, ...(await array(name)) });
    const count = Math.min(source.count, ...found.map(({ shape }) => shape[0] ?? 0));
    if (count === 0) throw new InputError(`${shown}: holds no examples; each array needs one row per example`);
    const labelName = ['y', 'labels'].find((name) => names.includes(`${name}.npy`));
    const labels = labelName === undefined ? undefined : await array(labelName);
    return describe({
      source: { ...source, count },
      count,
      arrays: found.map(({ name, ...stored }) => {
        const { shape, type, data } = stored;
        const where = `${shown}, array ${name}`;
        if (Array.isArray(data)) throw new InputError(`${where}: holds text, expected numbers`);
        if (type === 'u1' && (source.mean ?? source.std)) {
          const pixels = asExamples(stored, where, onNotice);
          return { ...pixels, data: pixels.data.subarray(0, count * elementCount(pixels.shape)) };
        }
        const rowShape = shape.slice(1);
        const size = elementCount(rowShape);
        return {
          shape: rowShape,
          kind: 'vector' as const,
          data: Float64Array.from({ length: count * size }, (_, i) => Number(data[i])),
        };
      }),
      names: Array.from({ length: count }, (_, i) => `${shown}@${i}`),
      labels: labels ? classNumbers(labels.data, count, `${shown}, array ${labelName!}`) : null,
      classNames: [],
    });
  });
}

/** @throws InputError unless there is a class number for each probe */
function classNumbers(labels: ArrayLike<unknown>, count: number, where: string): number[] {
  const numbers = Array.from({ length: count }, (_, i) => (typeof labels[i] === 'string' ? NaN : Number(labels[i])));
  const wrong = numbers.findIndex((label) => !Number.isSafeInteger(label) || label < 0);
  if (wrong < 0) return numbers;
  throw new InputError({
    file: where,
    place: `element ${wrong}`,
    problem: wrong < labels.length ? 'is not a class number, 0 or above' : 'is missing: each example needs a label',
    mend: 'save it again, or leave it out',
  });
}

/** More elements than this in all made-up probes are a mistake in the model. */
const MOST_ELEMENTS = 2 ** 26;

function randomProbes(inputs: readonly Port[], source: ProbeSource & { kind: 'random' }): Probes {
  const { seed, count, inputShape } = source;
  const arrays = withOpenSizes(inputs, inputShape).map(({ name, type, shape }, place) => {
    const open = shape.slice(1).indexOf(null);
    if (open >= 0) {
      throw new InputError(
        `the model's input "${name}" is open in dimension ${open + 1}, so no inputs can be made up for it; ` +
          'give the shape of one example as `inputShape`, or examples with `data`',
      );
    }
    const dims = shape.slice(1) as number[];
    const size = elementCount(dims);
    if (count * size > MOST_ELEMENTS) {
      throw new InputError(
        `the model's input "${name}" takes ${bytesText(4 * size)} an example; ask for fewer \`probes\`, or give some with \`data\``,
      );
    }
    const random = seededRandom(seed, place);
    const draw = type.startsWith('float') || type === 'bfloat16';
    const data = Float64Array.from({ length: count * size }, () =>
      // The same numbers on every machine: nothing but sums and products. √12 is the inverse of its deviation.
      draw ? Math.fround((random.uniform() - 0.5) * 3.4641016151377544) : random.below(2),
    );
    return { shape: dims, kind: 'vector' as const, data };
  });
  return describe({
    source,
    count,
    arrays,
    names: Array.from({ length: count }, (_, i) => `random@${i}`),
    labels: null,
    classNames: [],
  });
}

function describe(probes: Omit<Probes, 'sha256'>): Probes {
  const { arrays, labels } = probes;
  const parts = arrays.map(({ shape, data }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `${shape.join('x')}:${data.BYTES_PER_ELEMENT}:${sha256(bytes)}`;
  });
  return { ...probes, sha256: sha256(new TextEncoder().encode(JSON.stringify([parts, labels]))) };
}
