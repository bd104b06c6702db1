/**
 * NPY, the format of one NumPy array: a magic string, a version, a header that is a Python dictionary with the element
 * type (`descr`), the order of the elements and the shape, then the elements.
 */
import { InputError } from '../../errors.js';
import { fromFloat16 } from '../../numeric/float16.js';
import { elementCount } from '../../tensor.js';
import type { ByteReader } from '../byte-reader.js';
import { bytesText, printable, shapeText } from '../printable.js';
import { table } from '../../table.js';

type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array as NumPy holds it, its elements in row-major order; booleans are 0 and 1, half floats are widened. */
export interface NpyArray {
  /** NumPy's code without the byte order: `b1` are booleans, `u1` bytes, `U12` text. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: NumberArray | string[];
}

/** Whether an array holds text. */
export function isText(data: NpyArray['data']): data is string[] {
  return Array.isArray(data);
}

const NUMBER_TYPES = table<new (buffer: ArrayBuffer) => NumberArray>({
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
});

const MAGIC = '\x93NUMPY';
const HEADER_LIMIT = 1 << 16;
const DESCR = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d+)'/;
const ORDER = /'fortran_order'\s*:\s*(True|False)/;
const SHAPE = /'shape'\s*:\s*\(([\d\s,L]*)\)/;

interface Header {
  readonly bigEndian: boolean;
  /** `f4`, `U12`, … */
  readonly type: string;
  readonly itemBytes: number;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/**
 * Reads an array.
 * @param reader stands at the array's first byte
 * @param size number of bytes the array has with its header; nothing larger is allocated
 * @param where file and array, for the message
 * @param limit bytes that the elements may take
 * @throws InputError when it is no NPY array, or one of another size, or of elements that are neither numbers nor text
 */
export async function readNpy(reader: ByteReader, size: number, where: string, limit = Infinity): Promise<NpyArray> {
  const preamble = new Uint8Array(8);
  const filled = await reader.fill(preamble);
  if (filled < 8 || String.fromCharCode(...preamble.subarray(0, 6)) !== MAGIC) throw bad(where, 'is not a NumPy array');
  const lengthBytes = new Uint8Array(preamble[6] === 1 ? 2 : 4);
  await reader.fill(lengthBytes);
  const headerBytes = lengthBytes.reduceRight((value, byte) => value * 256 + byte, 0);
  const start = 8 + lengthBytes.length + headerBytes;
  if (headerBytes > HEADER_LIMIT || start > size) throw bad(where, 'has a damaged header');
  const text = new Uint8Array(headerBytes);
  await reader.fill(text);

  const header = parseHeader(new TextDecoder().decode(text), where);
  if (header.bytes > limit) {
    throw new InputError(
      `${where}: unpacks to ${bytesText(header.bytes)}, more than the memory limit of ${bytesText(limit)}; ` +
        'raise the limit, or give folders of images, which are read on demand',
    );
  }
  if (start + header.bytes !== size) {
    throw bad(where, `says ${shapeText(header.shape)} elements, but holds ${bytesText(size - start)}`);
  }
  const elements = new Uint8Array(header.bytes);
  if ((await reader.fill(elements)) < elements.length) throw bad(where, 'is cut short');
  return { type: header.type, shape: header.shape, data: decode(elements, header) };
}

function parseHeader(text: string, where: string): Header {
  const [, order, kind, digits] = DESCR.exec(text) ?? [];
  const fortran = ORDER.exec(text)?.[1];
  const dims = SHAPE.exec(text)?.[1];
  const width = Number(digits);
  const type = `${kind}${digits}`;
  const known = type in NUMBER_TYPES || ((kind === 'U' || kind === 'S') && width > 0);
  if (!known || fortran === undefined || dims === undefined) {
    const found = /'descr'\s*:\s*([^,}]*)/.exec(text)?.[1] ?? 'nothing';
    const isObject = /^'[<>|=]?O/.test(found);
    throw new InputError(
      isObject
        ? `${where}: holds Python objects, which are not read because they can run code; ` +
            "save text with astype('str') and numbers with astype('float32')"
        : `${where}: has elements of type ${printable(found, 40)}, which is not read; ` +
            "save it with astype('uint8'), 'float32', 'float64' or 'int64'",
    );
  }
  const shape = dims
    .split(',')
    .map((dim) => dim.replace('L', '').trim())
    .filter((dim) => dim !== '')
    .map(Number);
  const itemBytes = kind === 'U' ? 4 * width : width;
  const bytes = elementCount(shape) * itemBytes;
  if (!Number.isSafeInteger(bytes)) throw bad(where, 'has a damaged header');
  return { bigEndian: order === '>', type, itemBytes, fortran: fortran === 'True', shape, bytes };
}

function decode(bytes: Uint8Array<ArrayBuffer>, header: Header): NumberArray | string[] {
  const { type, itemBytes, shape, bigEndian, fortran } = header;
  const text = type.startsWith('U') || type.startsWith('S');
  if (bigEndian) reverseGroups(bytes, type.startsWith('U') ? 4 : itemBytes);
  const data = text ? decodeText(bytes, itemBytes, type) : decodeNumbers(bytes, type);
  return fortran && shape.length > 1 ? toRowMajor(data, shape) : data;
}

function decodeNumbers(bytes: Uint8Array<ArrayBuffer>, type: string): NumberArray {
  const numbers = new NUMBER_TYPES[type]!(bytes.buffer);
  return type === 'f2' ? Float32Array.from(numbers as Uint16Array, fromFloat16) : numbers;
}

/** Reverses each group of bytes in place: big-endian elements become little-endian ones. */
function reverseGroups(bytes: Uint8Array, group: number): void {
  if (group > 1) for (let i = 0; i < bytes.length; i += group) bytes.subarray(i, i + group).reverse();
}

/** `U` is UTF-32, `S` bytes; both are padded with zeros. */
function decodeText(bytes: Uint8Array<ArrayBuffer>, itemBytes: number, type: string): string[] {
  const wide = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / itemBytes }, (_, i) => {
    const start = i * itemBytes;
    if (type.startsWith('S'))
      return new TextDecoder().decode(bytes.subarray(start, start + itemBytes)).replace(/\0+$/, '');
    let text = '';
    for (let at = start; at < start + itemBytes; at += 4) {
      const codePoint = wide.getUint32(at, true);
      text += String.fromCodePoint(codePoint <= 0x10ffff ? codePoint : 0xfffd);
    }
    return text.replace(/\0+$/, '');
  });
}

/** Column-major (Fortran) elements in row-major order. */
function toRowMajor<T extends NumberArray | string[]>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const index = new Array<number>(shape.length).fill(0);
  const strides: number[] = [];
  shape.reduce((stride, dim, axis) => ((strides[axis] = stride), stride * dim), 1);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function bad(where: string, what: string): InputError {
  return new InputError(`${where}: ${what}; save the file again with numpy.savez`);
}
