/**
 * From the layout in which examples are held, channels first, to the one that a model takes: channels last, or one flat
 * vector. The change of layout becomes a part of the graph, so that nothing else knows of it: pixels are normalised, and
 * maps are drawn, as they are held.
 */
import type { FloatArray } from '../tensor.js';
import { arranged, fitExample, type ExampleForm, type ExampleFit } from '../data/example-shape.js';
import { rowsOf } from '../graph/batch.js';
import { makeNode, valueInfo } from '../graph/builder.js';
import { nameMaker, renameReads } from '../graph/rewrite.js';
import { cloneModel } from '../onnx/codec.js';
import { elementTypeName } from '../onnx/element-type.js';
import { feedsOf, graphOf, type Model } from '../onnx/model.js';
import { encodeTensor } from '../onnx/tensor-proto.js';
import { elementCount, int64 } from '../tensor.js';

/** How examples come into a model. */
export interface Layout {
  /** Dimensions of one example as the opened classifier is fed with it. */
  readonly fed: readonly number[];
  /** How the model itself takes it. */
  readonly own: ExampleFit;
  /** Whether the graph has to change the one into the other. */
  readonly changes: boolean;
}

/**
 * @param what the examples, for messages
 * @param declared the model's input without the batch axis; undefined where its file does not say
 * @param isSaid whether it is the user who says so: see `fitExample`
 * @throws InputError for examples that do not fit
 */
export function layoutFor(
  what: string,
  form: ExampleForm,
  declared: readonly (number | null)[] | undefined,
  isSaid = false,
): Layout {
  const own = declared ? fitExample(what, form, declared, isSaid) : { dims: form.shape, order: undefined };
  // Pixels of several channels are normalised channel by channel, which a flat vector has no axis for.
  const hasChannels = form.shape.length === 3 && form.shape[0]! > 1 && own.dims.length < 3;
  const isLaidOut = form.shape.length === 1 && own.dims.filter((size) => size !== 1).length > 1;
  const changes = own.order !== undefined || hasChannels || isLaidOut;
  return { fed: changes ? form.shape : own.dims, own, changes };
}

/** The model behind its change of layout: its input keeps its name, and takes examples as they are held. */
export function behindLayout(model: Model, { fed, own, changes }: Layout): Model {
  if (!changes) return model;
  const turned = cloneModel(model);
  const graph = graphOf(turned);
  const feed = feedsOf(graph)[0]!;
  const fresh = nameMaker(turned);
  const inside = fresh(`${feed.name}/own-layout`);
  renameReads(graph.node, new Map([[feed.name, inside]]));
  const isFlat = own.dims.length !== fed.length;
  const nodes = [];
  let value = feed.name;
  if (own.order) {
    // The one order but the held one: channels last.
    const last = isFlat ? fresh(`${feed.name}/channels-last`) : inside;
    nodes.push(makeNode('Transpose', [value], [last], { perm: [0, 2, 3, 1] }));
    value = last;
  }
  if (isFlat) {
    const shape = fresh(`${feed.name}/own-shape`);
    graph.initializer.push(encodeTensor(shape, int64([-1, ...own.dims])));
    nodes.push(makeNode('Reshape', [value, shape], [inside]));
  }
  graph.node.unshift(...nodes);
  const type = elementTypeName(feed.type!.tensorType!.elemType)!;
  graph.input = graph.input.map((input) =>
    input === feed ? valueInfo(feed.name, type, [rowsOf(model), ...fed]) : input,
  );
  return turned;
}

/**
 * A map (or a stack of maps) as the model itself numbers its elements, where it takes a flat vector; any other stays.
 * @param array whose last dimensions are those of one fed example
 */
export function asTheModelTakesIt(array: FloatArray, { fed, own, changes }: Layout): FloatArray {
  const { shape, data } = array;
  const stack = shape.slice(0, shape.length - fed.length);
  const isMap = shape.slice(stack.length).join() === fed.join();
  if (!changes || own.dims.length === fed.length || !isMap || elementCount(fed) === 0) return array;
  const values = data instanceof Float32Array ? arranged(data, own.order) : data;
  return { shape: [...stack, ...own.dims], data: values };
}
