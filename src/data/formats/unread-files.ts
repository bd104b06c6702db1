/** Files that are known and not read, with how to make of each what is. */
import { basename } from 'node:path';

const PICKLES =
  'pickles can run code when they are read: take the binary version (cifar-10-binary.tar.gz, unpacked), or save the arrays ' +
  'with numpy.savez(file, x=…, y=…)';

/** The first that matches a name counts. */
const CONVERSIONS: readonly (readonly [RegExp, string])[] = [
  [/^(data_batch_\d+|test_batch|batches\.meta)$/, PICKLES],
  [
    /\.(pkl|pickle|joblib)$/i,
    'pickles can run code when they are read: save the arrays with numpy.savez(file, x=…, y=…)',
  ],
  [
    /\.(pt|pth)$/i,
    'it is a pickle, which can run code when it is read: numpy.savez(file, x=images.numpy(), y=labels.numpy())',
  ],
  [/\.(h5|hdf5)$/i, "convert it: f = h5py.File(file); numpy.savez('data.npz', x=f['x'][:], y=f['y'][:])"],
  [/\.(arrow|feather)$/i, "convert it: pandas.read_feather(file).to_parquet('data.parquet')"],
  [/\.(xlsx|xls|ods)$/i, "convert it: pandas.read_excel(file).to_csv('data.csv', index=False)"],
  [/\.json$/i, "convert it: pandas.read_json(file).to_json('data.jsonl', orient='records', lines=True)"],
  [/\.mat$/i, "convert it: m = scipy.io.loadmat(file); numpy.savez('data.npz', x=m['x'], y=m['y'].ravel())"],
  [/\.npy$/i, "save examples and labels together: numpy.savez('data.npz', x=…, y=…)"],
  [/\.(tfrecords?)$/i, 'convert it to class folders of images, or to an .npz file with x and y'],
  [/\.(tar\.bz2|tbz2?|tar\.xz|txz|tar\.zst|7z|rar|bz2|xz|zst)$/i, 'unpack the archive first and give the folder'],
  [/\.bin$/i, 'unpack it first and give the folder'],
];

/**
 * How to make of files what can be read.
 * @param names of files, perhaps with folders before them
 * @returns undefined where none of them is known
 */
export function conversionOf(names: readonly string[]): string | undefined {
  const bare = names.map((name) => basename(name));
  return CONVERSIONS.find(([pattern]) => bare.some((name) => pattern.test(name)))?.[1];
}
