/**
 * A convolution as a dense layer: its weights written out for every pair of an element of the input and one of the output,
 * [K·P, Q·C], zero where no window joins the two. On maps as small as the kernel that is less work than the windows, half of
 * which lie on padding, and one product serves the whole batch: on 2×2 maps under 3×3 kernels, 16 blocks in place of 36.
 *
 * The matrix has at most twice the elements of the weights, and is kept from the forward pass for dx.
 */
import { float32, elementCount } from '../../tensor.js';
import { channelsFirst, channelsLast, fromTapsFirst, metPlaces, toTapsFirst } from './columns.js';
import type { ConvGeometry, ConvInputs, ConvOperands, Lowering } from './geometry.js';

/** Blocks of the matrix, as a multiple of those of the weights, at most. */
const LARGEST = 2;

/** Elements of the matrix, as a multiple of those of the weights. */
export function denseGrowth({ input, places, taps }: ConvGeometry): number {
  return (elementCount(input) * places) / taps;
}

const isSmall = (geometry: ConvGeometry) => geometry.group === 1 && denseGrowth(geometry) <= LARGEST;

/** y = x·Tᵀ + b. */
export const outputByDense: Lowering<ConvInputs> = {
  name: 'dense layer',
  applies: isSmall,
  emit: (operands, geometry) => {
    const { g, input } = operands;
    const { filters, places, output } = geometry;
    const product = g.op('Gemm', [inputRows(operands, geometry), matrix(operands, geometry)], { transB: 1 });
    if (input(2) === '') return g.op('Reshape', [product, g.ints([-1, filters, ...output])]);
    const apart = g.op('Reshape', [product, g.ints([-1, filters, places])]);
    const sum = g.op('Add', [apart, g.op('Unsqueeze', [input(2), g.ints([1])])]);
    return g.op('Reshape', [sum, g.ints([-1, filters, ...output])]);
  },
};

/** dx = dy·T. */
export const inputByDense: Lowering = {
  name: 'dense layer',
  applies: isSmall,
  emit: (operands, geometry) => {
    const { g } = operands;
    const { input: sizes, channels } = geometry;
    const product = g.op('MatMul', [outputRows(operands, geometry), matrix(operands, geometry)]);
    const apart = g.op('Reshape', [product, g.ints([-1, ...sizes, channels])]);
    return channelsFirst(g, apart, geometry);
  },
};

/** dT = dyᵀ·x, whose blocks are then added up tap by tap. */
export const weightByDense: Lowering = {
  name: 'dense layer',
  applies: isSmall,
  emit: (operands, geometry) => {
    const { g } = operands;
    const { filters, channels, taps } = geometry;
    const joined = tapsOfPairs(geometry);
    const product = g.op('Gemm', [outputRows(operands, geometry), inputRows(operands, geometry)], { transA: 1 });
    const blocks = g.op('Reshape', [product, g.ints([filters, joined.length, channels])]);
    const chosen = Array.from({ length: taps }, (_, tap) => joined.map((of) => (of === tap ? 1 : 0)));
    const sums = g.op('MatMul', [g.constant(float32(chosen.flat(), [taps, joined.length])), blocks]);
    return fromTapsFirst(g, sums, geometry);
  },
};

/** For each pair of a place of the output and one of the input, row-major: the tap that joins them; undefined for none. */
function tapsOfPairs(geometry: ConvGeometry): (number | undefined)[] {
  const size = elementCount(geometry.input);
  const joined = new Array<number | undefined>(geometry.places * size).fill(undefined);
  metPlaces(geometry).forEach((places, tap) =>
    places.forEach((to, from) => {
      if (to !== undefined) joined[from * size + to] = tap;
    }),
  );
  return joined;
}

/** The weights for every pair: [K·P, Q·C]. */
function matrix({ g, input, shared }: ConvInputs, geometry: ConvGeometry): string {
  return shared('dense weights', () => {
    const { filters, channels, taps, places } = geometry;
    const joined = tapsOfPairs(geometry);
    const ordered = toTapsFirst(g, input(1), geometry);
    // One more tap, of zeros, for those that nothing joins.
    const padded = joined.includes(undefined) ? g.op('Pad', [ordered, g.ints([0, 1]), '', g.ints([1])]) : ordered;
    const blocks = g.op('Gather', [padded, g.ints(joined.map((tap) => tap ?? taps))], { axis: 1 });
    return g.op('Reshape', [blocks, g.ints([filters * places, (joined.length / places) * channels])]);
  });
}

/** x with channels last, [N, Q·C]. */
function inputRows({ g, input, shared }: ConvInputs, geometry: ConvGeometry): string {
  return shared('input as rows', () => {
    const size = elementCount(geometry.input) * geometry.channels;
    return g.op('Reshape', [channelsLast(g, input(0), geometry), g.ints([-1, size])]);
  });
}

/** dy as it is, [N, K·P]. */
function outputRows({ g, dy }: ConvOperands, { filters, places }: ConvGeometry): string {
  return g.op('Reshape', [dy, g.ints([-1, filters * places])]);
}
