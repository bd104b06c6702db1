/** Models that take images with their channels last (Keras, TFLite), as if they took them first. */
import { cloneModel } from '../onnx/codec.js';
import { feedsOf, graphOf, toNumber, type Model } from '../onnx/model.js';
import { makeNode } from './builder.js';
import { nameMaker, renameReads } from './rewrite.js';

/**
 * Whether a model with one input takes an image of this shape, but with its channels last.
 * @param shape [channels, height, width]
 */
export function takesChannelsLast(model: Model, shape: readonly number[]): boolean {
  const dims = feedsOf(graphOf(model))[0]?.type?.tensorType?.shape?.dim;
  if (dims?.length !== 4 || shape.length !== 3) return false;
  const wanted = dims.slice(1).map(({ dimValue }) => toNumber(dimValue));
  const fits = (have: readonly number[]) => wanted.every((size, axis) => size === 0 || size === have[axis]);
  const [channels, height, width] = shape as [number, number, number];
  return wanted[2] === channels && fits([height, width, channels]) && !fits(shape);
}

/** The model behind a transposition: its input keeps its name and is [batch, channels, height, width]. */
export function channelsFirst(model: Model): Model {
  const turned = cloneModel(model);
  const graph = graphOf(turned);
  const feed = feedsOf(graph)[0]!;
  const name = nameMaker(turned);
  const inside = name(`${feed.name}/channels-last`);
  renameReads(graph.node, new Map([[feed.name, inside]]));
  graph.node.unshift(makeNode('Transpose', [feed.name], [inside], { perm: [0, 2, 3, 1] }));
  const shape = feed.type!.tensorType!.shape!;
  shape.dim = [0, 3, 1, 2].map((axis) => shape.dim[axis]!);
  return turned;
}
