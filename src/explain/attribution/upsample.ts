/** Small maps brought to the size of the input. */

/**
 * Linear interpolation along every axis, with the centres of pixels at half-integers (ONNX Resize `half_pixel`, PyTorch
 * `align_corners=False`); beyond the outermost centres the edge goes on.
 * @param values row-major
 */
export function upsample(values: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  let current = values;
  from.forEach((size, axis) => {
    const inner = from.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    if (to[axis] !== size) current = alongAxis(current, size, to[axis]!, inner);
  });
  return current;
}

/** @param inner elements between neighbours along the axis */
function alongAxis(values: Float32Array, from: number, to: number, inner: number): Float32Array {
  const outer = values.length / (from * inner);
  const result = new Float32Array(outer * to * inner);
  for (let place = 0; place < to; place++) {
    const at = Math.min(Math.max(((place + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, from - 1);
    const share = at - low;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const a = values[(o * from + low) * inner + i]!;
        const b = values[(o * from + high) * inner + i]!;
        result[(o * to + place) * inner + i] = a + share * (b - a);
      }
    }
  }
  return result;
}
