/** Activations of several layers for many examples, streamed through ONNX Runtime. */
import { cutBefore } from '../../../graph/cut.js';
import { encodeModel } from '../../../onnx/codec.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { padded } from '../../../classifier/feeds.js';
import { rowsPerPass } from '../runner.js';
import type { Classifier } from '../../../classifier/classifier.js';

/** Examples that can be read one after the other, as often as needed. */
export interface RowSource {
  readonly count: number;
  /** As the model takes them: row-major [to − from, …input]. */
  rows(from: number, to: number): Promise<Float32Array>;
}

/** What a network computes for some examples. */
export interface ActivationChunk {
  /** Position of the first example. */
  readonly first: number;
  readonly rows: number;
  /** Row-major [rows, units], by the value's name. */
  readonly of: (value: string) => Float32Array;
}

/** A network that gives away some of its values. */
export interface LayerActivations {
  /** Chunks of rows, in order. */
  stream(source: RowSource): AsyncGenerator<ActivationChunk>;
  release(): Promise<void>;
}

/** Loads the part of a model that computes the given values. */
export async function openLayerActivations(
  runtime: Runtime,
  explained: Classifier,
  values: readonly string[],
): Promise<LayerActivations> {
  const { model, input, batch } = explained;
  const session = await runtime.createSession(encodeModel(cutBefore(model, [...new Set(values)])));
  const rows = rowsPerPass(explained);
  return {
    stream: async function* (source) {
      for (let first = 0; first < source.count; first += rows) {
        const last = Math.min(first + rows, source.count);
        const x = await source.rows(first, last);
        const fed = padded(input, x, last - first, batch);
        const results = await session.run({ [input.name]: fed });
        const of = (value: string) => {
          const data = results[value]!.data as Float32Array;
          return data.subarray(0, (data.length / fed.dims[0]!) * (last - first));
        };
        yield { first, rows: last - first, of };
      }
    },
    release: () => session.release(),
  };
}

/** Predicted class of each row of scores; of a single score, class 1 where it is above 0. */
export function predictedClasses(scores: Float32Array, rows: number): Int32Array {
  const outputs = scores.length / rows;
  return Int32Array.from({ length: rows }, (_, row) => {
    if (outputs === 1) return scores[row]! > 0 ? 1 : 0;
    let best = 0;
    for (let c = 1; c < outputs; c++) if (scores[row * outputs + c]! > scores[row * outputs + best]!) best = c;
    return best;
  });
}
