/** The table of element types: ONNX's numbers for them, our names, and how they are stored. */
import type { ElementType, TensorDataMap } from '../tensor.js';
import { onnx } from './model.js';

const { DataType } = onnx.TensorProto;

interface TypedArrayConstructor {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
  new (length: number): ArrayBufferView;
  from(values: ArrayLike<unknown>, map?: (value: never) => unknown): ArrayBufferView;
}

interface Storage {
  /** ONNX's number of the type. */
  readonly code: number;
  /** Bytes an element. */
  readonly bytes: number;
  readonly array: TypedArrayConstructor;
  /** The TensorProto field that holds the elements when raw_data does not. */
  readonly field: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';
}

const storage = (code: number, bytes: number, array: unknown, field: Storage['field']): Storage => ({
  code,
  bytes,
  array: array as TypedArrayConstructor,
  field,
});

/** Storage of every numeric type that a `Tensor` can hold. */
export const STORAGE: Readonly<Record<Exclude<ElementType, 'string'>, Storage>> = {
  float32: storage(DataType.FLOAT, 4, Float32Array, 'floatData'),
  float64: storage(DataType.DOUBLE, 8, Float64Array, 'doubleData'),
  float16: storage(DataType.FLOAT16, 2, Uint16Array, 'int32Data'),
  bfloat16: storage(DataType.BFLOAT16, 2, Uint16Array, 'int32Data'),
  int8: storage(DataType.INT8, 1, Int8Array, 'int32Data'),
  uint8: storage(DataType.UINT8, 1, Uint8Array, 'int32Data'),
  int16: storage(DataType.INT16, 2, Int16Array, 'int32Data'),
  uint16: storage(DataType.UINT16, 2, Uint16Array, 'int32Data'),
  int32: storage(DataType.INT32, 4, Int32Array, 'int32Data'),
  uint32: storage(DataType.UINT32, 4, Uint32Array, 'uint64Data'),
  int64: storage(DataType.INT64, 8, BigInt64Array, 'int64Data'),
  uint64: storage(DataType.UINT64, 8, BigUint64Array, 'uint64Data'),
  bool: storage(DataType.BOOL, 1, Uint8Array, 'int32Data'),
};

const names = new Map<number, ElementType>([
  ...Object.entries(STORAGE).map(([name, { code }]) => [code, name as ElementType] as const),
  [DataType.STRING, 'string'],
]);

/** ONNX's number for an element type. */
export function elementTypeCode(type: ElementType): number {
  return type === 'string' ? DataType.STRING : STORAGE[type].code;
}

/** Our name for ONNX's number of an element type, or undefined for the types we do not hold (complex, 8- and 4-bit floats). */
export function elementTypeName(code: number): ElementType | undefined {
  return names.get(code);
}

/** Whether a stored tensor holds floating-point numbers. */
export function isFloatTensor({ dataType }: onnx.TensorProto): boolean {
  const type = names.get(dataType);
  return type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16';
}

/** How messages name an element type by its ONNX number. */
export function describeElementType(code: number): string {
  return names.get(code) ?? DataType[code]?.toLowerCase() ?? `element type ${code}`;
}

/** A zeroed array for `count` elements. */
export function allocate<T extends ElementType>(type: T, count: number): TensorDataMap[T] {
  if (type === 'string') return new Array<string>(count).fill('') as TensorDataMap[T];
  return new STORAGE[type as Exclude<T, 'string'>].array(count) as unknown as TensorDataMap[T];
}
