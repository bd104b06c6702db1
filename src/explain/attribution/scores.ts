/** Class scores alone, of many examples at once. */
import { emitForward } from '../../autodiff/differentiate.js';
import { beginPass } from './pass.js';
import type { PassContext } from './pass-context.js';
import { openRunner } from './runner.js';

/** A forward pass that is loaded when first run. */
export interface Scores {
  /** The scores of each example, one number a column. */
  of(examples: readonly Float32Array[]): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/** Emits the forward pass. */
export function openScores(context: PassContext): Scores {
  const { values, input, scores } = context.explained;
  const { g, nodes } = beginPass(context, scores);
  emitForward(g, nodes, values, []);
  g.output(scores, 'float32', values.of(scores).dims);
  const runner = openRunner(context, g);
  return {
    of: async (examples) => {
      const found = await runner.run(examples.map((x) => ({ [input.name]: x })));
      return found.map((result) => result[scores] as Float32Array);
    },
    release: () => runner.release(),
  };
}
