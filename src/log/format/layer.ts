/** What a log holds for one layer, and how its elements are laid out. */
import { elementCount } from '../../tensor.js';

/** A weight, bias or running statistic whose updates are logged. */
export interface LoggedTensor {
  /** Name of the initializer in the model. */
  readonly name: string;
  readonly dims: readonly number[];
}

/**
 * A layer, or another node with weights of its own, whose updates are logged. Its delta is one flat array: the elements of its
 * tensors, one after the other.
 */
export interface LoggedLayer {
  readonly name: string;
  /** Of a layer, the weight, then the bias if it has one; each lies in row-major order. */
  readonly tensors: readonly LoggedTensor[];
}

/** A layer's flat delta as codecs see it: rows that may each have their own scale. */
export interface LayerLayout {
  /** Elements of all tensors. */
  readonly size: number;
  /** End of each row, as an index into the flat delta; a row begins where the one before it ends. */
  readonly rowEnds: Uint32Array;
  /** The first tensor as a matrix of the flat delta's first elements: d₀ rows; absent where it has less than two dimensions. */
  readonly matrix?: { readonly rows: number; readonly columns: number };
}

/** Number of elements of a layer's flat delta. */
export function layerSize(layer: LoggedLayer): number {
  return layer.tensors.reduce((sum, { dims }) => sum + elementCount(dims), 0);
}

/**
 * Rows of a layer: a tensor of dims [r, …] has r rows, one per output of the layer, which differ in size of gradient;
 * a scalar or a vector is one row, because a scale for each of its elements would cost more than the elements.
 */
export function layerLayout(layer: LoggedLayer): LayerLayout {
  const ends: number[] = [];
  let size = 0;
  for (const { dims } of layer.tensors) {
    const count = elementCount(dims);
    const rows = dims.length > 1 ? dims[0]! : 1;
    for (let row = 0; row < rows; row++) ends.push((size += count / rows));
  }
  const layout = { size, rowEnds: Uint32Array.from(ends) };
  const [rows, ...others] = layer.tensors[0]!.dims;
  return rows === undefined || others.length === 0
    ? layout
    : { ...layout, matrix: { rows, columns: elementCount(others) } };
}

/** Names that a segment uses itself, and names that Windows cannot open. */
const RESERVED = /^(?:steps|header|seal|con|prn|aux|nul|com\d|lpt\d)$/i;
const LONGEST = 80;

/** True for a base name that {@link layerFiles} can have made; anything else in a header could lead out of the folder. */
export function isFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) && name.length <= LONGEST + 12 && !RESERVED.test(name);
}

/**
 * Base names for the files of layers: the layer's name where that is safe on every file system, with other characters
 * replaced by `_` and a number added where two would collide.
 */
export function layerFiles(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const stem =
      name
        .slice(0, LONGEST)
        .replace(/[^A-Za-z0-9_.-]/g, '_')
        .replace(/^[.-]/, '_')
        .replace(/\.$/, '_') || '_';
    let file = stem;
    for (let n = 1; RESERVED.test(file) || taken.has(file.toLowerCase()); n++) file = `${stem}-${n}`;
    taken.add(file.toLowerCase());
    return file;
  });
}
