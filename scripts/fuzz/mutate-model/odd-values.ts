/** Values at which arithmetic, allocation and look-ups go wrong, and operators that take or make them. */
import type { Random } from '../../../src/numeric/random.js';

/** Numbers at which arithmetic and allocation go wrong. */
export const ODD_INTEGERS = [
  ...[-1, 0, 1, 2, 3, 5, 7, 64, 255, 1000, 65536, 10 ** 6, 10 ** 8, -2, -7, -1000],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 62, -(2 ** 62)],
];

export const ODD_FLOATS = [0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 1e-45, 3e38, -3e38, 1e-8];

export const ODD_TEXTS = [
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

export const DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'nobody.knows', '__proto__'];

/** Operators whose results may be far larger than what they read, and others that need care. */
export const OPERATORS = [
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

export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

export function oddList(random: Random, given: readonly number[] = [1, 1]): number[] {
  const list = [...given];
  const change = random.below(4);
  if (change === 0) list.push(pick(ODD_INTEGERS, random));
  else if (change === 1) list.pop();
  else list[random.below(Math.max(1, list.length))] = pick(ODD_INTEGERS, random);
  return list;
}
