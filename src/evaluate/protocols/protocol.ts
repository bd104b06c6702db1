/** A way to judge methods that value training examples. */
import type { Bench, BenchOptions } from '../bench.js';
import type { Figure } from '../figures.js';
import type { EvaluatedMethod } from '../methods/method.js';

/** What the cost of a protocol depends on. */
export interface CostFacts {
  readonly queries: number;
  readonly methods: readonly EvaluatedMethod[];
  readonly options: BenchOptions;
}

/** A protocol: one file beside this one, one line in `registry.ts`. */
export interface Protocol {
  readonly name: string;
  /** What it asks, for a page. */
  readonly asks: string;
  /** What its figures are in, for an axis. */
  readonly unit: string;
  /** Whether it looks at the effects on the run's own decisions. */
  readonly needsEffects: boolean;
  /** Time beside that, in trainings that take as long. */
  cost(facts: CostFacts): number;
  figures(bench: Bench): Promise<Figure[]>;
}

/** Methods that value examples for queries. */
export function forQueries(methods: readonly EvaluatedMethod[]): EvaluatedMethod[] {
  return methods.filter(({ labelsOnly }) => labelsOnly !== true);
}
