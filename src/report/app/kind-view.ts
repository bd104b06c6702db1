/** What a kind of result has to say for itself; everything else of a page is the same for all. */
import type { ComponentType } from 'preact';
import type { Result } from '../../results/kinds.js';
import type { Decision } from './decisions.js';
import type { Part, Pictured } from './payload.js';

/** How far something can be believed. */
export interface Trust {
  /** `bad`: nothing was learned, or what is said is not true of the model. */
  readonly level: 'good' | 'limited' | 'bad';
  /** In a sentence. */
  readonly says: string;
  readonly facts: readonly Fact[];
}

/** A short fact: its name and its value. */
export type Fact = readonly [name: string, value: string];

/** A training example in the explanation of an input. */
export interface ExampleLink {
  /** Place of the input in the result; −1 where the example stands for itself, as in an audit. */
  readonly input: number;
  readonly example: ListedExample;
  /** Above 0: it helps the decision, below 0: it hurts it. In the unit of the result. */
  readonly value: number;
  /** By what of the explanation it is listed, where the result says it: layers and units. */
  readonly by?: string;
}

/** A training example as results list it. */
export interface ListedExample {
  readonly index: number;
  readonly label: number;
  readonly file?: string | undefined;
  readonly row?: number | undefined;
  readonly notes?: Readonly<Record<string, string>> | undefined;
}

/** A term and what it means. */
export type Term = readonly [term: string, meaning: string];

/** A tab of a page. */
export interface Tab<R extends Result = Result> {
  readonly id: string;
  readonly title: string;
  /** Shows the state's input or example of the part. */
  readonly view: ComponentType<{ readonly part: Part }>;
  /** Whether it is about one input, so that the list of inputs stands beside it. */
  readonly ofInput?: boolean;
  /** Whether a result has it; it has where this is left out. */
  readonly when?: (result: R) => boolean;
}

/** How a kind of result is shown. */
export interface KindView<R extends Result> {
  /** What the page answers, as a question. */
  readonly title: string;
  /** What the result says as a whole, in a sentence that a layman understands. */
  readonly headline: (result: R) => string;
  /** How far the result as a whole can be believed. */
  readonly trust: (result: R) => Trust | undefined;
  /** The explained inputs, in the order of the result; none where it is not about inputs. */
  readonly decisions: (result: R) => readonly Decision[];
  /** What the result says of one input. */
  readonly says?: (result: R, input: number) => string;
  /** How far one decision's explanation can be believed. */
  readonly trustIn?: (result: R, input: number) => Trust;
  /** All training examples that it lists, with the inputs that they are listed for. */
  readonly links: (result: R) => readonly ExampleLink[];
  /** More pictures that its views show, the most important first. */
  readonly pictured?: (result: R) => readonly Pictured[];
  /** Unit of the values of links. */
  readonly unit: (result: R) => string;
  /** What an example is to the inputs that it is listed for, where values are counts rather than help and harm. */
  readonly relation?: string;
  /** Its own tabs, before those that every page has. */
  readonly tabs: readonly Tab<R>[];
  readonly terms: (result: R) => readonly Term[];
}

/** What is known of all kinds of results. */
export interface Kinds {
  /** How a result is shown. */
  readonly viewOf: (result: Result) => KindView<Result>;
  /** The explained inputs of a result, the same list each time. */
  readonly decisionsOf: (result: Result) => readonly Decision[];
  /** The training examples of a result, the same list each time. */
  readonly linksOf: (result: Result) => readonly ExampleLink[];
}
