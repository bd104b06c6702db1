/** What would change about decisions without single training examples, of a training in memory. */
import type { Input } from '../data/input.js';
import { withDefaults } from '../defaults.js';
import { influence, INFLUENCE_DEFAULTS, type InfluenceOptions } from '../explain/influence/influence.js';
import { encodeModel } from '../onnx/codec.js';
import { replayTraining, startAgain, type RetrainRequest } from '../replay/replay.js';
import type { Progress } from '../progress.js';
import { memoryForCotangents } from '../replay/room.js';
import type { InfluenceQuery } from '../results/influence.js';
import { sha256Hex } from './sha256.js';

/**
 * Runs a training again, and goes back over its steps.
 * @param memory bytes that states of past steps and what is pulled back may take
 * @param onProgress is told of the steps that are run again, then, under the method's name, of those that are gone back over
 * @throws InputError for inputs and options that do not fit
 */
export async function influenceOf(
  training: RetrainRequest,
  inputs: readonly Input[],
  asked: Partial<InfluenceOptions>,
  memory: number,
  onProgress?: Progress,
): Promise<readonly InfluenceQuery[]> {
  const { classifier, train, test, options, runtime, model, source, steps } = training;
  let again = 0;
  const started = await startAgain(training, (count) => {
    // Steps that are run once more on the way back are part of going back.
    if (again < steps) onProgress?.('training again', (again += count), steps);
  });
  const replay = await replayTraining(training, started, memory);
  try {
    const { result } = await influence({
      replay,
      classifier,
      loss: options.loss,
      train,
      inputs,
      test,
      options: withDefaults(INFLUENCE_DEFAULTS, asked),
      memory: memoryForCotangents(memory),
      onProgress,
      runtime,
      provenance: {
        model: { path: source.path, sha256: await sha256Hex(encodeModel(model) as Uint8Array<ArrayBuffer>) },
        data: { spec: train.spec, fingerprint: train.fingerprint },
        options: {},
        classNames: [...train.classNames],
      },
    });
    return result.queries;
  } finally {
    await replay.release();
  }
}
