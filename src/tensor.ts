/**
 * Tensors as they pass between modules: an element type, dimensions and a flat array in row-major order.
 * The same arrays that ONNX Runtime takes, so nothing is copied on the way.
 */

/** The typed array that holds the elements of each type; 16-bit floats are held as their bit patterns. */
export interface TensorDataMap {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
}

/** Name of an element type. */
export type ElementType = keyof TensorDataMap;

/** A dense tensor; `data.length` is the product of `dims`, and a scalar has no dims. */
export interface Tensor<T extends ElementType = ElementType> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: TensorDataMap[T];
}

/** Number of elements of a tensor with these dimensions. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor over `data` (an array is copied, a Float32Array is not). */
export function float32(data: ArrayLike<number>, dims: readonly number[] = [data.length]): Tensor<'float32'> {
  return { type: 'float32', dims, data: data instanceof Float32Array ? data : new Float32Array(data) };
}

/** A float64 tensor over `data` (an array is copied, a Float64Array is not). */
export function float64(data: ArrayLike<number>, dims: readonly number[] = [data.length]): Tensor<'float64'> {
  return { type: 'float64', dims, data: data instanceof Float64Array ? data : new Float64Array(data) };
}

/** An int64 tensor of whole numbers. */
export function int64(values: ArrayLike<number>, dims: readonly number[] = [values.length]): Tensor<'int64'> {
  return { type: 'int64', dims, data: BigInt64Array.from(Array.from(values), BigInt) };
}

/** Elements as plain numbers (64-bit integers beyond 2^53 lose precision); strings are refused. */
export function toNumbers(tensor: Tensor): number[] {
  if (tensor.type === 'string') throw new TypeError('a string tensor holds no numbers');
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** An int32 tensor of whole numbers. */
export function int32(values: ArrayLike<number>, dims: readonly number[] = [values.length]): Tensor<'int32'> {
  return { type: 'int32', dims, data: Int32Array.from(values) };
}

/** An array of floats with its shape, row-major. */
export interface FloatArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}
