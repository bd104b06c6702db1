/** An `.npz` archive of NumPy arrays: examples, their classes, and perhaps test examples and class names. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { cleanNames } from '../class-names.js';
import type { ExampleArray } from '../dataset.js';
import { announcedHoldOut } from '../hold-out.js';
import { labelColumn, labelsAndNames } from '../labels.js';
import { isText, readNpy, type NpyArray } from '../npy/decode.js';
import { asExamples } from '../npy/examples.js';
import { tokensIn } from '../npy/tokens.js';
import { countText, shapeText, someOf } from '../printable.js';
import type { Place, ReadRequest, Source } from '../source.js';
import type { ZipArchive } from '../archives/zip.js';

/** Names that arrays go by: ours, Keras's and MedMNIST's. The first pair found counts. */
const LAYOUTS = [
  { train: ['x', 'y'], test: ['x_test', 'y_test'] },
  { train: ['x_train', 'y_train'], test: ['x_test', 'y_test'] },
  { train: ['train_images', 'train_labels'], test: ['test_images', 'test_labels'] },
] as const;

/**
 * Reads the arrays of an archive.
 * @throws InputError naming the array that is not as it should be
 */
export async function readNpz(place: Place, request: ReadRequest, archive: ZipArchive): Promise<Source> {
  const { split, memoryLimit, notice } = request;
  const has = (name: string): boolean => archive.names.includes(`${name}.npy`);
  const array = (name: string): Promise<NpyArray> =>
    archive.read(`${name}.npy`, (reader, size) => readNpy(reader, size, `${place.shown}, array ${name}`, memoryLimit));
  const layout =
    LAYOUTS.find(({ train }) => train.every(has)) ??
    (split === 'test' ? LAYOUTS.find(({ test }) => test.every(has)) : undefined);
  if (!layout) {
    const wanted = LAYOUTS.map(({ train }) => train.join(' and ')).join(', or ');
    throw new InputError(
      `${place.shown}: looked for the arrays ${wanted}, found ${someOf(archive.names.map(withoutEnding))}; ` +
        'save it with numpy.savez(file, x=…, y=…)',
    );
  }
  const hasTest = layout.test.every(has);
  if (!hasTest && layout !== LAYOUTS[0] && split === 'test') {
    throw new InputError(`${place.shown}: has no test split; add the arrays ${layout.test.join(' and ')}`);
  }
  const isTest = hasTest && split === 'test';
  const names = has('classes') ? nameList(await array('classes'), place.shown, 'classes') : undefined;
  const [xName, yName] = isTest ? layout.test : layout.train;
  const otherY = yName === layout.train[1] ? layout.test[1] : layout.train[1];
  const column = async (name: string) => labelColumn(await array(name), `${place.shown}, array ${name}`);
  const { labels, classNames, remark } = labelsAndNames(
    await column(yName),
    has(otherY) ? await column(otherY) : undefined,
    names,
  );
  if (remark !== undefined) notice(`${place.shown}, array ${yName}: ${remark}`);
  const features = ['features', 'feature_names'].find(has);
  const tokens = (isTest ? ['tokens_test'] : ['tokens', 'tokens_train']).find(has);
  const read = new Set([
    ...[...layout.train, ...layout.test, 'classes', 'tokens', 'tokens_train', 'tokens_test'],
    ...(features === undefined ? [] : [features]),
  ]);
  const others = archive.names.filter((name) => !read.has(name.replace(/\.npy$/, '')));
  if (others.length > 0) notice(`${place.shown}: left out the arrays ${someOf(others.map(withoutEnding), 3)}`);

  const where = `${place.shown}, array ${xName}`;
  const { data, ...form } = asExamples(await array(xName), where, notice);
  const { shape } = form;
  const size = elementCount(shape);
  if (data.length !== labels.length * size) {
    throw new InputError(
      `${where}: holds ${countText(data.length / size)} examples, but ${yName} holds ${countText(labels.length)} labels; ` +
        'save both for the same examples',
    );
  }
  const featureNames = features === undefined ? undefined : nameList(await array(features), place.shown, features);
  if (featureNames && (shape.length > 1 || featureNames.length !== size)) {
    throw new InputError({
      file: `${place.shown}, array ${features!}`,
      problem: `names ${countText(featureNames.length)} features, but examples are ${shapeText(shape)}`,
      mend: 'give one name for each number of an example',
    });
  }
  const tokensOf =
    tokens === undefined
      ? undefined
      : tokensIn(await array(tokens), `${place.shown}, array ${tokens}`, labels.length, shape, notice);
  const whole = {
    ...form,
    tokens: tokensOf,
    featureNames: featureNames && cleanNames(featureNames),
    labels,
    classNames,
    origin: (row: number) => ({ row }),
    examples: data,
  };
  if (hasTest || layout !== LAYOUTS[0]) return whole;
  const kept = announcedHoldOut(labels, split, place.shown, notice);
  return {
    ...whole,
    labels: Int32Array.from(kept, (i) => labels[i]!),
    origin: (index) => ({ row: kept[index]! }),
    tokens: tokensOf && ((index) => tokensOf(kept[index]!)),
    examples: compact(data, kept, size),
  };
}

/** Keeps only these examples, moved together in place (indices ascend). */
function compact(data: ExampleArray, kept: readonly number[], size: number): ExampleArray {
  kept.forEach((from, to) => data.copyWithin(to * size, from * size, (from + 1) * size));
  return data.subarray(0, kept.length * size);
}

const withoutEnding = (name: string): string => name.replace(/\.npy$/, '');

function nameList({ data }: NpyArray, shown: string, name: string): string[] {
  if (isText(data) && data.length > 0) return data;
  throw new InputError(
    `${shown}, array ${name}: expected the names of the ${name === 'classes' ? 'classes' : 'features'} as text`,
  );
}
