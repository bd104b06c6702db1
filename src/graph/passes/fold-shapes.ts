/** Evaluates what depends on nothing but shapes. */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, type Graph, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { valuesReadBy } from '../../onnx/validate.js';
import type { Runtime } from '../../runtime/runtime.js';
import { int64, toNumbers, type Tensor } from '../../tensor.js';
import { cutBefore } from '../cut.js';
import { dropDead } from '../drop-dead.js';
import type { ExampleDims } from '../example-dims.js';
import { isFoldable, LARGEST_RESULT, storedConstants } from './fold-constants.js';
import { freeze } from '../parameters.js';
import { measureProbe, probe } from '../probe.js';
import { nameMaker } from '../rewrite.js';

/**
 * The model with what it computes from the shapes of values alone stored as constants where that is the same for every
 * batch size: the factor 1/√d of an attention, a mask of positions. A target shape of Reshape in which only the batch
 * changes becomes a constant with −1 in its place. Example dimensions that the model leaves open are thereby fixed.
 * What is stored is marked as not to be trained.
 * @param keep weights that are not constant because they will change
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 */
export async function foldShapes(
  model: Model,
  runtime: Runtime,
  keep: Iterable<string>,
  exampleDims: ExampleDims = {},
): Promise<Model> {
  const computed = shapeResults(graphOf(model), new Set(keep));
  if (computed.length === 0) return model;

  const wanted = new Set(computed);
  const part = cutBefore(model, computed);
  await measureProbe(part, runtime, exampleDims);
  const { types, runs } = await probe(part, runtime, exampleDims, (name) => wanted.has(name));
  const folded = cloneModel(model);
  const graph = graphOf(folded);
  const fresh = nameMaker(folded);
  const constants = new Set<string>();
  for (const name of computed) {
    const [first, second] = runs.map((run) => run[name]);
    if (!types.has(name) || !first || !second || first.data.length > LARGEST_RESULT) continue;
    if (sameTensor(first, second)) {
      graph.initializer.push(encodeTensor(name, first));
      constants.add(name);
    } else {
      freeTargets(graph, name, first, second, fresh);
    }
  }
  freeze(graph, [...constants]);
  graph.node = graph.node.flatMap((node) => {
    if (!node.output.some((name) => constants.has(name))) return [node];
    node.output = node.output.map((name) => (constants.has(name) ? '' : name));
    return node.output.every((name) => name === '') ? [] : [node];
  });
  return dropDead(folded);
}

/** Values that follow from shapes and constants, and from at least one shape. */
function shapeResults(graph: Graph, keep: ReadonlySet<string>): string[] {
  const constants = storedConstants(graph, keep);
  const results = new Set<string>();
  for (const node of graph.node) {
    const read = valuesReadBy(node);
    const measures = node.opType === 'Shape' || node.opType === 'Size';
    const follows =
      read.some((name) => results.has(name)) && read.every((name) => results.has(name) || constants.has(name));
    if (!measures && !(follows && isFoldable(node))) continue;
    for (const name of node.output) if (name !== '') results.add(name);
  }
  return [...results];
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a.data as ArrayLike<unknown>, b.data as ArrayLike<unknown>];
  return a.dims.join() === b.dims.join() && Array.from(left).every((value, i) => Object.is(value, right[i]));
}

/** Reshapes to a target in which one entry follows the batch get a constant target that leaves that entry open. */
function freeTargets(graph: Graph, name: string, first: Tensor, second: Tensor, fresh: (hint: string) => string): void {
  if (first.type !== 'int64' || first.dims.length !== 1 || first.dims[0] !== second.dims[0]) return;
  const [a, b] = [toNumbers(first), toNumbers(second)];
  const open = a.flatMap((size, i) => (size === b[i] ? [] : [i]));
  // A 0 keeps a dimension of the input, and a second −1 is not allowed.
  if (open.length !== 1 || a.some((size) => size <= 0)) return;
  const readers = graph.node.filter((node: Node) => node.opType === 'Reshape' && node.input[1] === name);
  if (readers.length === 0) return;
  const target = fresh(`${name}_open`);
  graph.initializer.push(encodeTensor(target, int64(a.map((size, i) => (i === open[0] ? -1 : size)))));
  for (const reader of readers) reader.input[1] = target;
}
