/**
 * What is known of the values inside a Scan: its first step stands beside it, as nodes of the graph around it, so that
 * whatever finds out about the graph's values finds out about those inside too. All steps are alike in that.
 */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, onnx, type Graph, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { int64 } from '../../tensor.js';
import { makeNode } from '../builder.js';
import { nameMaker, type NameMaker } from '../rewrite.js';
import { isScan, scanOf } from '../scan.js';
import { bodyOf, splice } from '../splice.js';

/** The first step of a Scan. */
export interface FirstStep {
  /** By its name in the body, what each value that the body defines is called in the graph around the Scan. */
  readonly names: ReadonlyMap<string, string>;
  /** What the body is given, which is another value in each step. */
  readonly given: ReadonlySet<string>;
  /** The first steps of Scans within the body, by `scanKey`, with names in the body. */
  readonly inner: FirstSteps;
}

/** First steps by `scanKey`. */
export type FirstSteps = ReadonlyMap<string, FirstStep>;

/** What tells the Scans of a graph apart, also in a copy of it. */
export const scanKey = (node: Node) => node.output.find((name) => name !== '') ?? node.name;

/** Whether a graph has a Scan. */
export function hasScan(graph: Graph): boolean {
  return graph.node.some(isScan);
}

/** The model with the first step of each of its Scans behind it; results of these steps are read by nobody. */
export function withFirstSteps(model: Model): { readonly model: Model; readonly steps: FirstSteps } {
  const extended = cloneModel(model);
  const steps = addFirstSteps(graphOf(extended), nameMaker(extended));
  return { model: extended, steps };
}

function addFirstSteps(graph: Graph, fresh: NameMaker): FirstSteps {
  const steps = new Map<string, FirstStep>();
  graph.node = graph.node.flatMap((node) => {
    if (!isScan(node)) return [node];
    const { body, initial, sequences } = scanOf(node);
    const prefix = `${fresh(`${scanKey(node)}/first_step`)}/`;
    const extended = new onnx.GraphProto({ ...body, node: [...body.node], initializer: [...body.initializer] });
    const inner = addFirstSteps(extended, fresh);
    const first = fresh(`${prefix}place`);
    graph.initializer.push(encodeTensor(first, int64([0], [])));
    const items = sequences.map(({ value, axis }) =>
      makeNode('Gather', [value, first], [fresh(`${prefix}item`)], { axis }),
    );
    const given = [...initial, ...items.map(({ output }) => output[0]!)];
    const { nodes, initializers, names } = splice(bodyOf(extended), given, [], fresh, prefix);
    graph.initializer.push(...initializers);
    steps.set(scanKey(node), { names, given: new Set(body.input.map(({ name }) => name)), inner });
    return [node, ...items, ...nodes];
  });
  return steps;
}
