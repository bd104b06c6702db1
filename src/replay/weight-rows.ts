/**
 * The gradient of a weight, taken apart by the rows of the batch. It is a sum over the rows of a layer: what the loss of the
 * batch has to do with the layer's output for a row, times the row's input. So a vector of ones, by which the rows of that
 * output's gradient are multiplied where it goes into the weight's (and nowhere else), has the parts as its gradient. One more
 * element stands for whatever a weight does that is the same for every row, such as the first step of a recurrence.
 */
import type { RuleFor } from '../autodiff/differentiate.js';
import { fromTapsFirst } from '../autodiff/conv/columns.js';
import { convGeometry } from '../autodiff/conv/geometry.js';
import { weightsByExample } from '../autodiff/conv/weight-columns.js';
import { operandsOf, type BackwardContext, type Gradient } from '../autodiff/gradient.js';
import type { Classifier } from '../classifier/classifier.js';
import { batchPlaces } from '../graph/batch-place.js';
import type { GraphBuilder } from '../graph/builder.js';
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
  /** Other nodes that read them, whose output is the same for every row. */
  readonly others: readonly Node[];
}

/** Whether in training each row of a batch is computed without the others: there is no batch norm. */
export function rowsAreApart({ model, scores }: Pick<Classifier, 'model' | 'scores'>): boolean {
  return nodesLeadingTo(graphOf(model).node, [scores]).every(({ opType }) => opType !== 'BatchNormalization');
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
  return sharing(layers, trained).flatMap((rows) => {
    const { readers } = formsOf(rows.weights, nodes);
    const others = readers.filter((node) => !linear.has(node));
    const isFollowed =
      rows.layers.every((layer) => layer.nodes.every(({ output }) => typeof placeOf(output[0]!) === 'object')) &&
      others.every(({ output }) => output.length === 1 && placeOf(output[0]!) === 'nowhere');
    return isFollowed ? [{ ...rows, others }] : [];
  });
}

/** Layers by the weights that they share. */
function sharing(layers: readonly TraceableLayer[], trained: ReadonlySet<string>): Omit<WeightRows, 'others'>[] {
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

/** The names of weights as they are and transposed, and the nodes that read them otherwise. */
function formsOf(weights: ReadonlySet<string>, nodes: readonly Node[]) {
  const forms = new Set(weights);
  const readers = nodes.filter((node) => {
    if (!valuesReadBy(node).some((name) => forms.has(name))) return false;
    if (node.opType !== 'Identity' && node.opType !== 'Transpose') return true;
    forms.add(node.output[0]!);
    return false;
  });
  return { forms, readers };
}

/**
 * Rules by which the gradients of weights go through a vector of ones for each group.
 * @param ones names of the vectors: an element for each row of the batch, and one for what is the same for all
 */
export function byRows(
  g: GraphBuilder,
  ruleFor: RuleFor,
  groups: readonly WeightRows[],
  ones: readonly string[],
  { model, values, scores }: Pick<Classifier, 'model' | 'values' | 'scores'>,
): RuleFor {
  const nodes = nodesLeadingTo(graphOf(model).node, [scores]);
  const placeOf = batchPlaces(nodes, values);
  const vectors = new Map<Node, Through>();
  groups.forEach(({ layers, weights, others }, i) => {
    const { forms } = formsOf(weights, nodes);
    const part = (from: number, to: number) => g.op('Slice', [ones[i]!, g.ints([from]), g.ints([to])]);
    const rows = part(0, -1);
    for (const node of layers.flatMap((layer) => layer.nodes)) vectors.set(node, { ones: rows, forms });
    if (others.length === 0) return;
    const last = part(-1, 2 ** 31);
    for (const node of others) vectors.set(node, { ones: last, forms });
  });
  return (node) => {
    const rule = ruleFor(node);
    const vector = vectors.get(node);
    return rule && vector ? throughVector(rule, vector, placeOf) : rule;
  };
}

/** Where a node's gradients to weights go through. */
interface Through {
  readonly ones: string;
  /** Which of its operands are weights. */
  readonly forms: ReadonlySet<string>;
}

/** A rule whose gradients to weights go through a vector, and whose others do not. */
function throughVector(rule: Gradient, { ones, forms }: Through, placeOf: ReturnType<typeof batchPlaces>): Gradient {
  return {
    ...rule,
    backward: (context) => {
      const { node, dy, needs, g, dims, output } = context;
      const operands = operandsOf(node);
      const isOnwards = operands.map((operand) => !forms.has(operand));
      const part = (given: () => string, isWanted: (index: number) => boolean) => {
        const wanted = (index: number) => needs(index) && isWanted(index);
        if (!operands.some((_, index) => wanted(index))) return [];
        const weighted = given();
        return rule.backward({ ...context, dy: weighted, outputGradients: [weighted], needs: wanted });
      };
      const onwards = part(() => dy, (index) => isOnwards[index]!); // prettier-ignore
      const kept = node.opType === 'Conv' ? convolutionByRows(context, ones) : [];
      const toWeights = part(
        () => g.op('Mul', [dy, alongBatch(g, ones, placeOf(output(0)), dims(output(0)).length)]),
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

/**
 * A number for each example, in a shape that broadcasts against a value in which the examples stand at a place; a single
 * number where they stand nowhere.
 */
function alongBatch(
  g: GraphBuilder,
  vector: string,
  place: ReturnType<ReturnType<typeof batchPlaces>>,
  rank: number,
): string {
  if (typeof place !== 'object') return g.op('Reshape', [vector, g.ints(Array.from({ length: rank }, () => 1))]);
  const { axis, before, behind } = place;
  const spread =
    before * behind === 1
      ? vector
      : g.op('Expand', [g.op('Unsqueeze', [vector, g.ints([1])]), g.ints([before, 1, behind])]);
  return g.op('Reshape', [spread, g.ints(Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)))]);
}
