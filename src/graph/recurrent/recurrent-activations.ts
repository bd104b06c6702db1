/** What goes on with a gate's sum: it is limited, and an activation is applied. */
import { InputError } from '../../errors.js';
import { floatAttribute, floatsAttribute, stringsAttribute } from '../../onnx/attributes.js';
import { nodeLabel } from '../../onnx/model.js';
import type { Attributes } from '../builder.js';
import type { Gates } from './recurrent-cells.js';
import { table } from '../../table.js';
import { filled, type Layer } from './recurrent-layer.js';

/** Activations that may stand in for the usual ones, as operators with the attributes that they take. */
const ACTIVATIONS = table<{ op: string; alpha?: number; beta?: number }>({
  relu: { op: 'Relu' },
  tanh: { op: 'Tanh' },
  sigmoid: { op: 'Sigmoid' },
  softsign: { op: 'Softsign' },
  softplus: { op: 'Softplus' },
  elu: { op: 'Elu', alpha: 1 },
  leakyrelu: { op: 'LeakyRelu', alpha: 0.01 },
  hardsigmoid: { op: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
});

/** The activations of one direction. @throws InputError for rare ones, when they are asked for */
export function activationsOf({ node, cell, emit }: Layer, d: number): Gates['activation'] {
  const perDirection = cell.activations.length;
  const names = stringsAttribute(node, 'activations')?.slice(d * perDirection, (d + 1) * perDirection);
  const given = floatsAttribute(node, 'activation_alpha') ?? floatsAttribute(node, 'activation_beta');
  return (index, value) => {
    const name = names?.[index] ?? cell.activations[index]!;
    const known = ACTIVATIONS[name.toLowerCase()];
    if (!known || (given && known.alpha !== undefined)) {
      const what = known ? `parameters of the activation ${name}` : `the activation ${name}`;
      throw new InputError(`node ${nodeLabel(node)}: ${what} are not supported in a recurrent layer`);
    }
    const attributes: Attributes = {
      alpha: known.alpha === undefined ? undefined : { float: known.alpha },
      beta: known.beta === undefined ? undefined : { float: known.beta },
    };
    return emit(known.op, [value], name.toLowerCase(), attributes);
  };
}

/** The limit that the node sets, if any. */
export function clipping(layer: Layer): Gates['clip'] {
  const { node, emit, constant } = layer;
  const limit = floatAttribute(node, 'clip', 0);
  if (limit <= 0) return (value) => value;
  const [low, high] = [constant(filled(layer, [], -limit), 'low'), constant(filled(layer, [], limit), 'high')];
  return (value) => emit('Clip', [value, low, high], 'clipped');
}
