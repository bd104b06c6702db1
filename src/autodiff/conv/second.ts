/** The second generation of lowerings: of the convolution too, dense layers and products over the batch on small maps. */
import { columnElements, work } from './costs.js';
import { denseGrowth, inputByDense, outputByDense, weightByDense } from './dense.js';
import type { ConvGeometry, Lowerings } from './geometry.js';
import { inputByColumns } from './input-columns.js';
import { flippedGeometry, inputByFlippedConv } from './input-flipped.js';
import { inputByProduct } from './input-product.js';
import { inputByRows } from './input-rows.js';
import { inputByTransposedConv } from './input-transposed.js';
import { outputByConv } from './output-conv.js';
import { outputByRows } from './output-rows.js';
import { weightByColumns } from './weight-columns.js';
import { metShare, weightByPlaces } from './weight-places.js';
import { weightByProducts } from './weight-products.js';
import { weightByRows } from './weight-rows.js';
import { weightBySwappedConv } from './weight-swapped.js';
import { weightByTaps } from './weight-taps.js';

// Fitted to one thread of a processor with AVX-512, and to two of another. What ONNX Runtime does on one thread, however many
// there are (slices, and adding up columns), counts for more than it takes there.

/** A convolution's kernel multiplies the weights by the columns of one example after the other: few of them leave it idle. */
const byExample = (geometry: ConvGeometry) =>
  0.95 * work(geometry) * Math.max(1, 14 / geometry.places) + 16 * columnElements(geometry);

/** Turning the weights for it. */
const turned = ({ channels, filters, taps }: ConvGeometry) => (channels * filters * taps) / 1e6;

/** Taking columns from a value with channels last: so much for each block of channels that is copied. */
const blocks = (geometry: ConvGeometry) => (200 * columnElements(geometry)) / geometry.channels;

/** im2col with channels last: beyond 64 places the columns of a batch no longer fit a cache. */
const rows = (geometry: ConvGeometry) =>
  (geometry.places < 64 ? 40 : 70) * columnElements(geometry) + blocks(geometry) + moved(geometry);

/** Input and output with their channels moved last, or first again. */
const moved = ({ channels, filters, input, places }: ConvGeometry) =>
  (70 * (channels * input.reduce((product, size) => product * size, 1) + filters * places)) / 1e6;

/** A product over the batch by weights that are written out for all pairs of places. */
const dense = (geometry: ConvGeometry) => (1.3 * work(geometry) * denseGrowth(geometry)) / geometry.places;

/** Products for each tap leave the kernel idle where there are few channels, … */
const narrow = ({ channels }: ConvGeometry) => Math.max(1, 16 / channels);

/** … and read the gradients of the whole batch again for each, from memory where there are many. */
const uncached = ({ filters, places }: ConvGeometry) => (filters * places > 2 ** 15 ? 1.3 : 1);

/** A product for each example, and the sum over them. */
const apart = (geometry: ConvGeometry) => work(geometry) * (1 + 40 / geometry.places);

/** With channels first, slices with a stride move number by number. */
const spread = ({ strides }: ConvGeometry) => (strides.at(-1) === 1 ? 1 : 2);

/** Fitted to `scripts/bench/conv-lowerings.ts`; the order of each list is the order of its tables. */
export const SECOND: Lowerings = {
  output: [
    { lowering: outputByConv, cost: byExample },
    { lowering: outputByRows, cost: (geometry) => work(geometry) + rows(geometry) },
    { lowering: outputByDense, cost: dense },
  ],
  input: [
    {
      lowering: inputByTransposedConv,
      cost: (geometry) => work(geometry) * (1 + 22 / geometry.places) + 35 * columnElements(geometry),
    },
    {
      lowering: inputByFlippedConv,
      cost: (geometry) => byExample(flippedGeometry(geometry)) + turned(geometry),
    },
    { lowering: inputByColumns, cost: (geometry) => 1.2 * work(geometry) + 45 * columnElements(geometry) },
    {
      lowering: inputByRows,
      cost: (geometry) => 1.5 * work(geometry) * (1 + 40 / (geometry.channels * geometry.kernel[0]!)),
    },
    {
      lowering: inputByProduct,
      cost: (geometry) => work(flippedGeometry(geometry)) + rows(flippedGeometry(geometry)),
    },
    { lowering: inputByDense, cost: dense },
  ],
  weight: [
    { lowering: weightBySwappedConv, cost: (geometry) => 4 * work(geometry) + 30 * columnElements(geometry) },
    {
      lowering: weightByColumns,
      cost: (geometry) => 1.1 * apart(geometry) + 100 * spread(geometry) * columnElements(geometry),
    },
    { lowering: weightByRows, cost: (geometry) => 1.1 * work(geometry) + rows(geometry) },
    {
      lowering: weightByTaps,
      cost: (geometry) => 1.2 * narrow(geometry) * apart(geometry) + 35 * spread(geometry) * columnElements(geometry),
    },
    {
      lowering: weightByProducts,
      cost: (geometry) =>
        narrow(geometry) * uncached(geometry) * work(geometry) +
        30 * columnElements(geometry) +
        blocks(geometry) +
        moved(geometry),
    },
    {
      lowering: weightByPlaces,
      cost: (geometry) => {
        const elements = columnElements(geometry) + columnElements({ ...geometry, channels: geometry.filters });
        return metShare(geometry) * (narrow(geometry) * work(geometry) + 30 * elements) + 3 * moved(geometry);
      },
    },
    { lowering: weightByDense, cost: dense },
  ],
};
