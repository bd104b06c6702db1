/** The contract between `openDataset` and the readers of the single formats. */
import type { Notice } from '../progress.js';
import type { ExampleArray, ExampleOrigin, Split } from './dataset.js';
import type { ExampleForm } from './example-shape.js';
import type { Preprocessing } from './preprocessing.js';

/** Writes example `index` into `target`, which has one example's length. */
export type ReadExample = (index: number, target: ExampleArray) => Promise<void>;

/** One split as a format reader finds it. */
export interface Source extends ExampleForm {
  readonly elementType: 'uint8' | 'float32';
  readonly kind: 'image' | 'vector';
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** Everything, `[labels.length, …shape]`, or a way to read one example. */
  readonly examples: ExampleArray | ReadExample;
  /** As `Dataset.origin`. */
  readonly origin: (index: number) => ExampleOrigin;
  /** What each feature is called, `[features]`: for tables, whose examples are vectors. */
  readonly featureNames?: readonly string[] | undefined;
  /** As `Dataset.tokens`. */
  readonly tokens?: ((index: number) => readonly string[]) | undefined;
  /** `ExampleOrigin.notes` of an example; added to its origin. */
  readonly notes?: ((index: number) => Readonly<Record<string, string>>) | undefined;
  /** SHA-256 as `Dataset.fingerprint` says; derived from `examples` when they are an array. */
  readonly fingerprint?: string;
}

/** A file or folder that may hold a data set, with what is needed to recognise it. */
export interface Place {
  readonly path: string;
  /** `path` as it may be printed. */
  readonly shown: string;
  /** For a folder: its sub-folders and files by name, in the order of code points, and apart from them the hidden ones. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
  readonly hidden: readonly string[];
  readonly is: 'file' | 'folder';
  /** For a file: its first bytes; empty for a folder. */
  readonly head: Uint8Array;
}

/** What a format reader is asked for. */
export interface ReadRequest {
  readonly split: Split;
  /** Bytes that the examples may take in memory. */
  readonly memoryLimit: number;
  /** True when single examples should rather be read on demand, even if all would fit. */
  readonly onDemand: boolean;
  readonly preprocessing: Preprocessing;
  /** The column of a table that holds the labels. */
  readonly labelColumn: string | undefined;
  readonly notice: Notice;
}

/** A kind of data set: one file in `formats/` and one line in the registry. */
export interface Format {
  /** Whether such a data set is a file or a folder. */
  readonly in: 'file' | 'folder';
  /** What is looked for, as a phrase for "looked for …". */
  readonly expects: string;
  /** Whether this format's reader is the one for the place, which is a file or a folder as `in` says. */
  matches(place: Place): boolean | Promise<boolean>;
  /** @throws InputError naming file, place and mend when the contents are not as they should be */
  read(place: Place, request: ReadRequest): Promise<Source>;
}
