/** The updates of a training in memory, as a trace reads them from a log on a disk. */
import type { DenseSteps } from '../log/read/stored-chunk.js';
import type { StoredRange } from '../log/read/reader.js';
import type { LayerColumn } from '../log/format/descriptors.js';
import { layerSize, type LoggedLayer } from '../log/format/layer.js';
import type { StepRecord } from '../log/format/records.js';
import type { LayerLog } from '../explain/trace/trace-layer.js';

/** A log that grows while a training goes on. */
export interface MemoryLog extends LayerLog {
  /**
   * Takes some steps.
   * @param deltas of each layer, `[records.length, elements]`; they are kept, not copied
   */
  append(records: readonly StepRecord[], deltas: ReadonlyMap<string, Float32Array>): void;
}

/** Most steps in a chunk where nothing is said. */
const CHUNK_STEPS = 256;

/** Opens an empty log. @param layers what updates are of */
export function openMemoryLog(layers: readonly LoggedLayer[]): MemoryLog {
  const records: StepRecord[] = [];
  const columns = layers.map((layer): LayerColumn => ({
    ...layer,
    file: layer.name,
    codec: 'float32',
    codecVersion: 1,
  }));
  const kept = new Map(layers.map((layer) => [layer.name, { size: layerSize(layer), parts: [] as Float32Array[] }]));

  async function* stored(name: string, range: StoredRange = {}) {
    const { firstStep: from = 1, lastStep = records.length, chunkSteps = CHUNK_STEPS } = range;
    const { size, parts } = kept.get(name)!;
    let before = 0;
    for (const part of parts) {
      const end = Math.min(before + part.length / size, lastStep);
      for (let step = Math.max(before, from - 1); step < end; step += chunkSteps) {
        const count = Math.min(chunkSteps, end - step);
        const data = part.subarray((step - before) * size, (step - before + count) * size);
        const dense: DenseSteps = { form: 'dense', data };
        yield await Promise.resolve({ firstStep: step + 1, count, ...dense });
      }
      before += part.length / size;
    }
  }

  return {
    layers: columns,
    append: (done, deltas) => {
      records.push(...done);
      for (const [name, { parts }] of kept) parts.push(deltas.get(name)!);
    },
    steps: async function* ({ firstStep = 1, lastStep = Infinity } = {}) {
      for (const record of records) {
        if (record.step >= firstStep && record.step <= lastStep) yield await Promise.resolve(record);
      }
    },
    stored,
    // Nothing was rounded.
    residual: (name) => Promise.resolve(new Float32Array(kept.get(name)!.size)),
  };
}
