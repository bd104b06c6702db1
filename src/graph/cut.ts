/** Cuts a model at values. */
import { InputError } from '../errors.js';
import { cloneModel } from '../onnx/codec.js';
import { feedsOf, graphOf, onnx, type Model } from '../onnx/model.js';
import { nearestNames } from '../nearest.js';
import { valuesReadBy } from '../onnx/validate.js';
import { valueInfo, type Dim } from './builder.js';
import { dropDead } from './drop-dead.js';
import { definedIn } from './rewrite.js';
import type { ElementType } from '../tensor.js';

/**
 * The part of a model that computes the given values from the model's inputs: they become the outputs, in this order.
 * Inputs that they do not need are dropped.
 * @throws InputError for a value that the model does not compute
 */
export function cutBefore(model: Model, values: readonly string[]): Model {
  const part = cloneModel(model);
  const graph = graphOf(part);
  checkDefined(part, values);
  const infos = new Map([...graph.valueInfo, ...graph.output].map((info) => [info.name, info]));
  // ONNX Runtime infers what the model does not declare.
  graph.output = values.map((name) => infos.get(name) ?? new onnx.ValueInfoProto({ name }));
  const lean = dropDead(part);
  dropUnreadInputs(lean);
  return lean;
}

/** A value that a cut-off part of a model starts from. */
export interface CutInput {
  readonly name: string;
  readonly type: ElementType;
  /** Sizes, or names of those that are open. */
  readonly dims: readonly Dim[];
}

/**
 * The part of a model that computes its outputs from the given values: they become inputs, in this order. Inputs of
 * the model that the outputs need besides follow after them.
 * @throws InputError for a value that the model does not compute
 */
export function cutAfter(model: Model, values: readonly CutInput[]): Model {
  const part = cloneModel(model);
  const graph = graphOf(part);
  const names = new Set(values.map(({ name }) => name));
  checkDefined(part, [...names]);
  graph.initializer = graph.initializer.filter(({ name }) => !names.has(name));
  const given = graph.input.filter(({ name }) => !names.has(name));
  graph.input = [...values.map(({ name, type, dims }) => valueInfo(name, type, dims)), ...given];
  graph.node = graph.node.flatMap((node) => {
    if (node.output.every((name) => name === '' || names.has(name))) return [];
    // A node with further outputs still runs for them; those that are given go nowhere.
    node.output = node.output.map((name) => (names.has(name) ? '' : name));
    return [node];
  });
  const lean = dropDead(part);
  dropUnreadInputs(lean, names);
  return lean;
}

function checkDefined(model: Model, values: readonly string[]): void {
  const defined = definedIn(graphOf(model));
  const missing = values.find((name) => !defined.has(name));
  if (missing !== undefined) {
    const nearest = nearestNames(missing, [...defined]).join(', ');
    throw new InputError(`the model computes no value "${missing}"; the nearest names are ${nearest}`);
  }
}

function dropUnreadInputs(model: Model, keep: ReadonlySet<string> = new Set()): void {
  const graph = graphOf(model);
  const read = new Set([...graph.node.flatMap(valuesReadBy), ...graph.output.map(({ name }) => name)]);
  const feeds = new Set(feedsOf(graph).map(({ name }) => name));
  graph.input = graph.input.filter(({ name }) => read.has(name) || keep.has(name) || !feeds.has(name));
}
