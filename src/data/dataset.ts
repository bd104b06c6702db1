/** What a data set looks like to the rest of the project, whatever it was read from. */

/** Which part of a data set: examples to learn from, or held back to judge with. */
export type Split = 'train' | 'test';

/** Elements of one or more examples, row-major. */
export type ExampleArray = Uint8Array | Float32Array;

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** An image to look at: `data[(y · width + x) · channels + c]`, 0–255. */
export interface Picture extends Size {
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Where an example is in the data set: what a user opens, or the number by which other tools find it. */
export interface ExampleOrigin {
  /** The file that it was read from, below the data set's folder or archive; undefined where the data set is one file. */
  readonly file?: string | undefined;
  /**
   * Its 0-based number in that file, or in the data set's only one, whatever split it belongs to: the first index of an array,
   * the row of a table without its heading, the record of a file. Undefined where the file is the example.
   */
  readonly row?: number | undefined;
  /** What else is stored beside it, to be shown with it: text by the name of its column. */
  readonly notes?: Readonly<Record<string, string>> | undefined;
}

/** One split of a data set: labelled examples of one shape. Made by `openDataset`. */
export interface Dataset {
  /** As the user wrote it. */
  readonly spec: string;
  /** Absolute path of the file or folder; undefined for a bundled data set. */
  readonly path?: string | undefined;
  readonly split: Split;
  /** Short name for headings: the bundled name, or the last part of the path. */
  readonly name: string;
  /** Number of examples. */
  readonly length: number;
  /** Of one example: `[channels, height, width]` for images, `[features]` or more for vectors. */
  readonly shape: readonly number[];
  /** The file stored the channels of each example last; a model with a flat input is fed that order (`fitExample`). */
  readonly channelsLast?: boolean | undefined;
  /** One for each class, control characters made visible; `labels` index into it. */
  readonly classNames: readonly string[];
  /** The class of each example, `[length]`. */
  readonly labels: Int32Array;
  /** Examples that take no part in training, though they are there: a user dropped them (`corrections/`). */
  readonly dropped?: ReadonlySet<number> | undefined;
  /** Where the examples are some of those of the split: the index there of each, `[length]`. */
  readonly members?: Int32Array | undefined;
  /** `uint8`: pixels, 0–255, that are fed normalised. `float32`: numbers that are fed as they are. */
  readonly elementType: 'uint8' | 'float32';
  readonly kind: 'image' | 'vector';
  /** What each feature of a vector is called, `[features]`, where the data say it. */
  readonly featureNames?: readonly string[] | undefined;
  /**
   * What the positions of an example of text are called, in reading order, where the data say it: one axis of its shape has as many.
   * Empty where there is only padding.
   */
  readonly tokens?: ((index: number) => readonly string[]) | undefined;
  /**
   * SHA-256 (hex) that tells whether two data sets are the same: over shape, element type, labels and all elements. For
   * image folders a cheap equivalent: over each file's path, size in bytes and label, and the requested size and
   * channels, so an edit that keeps a file's size goes unnoticed.
   */
  readonly fingerprint: string;
  /** All examples as one array `[length, …shape]` when they fit in memory, for use without copying; do not write to it. */
  readonly all?: ExampleArray | undefined;
  /** Where example `index` is, for those who look for it. Costs no more than a look-up. */
  readonly origin: (index: number) => ExampleOrigin;
  /**
   * A fresh array `[indices.length, …shape]` of the examples at these 0-based indices, which may repeat.
   * @throws RangeError for an index outside the data set
   * @throws InputError when an example is read on demand and cannot be
   */
  examples(indices: ArrayLike<number>): Promise<ExampleArray>;
  /**
   * Example `index` as an image, at the size a model sees. Float pixels within [0, 1] are scaled by 255, others from
   * their own minimum and maximum.
   * @throws TypeError when `kind` is not `image`
   */
  picture(index: number): Promise<Picture>;
}
