/** Ways in which a model file goes wrong: by an exporter's hand, an editor's, or a hostile one's. */
import { subgraphsOf } from '../../src/onnx/attributes.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { graphOf, onnx, type Graph, type Model, type Node } from '../../src/onnx/model.js';
import type { Random } from '../../src/numeric/random.js';

/** Numbers at which arithmetic and allocation go wrong. */
const ODD_INTEGERS = [
  ...[-1, 0, 1, 2, 3, 5, 7, 64, 255, 1000, 65536, 10 ** 6, 10 ** 8, -2, -7, -1000],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 62, -(2 ** 62)],
];
const ODD_FLOATS = [0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 1e-45, 3e38, -3e38, 1e-8];
const ODD_TEXTS = [
  '',
  'NOTSET',
  'VALID',
  'SAME_UPPER',
  'linear',
  '\x1b[2J',
  '../x',
  '__proto__',
  'constructor',
  'ä'.repeat(300),
];
const DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'nobody.knows', '__proto__'];

/** Operators whose results may be far larger than what they read, and others that need care. */
const OPERATORS = [
  ...[
    'Expand',
    'Range',
    'Tile',
    'ConstantOfShape',
    'Pad',
    'Resize',
    'OneHot',
    'NonZero',
    'EyeLike',
    'Reshape',
    'MatMul',
  ],
  ...[
    'Gemm',
    'Conv',
    'ConvTranspose',
    'MaxPool',
    'Concat',
    'Gather',
    'GatherND',
    'ScatterND',
    'Slice',
    'Split',
    'TopK',
  ],
  ...['Softmax', 'Relu', 'Add', 'Mul', 'Div', 'Pow', 'Einsum', 'Where', 'Cast', 'CastLike', 'Shape', 'Size', 'Squeeze'],
  ...[
    'Unsqueeze',
    'Flatten',
    'Transpose',
    'ReduceSum',
    'ReduceMean',
    'ArgMax',
    'BatchNormalization',
    'Dropout',
    'LSTM',
  ],
  ...[
    'GRU',
    'RNN',
    'If',
    'Loop',
    'Scan',
    'SequenceConstruct',
    'SequenceAt',
    'ConcatFromSequence',
    'Optional',
    'Upsample',
  ],
  ...['Constant', 'Identity', 'RandomNormal', 'Multinomial', 'NonMaxSuppression', 'Unique', 'Compress', 'DepthToSpace'],
  ...[
    'HannWindow',
    'MelWeightMatrix',
    'STFT',
    'DFT',
    'Col2Im',
    'CumSum',
    'Trilu',
    'QuantizeLinear',
    'TreeEnsembleClassifier',
  ],
  ...[
    'ZipMap',
    'Scaler',
    'Normalizer',
    'LabelEncoder',
    'Attention',
    'LayerNormalization',
    'Hardmax',
    'Clip',
    'GridSample',
  ],
];

/** A mutated copy of a model's bytes. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.uniform() < 0.15) return mutateBytes(bytes, random);
  const model = decodeModel(Uint8Array.from(bytes), 'a model of the corpus');
  for (let left = 1 + random.below(3); left > 0; left--) pick(MUTATIONS, random)(model, random);
  const encoded = encodeModel(model);
  return random.uniform() < 0.05 ? mutateBytes(encoded, random) : encoded;
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

type Mutation = (model: Model, random: Random) => void;

const MUTATIONS: readonly Mutation[] = [
  onNode(mutateAttribute),
  onNode(mutateAttribute),
  onNode(mutateAttribute),
  onNode((node, random) => (node.opType = pick(OPERATORS, random))),
  onNode((node, random) => (node.domain = pick(DOMAINS, random))),
  onNode(mutateInputs),
  onNode(mutateInputs),
  onNode(mutateOutputs),
  mutateWeight,
  mutateWeight,
  mutateWeight,
  mutateDeclaration,
  mutateDeclaration,
  mutateNodeList,
  insertNode,
  insertNode,
  mutateOpset,
  renameEverything,
  addFunction,
];

function onNode(change: (node: Node, random: Random, graph: Graph) => unknown): Mutation {
  return (model, random) => {
    const graph = pick([...graphsOf(graphOf(model))], random);
    if (graph.node.length > 0) change(pick(graph.node, random), random, graph);
  };
}

function* graphsOf(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph.node) for (const inner of subgraphsOf(node)) yield* graphsOf(inner);
}

function namesIn({ node, input, initializer }: Graph): string[] {
  return [
    ...node.flatMap(({ output }) => output),
    ...input.map(({ name }) => name),
    ...initializer.map(({ name }) => name),
  ];
}

function mutateAttribute(node: Node, random: Random, graph: Graph): void {
  const { AttributeType } = onnx.AttributeProto;
  if (node.attribute.length === 0 || random.uniform() < 0.15) {
    const name = pick(
      ['axis', 'axes', 'perm', 'pads', 'strides', 'kernel_shape', 'group', 'to', 'value', 'keepdims'],
      random,
    );
    const isList = random.uniform() < 0.5;
    node.attribute.push(
      isList
        ? new onnx.AttributeProto({ name, type: AttributeType.INTS, ints: oddList(random) })
        : new onnx.AttributeProto({ name, type: AttributeType.INT, i: pick(ODD_INTEGERS, random) }),
    );
    return;
  }
  const attribute = pick(node.attribute, random);
  const change = random.below(10);
  if (change === 0) attribute.type = random.below(15);
  else if (change === 1) node.attribute = node.attribute.filter((each) => each !== attribute);
  else if (change === 2) attribute.name = pick(ODD_TEXTS, random);
  else if (change === 3) attribute.refAttrName = 'outer';
  else if (change === 4) node.attribute.push(new onnx.AttributeProto({ ...attribute }));
  else if (attribute.t) mutateTensor(attribute.t, random);
  else if (attribute.g && random.uniform() < 0.3) attribute.g = graph;
  else if (attribute.ints.length > 0) attribute.ints = oddList(random, attribute.ints as number[]);
  else if (attribute.floats.length > 0)
    attribute.floats[random.below(attribute.floats.length)] = pick(ODD_FLOATS, random);
  else if (attribute.s.length > 0) attribute.s = new TextEncoder().encode(pick(ODD_TEXTS, random));
  else if (attribute.type === AttributeType.FLOAT) attribute.f = pick(ODD_FLOATS, random);
  else attribute.i = pick(ODD_INTEGERS, random);
}

function oddList(random: Random, given: readonly number[] = [1, 1]): number[] {
  const list = [...given];
  const change = random.below(4);
  if (change === 0) list.push(pick(ODD_INTEGERS, random));
  else if (change === 1) list.pop();
  else list[random.below(Math.max(1, list.length))] = pick(ODD_INTEGERS, random);
  return list;
}

function mutateInputs(node: Node, random: Random, graph: Graph): void {
  const place = random.below(Math.max(1, node.input.length));
  const change = random.below(5);
  if (change === 0) node.input[place] = '';
  else if (change === 1) node.input.splice(place, 1);
  else if (change === 2) node.input.push(pick([...namesIn(graph), ''], random));
  else if (change === 3) node.input.reverse();
  else node.input[place] = pick([...namesIn(graph), 'nowhere'], random);
}

function mutateOutputs(node: Node, random: Random, graph: Graph): void {
  const name = pick([...namesIn(graph), '', 'new'], random);
  const place = random.below(node.output.length + 1);
  node.output.splice(place, random.below(2), name);
}

function mutateWeight(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.initializer.length === 0) return;
  const weight = pick(graph.initializer, random);
  const change = random.below(6);
  if (change === 0) graph.initializer = graph.initializer.filter((each) => each !== weight);
  else if (change === 1) graph.initializer.push(weight);
  else if (change === 2) weight.name = pick([...namesIn(graph), ''], random);
  else mutateTensor(weight, random);
}

function mutateTensor(stored: onnx.TensorProto, random: Random): void {
  const { INT64 } = onnx.TensorProto.DataType;
  // A shape or a count: the number itself decides what is allocated.
  if (
    (stored.dataType as onnx.TensorProto.DataType) === INT64 &&
    stored.rawData.length >= 8 &&
    random.uniform() < 0.8
  ) {
    const values = new BigInt64Array(Uint8Array.from(stored.rawData).buffer);
    values[random.below(values.length)] = BigInt(pick(ODD_INTEGERS, random));
    stored.rawData = new Uint8Array(values.buffer);
    return;
  }
  const change = random.below(7);
  if (change === 0) stored.dataType = random.below(25);
  else if (change === 1) stored.dims = oddList(random, stored.dims as number[]);
  else if (change === 2) stored.dims = [];
  else if (change === 3) stored.rawData = stored.rawData.slice(0, random.below(stored.rawData.length + 1));
  else if (change === 4) [stored.dims, stored.rawData] = [[0, ...stored.dims], new Uint8Array(0)];
  else if (change === 5) {
    const entry = (key: string, value: string) => new onnx.StringStringEntryProto({ key, value });
    stored.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    stored.externalData = [
      entry('location', pick(['model.onnx', '/etc/passwd', 'x', '.'], random)),
      entry('length', '1000000000000'),
    ];
  } else {
    const bytes = Uint8Array.from(stored.rawData);
    for (let i = 0; i < bytes.length; i += 1 + random.below(16)) bytes[i] = random.below(256);
    stored.rawData = bytes;
  }
}

function mutateDeclaration(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  const list = pick([graph.input, graph.output, graph.valueInfo], random);
  const { TypeProto, TensorShapeProto } = onnx;
  if (list.length === 0) return;
  const info = pick(list, random);
  const tensor = info.type?.tensorType;
  const dims = tensor?.shape?.dim ?? [];
  const change = random.below(11);
  if (change === 0) info.type = undefined;
  else if (change === 1 && tensor) tensor.elemType = random.below(25);
  else if (change === 2 && tensor) tensor.shape = undefined;
  else if (change === 3) info.type = new TypeProto({ sequenceType: new TypeProto.Sequence({ elemType: info.type }) });
  else if (change === 4) info.type = new TypeProto({ optionalType: new TypeProto.Optional({ elemType: info.type }) });
  else if (change === 5)
    info.type = new TypeProto({ mapType: new TypeProto.Map({ keyType: 7, valueType: info.type }) });
  else if (change === 6) info.name = pick([...namesIn(graph), '', '\x1b[2J'], random);
  else if (change === 7) dims.splice(random.below(dims.length + 1), 1);
  else if (change === 8)
    dims.splice(
      random.below(dims.length + 1),
      0,
      new TensorShapeProto.Dimension({ dimValue: pick(ODD_INTEGERS, random) }),
    );
  else if (dims.length > 0) {
    const odd = { dimValue: pick(ODD_INTEGERS, random) };
    dims[random.below(dims.length)] = new TensorShapeProto.Dimension(pick([odd, odd, { dimParam: 'n' }, {}], random));
  }
}

function mutateNodeList(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.node.length === 0) return;
  const place = random.below(graph.node.length);
  const change = random.below(4);
  if (change === 0) graph.node.splice(place, 1);
  else if (change === 1) graph.node.reverse();
  else if (change === 2) graph.node.push(graph.node[place]!);
  else graph.output.push(new onnx.ValueInfoProto({ name: pick(namesIn(graph), random) }));
}

/** A node between one that there is and those who read it, with constants for what else it takes. */
function insertNode(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.node.length === 0) return;
  const place = random.below(graph.node.length);
  const before = graph.node[place]!;
  const value = before.output[0] ?? '';
  const inputs = [value];
  for (let more = random.below(4); more > 0; more--) {
    const name = `odd_${graph.initializer.length}_${more}`;
    const numbers = Array.from({ length: random.below(5) }, () => BigInt(pick(ODD_INTEGERS, random)));
    const isOne = random.uniform() < 0.3;
    const data = isOne ? BigInt64Array.of(BigInt(pick(ODD_INTEGERS, random))) : BigInt64Array.from(numbers);
    const rawData = new Uint8Array(data.buffer);
    graph.initializer.push(new onnx.TensorProto({ name, dataType: 7, dims: isOne ? [] : [data.length], rawData }));
    if (random.uniform() < 0.5) inputs.push(name);
    else inputs.unshift(name);
  }
  const output = `inserted_${graph.node.length}`;
  const node = new onnx.NodeProto({ opType: pick(OPERATORS, random), input: inputs, output: [output] });
  for (const reader of graph.node.slice(place + 1))
    reader.input = reader.input.map((name) => (name === value ? output : name));
  graph.node.splice(place + 1, 0, node);
}

function mutateOpset(model: Model, random: Random): void {
  const change = random.below(4);
  if (change === 0) model.opsetImport = [];
  else if (change === 1) model.irVersion = pick(ODD_INTEGERS, random);
  else if (change === 2)
    model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: pick(DOMAINS, random), version: 1 }));
  else for (const entry of model.opsetImport) entry.version = random.below(30);
}

/** All names alike but for their number, or all nodes without a name. */
function renameEverything(model: Model, random: Random): void {
  const named = random.uniform() < 0.5 ? '' : pick(ODD_TEXTS, random);
  for (const graph of graphsOf(graphOf(model))) for (const node of graph.node) node.name = named;
}

/** A function that a node calls, and that may call itself. */
function addFunction(model: Model, random: Random): void {
  const graph = graphOf(model);
  if (graph.node.length === 0) return;
  const node = pick(graph.node, random);
  const inner = new onnx.NodeProto({ ...node });
  if (random.uniform() < 0.5) [inner.opType, inner.domain] = ['F', 'made.up'];
  const { input, output } = node;
  const opsetImport = [...model.opsetImport, new onnx.OperatorSetIdProto({ domain: 'made.up', version: 1 })];
  model.functions.push(
    new onnx.FunctionProto({ name: 'F', domain: 'made.up', input, output, node: [inner], opsetImport }),
  );
  [node.opType, node.domain] = ['F', 'made.up'];
  if (random.uniform() < 0.8) model.opsetImport = opsetImport;
}

function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const change = random.below(5);
  if (change === 0) return changed.slice(0, random.below(changed.length));
  if (change === 1) return Uint8Array.from([...changed.slice(0, 200), ...changed]);
  for (let left = 1 + random.below(8); left > 0; left--) {
    // Half of them in what stands in front, where structure is more likely than weights.
    const limit = random.uniform() < 0.5 ? Math.min(changed.length, 500) : changed.length;
    changed[random.below(limit)] = random.below(256);
  }
  return changed;
}
