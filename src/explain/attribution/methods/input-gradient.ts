/** The gradient of the target's score to the input, or what other rules make of it. */
import type { RuleFor } from '../../../autodiff/differentiate.js';
import { rollUp } from '../../../graph/steps/roll-up.js';
import type { Attribution, Example, MethodContext, OpenMethod } from '../method.js';
import { emitPass, OUTPUT, TARGET, targetSeed } from '../pass.js';
import { openRunner, type Row } from '../runner.js';

/** Output of the graph: float32, the input's shape. */
const GRADIENT = 'attribution/gradient';

/** Gradients at points of the input space. */
export interface InputGradient {
  /** The gradient and the target's score at each point. */
  at(points: readonly { readonly x: Float32Array; readonly target: number }[]): Promise<PointGradient[]>;
  release(): Promise<void>;
}

/** What is known at one point. */
export interface PointGradient {
  readonly gradient: Float32Array;
  readonly output: number;
}

/** Emits forward and backward pass, loaded when first run. @throws InputError when an operator has no rule */
export function openInputGradient(context: MethodContext, ruleFor?: RuleFor): InputGradient {
  // Rules of a method's own may take each step for a layer; to a gradient a loop is a loop.
  const explained = ruleFor ? context.explained : { ...context.explained, ...rollUp(context.explained) };
  const { input, scores, values } = explained;
  const { g, gradients } = emitPass(
    { ...context, explained },
    {
      from: scores,
      seed: targetSeed(explained, 'one'),
      wrt: [input.name],
      ruleFor,
    },
  );
  g.output(g.rename(gradients[0]!, GRADIENT), 'float32', values.of(input.name).dims);
  const runner = openRunner({ ...context, explained }, g);
  return {
    at: async (points) => {
      const rows = points.map(({ x, target }): Row => ({ [input.name]: x, [TARGET]: target }));
      return (await runner.run(rows)).map((result) => ({
        gradient: result[GRADIENT] as Float32Array,
        output: result[OUTPUT]![0]!,
      }));
    },
    release: () => runner.release(),
  };
}

/** A method that needs one gradient of each example. @param describe what becomes of it */
export function openPerExample(
  context: MethodContext,
  describe: (example: Example, point: PointGradient) => Omit<Attribution, 'shape' | 'output'>,
  ruleFor?: RuleFor,
): OpenMethod {
  const gradients = openInputGradient(context, ruleFor);
  const shape = context.explained.input.dims;
  return {
    attribute: async (examples) => {
      const points = await gradients.at(examples);
      return points.map((point, i) => ({ shape, output: point.output, ...describe(examples[i]!, point) }));
    },
    release: () => gradients.release(),
  };
}
