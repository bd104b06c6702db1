/** Removes what no output needs. */
import { cloneModel } from '../onnx/codec.js';
import { graphOf, type Graph, type Model } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';
import { nodesLeadingTo } from './reachable.js';
import { graphsIn } from './rewrite.js';

/**
 * The model without nodes and weights that no output depends on, in its nested graphs too. Inputs stay: they are what
 * callers feed. Functions that are not called go.
 */
export function dropDead(model: Model): Model {
  const lean = cloneModel(model);
  const graph = graphOf(lean);
  // Outer graphs first: what a dropped node's subgraph read is then dead as well.
  for (const each of graphsIn(graph)) dropDeadNodes(each);
  dropDeadWeights(graph);
  dropUncalledFunctions(lean);
  return lean;
}

function dropDeadNodes(graph: Graph): void {
  graph.node = nodesLeadingTo(
    graph.node,
    graph.output.map(({ name }) => name),
  );
  const values = new Set(graph.node.flatMap(({ output }) => output));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => values.has(name));
}

function dropDeadWeights(graph: Graph): void {
  for (const each of graphsIn(graph)) {
    const read = new Set([...each.node.flatMap(valuesReadBy), ...each.output.map(({ name }) => name)]);
    const dead = new Set(each.initializer.map(({ name }) => name).filter((name) => !read.has(name)));
    each.initializer = each.initializer.filter(({ name }) => !dead.has(name));
    // Up to IR version 3 weights stand among the inputs too.
    each.input = each.input.filter(({ name }) => !dead.has(name));
    each.quantizationAnnotation = each.quantizationAnnotation.filter(({ tensorName }) => !dead.has(tensorName));
  }
}

function dropUncalledFunctions(model: Model): void {
  const key = ({ domain, name }: { domain: string; name: string }) => `${domain}:${name}`;
  const bodies = new Map(model.functions.map((body) => [key(body), body]));
  const called = new Set<string>();
  const visit = (nodes: readonly { domain: string; opType: string }[]) => {
    for (const { domain, opType } of nodes) {
      const name = key({ domain, name: opType });
      const body = bodies.get(name);
      if (!body || called.has(name)) continue;
      called.add(name);
      visit(body.node);
      for (const node of body.node)
        for (const { g } of node.attribute) if (g) for (const inner of graphsIn(g)) visit(inner.node);
    }
  };
  for (const graph of graphsIn(graphOf(model))) visit(graph.node);
  model.functions = model.functions.filter((body) => called.has(key(body)));
}
