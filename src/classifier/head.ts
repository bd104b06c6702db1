/** The class scores of a model: one float32 row per example, [batch, outputs], whatever shape the model gives them in. */
import { InputError } from '../errors.js';
import { rowsOf } from '../graph/batch.js';
import { GraphBuilder } from '../graph/builder.js';
import { joinValues, valuesOf, type Values, type ValueType } from '../graph/values.js';
import { cloneModel } from '../onnx/codec.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { graphOf, opsetOf, type Model } from '../onnx/model.js';
import type { Runtime } from '../runtime/runtime.js';
import { int64 } from '../tensor.js';
import { findEnding, type Activation } from './ending.js';
import { scoresOutput, type OutputQuestion } from './outputs.js';
import { positionOf, type Position } from './position.js';

/** Where a model's decision is read off. */
export interface Head {
  /** The model, with what makes rows of its scores. */
  readonly model: Model;
  readonly values: Values;
  /** The output that the scores belong to. */
  readonly output: string;
  /** The class scores, float32 [batch, outputs], before a softmax or sigmoid that ends the model. */
  readonly scores: string;
  /** Columns of the scores; a single one is the score of class 1 against class 0. */
  readonly outputs: number;
  /** What the model puts the scores through. */
  readonly activation: Activation;
}

/** What the user may say about it. */
export interface HeadQuestion extends OutputQuestion {
  /** A time step, pixel or box, where there are scores for many. */
  readonly at?: Position | undefined;
}

/**
 * Finds the class scores of a prepared model.
 * @throws InputError where no output holds class scores, or they are for many positions and none was picked
 */
export async function findHead(model: Model, values: Values, question: HeadQuestion, runtime: Runtime): Promise<Head> {
  const output = scoresOutput(model, values, question);
  const { activation, value, axis } = await findEnding(model, values, output, runtime);
  const { type, dims } = values.of(value);
  const sizes = dims.slice(1);
  if (dims[0] !== rowsOf(model) || !type.startsWith('float') || !sizes.every((size) => typeof size === 'number')) {
    throw new InputError(
      `the output "${output}" is ${type} [${dims.join(', ')}], expected class scores, float32 [batch, classes]; ` +
        'name the output that holds them with `output`, or export it',
    );
  }
  const { classAxis, index } = positionOf(output, sizes, axis, question);
  const outputs = classAxis === undefined ? 1 : sizes[classAxis]!;
  if (type === 'float32' && dims.length === 2) return { model, values, output, scores: value, outputs, activation };
  return withRows(model, values, { output, value, sizes, index, outputs, activation });
}

/** Adds the nodes that bring scores of another shape into rows. */
function withRows(
  model: Model,
  values: Values,
  {
    value,
    sizes,
    index,
    ...head
  }: Omit<Head, 'model' | 'values' | 'scores'> & {
    readonly value: string;
    readonly sizes: readonly number[];
    readonly index: readonly (number | undefined)[];
  },
): Head {
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'scores', prefix: 'scores/' });
  const known = new Map<string, ValueType>();
  const each = rowsOf(model);
  const note = (name: string, dims: ValueType['dims']) => {
    known.set(name, { type: 'float32', dims });
    return name;
  };
  let rows = value;
  if (values.of(value).type !== 'float32') {
    rows = note(g.op('Cast', [rows], { to: elementTypeCode('float32') }), [each, ...sizes]);
  }
  const left: (number | undefined)[] = [...sizes];
  // From the last axis on, so that the places of the others stay.
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const at = index[axis];
    if (at === undefined) continue;
    left.splice(axis, 1);
    rows = g.op('Gather', [rows, g.constant(int64([at], []))], { axis: axis + 1 });
    note(rows, [each, ...(left as number[])]);
  }
  const scores = note(g.op('Reshape', [rows, g.ints([-1, head.outputs])]), [each, head.outputs]);
  return { ...withNodes(model, values, g, known), ...head, scores };
}

/** A model with further nodes behind its own; what is known of their values joins what is known of its own. */
export function withNodes(
  model: Model,
  values: Values,
  g: GraphBuilder,
  known: ReadonlyMap<string, ValueType>,
): Pick<Head, 'model' | 'values'> {
  const extended = cloneModel(model);
  const graph = graphOf(extended);
  graph.node.push(...g.graph.node);
  graph.initializer.push(...g.graph.initializer);
  return { model: extended, values: joinValues(values, valuesOf(g.graph, known)) };
}
