/** Stored tensors to plain ones and back. */
import { InputError } from '../errors.js';
import { elementCount, type ElementType, type Tensor } from '../tensor.js';
import { describeElementType, elementTypeCode, elementTypeName, STORAGE } from './element-type.js';
import { onnx, toNumber, type Int64, type StoredTensor } from './model.js';

/** Dimensions of a stored tensor. */
export function dimsOf(stored: StoredTensor): number[] {
  return stored.dims.map((dim) => toNumber(dim));
}

/**
 * The elements of a stored tensor. Raw little-endian bytes become a view without a copy where their alignment allows.
 * External data must have been loaded (see `external-data.ts`).
 * @throws InputError when the type is not held, or the elements do not fill the dimensions
 */
export function decodeTensor(stored: StoredTensor): Tensor {
  const type = elementTypeName(stored.dataType);
  const place = `tensor "${stored.name}"`;
  if (!type) throw new InputError(`${place}: ${describeElementType(stored.dataType)} is not supported`);
  if (stored.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL) {
    throw new InputError(`${place}: its external data was not loaded; open the model by its path`);
  }
  const dims = dimsOf(stored);
  if (dims.some((dim) => dim < 0)) throw new InputError(`${place}: negative dimension in [${dims.join(', ')}]`);
  const count = elementCount(dims);
  const data = type === 'string' ? decodeStrings(stored) : decodeNumbers(stored, type, count);
  if (data.length !== count) {
    throw new InputError(
      `${place}: dimensions [${dims.join(', ')}] need ${count} elements, the model has ${data.length}`,
    );
  }
  return { type, dims, data: data };
}

function decodeStrings(stored: StoredTensor): string[] {
  return stored.stringData.map((bytes) => new TextDecoder().decode(bytes));
}

function decodeNumbers(stored: StoredTensor, type: Exclude<ElementType, 'string'>, count: number) {
  const { bytes, array, field } = STORAGE[type];
  const raw = stored.rawData;
  if (raw.length > 0 || count === 0) {
    if (raw.length !== count * bytes) {
      throw new InputError(
        `tensor "${stored.name}": ${count} elements need ${count * bytes} bytes, the model has ${raw.length}`,
      );
    }
    // A Buffer's own slice would be a view, as badly aligned as the original.
    const aligned = raw.byteOffset % bytes === 0 ? raw : new Uint8Array(raw);
    return new array(aligned.buffer, aligned.byteOffset, count) as unknown as Float32Array;
  }
  const values = stored[field];
  const is64Bit = type === 'int64' || type === 'uint64';
  const convert = is64Bit ? (value: Int64) => toBigInt(value) : (value: Int64) => toNumber(value);
  return array.from(values, convert) as unknown as Float32Array;
}

function toBigInt(value: Int64): bigint {
  // A Long prints all of its 64 bits, which a detour over Number would not keep.
  return BigInt(value?.toString() ?? 0);
}

/** A tensor as it is stored in a model; numeric data is kept as raw bytes, not copied. */
export function encodeTensor(name: string, tensor: Tensor): StoredTensor {
  const stored = new onnx.TensorProto({ name, dims: [...tensor.dims], dataType: elementTypeCode(tensor.type) });
  if (tensor.type === 'string') {
    stored.stringData = (tensor.data as string[]).map((text) => new TextEncoder().encode(text));
  } else {
    const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
    stored.rawData = new Uint8Array(buffer, byteOffset, byteLength);
  }
  return stored;
}
