/** Convolutions. */
import { elementCount } from '../../../src/tensor.js';
import { combinations, type LinearCase } from './case.js';

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

/** With strides, dilations, padding and groups, over one to three axes. */
export const convolutions: readonly LinearCase[] = [
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
];
