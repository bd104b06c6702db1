/** What is known of every value of a graph: element type, dimensions, and the tensor itself where it is a constant. */
import { InputError } from '../errors.js';
import { tensorAttribute } from '../onnx/attributes.js';
import { graphOf, nodeLabel, type Graph, type Model, type Node } from '../onnx/model.js';
import { decodeTensor } from '../onnx/tensor-proto.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Tensor } from '../tensor.js';
import type { ExampleDims } from './example-dims.js';
import { hasScan, scanKey, withFirstSteps, type FirstSteps } from './steps/first-steps.js';
import { BATCH, measureProbe, probe } from './probe.js';
import { isShapeOutput, valueTypes, withShapeOutputs, type ValueType } from './shape-outputs.js';
import { inferInParts } from './values-in-parts.js';

export { BATCH, type ValueType };

/** Looks values up by name. */
export interface Values {
  /** @throws InputError for a value whose shape could not be found out */
  of(name: string): ValueType;
  has(name: string): boolean;
  /** The tensor behind a weight or Constant node; undefined for anything computed. */
  constant(name: string): Tensor | undefined;
  /** Looks values up as the body of a Scan sees them. @throws InputError for a Scan of which nothing is known inside */
  within(scan: Node): Values;
}

/** A graph of more nodes than this is run in parts of so many. */
const MANY_NODES = 1000;
const PART_SIZE = 250;

/**
 * Finds the type and dimensions of every value by running the model on zeros at two batch sizes: ONNX Runtime is the one
 * authority on shapes, and the result is right for every operator, however a shape is computed inside the graph.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError when ONNX Runtime refuses the model or inputs of these dimensions, or a free dimension is not given
 */
export async function inferValues(model: Model, runtime: Runtime, exampleDims: ExampleDims = {}): Promise<Values> {
  if (!hasScan(graphOf(model))) return inferGraph(model, runtime, exampleDims);
  const extended = withFirstSteps(model);
  try {
    return await inferGraph(extended.model, runtime, exampleDims, extended.steps);
  } catch (error) {
    // A sequence may have no first item, and what stands in a body need not be a tensor.
    if (!(error instanceof InputError)) throw error;
    return inferGraph(model, runtime, exampleDims);
  }
}

async function inferGraph(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims,
  steps: FirstSteps = new Map(),
): Promise<Values> {
  const graph = graphOf(model);
  const isLarge = graph.node.length > MANY_NODES;
  const known = isLarge ? await inferInParts(model, runtime, exampleDims, PART_SIZE) : undefined;
  return valuesOf(graph, known ?? (await inferWhole(model, runtime, exampleDims)), steps);
}

/**
 * Type and dimensions of the inputs and of every value computed, from running the model as it is.
 * @throws InputError as `inferValues` does
 */
export async function inferWhole(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims,
): Promise<Map<string, ValueType>> {
  const { others } = await measureProbe(model, runtime, exampleDims);
  const names = graphOf(model).node.flatMap(({ output }) => output.filter((name) => name !== '' && !others.has(name)));
  const probed = await probe(withShapeOutputs(model, names), runtime, exampleDims, isShapeOutput);
  const known = valueTypes(names, probed);
  for (const [name, dims] of probed.feedDims) known.set(name, { type: probed.types.get(name)!, dims });
  return known;
}

/** The constants of a graph, with what is known of its computed values. */
export function valuesOf(graph: Graph, known: ReadonlyMap<string, ValueType>, steps: FirstSteps = new Map()): Values {
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const constantNodes = new Map(
    graph.node.filter(({ opType }) => opType === 'Constant').map((node) => [node.output[0]!, node]),
  );
  const decoded = new Map<string, Tensor | undefined>();
  const constant = (name: string): Tensor | undefined => {
    if (!decoded.has(name)) {
      const weight = stored.get(name);
      const node = constantNodes.get(name);
      decoded.set(name, weight ? decodeTensor(weight) : node && tensorAttribute(node, 'value'));
    }
    return decoded.get(name);
  };
  const values: Values = {
    constant,
    has: (name) => known.has(name) || stored.has(name),
    of: (name) => {
      const value = known.get(name) ?? constant(name);
      if (!value) throw new InputError(`the shape of value "${name}" could not be found out`);
      return value;
    },
    within: (scan) => valuesWithin(values, steps, scan),
  };
  return values;
}

function valuesWithin(outer: Values, steps: FirstSteps, scan: Node): Values {
  const step = steps.get(scanKey(scan));
  if (!step) throw new InputError(`node ${nodeLabel(scan)}: the shapes of the values inside could not be found out`);
  const { names, given, inner } = step;
  const nameOf = (name: string) => names.get(name) ?? name;
  const values: Values = {
    constant: (name) => (given.has(name) ? undefined : outer.constant(nameOf(name))),
    has: (name) => outer.has(nameOf(name)),
    of: (name) => outer.of(nameOf(name)),
    within: (node) => valuesWithin(values, inner, node),
  };
  return values;
}

/** What is known of a graph's values, and of others that join them. */
export function joinValues(values: Values, added: Values): Values {
  return {
    has: (name) => added.has(name) || values.has(name),
    of: (name) => (added.has(name) ? added.of(name) : values.of(name)),
    constant: (name) => added.constant(name) ?? values.constant(name),
    within: (scan) => values.within(scan),
  };
}
