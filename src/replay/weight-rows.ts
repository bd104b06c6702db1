/**
 * The gradient of a weight, taken apart by the rows of the batch. It is a sum over the rows of a layer: what the loss of the
 * batch has to do with the layer's output for a row, times the row's input. So a vector of ones, by which the rows of that
 * output's gradient are multiplied where it goes into the weight's (and nowhere else), has the parts as its gradient.
 */
import type { RuleFor } from '../autodiff/differentiate.js';
import { fromTapsFirst } from '../autodiff/conv/columns.js';
import { convGeometry } from '../autodiff/conv/geometry.js';
import { weightsByExample } from '../autodiff/conv/weight-columns.js';
import { operandsOf, type BackwardContext, type Gradient } from '../autodiff/gradient.js';
import type { Classifier } from '../classifier/classifier.js';
import { batchPlaces, type BatchPlace } from '../graph/batch-place.js';
import { traceableLayers, type TraceableLayer } from '../graph/layers.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { graphOf, type Node } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';

/** Layers that share weights, whose rows are those of all their uses. */
export interface WeightRows {
  /** In the order of the graph: one, unless weights are shared. */
  readonly layers: readonly TraceableLayer[];
  /** Names of their weights and biases. */
  readonly weights: ReadonlySet<string>;
}

/** The layers of a model whose weights' gradients can be taken apart by rows. */
export function weightRows({ model, values, scores }: Classifier, parameters: readonly string[]): WeightRows[] {
  const graph = graphOf(model);
  const nodes = nodesLeadingTo(graph.node, [scores]);
  const trained = new Set(parameters);
  const inside = new Set(nodes);
  const layers = traceableLayers(graph).filter(
    ({ weight, nodes: own }) => trained.has(weight) && own.every((node) => inside.has(node)),
  );
  const placeOf = batchPlaces(nodes, values);
  const linear = new Set(layers.flatMap(({ nodes: own }) => own));
  return sharing(layers, trained).filter(
    (rows) =>
      rows.layers.every((layer) => layer.nodes.every(({ output }) => typeof placeOf(output[0]!) === 'object')) &&
      areReadBy(linear, rows.weights, nodes),
  );
}

/** Layers by the weights that they share. */
function sharing(layers: readonly TraceableLayer[], trained: ReadonlySet<string>): WeightRows[] {
  const groups: { layers: TraceableLayer[]; weights: Set<string> }[] = [];
  for (const layer of layers) {
    const own = [layer.weight, ...(layer.bias !== undefined && trained.has(layer.bias) ? [layer.bias] : [])];
    const found = groups.filter(({ weights }) => own.some((name) => weights.has(name)));
    const [first = { layers: [], weights: new Set<string>() }, ...others] = found;
    for (const other of others) {
      first.layers.push(...other.layers);
      for (const name of other.weights) first.weights.add(name);
      groups.splice(groups.indexOf(other), 1);
    }
    first.layers.push(layer);
    for (const name of own) first.weights.add(name);
    if (found.length === 0) groups.push(first);
  }
  return groups.map((group) => ({ ...group, layers: group.layers.sort((a, b) => a.index - b.index) }));
}

/** Whether weights go into these nodes only, as they are or transposed. */
function areReadBy(readers: ReadonlySet<Node>, weights: ReadonlySet<string>, nodes: readonly Node[]): boolean {
  const forms = new Set(weights);
  return nodes.every((node) => {
    if (readers.has(node) || !valuesReadBy(node).some((name) => forms.has(name))) return true;
    if (node.opType !== 'Identity' && node.opType !== 'Transpose') return false;
    forms.add(node.output[0]!);
    return true;
  });
}

/**
 * Rules by which the gradients of weights go through a vector of ones for each group.
 * @param ones names of the vectors, one element a row of the batch
 */
export function byRows(
  ruleFor: RuleFor,
  groups: readonly WeightRows[],
  ones: readonly string[],
  { model, values, scores }: Pick<Classifier, 'model' | 'values' | 'scores'>,
): RuleFor {
  const placeOf = batchPlaces(nodesLeadingTo(graphOf(model).node, [scores]), values);
  const vectors = new Map<Node, { readonly ones: string; readonly from: ReadonlySet<string> }>();
  groups.forEach(({ layers }, i) => {
    for (const { nodes, input } of layers) {
      // The bias may be added apart, to the product.
      const from = new Set([input, ...nodes.slice(0, -1).flatMap(({ output }) => output)]);
      for (const node of nodes) vectors.set(node, { ones: ones[i]!, from });
    }
  });
  return (node) => {
    const rule = ruleFor(node);
    const vector = vectors.get(node);
    return rule && vector ? throughVector(rule, vector.ones, vector.from, placeOf) : rule;
  };
}

/** A rule whose gradients to weights go through a vector, and those to the values that come `from` before do not. */
function throughVector(
  rule: Gradient,
  ones: string,
  from: ReadonlySet<string>,
  placeOf: ReturnType<typeof batchPlaces>,
): Gradient {
  return {
    ...rule,
    backward: (context) => {
      const { node, dy, needs, g, dims, output } = context;
      const operands = operandsOf(node);
      const isOnwards = operands.map((operand) => from.has(operand));
      const part = (given: () => string, isWanted: (index: number) => boolean) => {
        const wanted = (index: number) => needs(index) && isWanted(index);
        if (!operands.some((_, index) => wanted(index))) return [];
        const weighted = given();
        return rule.backward({ ...context, dy: weighted, outputGradients: [weighted], needs: wanted });
      };
      const onwards = part(() => dy, (index) => isOnwards[index]!); // prettier-ignore
      const kept = node.opType === 'Conv' ? convolutionByRows(context, ones) : [];
      const toWeights = part(
        () => g.op('Mul', [dy, alongBatch(g, ones, placeOf(output(0)) as BatchPlace, dims(output(0)).length)]),
        (index) => !isOnwards[index]! && kept[index] === undefined,
      );
      return operands.map(
        (_, index) => (isOnwards[index] ? onwards : kept[index] === undefined ? toWeights : kept)[index],
      );
    },
  };
}

/**
 * The gradients of a convolution that are cheaper made row by row, once for all queries, than from what a query is at each
 * place: those of the bias, and of weights that are fewer than the elements of the columns they meet.
 */
function convolutionByRows(context: BackwardContext, ones: string): (string | undefined)[] {
  const { g, dy, dims, input, output, needs } = context;
  const summed = (parts: string) => g.op('Gemm', [g.op('Unsqueeze', [ones, g.ints([0])]), parts]);
  const toBias = () => {
    const space = dims(output(0)).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
    return g.op('Squeeze', [summed(g.op('ReduceSum', [dy, g.ints(space)], { keepdims: 0 })), g.ints([0])]);
  };
  const geometry = convGeometry(context);
  const toWeights = () => {
    const parts = g.op('Flatten', [weightsByExample(context, geometry)], { axis: 1 });
    return fromTapsFirst(g, summed(parts), geometry);
  };
  return [
    undefined,
    needs(1) && geometry.group === 1 && geometry.filters <= geometry.places ? toWeights() : undefined,
    input(2) !== '' && needs(2) ? toBias() : undefined,
  ];
}

/** A number for each example, in a shape that broadcasts against a value in which the examples stand at a place. */
function alongBatch(
  g: BackwardContext['g'],
  vector: string,
  { axis, before, behind }: BatchPlace,
  rank: number,
): string {
  const spread =
    before * behind === 1
      ? vector
      : g.op('Expand', [g.op('Unsqueeze', [vector, g.ints([1])]), g.ints([before, 1, behind])]);
  return g.op('Reshape', [spread, g.ints(Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)))]);
}
