/** Sums of updates that are stored as factors: one matrix product for many steps, in float64. */
import { InputError } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { float64, float32, type Tensor } from '../../tensor.js';
import { lowrank, lowRankParts, type LowRankParts } from '../codecs/lowrank.js';
import { createFrameDecoder, FrameError } from '../format/frame.js';
import type { LayerLayout } from '../format/layer.js';
import { inFile } from '../format/parse.js';
import { openDelta } from '../format/records.js';

/** Outer products that go into one matrix product. */
const PRODUCTS = 512;

/** Records of one column that follow one another in a file. */
export interface FactoredRecords {
  readonly path: string;
  /** The version that the file had when the log was opened, where its store keeps versions. */
  readonly version?: string | undefined;
  /** What they say of where they belong. */
  readonly origin: number;
  readonly firstStep: number;
  /** Where the first begins, how many there are, and their bytes. */
  readonly offset: number;
  readonly count: number;
  readonly bytes: number;
}

/** Adds up the updates of layers. */
export interface FactoredSums {
  /**
   * Σ of what records decode to, exact but for the rounding of float64.
   * @param parts of the column of one layer
   * @param each is shown every record
   * @returns one number an element of the layer
   * @throws InputError naming file and byte where a record is damaged
   */
  sum(
    parts: AsyncIterable<FactoredRecords> | Iterable<FactoredRecords>,
    layout: LayerLayout,
    each?: (record: LowRankParts) => void,
  ): Promise<Float64Array>;
  release(): Promise<void>;
}

/** Opens the sums. Every record must be of the codec `lowrank`. */
export async function openFactoredSums(runtime: Runtime): Promise<FactoredSums> {
  const session = await runtime.createSession(encodeModel(productModel()), { memoryPattern: false });
  return {
    sum: async (parts, layout, each) => {
      const { rows, columns } = layout.matrix!;
      const sum = new Float64Array(layout.size);
      const others = sum.subarray(rows * columns);
      let weight: Tensor = float64(new Float64Array(rows * columns), [rows, columns]);
      let pending: LowRankParts[] = [];
      let products = 0;
      const add = async () => {
        if (products > 0) weight = await addProducts(session, weight, pending);
        pending = [];
        products = 0;
      };
      for await (const part of parts) {
        for await (const record of recordsOf(part, layout)) {
          each?.(record);
          record.others.forEach((value, i) => (others[i]! += value));
          if (products + record.rank > PRODUCTS) await add();
          pending.push(record);
          products += record.rank;
        }
      }
      await add();
      sum.set(weight.data as Float64Array);
      return sum;
    },
    release: () => session.release(),
  };
}

/** sum + Σ_j (leftScales_j left_j)ᵀ (rightScales_j right_j), widened to float64 first: the products of int8 are exact. */
function productModel() {
  const g = new GraphBuilder({ name: 'factored-sum' });
  const side = (name: string, size: string) => {
    const factors = g.op('Cast', [g.input(name, 'int8', ['products', size])], { to: elementTypeCode('float64') });
    const scales = g.op('Cast', [g.input(`${name}_scales`, 'float32', ['products', 1])], {
      to: elementTypeCode('float64'),
    });
    return g.op('Mul', [factors, scales]);
  };
  const left = g.op('Transpose', [side('left', 'rows')], { perm: [1, 0] });
  const product = g.op('MatMul', [left, side('right', 'columns')]);
  const sum = g.op('Add', [g.input('sum', 'float64', ['rows', 'columns']), product]);
  g.output(g.rename(sum, 'next'), 'float64', ['rows', 'columns']);
  return g.model();
}

async function addProducts(session: Session, sum: Tensor, records: readonly LowRankParts[]): Promise<Tensor> {
  const [rows, columns] = sum.dims as [number, number];
  const join = <T extends Int8Array | Float32Array>(of: new (length: number) => T, parts: readonly T[]): T => {
    const joined = new of(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  };
  const scales = (parts: readonly Float32Array[]) => {
    const data = join(Float32Array, parts);
    return float32(data, [data.length, 1]);
  };
  const factors = (parts: readonly Int8Array[], width: number): Tensor => {
    const data = join(Int8Array, parts);
    return { type: 'int8', dims: [data.length / width, width], data };
  };
  const outputs = await session.run({
    sum,
    left: factors(records.map(({ left }) => left), rows), // prettier-ignore
    left_scales: scales(records.map(({ leftScales }) => leftScales)),
    right: factors(records.map(({ right }) => right), columns), // prettier-ignore
    right_scales: scales(records.map(({ rightScales }) => rightScales)),
  });
  return outputs.next!;
}

async function* recordsOf(part: FactoredRecords, layout: LayerLayout): AsyncGenerator<LowRankParts> {
  const { path, version, origin, firstStep, offset, count, bytes } = part;
  const decoder = createFrameDecoder(path, { offset });
  let step = firstStep;
  for await (const chunk of storeOf(path).stream(path, { start: offset, end: offset + bytes, version })) {
    for (const { payload, offset: place } of decoder.push(chunk)) {
      yield inFile(path, place, () => {
        const { codec, stored } = openDelta(payload, { step, origin }, layout);
        if (codec.name !== lowrank.name)
          throw new InputError(`codec ${codec.name}, expected ${lowrank.name}; restore the file`);
        return lowRankParts(stored, layout);
      });
      step++;
    }
  }
  decoder.end();
  const missing = firstStep + count - step;
  if (missing > 0)
    throw new FrameError(path, 'truncated', decoder.offset, `${missing} records fewer than the index says`);
}
