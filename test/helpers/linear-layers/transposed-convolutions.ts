/** Transposed convolutions. */
import { elementCount } from '../../../src/tensor.js';
import { combinations, type LinearCase } from './case.js';

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

/** With strides, dilations, padding and groups, over one to three axes. */
export const transposedConvolutions: readonly LinearCase[] = [
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
