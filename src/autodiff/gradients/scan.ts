import { GraphBuilder, makeNode, valueInfo } from '../../graph/builder.js';
import { makeScan, scanOf, type Scan } from '../../graph/scan.js';
import type { Values } from '../../graph/values.js';
import { onnx, type Graph, type ValueInfo } from '../../onnx/model.js';
import { valuesCapturedBy } from '../../onnx/validate.js';
import { nodesLeadingTo } from '../../graph/reachable.js';
import { definedIn } from '../../graph/rewrite.js';
import type { BackwardContext, GradientTable, NodeQuestion } from '../gradient.js';
import { zeros } from '../scatter.js';
import { activeValues, emitBackward, emitForward, nodesWithoutRule, replacedInside } from '../tape.js';

/** A body that is applied once a step. */
export const scan = {
  /**
   * hₜ, yₜ = f(hₜ₋₁, xₜ, w), step after step: the steps are walked back, each computed again from hₜ₋₁, which is kept:
   * dhₜ₋₁, dxₜ and a term of dw are the vector–Jacobian product of f with dhₜ and dyₜ.
   */
  Scan: {
    forward: ({ g, node, ruleFor }) => {
      const given = scanOf(replacedInside(g, node, ruleFor));
      const before = given.initial.map(() => g.fresh('state_before'));
      g.add(makeScan({ ...given, ...withStatesBefore(given, before, g) }));
      return Object.fromEntries(before.map((value, i) => [String(i), value]));
    },
    withoutRule: (question) => {
      const forward = scanOf(question.node);
      const { values, wrt } = activity(question, forward);
      return nodesWithoutRule(forward.body.node, values, wrt, question.ruleFor);
    },
    backward: (context) => {
      const { g, node, saved } = context;
      const forward = scanOf(node);
      const inside = activity(context, forward);
      const { body, states, weights, items, results } = emitStepBack(context, forward, inside);
      if (body.output.length === 0) return [];
      const back = makeScan({
        body,
        initial: [
          ...states.map((i) => context.outputGradients[i] ?? zerosLike(context, forward.initial[i]!)),
          ...weights.map((name) => zerosLike(context, name)),
        ],
        sequences: [
          // What the states were before each step, what the body was given, and the gradients of what it gave.
          ...forward.initial.map((_, i) => ({ value: saved[String(i)]!, axis: 0, reversed: true })),
          ...forward.sequences.map((sequence) => ({ ...sequence, reversed: !sequence.reversed })),
          ...results.map((i) => {
            const { axis, reversed } = forward.results[i]!;
            return { value: context.outputGradients[forward.initial.length + i]!, axis, reversed: !reversed };
          }),
        ],
        last: [...states, ...weights].map(() => g.fresh('scan_gradient')),
        results: items.map((i) => {
          const { axis, reversed } = forward.sequences[i]!;
          return { value: g.fresh('scan_gradient'), axis, reversed: !reversed };
        }),
      });
      g.add(back);
      const { last, results: ofItems } = scanOf(back);
      const ofStates = new Map(states.map((i, k) => [i, last[k]]));
      const ofWeights = new Map(weights.map((name, k) => [name, last[states.length + k]]));
      const ofSequences = new Map(items.map((i, k) => [i, ofItems[k]!.value]));
      return [
        ...forward.initial.map((_, i) => (context.needs(i) ? ofStates.get(i) : undefined)),
        ...forward.sequences.map((_, i) => ofSequences.get(i)),
        ...inside.captured.map((name) => ofWeights.get(name)),
      ];
    },
  },
} satisfies GradientTable;

/** A Scan that also gives the states before each step, stacked. */
function withStatesBefore(
  { body, initial, results }: Scan,
  before: readonly string[],
  g: GraphBuilder,
): Pick<Scan, 'body' | 'results'> {
  const copies = initial.map((_, i) => {
    const { name, type } = body.input[i]!;
    const copy = g.fresh('state');
    return { node: makeNode('Identity', [name], [copy]), output: new onnx.ValueInfoProto({ name: copy, type }) };
  });
  return {
    body: new onnx.GraphProto({
      ...body,
      node: [...body.node, ...copies.map(({ node }) => node)],
      output: [...body.output, ...copies.map(({ output }) => output)],
    }),
    results: [...results, ...before.map((value) => ({ value, axis: 0, reversed: false }))],
  };
}

/** What a gradient passes inside of a Scan. */
interface Activity {
  /** Places of the states that it passes. */
  readonly states: readonly number[];
  /** Places of the sequences whose gradients are wanted. */
  readonly items: readonly number[];
  /** Values from around the Scan that the body reads. */
  readonly captured: readonly string[];
  /** Those of them whose gradients are wanted. */
  readonly weights: readonly string[];
  /** All of these by their names in the body. */
  readonly wrt: readonly string[];
  /** What is known of the values inside. */
  readonly values: Values;
}

function activity({ node, values: around, needs }: NodeQuestion, { body, initial, sequences }: Scan): Activity {
  const values = around.within(node);
  const captured = [...new Set(valuesCapturedBy(node))];
  const behind = initial.length + sequences.length;
  const weights = captured.filter((_, i) => needs(behind + i));
  const items = sequences.flatMap((_, i) => (needs(initial.length + i) ? [i] : []));
  const isFloat = (name: string) => values.of(name).type.includes('float');
  // A state that starts from a constant follows what the steps before made of it.
  let states = initial.flatMap((_, i) => (needs(i) ? [i] : []));
  for (;;) {
    const given = [...states, ...items.map((i) => initial.length + i)].map((i) => body.input[i]!.name);
    const wrt = [...given, ...weights];
    const active = activeValues(body.node, values, wrt);
    const reached = initial.flatMap((_, i) => {
      const [before, after] = [body.input[i]!.name, body.output[i]!.name];
      return isFloat(before) && (active.has(before) || active.has(after)) ? [i] : [];
    });
    if (reached.length === states.length) return { states, items, captured, weights, wrt, values };
    states = reached;
  }
}

/** The body of the Scan that walks back. */
interface StepBack {
  readonly body: Graph;
  /** Places of the states whose gradients it carries. */
  readonly states: readonly number[];
  /** Values from around the Scan whose gradients it adds up. */
  readonly weights: readonly string[];
  /** Places of the sequences whose items' gradients it gives. */
  readonly items: readonly number[];
  /** Places of the results whose gradients it takes. */
  readonly results: readonly number[];
}

/** Emits one step, and its vector–Jacobian product. */
function emitStepBack(
  { g, outputGradients, ruleFor }: BackwardContext,
  { body, initial, results }: Scan,
  inside: Activity,
): StepBack {
  const { states, items, values } = inside;
  const b = new GraphBuilder({ opset: g.opset, name: 'step_back', prefix: `${g.fresh('scan')}/` });
  const given = body.input.map(({ name }) => name);
  for (const name of definedIn(body)) b.reserve(name);
  for (const stored of body.initializer) b.store(stored);
  const tape = emitForward(b, body.node, values, inside.wrt, ruleFor);

  const declare = (name: string, like: string): ValueInfo => {
    const { type, dims } = values.of(like);
    return valueInfo(b.reserve(name), type, dims);
  };
  const like = (hint: string, value: string) => declare(b.fresh(hint), value);
  const giving = results.flatMap((_, i) => (outputGradients[initial.length + i] === undefined ? [] : [i]));
  const stateSeeds = states.map((i) => like('d_state', given[i]!));
  const resultSeeds = giving.map((i) => like('d_result', body.output[initial.length + i]!.name));
  const seeds = new Map<string, string>();
  const seed = (value: string, { name }: ValueInfo) => {
    const other = seeds.get(value);
    seeds.set(value, other === undefined ? name : b.op('Add', [other, name]));
  };
  states.forEach((i, k) => seed(body.output[i]!.name, stateSeeds[k]!));
  giving.forEach((i, k) => seed(body.output[initial.length + i]!.name, resultSeeds[k]!));

  const gradients = emitBackward(b, tape, seeds, inside.wrt);
  const zero = (name: string) => zeros({ g: b, type: (of) => values.of(of).type }, b.op('Shape', [name]), name);
  const weights = inside.weights.filter((name) => gradients.has(name));
  const reached = items.filter((i) => gradients.has(given[initial.length + i]!));
  const sums = weights.map((name) => like('d_weight', name));
  const outputs = [
    ...states.map((i) => [given[i]!, gradients.get(given[i]!) ?? zero(given[i]!)] as const),
    ...weights.map((name, k) => [name, b.op('Add', [sums[k]!.name, gradients.get(name)!])] as const),
    ...reached.map((i) => [given[initial.length + i]!, gradients.get(given[initial.length + i]!)!] as const),
  ].map(([of, gradient]) => declare(b.op('Identity', [gradient]), of));

  b.graph.input = [...stateSeeds, ...sums, ...given.map((name) => declare(name, name)), ...resultSeeds];
  b.graph.output = outputs;
  b.graph.node = nodesLeadingTo(
    b.graph.node,
    outputs.map(({ name }) => name),
  );
  return { body: b.graph, states, weights, items: reached, results: giving };
}

/** Zeros in the shape of a value around the Scan. */
function zerosLike(context: BackwardContext, value: string): string {
  return zeros(context, context.g.op('Shape', [value]), value);
}
