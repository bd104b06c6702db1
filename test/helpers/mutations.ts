/**
 * Ways in which an export changes, rightly or wrongly, as rewrites of a small trained model; and what the check must say of
 * each. The table in docs/check.md and the test come from this list.
 */
import { foldBatchNorm } from '../../src/graph/fold-batch-norm.js';
import { makeNode, valueInfo, type Attributes } from '../../src/graph/builder.js';
import { renameReads } from '../../src/graph/rewrite.js';
import { makeAttribute } from '../../src/onnx/attributes.js';
import { cloneModel } from '../../src/onnx/codec.js';
import { elementTypeCode, isFloatTensor } from '../../src/onnx/element-type.js';
import { graphOf, onnx, setMetadata, type Graph, type Model, type Node } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import { toFloat16 } from '../../src/numeric/float16.js';
import { seededRandom } from '../../src/numeric/random.js';
import { float32, type Tensor } from '../../src/tensor.js';
import type { Preset } from '../../src/check/settings/preset.js';

/** The models of test/fixtures/check. */
export type FixtureName = 'tinted' | 'tinted-early' | 'tinted-retrained';

/** One way in which an export changes. */
export interface Mutation {
  readonly name: string;
  readonly preset: Preset;
  /** What the accepted model is, where it is not the trained one itself. */
  readonly accepted?: (model: Model) => Model;
  /** Which trained model the new export begins from, `tinted` by default. */
  readonly from?: FixtureName;
  /** Makes the new export of the trained one. */
  readonly change: (model: Model) => Model;
  /** Rules that must fail; none where the export is right. */
  readonly fires: readonly string[];
  /** Rules that must warn. */
  readonly warns?: readonly string[];
  /**
   * Rules that must not fail, beside those that fire: `all` that are not listed. What a change of the numbers may bring
   * along (see CONSEQUENCES) is free unless it stands here; every other rule must be silent.
   */
  readonly silent?: 'all' | readonly string[];
  /** Rules that may fail besides, though they are no such consequence. */
  readonly may?: readonly string[];
  /** Node that must be named as the first to diverge. */
  readonly first?: string;
  /** Weights go to a file beside the model. */
  readonly externalData?: boolean;
}

/** Rules that tell of numbers, and any of which may fail when the numbers are others. */
export const CONSEQUENCES =
  /^(outputs\.(tolerance|error-quantiles)|decisions\..*|representations\..*|explanations\..*)$/;

const same = (model: Model) => model;

/** A rewrite of a copy. */
const edit =
  (change: (graph: Graph, model: Model) => void) =>
  (model: Model): Model => {
    const copy = cloneModel(model);
    change(graphOf(copy), copy);
    return copy;
  };

/** A node with a name of its own: a value that is renamed leaves its name to the node that computed it. */
function newNode(op: string, from: readonly string[], to: readonly string[], attributes: Attributes = {}): Node {
  const node = makeNode(op, from, to, attributes);
  node.name = `${op}/${made++}`;
  return node;
}

let made = 0;

const nodeOf = (graph: Graph, output: string) => graph.node.find((node) => node.output.includes(output))!;

function weightOf(graph: Graph, name: string): Float32Array {
  return decodeTensor(graph.initializer.find((stored) => stored.name === name)!).data as Float32Array;
}

/** Changes a weight's elements. */
function setWeight(graph: Graph, name: string, change: (data: Float32Array, dims: readonly number[]) => Float32Array) {
  graph.initializer = graph.initializer.map((stored) => {
    if (stored.name !== name) return stored;
    const { dims, data } = decodeTensor(stored);
    return encodeTensor(name, float32(change(Float32Array.from(data as Float32Array), dims), dims));
  });
}

/** Takes a node out; its readers get its first input. */
function bypass(graph: Graph, output: string) {
  const node = nodeOf(graph, output);
  graph.node = graph.node.filter((each) => each !== node);
  renameReads(graph.node, new Map([[output, node.input[0]!]]));
}

/** The model ending in probabilities named like the scores. */
const withSoftmax = edit((graph) => {
  const [output] = graph.output;
  const last = nodeOf(graph, output!.name);
  last.output = ['logits'];
  graph.node.push(newNode('Softmax', ['logits'], [output!.name], { axis: 1 }));
});

const renamed = edit((graph) => {
  const own = new Set(graph.output.map(({ name }) => name));
  const names = new Map(
    graph.node.flatMap(({ output }, i) =>
      output.filter((name) => !own.has(name)).map((name) => [name, `/x/n${i}`] as const),
    ),
  );
  for (const [i, node] of graph.node.entries()) {
    node.name = `op_${i}`;
    node.output = node.output.map((name) => names.get(name) ?? name);
    node.input = node.input.map((name) => names.get(name) ?? name);
  }
  const weights = new Map(graph.initializer.map(({ name }, i) => [name, `w.${i}`]));
  for (const stored of graph.initializer) stored.name = weights.get(stored.name)!;
  renameReads(graph.node, weights);
  graph.initializer.reverse();
  graph.valueInfo = [];
});

const float16Copy = edit((graph) => {
  graph.initializer = graph.initializer.map((stored) => {
    if (!isFloatTensor(stored)) return stored;
    const { dims, data } = decodeTensor(stored);
    return encodeTensor(stored.name, {
      type: 'float16',
      dims,
      data: Uint16Array.from(data as Float32Array, toFloat16),
    });
  });
  const [input, output] = [graph.input[0]!.name, graph.output[0]!.name];
  renameReads(graph.node, new Map([[input, `${input}_16`]]));
  const last = nodeOf(graph, output);
  last.output = last.output.map((name) => (name === output ? `${output}_16` : name));
  const [half, full] = (['float16', 'float32'] as const).map(elementTypeCode);
  graph.node.unshift(newNode('Cast', [input], [`${input}_16`], { to: half }));
  graph.node.push(newNode('Cast', [`${output}_16`], [output], { to: full }));
  graph.valueInfo = [];
});

/** Dynamic quantisation: uint8 activations by range, int8 weights with one scale. @param wrong factor on every scale */
const int8Copy = (wrong = 1) =>
  edit((graph) => {
    graph.node = graph.node.flatMap((node) =>
      ['Conv', 'Gemm'].includes(node.opType) ? quantized(graph, node, wrong) : [node],
    );
    const read = new Set(graph.node.flatMap(({ input }) => input));
    graph.initializer = graph.initializer.filter(({ name }) => read.has(name));
    graph.valueInfo = [];
  });

function quantized(graph: Graph, node: Node, wrong: number): Node[] {
  const [input, weight, bias] = node.input as [string, string, string | undefined];
  const [output] = node.output as [string];
  const { dims, data } = decodeTensor(graph.initializer.find(({ name }) => name === weight)!);
  const values = data as Float32Array;
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  const isGemm = node.opType === 'Gemm';
  const [rows, columns] = dims as [number, number];
  const at = (i: number) => (isGemm ? values[(i % rows) * columns + Math.floor(i / rows)]! : values[i]!);
  const bytes = Int8Array.from(values, (_, i) => Math.round(at(i) / scale));
  const store = (name: string, tensor: Tensor) => {
    graph.initializer.push(encodeTensor(name, tensor));
    return name;
  };
  const stored = store(`${weight}_quantized`, { type: 'int8', dims: isGemm ? [columns, rows] : dims, data: bytes });
  const factor = store(`${weight}_scale`, float32([scale * wrong], []));
  const zero = store(`${weight}_zero`, { type: 'int8', dims: [], data: Int8Array.of(0) });
  const [x, xScale, xZero] = ['quantized', 'scale', 'zero'].map((what) => `${output}_in_${what}`) as [
    string,
    string,
    string,
  ];
  const product = newNode(isGemm ? 'MatMulInteger' : 'ConvInteger', [x, stored, xZero, zero], [`${output}_int`]);
  if (!isGemm) product.attribute = node.attribute;
  const last = bias ? `${output}_scaled` : output;
  const biasDims = isGemm ? undefined : [-1, 1, 1];
  const named = bias && biasDims ? `${bias}_column` : bias;
  if (bias && biasDims) {
    const values = weightOf(graph, bias);
    store(`${bias}_column`, float32(values, [values.length, 1, 1]));
  }
  return [
    newNode('DynamicQuantizeLinear', [input], [x, xScale, xZero]),
    product,
    newNode('Cast', [`${output}_int`], [`${output}_float`], { to: elementTypeCode('float32') }),
    newNode('Mul', [xScale, factor], [`${output}_factor`]),
    newNode('Mul', [`${output}_float`, `${output}_factor`], [last]),
    ...(named ? [newNode('Add', [last, named], [output])] : []),
  ];
}

const reversedChannels = edit((graph) => {
  setWeight(graph, 'conv1.weight', (data, [filters, channels, ...kernel]) => {
    const size = kernel.reduce((product, dim) => product * dim, 1);
    return data.map((_, i) => {
      const [filter, channel, place] = [Math.floor(i / size / channels!), Math.floor(i / size) % channels!, i % size];
      return filter < filters! ? data[(filter * channels! + channels! - 1 - channel) * size + place]! : 0;
    });
  });
});

const swapRows = (graph: Graph, name: string, a: number, b: number) =>
  setWeight(graph, name, (data, [, columns = 1]) => {
    const copy = data.slice();
    copy.set(data.subarray(a * columns, (a + 1) * columns), b * columns);
    copy.set(data.subarray(b * columns, (b + 1) * columns), a * columns);
    return copy;
  });

const largestTimes = (factor: number) => (data: Float32Array) => {
  const most = data.reduce((best, value, i) => (Math.abs(value) > Math.abs(data[best]!) ? i : best), 0);
  return data.map((value, i) => (i === most ? value * factor : value));
};

const lostRelu = edit((graph) => bypass(graph, 'relu2'));

/** 16 of a float32's 32 bits, as bfloat16 keeps them. */
const truncated = (data: Float32Array) => {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length).map((word) => word & 0xffff0000);
  return new Float32Array(bits.buffer);
};

const OUTPUTS = ['outputs.tolerance', 'outputs.error-quantiles'];
const MAPS = ['explanations.rank-correlation', 'explanations.top-overlap'];
const POINTS = 'explanations.representer-overlap';
const STRUCTURE = [
  ...['structure.inputs', 'structure.outputs', 'structure.parameters', 'structure.file-size'],
  ...['structure.preprocessing', 'structure.inference'],
];
const REEXPORT = 're-export';

/** Every way, right ones first. */
export const MUTATIONS: readonly Mutation[] = [
  { name: 'nothing changed', preset: REEXPORT, change: same, fires: [] },
  {
    name: 'newer operator set',
    preset: REEXPORT,
    change: edit((_, model) => {
      model.opsetImport = [new onnx.OperatorSetIdProto({ domain: '', version: 21 })];
    }),
    fires: [],
    warns: ['structure.opset'],
  },
  { name: 'BatchNorm folded', preset: REEXPORT, change: foldBatchNorm, fires: [], warns: ['structure.operators'] },
  {
    name: 'BatchNorm no longer folded',
    preset: REEXPORT,
    accepted: foldBatchNorm,
    change: same,
    fires: [],
    warns: ['structure.operators'],
  },
  { name: 'nodes, values and weights renamed', preset: REEXPORT, change: renamed, fires: [] },
  { name: 'weights in a file beside the model', preset: REEXPORT, change: same, externalData: true, fires: [] },
  { name: 'float16 copy', preset: 'float16', change: float16Copy, fires: [], warns: ['structure.operators'] },
  { name: 'dynamically quantised copy', preset: 'int8', change: int8Copy(), fires: [], warns: ['structure.operators'] },
  {
    name: 'float16 copy, not announced',
    preset: REEXPORT,
    change: float16Copy,
    fires: [...OUTPUTS, 'structure.file-size'],
    silent: ['decisions.agreement', 'structure.inputs'],
  },
  {
    name: 'quantised copy, not announced',
    preset: REEXPORT,
    change: int8Copy(),
    fires: OUTPUTS,
    // The file of a larger model would fail too: this small one is half names.
    may: ['structure.file-size'],
  },
  {
    name: 'swapped channel order (BGR)',
    preset: REEXPORT,
    change: reversedChannels,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'decisions.agreement', 'decisions.accuracy', 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv1',
  },
  {
    name: 'swapped channel order in a quantised copy',
    preset: 'int8',
    change: (model) => int8Copy()(reversedChannels(model)),
    fires: ['outputs.error-quantiles', 'decisions.agreement', 'representations.layers', POINTS],
  },
  {
    name: 'mean and std dropped from the graph',
    preset: REEXPORT,
    change: edit((graph) => {
      bypass(graph, 'scaled');
      bypass(graph, 'centred');
    }),
    fires: [...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'mean and std dropped from the metadata',
    preset: REEXPORT,
    change: edit((_, model) => (model.metadataProps = [])),
    fires: ['structure.preprocessing'],
    silent: 'all',
  },
  {
    name: 'another mean in the metadata',
    preset: REEXPORT,
    change: edit((_, model) => setMetadata(model, 'onnx-explain.mean', '0.485,0.456,0.406')),
    fires: ['structure.preprocessing', ...OUTPUTS],
    silent: ['structure.inputs', 'structure.parameters'],
  },
  {
    name: 'one weight + 1 %',
    preset: REEXPORT,
    change: edit((graph) => setWeight(graph, 'conv2.weight', largestTimes(1.01))),
    fires: ['outputs.tolerance'],
    silent: STRUCTURE,
  },
  {
    name: 'all weights of one layer + 1 %',
    preset: REEXPORT,
    change: edit((graph) => setWeight(graph, 'fc1.weight', (data) => data.map((value) => 1.01 * value))),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: [...STRUCTURE, 'decisions.agreement'],
    first: 'fc1',
  },
  {
    name: 'one layer re-initialised',
    preset: REEXPORT,
    change: edit((graph) => {
      const random = seededRandom(3);
      setWeight(graph, 'conv3.weight', (data) => data.map(() => 0.1 * random.normal()));
    }),
    fires: [...OUTPUTS, ...MAPS, POINTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv3',
  },
  {
    name: 'labels permuted',
    preset: REEXPORT,
    change: edit((graph) => {
      swapRows(graph, 'scores.weight', 0, 3);
      swapRows(graph, 'scores.bias', 0, 3);
    }),
    fires: ['outputs.tolerance', 'decisions.agreement', 'decisions.accuracy', 'representations.layers'],
    silent: STRUCTURE,
    first: 'scores',
  },
  {
    name: 'softmax twice',
    preset: REEXPORT,
    accepted: withSoftmax,
    change: (model) =>
      edit((graph) => {
        nodeOf(graph, 'scores').output = ['once'];
        graph.node.push(newNode('Softmax', ['once'], ['scores'], { axis: 1 }));
      })(withSoftmax(model)),
    fires: [...OUTPUTS, 'decisions.calibration', 'representations.layers'],
    silent: ['decisions.agreement', ...STRUCTURE],
  },
  {
    name: 'softmax where there were scores',
    preset: REEXPORT,
    change: withSoftmax,
    fires: [...OUTPUTS, 'representations.layers'],
    silent: ['decisions.agreement', ...STRUCTURE],
    first: 'scores',
  },
  {
    name: 'dropout left on',
    preset: REEXPORT,
    change: edit((graph) => {
      graph.initializer.push(encodeTensor('ratio', float32([0.5], [])));
      graph.initializer.push(encodeTensor('training', { type: 'bool', dims: [], data: Uint8Array.of(1) }));
      const dropout = nodeOf(graph, 'dropped');
      dropout.input = [dropout.input[0]!, 'ratio', 'training'];
    }),
    fires: ['structure.inference', 'outputs.repeatable'],
    silent: ['structure.inputs', 'structure.parameters'],
  },
  {
    name: 'batch statistics for running ones (BatchNorm in training mode)',
    preset: REEXPORT,
    change: edit((graph) => {
      const norm = nodeOf(graph, 'conv2.bn');
      norm.attribute = [...norm.attribute, makeAttribute('training_mode', 1)];
      norm.output = ['conv2.bn', 'conv2.bn.running_mean', 'conv2.bn.running_variance'];
    }),
    fires: ['structure.inference', 'outputs.tolerance', 'representations.layers'],
    first: 'conv2.bn',
  },
  {
    name: 'wrong checkpoint of the same training',
    preset: REEXPORT,
    from: 'tinted-early',
    change: same,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'decisions.calibration', 'representations.layers'],
    silent: STRUCTURE,
  },
  {
    name: 'retrained from another seed',
    preset: REEXPORT,
    from: 'tinted-retrained',
    change: same,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'explanations.regions', 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv1',
  },
  {
    name: 'retrained, then quantised',
    preset: 'int8',
    from: 'tinted-retrained',
    change: int8Copy(),
    fires: ['representations.layers', POINTS],
  },
  {
    name: 'NaN in a weight',
    preset: REEXPORT,
    change: edit((graph) => setWeight(graph, 'fc1.weight', (data) => data.map((value, i) => (i === 5 ? NaN : value)))),
    fires: ['outputs.finite', 'outputs.tolerance', 'representations.layers'],
    silent: [...STRUCTURE, 'outputs.repeatable'],
    first: 'fc1',
  },
  {
    name: 'renamed input',
    preset: REEXPORT,
    change: edit((graph) => {
      renameReads(graph.node, new Map([['image', 'input.1']]));
      graph.input[0]!.name = 'input.1';
    }),
    fires: ['structure.inputs'],
    silent: 'all',
  },
  {
    name: 'renamed output',
    preset: REEXPORT,
    change: edit((graph) => {
      nodeOf(graph, 'scores').output = ['out'];
      graph.output[0]!.name = 'out';
    }),
    fires: ['structure.outputs'],
    silent: 'all',
  },
  {
    name: 'fixed batch size',
    preset: REEXPORT,
    change: edit((graph) => {
      graph.input = [valueInfo('image', 'float32', [1, 3, 14, 14])];
      graph.output = [valueInfo('scores', 'float32', [1, 6])];
      graph.valueInfo = [];
    }),
    fires: ['structure.inputs', 'structure.outputs'],
    silent: 'all',
  },
  {
    name: 'input in double precision',
    preset: REEXPORT,
    change: edit((graph) => {
      graph.input = [valueInfo('image', 'float64', ['batch', 3, 14, 14])];
      renameReads(graph.node, new Map([['image', 'image_32']]));
      graph.node.unshift(newNode('Cast', ['image'], ['image_32'], { to: elementTypeCode('float32') }));
    }),
    fires: ['structure.inputs'],
    silent: ['decisions.agreement', ...OUTPUTS, 'representations.layers'],
  },
  { name: 'lost layer: no ReLU', preset: REEXPORT, change: lostRelu, fires: [...OUTPUTS, 'representations.layers'] },
  {
    name: 'lost layer in a float16 copy',
    preset: 'float16',
    change: (model) => float16Copy(lostRelu(model)),
    fires: [...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'lost layer: no BatchNorm',
    preset: REEXPORT,
    change: edit((graph) => bypass(graph, 'conv2.bn')),
    fires: [...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'lost skip connection',
    preset: REEXPORT,
    change: edit((graph) => bypass(graph, 'skip')),
    fires: [...OUTPUTS, 'representations.layers'],
    first: 'skip',
  },
  {
    name: 'lost bias',
    preset: REEXPORT,
    change: edit((graph) => setWeight(graph, 'fc1.bias', (data) => data.fill(0))),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'fc1',
  },
  {
    name: 'average pooling for max pooling',
    preset: REEXPORT,
    change: edit((graph) => {
      const pool = nodeOf(graph, 'pool2');
      pool.opType = 'AveragePool';
    }),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'pool2',
  },
  {
    name: 'padding moved to one side',
    preset: REEXPORT,
    change: edit((graph) => {
      const conv = nodeOf(graph, 'conv2');
      conv.attribute = [...conv.attribute.filter(({ name }) => name !== 'pads'), makeAttribute('pads', [0, 0, 2, 2])];
    }),
    fires: [...OUTPUTS, ...MAPS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv2',
  },
  {
    name: 'another ε in BatchNorm',
    preset: REEXPORT,
    change: edit((graph) => {
      for (const node of graph.node) {
        if (node.opType !== 'BatchNormalization') continue;
        node.attribute = [makeAttribute('epsilon', { float: 1e-2 })];
      }
    }),
    fires: ['outputs.tolerance'],
    silent: STRUCTURE,
  },
  {
    name: 'LeakyReLU for ReLU',
    preset: REEXPORT,
    change: edit((graph) => {
      for (const node of graph.node) if (node.opType === 'Relu') node.opType = 'LeakyRelu';
    }),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
  },
  {
    name: 'weights cut to bfloat16',
    preset: REEXPORT,
    change: edit((graph) => {
      for (const { name } of [...graph.initializer].filter(isFloatTensor)) setWeight(graph, name, truncated);
    }),
    fires: OUTPUTS,
    silent: STRUCTURE,
  },
  {
    name: 'weights stored twice',
    preset: REEXPORT,
    change: edit((graph) => {
      const copies = graph.initializer.map((stored) => encodeTensor(`${stored.name}_copy`, decodeTensor(stored)));
      graph.initializer.push(...copies);
    }),
    fires: ['structure.parameters', 'structure.file-size'],
    silent: [...OUTPUTS, 'decisions.agreement', 'representations.layers'],
    may: ['cost.memory'],
  },
  {
    name: 'quantised with scales off by 20 %',
    preset: 'int8',
    change: int8Copy(1.2),
    fires: ['outputs.error-quantiles', 'representations.layers'],
  },
  {
    name: 'a hidden value left among the outputs',
    preset: REEXPORT,
    change: edit((graph) => graph.output.push(valueInfo('relu4', 'float32', ['batch', 24]))),
    fires: ['structure.outputs'],
    silent: 'all',
  },
  {
    name: 'upside-down images (a flip left in the graph)',
    preset: REEXPORT,
    change: edit((graph) => {
      renameReads(graph.node, new Map([['image', 'flipped']]));
      const range = Float32Array.from({ length: 14 }, (_, i) => 13 - i);
      const indices: Tensor = { type: 'int64', dims: [14], data: BigInt64Array.from(range, (value) => BigInt(value)) };
      graph.initializer.push(encodeTensor('reverse', indices));
      graph.node.unshift(newNode('Gather', ['image', 'reverse'], ['flipped'], { axis: 2 }));
    }),
    fires: [...OUTPUTS, ...MAPS, 'representations.layers'],
    silent: STRUCTURE,
  },
];
