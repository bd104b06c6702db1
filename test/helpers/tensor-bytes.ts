/** The weight and, where there is one, the bias of a flat array as bytes, beginning wherever they happen to. */
export function tensorBytes(flat: Float32Array, weight: number): Uint8Array[] {
  const parts = weight < flat.length ? [flat.subarray(0, weight), flat.subarray(weight)] : [flat];
  return parts.map(({ buffer, byteOffset, byteLength }) => {
    const shifted = new Uint8Array(byteLength + 1);
    shifted.set(new Uint8Array(buffer, byteOffset, byteLength), 1);
    return shifted.subarray(1);
  });
}
