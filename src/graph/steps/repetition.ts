/** Finds out what a loop was, from its steps as they stand one after the other in a graph. */
import { onnx, type Graph, type Node } from '../../onnx/model.js';
import { valuesReadBy } from '../../onnx/validate.js';
import { RANDOM } from '../passes/fold-constants.js';
import { stepMark } from './step-mark.js';

/** A value that each step hands on to the next. */
export interface State {
  /** What it is before the first step. */
  readonly initial: string;
  /** What the first step makes of it, and the second reads. */
  readonly first: string;
  /** What the second step makes of it. */
  readonly second: string;
  /** What the last step makes of it. */
  readonly last: string;
}

/** A value that is another one in each step, and computed before the first: one for each step, in their order. */
export type Given = readonly string[];

/** A value of each step that is read after the last. */
export interface Stacked {
  /** What the second step has. */
  readonly second: string;
  /** The Concat that joins those of all steps. */
  readonly joint: Node;
  /** Whether that of the last step comes first. */
  readonly reversed: boolean;
}

/** Steps that do the same, each with what the one before it left. */
export interface Repetition {
  readonly nodes: ReadonlySet<Node>;
  readonly count: number;
  /** The second step, which stands for all: it reads what the first one left. */
  readonly step: readonly Node[];
  readonly states: readonly State[];
  readonly given: readonly Given[];
  readonly stacked: readonly Stacked[];
}

/** A value as a step computes it. */
interface Origin {
  readonly step: number;
  /** Node and output, the same in all steps. */
  readonly place: string;
}

/** Nodes of one step by their place in it. */
type Step = ReadonlyMap<number, Node>;

/** The nodes of each loop of a graph that was written out, step by step; none where a node or a step is there twice or not at all. */
export function stepsOf(graph: Graph): Step[][] {
  const loops = new Map<string, Map<number, Node>[]>();
  const spoilt = new Set<string>();
  for (const node of graph.node) {
    const mark = stepMark(node);
    if (!mark) continue;
    const steps = loops.get(mark.loop) ?? [];
    loops.set(mark.loop, steps);
    // Steps stand in their order: a number that leaves some out is a mark that we did not make.
    if (mark.step > steps.length) spoilt.add(mark.loop);
    else if (steps[mark.step]?.has(mark.place)) spoilt.add(mark.loop);
    else (steps[mark.step] ??= new Map()).set(mark.place, node);
  }
  return [...loops].flatMap(([loop, steps]) => (spoilt.has(loop) ? [] : [steps]));
}

/** Operators of which no two do the same: what they draw, and in training what they drop or count, is their own. */
const SINGULAR: ReadonlySet<string> = new Set([...RANDOM, 'BatchNormalization', 'Dropout']);

/** What the steps have in common; undefined where they are not alike, or leave what nothing but a step by itself can leave. */
export function repetitionOf(steps: readonly Step[], graph: Graph): Repetition | undefined {
  const [, second] = steps;
  if (!second || [...second.values()].some(({ opType }) => SINGULAR.has(opType))) return undefined;
  const origins = new Map<string, Origin>();
  steps.forEach((step, number) => {
    for (const [place, { output }] of step) {
      output.forEach((name, i) => name !== '' && origins.set(name, { step: number, place: `${place} ${i}` }));
    }
  });
  const places = [...second.keys()].sort((a, b) => a - b);
  if (!areAlike(steps, places)) return undefined;
  const read = readFrom(steps, places, origins);
  const nodes = new Set(steps.flatMap((step) => [...step.values()]));
  const left = read && leftBehind(steps, nodes, origins, graph);
  if (!left) return undefined;

  const nameIn = (number: number, place: string) => {
    const [node, output] = place.split(' ').map(Number);
    return steps[number]!.get(node!)?.output[output!];
  };
  const states = [...read.states].map(([place, initial]): State => {
    // What nobody reads is no longer there after the last step.
    const [first, next, last] = [0, 1, steps.length - 1].map((number) => nameIn(number, place) ?? '');
    return { initial, first: first!, second: next!, last: last! };
  });
  const lasts = new Set(states.map(({ last }) => last));
  if (!left.single.every((name) => lasts.has(name))) return undefined;
  return {
    nodes,
    count: steps.length,
    step: places.map((place) => second.get(place)!),
    states,
    given: read.given,
    stacked: left.stacked,
  };
}

/** Whether each step has the nodes of the second one, but for those whose results nobody reads. */
function areAlike(steps: readonly Step[], places: readonly number[]): boolean {
  const [, second] = steps;
  const known = new Set(places);
  const kinds = new Map(places.map((place) => [place, kindOf(second!.get(place)!)]));
  return steps.every((step) =>
    [...step].every(([place, node]) => known.has(place) && kinds.get(place) === kindOf(node)),
  );
}

/** All of a node but names. */
function kindOf({ opType, domain, attribute, input, output }: Node): string {
  const attributes = onnx.NodeProto.encode(new onnx.NodeProto({ attribute })).finish();
  return [opType, domain, input.length, output.length, ...attributes].join();
}

/** What the steps read from before them; undefined where they do not all read it the same way. */
function readFrom(
  steps: readonly Step[],
  places: readonly number[],
  origins: ReadonlyMap<string, Origin>,
): { states: ReadonlyMap<string, string>; given: readonly Given[] } | undefined {
  /** Initial values by the place where a state is computed. */
  const states = new Map<string, string>();
  const given = new Map<string, Given>();
  for (const place of places) {
    const { length } = steps[1]!.get(place)!.input;
    for (let operand = 0; operand < length; operand++) {
      const names = steps.map((step) => step.get(place)?.input[operand]);
      const origin = origins.get(names[1]!);
      const [initial] = names;
      if (!origin) {
        if (names.some((name) => name !== undefined && origins.has(name))) return undefined;
        const list = names.filter((name) => name !== undefined);
        if (list.every((name) => name === list[0])) continue;
        if (list.length < names.length) return undefined;
        given.set(JSON.stringify(list), list);
        continue;
      }
      const isFrom = (name: string | undefined, number: number) => {
        const found = name === undefined ? undefined : origins.get(name);
        return name === undefined || (found?.step === number && found.place === origin.place);
      };
      if (origin.step === 1) {
        if (!names.every((name, number) => isFrom(name, number))) return undefined;
        continue;
      }
      if (!names.every((name, number) => number === 0 || isFrom(name, number - 1))) return undefined;
      if (initial === undefined || origins.has(initial)) return undefined;
      if ((states.get(origin.place) ?? initial) !== initial) return undefined;
      states.set(origin.place, initial);
    }
  }
  return { states, given: [...given.values()] };
}

/** What is read of the steps from outside; undefined where it is neither of the last step alone nor of all of them, joined. */
function leftBehind(
  steps: readonly Step[],
  nodes: ReadonlySet<Node>,
  origins: ReadonlyMap<string, Origin>,
  graph: Graph,
): { single: readonly string[]; stacked: readonly Stacked[] } | undefined {
  const single = graph.output.map(({ name }) => name).filter((name) => origins.has(name));
  const stacked: Stacked[] = [];
  for (const node of graph.node) {
    if (nodes.has(node)) continue;
    const names = valuesReadBy(node).filter((name) => origins.has(name));
    if (names.length === 0) continue;
    if (node.opType !== 'Concat' || node.input.length !== steps.length) {
      single.push(...names);
      continue;
    }
    const found = node.input.map((name) => origins.get(name));
    const reversed = found[0]?.step !== 0;
    const inOrder = found.every(
      (origin, i) => origin?.place === found[0]?.place && origin?.step === (reversed ? found.length - 1 - i : i),
    );
    if (!inOrder) return undefined;
    stacked.push({ second: node.input[reversed ? found.length - 2 : 1]!, joint: node, reversed });
  }
  return single.every((name) => origins.get(name)!.step === steps.length - 1) ? { single, stacked } : undefined;
}
