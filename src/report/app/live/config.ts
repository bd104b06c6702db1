/** What a live page is told of by its server: `live.json`. */

/** Examples that the page may fetch: all of a data set, or some of it. */
export interface LiveExamples {
  readonly name: string;
  /** Where the numbers are, relative to the page: `[labels.length, …shape]` in the machine's order of bytes. */
  readonly url: string;
  readonly elementType: 'uint8' | 'float32';
  /** Of one example, `[channels, height, width]`. */
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
  /** Where in the data set each is, 0-based. */
  readonly indices: readonly number[];
  /** The file of each, where it has one of its own. */
  readonly files?: readonly (string | null)[] | undefined;
  /** How many the data set has. */
  readonly of: number;
}

/** The model of a run or result. */
export interface LiveModel {
  /** Where its bytes are, relative to the page. */
  readonly url: string;
  /** As people call it. */
  readonly name: string;
  /** Of one picture, `[channels, height, width]`. */
  readonly shape: readonly number[];
  readonly channelsLast?: boolean | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** How pixels become the input; by default as the model's metadata say. */
  readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined;
  /** What was said of the model's interface when it was trained. */
  readonly inputShape?: readonly number[] | undefined;
  readonly output?: string | undefined;
  readonly at?: readonly (number | '*')[] | undefined;
}

/** Everything that the page shows or asks for. */
export interface LiveConfig {
  /** The run or result, in a word or two. */
  readonly title: string;
  readonly model?: LiveModel | undefined;
  /** Training examples of the model. */
  readonly examples?: LiveExamples | undefined;
  /** The bundled sample, for a network to learn while people watch. */
  readonly sample: { readonly train: LiveExamples; readonly test: LiveExamples };
  /** Why something is missing, a line each. */
  readonly remarks: readonly string[];
}
