/**
 * Linear layers of every kind, each as an ONNX graph and as plain loops in float64 written straight from the operators'
 * definitions: what fast computations with layers are compared with.
 */
import { GraphBuilder } from '../../src/graph/builder.js';
import { traceableLayers, type TraceableLayer } from '../../src/graph/layers.js';
import type { Model } from '../../src/onnx/model.js';
import { elementCount, float32 } from '../../src/tensor.js';
import { randomNumbers } from '../helpers/random-tensors.js';

/** Elements of a layer in plain numbers, in the order in which ONNX stores them. */
type Numbers = ArrayLike<number>;

export interface LinearCase {
  readonly name: string;
  /** Of the layer's input, with a batch of one. */
  readonly inputDims: readonly number[];
  readonly weightDims: readonly number[];
  /** Number of elements of the bias, 0 for none. */
  readonly bias: number;
  /** Adds the layer to a graph. */
  readonly emit: (g: GraphBuilder, x: string, weight: string, bias: string) => string;
  /** The same by definition: the layer's output before the bias is anything but added. */
  slow(x: Numbers, weight: Numbers, bias: Numbers): Float64Array;
}

interface ConvSettings {
  readonly name: string;
  readonly input: readonly number[];
  readonly filters: number;
  readonly kernel: readonly number[];
  readonly group?: number;
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly autoPad?: 'SAME_UPPER' | 'SAME_LOWER';
  readonly bias?: boolean;
}

/** A convolution of any number of spatial axes. */
function convCase(settings: ConvSettings): LinearCase {
  const { name, input, filters, kernel, group = 1, bias = false, autoPad } = settings;
  const [channels, ...sizes] = input as [number, ...number[]];
  const { strides = kernel.map(() => 1), dilations = kernel.map(() => 1) } = settings;
  const pads = settings.pads ?? automaticPads(sizes, kernel, strides, dilations, autoPad);
  const weightDims = [filters, channels / group, ...kernel];
  const output = sizes.map(
    (size, i) =>
      Math.floor((size + pads[i]! + pads[i + kernel.length]! - (kernel[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1,
  );
  return {
    name,
    inputDims: [1, ...input],
    weightDims,
    bias: bias ? filters : 0,
    emit: (g, x, weight, b) =>
      g.op('Conv', b === '' ? [x, weight] : [x, weight, b], {
        group,
        strides,
        dilations,
        ...(autoPad ? { auto_pad: autoPad } : { pads }),
      }),
    slow: (x, weight, b) => {
      const result: number[] = [];
      const perGroup = channels / group;
      const [places, taps, pixels] = [combinations(output), combinations(kernel), elementCount(sizes)];
      for (let k = 0; k < filters; k++) {
        const firstChannel = Math.floor(k / (filters / group)) * perGroup;
        for (const place of places) {
          let sum = bias ? b[k]! : 0;
          taps.forEach((tap, t) => {
            const at = place.map((o, i) => o * strides[i]! + tap[i]! * dilations[i]! - pads[i]!);
            if (at.some((coordinate, i) => coordinate < 0 || coordinate >= sizes[i]!)) return;
            const pixel = at.reduce((index, coordinate, i) => index * sizes[i]! + coordinate, 0);
            for (let c = 0; c < perGroup; c++) {
              sum += weight[(k * perGroup + c) * taps.length + t]! * x[(firstChannel + c) * pixels + pixel]!;
            }
          });
          result.push(sum);
        }
      }
      return Float64Array.from(result);
    },
  };
}

interface SpreadSettings {
  readonly name: string;
  readonly input: readonly number[];
  /** Outputs of a group. */
  readonly units: number;
  readonly kernel: readonly number[];
  readonly group?: number;
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly outputPadding?: readonly number[];
  readonly bias?: boolean;
}

/** A transposed convolution: every element of the input is spread over the output. */
function spreadCase(settings: SpreadSettings): LinearCase {
  const { name, input, units, kernel, group = 1, bias = false } = settings;
  const [channels, ...sizes] = input as [number, ...number[]];
  const {
    strides = kernel.map(() => 1),
    dilations = kernel.map(() => 1),
    pads = kernel.flatMap(() => [0, 0]),
  } = settings;
  const { outputPadding = kernel.map(() => 0) } = settings;
  const output = sizes.map(
    (size, i) =>
      (size - 1) * strides[i]! +
      (kernel[i]! - 1) * dilations[i]! +
      1 -
      pads[i]! -
      pads[i + kernel.length]! +
      outputPadding[i]!,
  );
  return {
    name,
    inputDims: [1, ...input],
    weightDims: [channels, units, ...kernel],
    bias: bias ? units * group : 0,
    emit: (g, x, weight, b) =>
      g.op('ConvTranspose', b === '' ? [x, weight] : [x, weight, b], {
        group,
        strides,
        dilations,
        pads,
        output_padding: outputPadding,
      }),
    slow: (x, weight, b) => {
      const pixels = elementCount(output);
      const result = Float64Array.from({ length: units * group * pixels }, (_, i) =>
        bias ? b[Math.floor(i / pixels)]! : 0,
      );
      const [places, taps] = [combinations(sizes), combinations(kernel)];
      for (let c = 0; c < channels; c++) {
        const firstUnit = Math.floor(c / (channels / group)) * units;
        places.forEach((place, p) => {
          taps.forEach((tap, t) => {
            const at = place.map((q, i) => q * strides[i]! + tap[i]! * dilations[i]! - pads[i]!);
            if (at.some((coordinate, i) => coordinate < 0 || coordinate >= output[i]!)) return;
            const pixel = at.reduce((index, coordinate, i) => index * output[i]! + coordinate, 0);
            for (let u = 0; u < units; u++) {
              result[(firstUnit + u) * pixels + pixel]! +=
                weight[(c * units + u) * taps.length + t]! * x[c * places.length + p]!;
            }
          });
        });
      }
      return result;
    },
  };
}

function automaticPads(
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  kind: 'SAME_UPPER' | 'SAME_LOWER' | undefined,
): number[] {
  if (!kind) return kernel.flatMap(() => [0, 0]);
  const total = kernel.map((size, i) => {
    const outputs = Math.ceil(sizes[i]! / strides[i]!);
    return Math.max(0, (outputs - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 - sizes[i]!);
  });
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad) => Math.ceil(pad / 2));
  return kind === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}

function combinations(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])),
    [[]],
  );
}

interface ProductSettings {
  readonly name: string;
  readonly inputDims: readonly number[];
  readonly units: number;
  readonly bias?: boolean;
  /** How the weight is stored. */
  readonly stored: 'units first' | 'inputs first';
  /** The axis of the input that the weight acts on. */
  readonly axis: 'last' | 'last but one';
  readonly emit: (g: GraphBuilder, x: string, weight: string, bias: string) => string;
}

/** A matrix product of the input's vectors with the weight. */
function productCase({ name, inputDims, units, bias = false, stored, axis, emit }: ProductSettings): LinearCase {
  const inputs = inputDims.at(axis === 'last' ? -1 : -2)!;
  /** Vectors that lie interleaved in memory: with the last axis each lies by itself. */
  const interleaved = axis === 'last' ? 1 : inputDims.at(-1)!;
  const outer = elementCount(inputDims) / (inputs * interleaved);
  return {
    name,
    inputDims,
    weightDims: stored === 'units first' ? [units, inputs] : [inputs, units],
    bias: bias ? units : 0,
    emit,
    slow: (x, weight, b) => {
      const result: number[] = [];
      for (let o = 0; o < outer; o++) {
        for (let place = 0; place < interleaved; place++) {
          for (let unit = 0; unit < units; unit++) {
            let sum = bias ? b[unit]! : 0;
            for (let i = 0; i < inputs; i++) {
              const w = stored === 'units first' ? weight[unit * inputs + i]! : weight[i * units + unit]!;
              sum += w * x[(o * inputs + i) * interleaved + place]!;
            }
            result.push(sum);
          }
        }
      }
      return Float64Array.from(result);
    },
  };
}

interface SumSettings {
  readonly name: string;
  /** One letter an axis: input, weight and result. */
  readonly axes: readonly [input: string, weight: string, result: string];
  readonly sizes: Readonly<Record<string, number>>;
  /** Axes of the bias, the last ones of the result. */
  readonly bias?: string;
  readonly emit: (g: GraphBuilder, x: string, weight: string) => string;
  /** The weight's dimensions where they are not those of its letters. */
  readonly stored?: readonly number[];
}

/** A sum of products over named axes. An input's axis of size 1 is the same for all of it. */
function sumCase({ name, axes, sizes, bias = '', emit, stored }: SumSettings): LinearCase {
  const [input, weight, result] = axes;
  const dims = (letters: string) => [...letters].map((letter) => (letter === '1' ? 1 : sizes[letter]!));
  const labels = [...new Set([...input, ...weight])].filter((letter) => letter !== '1');
  const indexOf = (letters: string, at: ReadonlyMap<string, number>) =>
    dims(letters).reduce((index, size, i) => index * size + (at.get(letters[i]!) ?? 0), 0);
  return {
    name,
    inputDims: dims(input),
    weightDims: stored ?? dims(weight),
    bias: bias === '' ? 0 : elementCount(dims(bias)),
    emit: (g, x, w, b) => {
      const product = emit(g, x, w);
      return b === '' ? product : g.op('Add', [product, g.op('Reshape', [b, g.ints(dims(bias))])]);
    },
    slow: (x, w, b) => {
      const output = new Float64Array(elementCount(dims(result)));
      for (const place of combinations(dims(labels.join('')))) {
        const at = new Map(labels.map((label, i) => [label, place[i]!]));
        output[indexOf(result, at)]! += w[indexOf(weight, at)]! * x[indexOf(input, at)]!;
      }
      if (bias !== '') output.forEach((_, i) => (output[i]! += b[i % b.length]!));
      return output;
    },
  };
}

const einsum = (equation: string) => (g: GraphBuilder, x: string, weight: string) =>
  g.op('Einsum', [x, weight], { equation });

/** Every kind of traceable layer, with many positions and with few. */
export const linearCases: readonly LinearCase[] = [
  productCase({
    name: 'Gemm, weight [out, in], bias',
    inputDims: [1, 7],
    units: 5,
    bias: true,
    stored: 'units first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Gemm', [x, w, b], { transB: 1 }),
  }),
  productCase({
    name: 'Gemm, weight [in, out]',
    inputDims: [1, 6],
    units: 4,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w) => g.op('Gemm', [x, w]),
  }),
  productCase({
    name: 'Gemm, transposed weight behind a Transpose, bias',
    inputDims: [1, 6],
    units: 3,
    bias: true,
    stored: 'units first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Gemm', [x, g.op('Transpose', [w]), b]),
  }),
  productCase({
    name: 'MatMul, many positions, bias added apart',
    inputDims: [1, 11, 4],
    units: 3,
    bias: true,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Add', [g.op('MatMul', [x, w]), b]),
  }),
  productCase({
    name: 'MatMul, stacked inputs',
    inputDims: [1, 2, 3, 5],
    units: 4,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  productCase({
    name: 'MatMul, weight on the left',
    inputDims: [1, 5, 9],
    units: 3,
    stored: 'units first',
    axis: 'last but one',
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
  convCase({
    name: 'Conv 3×3, padded, bias',
    input: [3, 6, 6],
    filters: 4,
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    bias: true,
  }),
  convCase({ name: 'Conv, few positions', input: [8, 3, 3], filters: 5, kernel: [3, 3], bias: true }),
  convCase({
    name: 'Conv, strides, dilations, uneven padding',
    input: [2, 9, 8],
    filters: 3,
    kernel: [3, 2],
    strides: [2, 1],
    dilations: [1, 3],
    pads: [1, 0, 2, 3],
  }),
  convCase({
    name: 'Conv, groups, strides, bias',
    input: [6, 7, 7],
    filters: 4,
    kernel: [3, 3],
    group: 2,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    bias: true,
  }),
  convCase({ name: 'Conv, groups, few positions', input: [6, 3, 3], filters: 4, kernel: [3, 3], group: 2, bias: true }),
  convCase({ name: 'Conv, depthwise', input: [4, 6, 5], filters: 8, kernel: [3, 3], group: 4, pads: [1, 1, 1, 1] }),
  convCase({ name: 'Conv 1×1', input: [5, 4, 4], filters: 3, kernel: [1, 1], bias: true }),
  convCase({
    name: 'Conv, automatic padding',
    input: [2, 7, 5],
    filters: 3,
    kernel: [2, 3],
    strides: [2, 2],
    autoPad: 'SAME_UPPER',
  }),
  convCase({
    name: 'Conv, automatic padding below',
    input: [2, 7, 5],
    filters: 3,
    kernel: [2, 4],
    autoPad: 'SAME_LOWER',
  }),
  convCase({ name: 'Conv, one axis', input: [3, 12], filters: 4, kernel: [3], dilations: [2], bias: true }),
  convCase({
    name: 'Conv, three axes',
    input: [2, 4, 3, 4],
    filters: 3,
    kernel: [2, 2, 3],
    pads: [0, 1, 0, 1, 0, 1],
    bias: true,
  }),
  sumCase({
    name: 'Einsum, a matrix',
    axes: ['bi', 'io', 'bo'],
    sizes: { b: 1, i: 5, o: 3 },
    emit: einsum('bi,io->bo'),
  }),
  sumCase({
    name: 'Einsum, heads of an attention',
    axes: ['btc', 'chk', 'bthk'],
    sizes: { b: 1, t: 7, c: 4, h: 2, k: 3 },
    bias: 'hk',
    emit: einsum('btc,chk->bthk'),
  }),
  sumCase({
    name: 'Einsum, heads joined, an ellipsis',
    axes: ['bthk', 'hkc', 'btc'],
    sizes: { b: 1, t: 6, c: 4, h: 2, k: 3 },
    emit: einsum('...hk,hkc->...c'),
  }),
  sumCase({
    name: 'Einsum, weight first, a matrix for each group, axes in odd orders',
    axes: ['bgti', 'oig', 'tbog'],
    sizes: { b: 1, g: 3, t: 4, i: 2, o: 3 },
    emit: (g, x, w) => g.op('Einsum', [w, x], { equation: 'oig,bgti->tbog' }),
  }),
  sumCase({
    name: 'MatMul, a stack of matrices on the right',
    axes: ['bgti', 'gio', 'bgto'],
    sizes: { b: 1, g: 3, t: 5, i: 4, o: 2 },
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  sumCase({
    name: 'MatMul, a stack of matrices on the left, few positions',
    axes: ['bgit', 'goi', 'bgot'],
    sizes: { b: 1, g: 2, t: 2, i: 5, o: 3 },
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
  sumCase({
    name: 'MatMul, the same input for each matrix of a stack',
    axes: ['b1ti', 'gio', 'bgto'],
    sizes: { b: 1, g: 3, t: 4, i: 2, o: 3 },
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  sumCase({
    name: 'MatMul, a matrix behind axes of one element',
    axes: ['bit', 'oi', 'bot'],
    sizes: { b: 1, t: 4, i: 3, o: 2 },
    stored: [1, 2, 3],
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
  spreadCase({
    name: 'ConvTranspose 2×2, strides, bias',
    input: [3, 4, 5],
    units: 4,
    kernel: [2, 2],
    strides: [2, 2],
    bias: true,
  }),
  spreadCase({
    name: 'ConvTranspose, overlapping, dilations, uneven padding',
    input: [2, 4, 3],
    units: 3,
    kernel: [3, 2],
    strides: [2, 1],
    dilations: [1, 2],
    pads: [1, 0, 2, 1],
  }),
  spreadCase({
    name: 'ConvTranspose, groups, output padding, bias',
    input: [4, 3, 3],
    units: 3,
    kernel: [3, 3],
    group: 2,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    outputPadding: [1, 1],
    bias: true,
  }),
  spreadCase({ name: 'ConvTranspose, depthwise, few positions', input: [4, 2, 2], units: 1, kernel: [2, 2], group: 4 }),
  spreadCase({
    name: 'ConvTranspose, one axis',
    input: [3, 5],
    units: 2,
    kernel: [4],
    strides: [3],
    pads: [1, 2],
    bias: true,
  }),
  spreadCase({
    name: 'ConvTranspose, three axes',
    input: [2, 2, 3, 2],
    units: 2,
    kernel: [2, 1, 3],
    strides: [1, 2, 1],
  }),
];

/** Random numbers of a standard deviation, as float32. */
export function gaussian(count: number, seed: number, deviation = 1): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** The sizes of a case's flat deltas: the weight, then the bias. */
export function flatSize({ weightDims, bias }: LinearCase): { weight: number; total: number } {
  const weight = elementCount(weightDims);
  return { weight, total: weight + bias };
}

/** A model of one layer, and the layer. */
export function linearModel(linear: LinearCase, flat: Float32Array): { model: Model; layer: TraceableLayer } {
  const g = new GraphBuilder();
  const { weight: weightSize } = flatSize(linear);
  const x = g.input('x', 'float32', linear.inputDims);
  const weight = g.initializer('weight', float32(flat.slice(0, weightSize), linear.weightDims));
  const bias = linear.bias === 0 ? '' : g.initializer('bias', float32(flat.slice(weightSize), [linear.bias]));
  g.output(g.rename(linear.emit(g, x, weight, bias), 'y'), 'float32');
  const model = g.model();
  const [layer] = traceableLayers(g.graph);
  if (!layer) throw new Error(`${linear.name}: not traceable`);
  return { model, layer };
}

/** What flat weights make of an input, by definition. */
export function slowOutput(linear: LinearCase, flat: Numbers, x: Numbers): Float64Array {
  const { weight, total } = flatSize(linear);
  const numbers = Array.from(flat);
  return linear.slow(x, numbers.slice(0, weight), numbers.slice(weight, total));
}
