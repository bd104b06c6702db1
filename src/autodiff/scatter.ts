/**
 * The gradient of operators that only move or repeat elements, whatever their attributes say: the operator itself, run
 * on the numbers 0, 1, 2, … in place of the elements, tells which element went where; the gradient is added up there.
 */
import { allocate } from '../onnx/element-type.js';
import { InputError } from '../errors.js';
import { nodeLabel } from '../onnx/model.js';
import { int64 } from '../tensor.js';
import type { BackwardContext, NodeContext } from './gradient.js';

/** 0, 1, 2, … in the shape of a value. */
export function positionsLike({ g }: NodeContext, value: string): string {
  const [zero, one] = [g.constant(int64([0], [])), g.constant(int64([1], []))];
  return g.op('Reshape', [g.op('Range', [zero, g.op('Size', [value]), one]), g.op('Shape', [value])]);
}

/** A zeroed tensor of the element type of a value. @param shape its dimensions, as a value */
export function zeros({ g, type }: Pick<NodeContext, 'g' | 'type'>, shape: string, like: string): string {
  const element = type(like);
  return g.op('ConstantOfShape', [shape], { value: { type: element, dims: [1], data: allocate(element, 1) } });
}

/**
 * Adds a gradient up at flat positions of a zeroed tensor.
 * @param positions for each element of `gradient`, the position in `like`, counted in row-major order
 * @returns the sum, in the shape of `like`
 */
export function scatterAdd(context: NodeContext, gradient: string, positions: string, like: string): string {
  const { g } = context;
  const flat = g.ints([-1]);
  const empty = zeros(context, g.op('Reshape', [g.op('Size', [like]), flat]), like);
  const [at, terms] = [g.op('Reshape', [positions, flat]), g.op('Reshape', [gradient, flat])];
  const sum = g.op('ScatterElements', [empty, at, terms], { axis: 0, reduction: 'add' });
  return g.op('Reshape', [sum, g.op('Shape', [like])]);
}

/** The gradient to the first input of an operator that only copies elements of it. */
export function toWhereItCameFrom(context: BackwardContext): string {
  const { g, node, input, dy } = context;
  const attributes = Object.fromEntries(node.attribute.map((attribute) => [attribute.name, attribute]));
  const positions = g.op(node.opType, [positionsLike(context, input(0)), ...node.input.slice(1)], attributes);
  return scatterAdd(context, dy, positions, input(0));
}

/** @throws InputError for the reductions of a scatter that have no gradient here */
export function refuseReduction({ node }: NodeContext, reduction: string): void {
  if (reduction === 'none' || reduction === 'add') return;
  throw new InputError(`node ${nodeLabel(node)}: reduction "${reduction}" has no gradient; "none" and "add" have one`);
}
