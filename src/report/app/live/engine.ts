/** What computes behind a live page: the page asks, and nothing of how it is computed is known here. */

/** Pixels to draw: red, green, blue and opacity, `[height, width, 4]`, 0–255. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** What computes, and for what. */
export interface OpenedEngine {
  /** Where the model is run, in words for people. */
  readonly computing: string;
  /** Why the model cannot be asked, in a line; undefined where it can, or where there is none. */
  readonly problem?: string | undefined;
  /** Methods of attribution that the page shows. */
  readonly methods: readonly string[];
  /** Classes of the sample that a network can be watched at learning. */
  readonly sampleClasses: readonly string[];
  /** Pictures of held-back examples that a training may be asked about. */
  readonly questions: readonly LiveExample[];
}

/** A stored example. */
export interface LiveExample {
  /** 0-based, in its data set. */
  readonly index: number;
  readonly label: string;
  /** The file that it was read from, where it has one of its own. */
  readonly file?: string | undefined;
  readonly pixels: Pixels;
}

/** What the model makes of a picture. */
export interface LiveDecision {
  /** Most probable classes, best first. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
  /** The picture as the model is given it. */
  readonly seen: Pixels;
}

/** What of a picture spoke for the decision, by one method. */
export interface LiveMap {
  readonly method: string;
  /** The class that is explained. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, channels added up, in units of the largest magnitude: −1 to 1. */
  readonly values: Float32Array;
}

/** A training example that the last layer sees much as it sees the picture. */
export interface LiveNeighbour extends LiveExample {
  /** Cosine of features, −1 to 1. */
  readonly similarity: number;
}

/** How far a training is. */
export interface LiveProgress {
  readonly done: number;
  readonly total: number;
  /** Loss of each step so far. */
  readonly losses: readonly number[];
}

/** What a decision is owed to so far. */
export interface LiveTrace {
  readonly done: number;
  /** Most probable classes as the weights are now. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
  /** The layer that is shown: the last. */
  readonly layer: string;
  /** γ added up over the steps of each class, after each step: `[classes][steps]`, in the order of `sampleClasses`. */
  readonly gamma: readonly Float64Array[];
  /** Training examples whose steps spoke most for the layer's output, strongest first. */
  readonly examples: readonly (LiveExample & { readonly gamma: number })[];
}

/** What is asked about: one of `questions`, or a picture. */
export type LiveSubject = { readonly question: number } | { readonly name: string; readonly pixels: Pixels };

/** A training example and what it does to a decision. */
export interface LiveEffect extends LiveExample {
  /** How much lower the margin would be, had the example weighed nothing in training: above 0, it helped. */
  readonly effect: number;
}

/** What would change about a decision without single training examples. */
export interface LiveInfluence {
  /** The picture as the network is given it. */
  readonly seen: Pixels;
  /** Most probable classes, best first. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
  /** Log-odds of the most probable class: what effects are on. */
  readonly margin: number;
  /** Strongest first. */
  readonly helped: readonly LiveEffect[];
  readonly hurt: readonly LiveEffect[];
  /** Steps of the training that were gone back over, and how long that took. */
  readonly steps: number;
  readonly seconds: number;
}

/** All of it. Every call may be refused with an error whose message is one line for the reader. */
export interface LiveEngine {
  open(): Promise<OpenedEngine>;
  /** Makes ready what the first picture would otherwise wait for. @param part a method, or `nearest` */
  prepare(part: string): Promise<void>;
  /** Shows a picture to the model; later questions are about the last one. */
  decide(name: string, pixels: Pixels): Promise<LiveDecision>;
  explain(method: string): Promise<LiveMap>;
  nearest(count: number): Promise<readonly LiveNeighbour[]>;
  /** Begins a training of a fresh LeNet. */
  beginTraining(): Promise<LiveProgress>;
  /** Runs steps for a fraction of a second. */
  advance(): Promise<LiveProgress>;
  /** @param question which of `questions` */
  trace(question: number): Promise<LiveTrace>;
  /**
   * Runs the training so far once more, and goes back over it.
   * @param onProgress is told how many steps were run again or gone back over
   */
  influence(of: LiveSubject, onProgress: (what: string, done: number, total: number) => void): Promise<LiveInfluence>;
  /** Share of held-back examples that the network gets right as it is now, 0 to 1. */
  accuracy(): Promise<number>;
}
