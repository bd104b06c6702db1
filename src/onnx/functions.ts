/** Model-local functions: which node calls which, and how large a model is without them. */
import { InputError } from '../errors.js';
import { subgraphsOf } from './attributes.js';
import { graphOf, isStandardDomain, type onnx, type Model, type Node } from './model.js';
import { checkNodeCount } from './node-count.js';

/** Finds the function that a node calls; undefined for an operator. */
export type FunctionOf = (node: Node) => onnx.FunctionProto | undefined;

/** The functions of a model by their callers. */
export function functionsOf({ functions }: Model): FunctionOf {
  const bodies = new Map(functions.map((body) => [keyOf(body), body]));
  return (node) => bodies.get(keyOf({ ...node, name: node.opType }));
}

function keyOf({ domain, name, overload }: { domain: string; name: string; overload?: string }): string {
  return [isStandardDomain(domain) ? '' : domain, name, overload ?? ''].join(':');
}

/** Calls in calls: exporters come to a handful, one for each level of modules. */
const MOST_LEVELS = 64;

/** What comes of nodes once every call in them is replaced. */
interface Extent {
  readonly nodes: number;
  /** Calls in calls. */
  readonly levels: number;
}

/**
 * Counts what a model comes to once every call is replaced, without doing so: ONNX Runtime replaces them when it loads it.
 * @param place what messages call the model
 * @throws InputError for calls in a circle or too deep in each other, or that make an unreasonably large graph
 */
export function checkFunctions(model: Model, place = 'the model'): void {
  if (model.functions.length === 0) return;
  const functionOf = functionsOf(model);
  const known = new Map<onnx.FunctionProto, Extent | 'counting'>();

  const extentOfCall = (body: onnx.FunctionProto, level: number): Extent => {
    let extent = known.get(body);
    if (extent === 'counting') throw new InputError(`${place}: the function ${body.name} calls itself, in a circle`);
    if (level + (extent?.levels ?? 0) >= MOST_LEVELS) {
      throw new InputError(`${place}: functions call each other more than ${MOST_LEVELS} levels deep (${body.name})`);
    }
    if (!extent) {
      known.set(body, 'counting');
      extent = extentOf(body.node, level + 1);
      known.set(body, extent);
    }
    return { nodes: extent.nodes, levels: extent.levels + 1 };
  };
  const extentOf = (nodes: readonly Node[], level: number): Extent => {
    let [count, levels] = [0, 0];
    for (const node of nodes) {
      const body = functionOf(node);
      const parts = subgraphsOf(node).map((graph) => extentOf(graph.node, level));
      if (body) parts.push(extentOfCall(body, level));
      else count++;
      for (const part of parts) [count, levels] = [count + part.nodes, Math.max(levels, part.levels)];
    }
    return { nodes: count, levels };
  };
  checkNodeCount(extentOf(graphOf(model).node, 0).nodes, `${place}: inlining the functions`);
}
