/**
 * Rewrites a model of an older operator set in the one that our own graphs are built in.
 *
 * Most operators only gained element types or optional inputs between the two; the table lists those that a model of
 * the older set would mean something else with.
 */
import { InputError } from '../../errors.js';
import { hasAttribute, intAttribute, makeAttribute, stringAttribute } from '../../onnx/attributes.js';
import { cloneModel } from '../../onnx/codec.js';
import {
  graphOf,
  importsStandard,
  isStandardDomain,
  nodeLabel,
  onnx,
  opsetOf,
  toNumber,
  type Model,
  type Node,
  type ValueInfo,
} from '../../onnx/model.js';
import { valuesReadBy } from '../../onnx/validate.js';
import { BUILD_OPSET, makeNode } from '../builder.js';
import { graphsIn, nameMaker, nodesIn, replaceNodes, type NameMaker } from '../rewrite.js';

/** IR version that brought BUILD_OPSET. */
const IR_VERSION = 8;

/** What a change may need to know of the model around its node. */
interface UpgradeContext {
  readonly fresh: NameMaker;
  /** Number of dimensions of a value, where the model declares it. */
  readonly rankOf: (value: string) => number | undefined;
  /** Whether anything reads a value. */
  readonly isRead: (value: string) => boolean;
}

/** Rewrites a node of an older operator set; the node itself may be changed. */
type NodeUpgrade = (node: Node, surroundings: UpgradeContext) => Node[];

/** One entry a change: the operator set that brought it, the operators that it touches, what to do with older nodes. */
const CHANGES: readonly { readonly since: number; readonly ops: readonly string[]; readonly change: NodeUpgrade }[] = [
  { since: 10, ops: ['Slice'], change: attributesToInputs(['starts', 'ends', 'axes']) },
  { since: 10, ops: ['TopK'], change: attributesToInputs(['k']) },
  { since: 11, ops: ['Clip'], change: attributesToInputs(['min', 'max']) },
  { since: 11, ops: ['Pad'], change: attributesToInputs(['pads', 'value']) },
  { since: 11, ops: ['Upsample', 'Resize'], change: resizeByScales },
  { since: 11, ops: ['Scatter'], change: rename('ScatterElements') },
  { since: 12, ops: ['Dropout'], change: attributeToInput('ratio', 'value_float') },
  { since: 13, ops: ['Squeeze', 'Unsqueeze', 'ReduceSum'], change: attributeToInput('axes', 'value_ints') },
  { since: 13, ops: ['Split'], change: attributeToInput('split', 'value_ints') },
  { since: 13, ops: ['Softmax', 'LogSoftmax', 'Hardmax'], change: coerceToMatrix },
  { since: 13, ops: ['Resize'], change: resizeWithoutTensorFlowMode },
  { since: 14, ops: ['BatchNormalization'], change: batchNormalizationTrainingMode },
  { since: 16, ops: ['RoiAlign'], change: setDefault('coordinate_transformation_mode', 'output_half_pixel') },
  { since: 18, ops: ['Split'], change: countOutputs },
  {
    since: 18,
    ops: [
      ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax'],
      ...['ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSumSquare'],
    ],
    change: attributeToInput('axes', 'value_ints'),
  },
];

/**
 * The model in operator set BUILD_OPSET; one that is there or beyond is returned as it is.
 * @throws InputError for a node that has no equivalent
 */
export function upgradeOpset(model: Model): Model {
  if (!importsStandard(model)) return withStandard(model);
  const functionsAreNew = model.functions.every(({ opsetImport }) => versionIn(opsetImport) >= BUILD_OPSET);
  if (opsetOf(model) >= BUILD_OPSET && functionsAreNew) return model;

  const upgraded = cloneModel(model);
  const fromMain = opsetOf(model);
  const fromFunction = new Map(
    upgraded.functions.flatMap((body) => {
      const version = versionIn(body.opsetImport);
      return [...nodesIn(aloneWith(body))].map((node) => [node, version] as const);
    }),
  );
  const surroundings = surroundingsOf(upgraded);
  for (const { since, ops, change } of CHANGES) {
    replaceNodes(upgraded, (node) => {
      const from = fromFunction.get(node) ?? fromMain;
      if (from >= since || !isStandardDomain(node.domain) || !ops.includes(node.opType)) return [node];
      return change(node, surroundings);
    });
  }
  setVersion(upgraded.opsetImport);
  for (const { opsetImport } of upgraded.functions) setVersion(opsetImport);
  upgraded.irVersion = Math.max(IR_VERSION, toNumber(upgraded.irVersion));
  return upgraded;
}

/** The model with our operator set beside its own: the passes add standard operators. */
function withStandard(model: Model): Model {
  const standard = new onnx.OperatorSetIdProto({ domain: '', version: BUILD_OPSET });
  const upgraded = cloneModel(model);
  upgraded.opsetImport.push(standard);
  for (const { opsetImport } of upgraded.functions) {
    if (!opsetImport.some(({ domain }) => isStandardDomain(domain))) opsetImport.push(standard);
  }
  return upgraded;
}

function versionIn(opsetImport: readonly onnx.OperatorSetIdProto[]): number {
  // A function that imports no standard operators has none to upgrade.
  const standard = opsetImport.find(({ domain }) => isStandardDomain(domain));
  return standard ? toNumber(standard.version) : BUILD_OPSET;
}

function setVersion(opsetImport: readonly onnx.OperatorSetIdProto[]): void {
  for (const entry of opsetImport) {
    if (isStandardDomain(entry.domain)) entry.version = Math.max(BUILD_OPSET, toNumber(entry.version));
  }
}

/** A model of nothing but one function, for walking its nodes. */
function aloneWith(body: onnx.FunctionProto): Model {
  return new onnx.ModelProto({ graph: new onnx.GraphProto(), functions: [body] });
}

function surroundingsOf(model: Model): UpgradeContext {
  const ranks = new Map<string, number>();
  const read = new Set<string>();
  for (const graph of graphsIn(graphOf(model))) {
    for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) {
      const rank = declaredRank(info);
      if (rank !== undefined) ranks.set(info.name, rank);
    }
    for (const { name } of graph.output) read.add(name);
  }
  for (const node of nodesIn(model)) for (const name of valuesReadBy(node)) read.add(name);
  for (const { output } of model.functions) for (const name of output) read.add(name);
  return { fresh: nameMaker(model), rankOf: (value) => ranks.get(value), isRead: (value) => read.has(value) };
}

function declaredRank({ type }: ValueInfo): number | undefined {
  return type?.tensorType?.shape?.dim.length;
}

/** An attribute that became the node's second input. */
function attributeToInput(name: string, constantAttribute: 'value_ints' | 'value_float'): NodeUpgrade {
  return (node, { fresh }) => {
    const attribute = node.attribute.find((candidate) => candidate.name === name);
    if (!attribute) return [node];
    // The attribute moves as it is, so that one that refers to a function's attribute still does.
    const value = fresh(`${node.output[0]}_${name}`);
    const constant = makeNode('Constant', [], [value]);
    attribute.name = constantAttribute;
    constant.attribute = [attribute];
    node.attribute = node.attribute.filter((candidate) => candidate !== attribute);
    node.input = [node.input[0]!, value];
    return [constant, node];
  };
}

/** Attributes that became the node's second and further inputs. */
function attributesToInputs(names: readonly string[]): NodeUpgrade {
  return (node, { fresh }) => {
    const constants = names.map((name) => {
      const attribute = node.attribute.find((candidate) => candidate.name === name);
      if (!attribute) return undefined;
      const constant = makeNode('Constant', [], [fresh(`${node.output[0]}_${name}`)]);
      const isList = attribute.type === onnx.AttributeProto.AttributeType.INTS;
      // The one whole number, the k of TopK, is taken as a list of one.
      if (attribute.type === onnx.AttributeProto.AttributeType.INT) {
        constant.attribute = [makeAttribute('value_ints', [toNumber(attribute.i)])];
      } else {
        attribute.name = isList ? 'value_ints' : 'value_float';
        constant.attribute = [attribute];
      }
      return constant;
    });
    node.attribute = node.attribute.filter(({ name }) => !names.includes(name) && !name.startsWith('value_'));
    const inputs = [node.input[0]!, ...constants.map((constant) => constant?.output[0] ?? '')];
    while (inputs.at(-1) === '') inputs.pop();
    node.input = inputs;
    return [...constants.flatMap((constant) => constant ?? []), node];
  };
}

/** Upsample, and Resize before 11, took a scale for each axis and counted pixels from the corner. */
function resizeByScales(node: Node): Node[] {
  if (node.opType === 'Upsample' && hasAttribute(node, 'scales')) {
    throw new InputError(`node ${nodeLabel(node)}: scales as an attribute are too old; export with opset 11 or later`);
  }
  node.opType = 'Resize';
  node.input = [node.input[0]!, '', node.input[1]!];
  node.attribute.push(
    makeAttribute('coordinate_transformation_mode', 'asymmetric'),
    makeAttribute('nearest_mode', 'floor'),
  );
  return [node];
}

function rename(op: string): NodeUpgrade {
  return (node) => {
    node.opType = op;
    return [node];
  };
}

/** Before 13 these flattened their input to a matrix, [axes before `axis`, the others], and normalised its rows. */
function coerceToMatrix(node: Node, { fresh, rankOf }: UpgradeContext): Node[] {
  const axis = intAttribute(node, 'axis', 1);
  const [input, output] = [node.input[0]!, node.output[0]!];
  const rank = rankOf(input) ?? rankOf(output);
  node.attribute = [makeAttribute('axis', -1)];
  if (axis === -1 || axis + 1 === rank) return [node];
  const [shape, flat, result] = [fresh(`${output}_shape`), fresh(`${output}_rows`), fresh(`${output}_flat`)];
  node.input = [flat];
  node.output = [result];
  const restore = makeNode('Reshape', [result, shape], [output]);
  // The node itself may have the output's name.
  restore.name = fresh(`${output}_restored`);
  return [makeNode('Shape', [input], [shape]), makeNode('Flatten', [input], [flat], { axis }), node, restore];
}

/** Its TensorFlow mode for nearest neighbours left the standard with 13; half_pixel with another rounding is the same. */
function resizeWithoutTensorFlowMode(node: Node): Node[] {
  if (stringAttribute(node, 'coordinate_transformation_mode', '') !== 'tf_half_pixel_for_nn') return [node];
  if (stringAttribute(node, 'nearest_mode', 'round_prefer_floor') !== 'floor') {
    throw new InputError(
      `node ${nodeLabel(node)}: tf_half_pixel_for_nn is supported with nearest_mode "floor" only; export with opset 13 or later`,
    );
  }
  const replaced = new Set(['coordinate_transformation_mode', 'nearest_mode']);
  node.attribute = [
    ...node.attribute.filter(({ name }) => !replaced.has(name)),
    makeAttribute('coordinate_transformation_mode', 'half_pixel'),
    makeAttribute('nearest_mode', 'round_prefer_ceil'),
  ];
  return [node];
}

/** Before 14 the training form was told by its further outputs. */
function batchNormalizationTrainingMode(node: Node, { isRead }: UpgradeContext): Node[] {
  const saved = node.output.slice(3).find((name) => name !== '' && isRead(name));
  if (saved !== undefined) {
    throw new InputError(
      `node ${nodeLabel(node)}: its output "${saved}" (saved statistics) no longer exists; export the model in inference mode`,
    );
  }
  const trains = node.output.slice(1).some((name) => name !== '');
  if (trains) node.attribute.push(makeAttribute('training_mode', 1));
  node.output = node.output.slice(0, trains ? 3 : 1);
  return [node];
}

/** The number of equal parts must be said since 18. */
function countOutputs(node: Node): Node[] {
  if (!node.input[1]) node.attribute.push(makeAttribute('num_outputs', node.output.length));
  return [node];
}

/** A default that changed: the old one is said. */
function setDefault(name: string, value: string): NodeUpgrade {
  return (node) => {
    if (!hasAttribute(node, name)) node.attribute.push(makeAttribute(name, value));
    return [node];
  };
}
