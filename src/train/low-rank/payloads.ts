/** What a training graph brings out of factored updates, as payloads of the log. */
import { encodeLowRank } from '../../log/codecs/lowrank.js';
import type { Tensor } from '../../tensor.js';
import type { FactoredOutputs } from '../training-graph.js';

/** Payloads of a layer, one a step; products that add nothing are left out. */
export function lowRankPayloads(outputs: Readonly<Record<string, Tensor>>, factored: FactoredOutputs): Uint8Array[] {
  const { rank, layout } = factored;
  const { rows, columns } = layout.matrix!;
  const left = outputs[factored.left]!.data as Int8Array;
  const right = outputs[factored.right]!.data as Int8Array;
  const numbers = outputs[factored.numbers]!.data as Float32Array;
  const width = 2 * rank + 1 + layout.size - rows * columns;
  return Array.from({ length: numbers.length / width }, (_, step) => {
    const own = numbers.subarray(step * width, (step + 1) * width);
    const kept = Array.from({ length: rank }, (_, j) => j).filter((j) => own[j]! > 0 && own[rank + j]! > 0);
    const rowsOf = (factors: Int8Array, length: number) => {
      const gathered = new Int8Array(kept.length * length);
      kept.forEach((j, i) => {
        const at = (step * rank + j) * length;
        gathered.set(factors.subarray(at, at + length), i * length);
      });
      return gathered;
    };
    return encodeLowRank(
      {
        rank: kept.length,
        lost: own[2 * rank]!,
        leftScales: Float32Array.from(kept, (j) => own[j]!),
        rightScales: Float32Array.from(kept, (j) => own[rank + j]!),
        others: own.subarray(2 * rank + 1),
        left: rowsOf(left, rows),
        right: rowsOf(right, columns),
      },
      layout,
    );
  });
}
