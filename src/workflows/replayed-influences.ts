/** Influence by going back over a run, divided by queries: whoever has some of them replays the run for these. */
import * as v from 'valibot';
import {
  influenceOf,
  queryInfluences,
  type Influence,
  type InfluenceRequest,
  type QueryInfluence,
  type ReplayFacts,
} from '../explain/influence/influence.js';
import type { Weights } from '../explain/representer/features/body.js';
import type { Replay } from '../replay/replay.js';
import type { RunManifest } from '../run/manifest.js';
import { count, magnitude } from '../schema/fields.js';
import { WHOLE, type Division } from '../shards/division.js';
import type { Tensor } from '../tensor.js';
import type { OpenedRun } from './open-run.js';
import { replayRun, type ReplayTelling } from './replay-run.js';

/** What is asked of a run, and how much of it here. */
export interface ReplayedInfluences extends ReplayTelling {
  readonly run: OpenedRun;
  readonly manifest: RunManifest;
  readonly asked: Omit<InfluenceRequest, 'replay'>;
  /** Whether the weights that the replay ended with are wanted too. */
  readonly wantsWeights: boolean;
  readonly division?: Division | undefined;
}

/** The first unit: what is known of the replay. */
interface Replayed {
  readonly replay: Omit<ReplayFacts, 'seconds'>;
  readonly weights: Weights | undefined;
}

/**
 * Values every training example for each query.
 * @returns what was found, and the weights that the replay ended with, by name
 * @throws InputError when the run cannot be replayed, and as `influence` does
 */
export async function replayedInfluences(request: ReplayedInfluences): Promise<Influence & Pick<Replayed, 'weights'>> {
  const { asked, division = WHOLE } = request;
  const began = performance.now();
  let replayed: Replayed | undefined;
  const found: QueryInfluence[] = [];
  for await (const unit of division.units({ name: 'queries', schema, compute: (isOwn) => unitsOf(request, isOwn) })) {
    if ('replay' in unit) replayed = unit;
    else found.push(unit);
  }
  const { replay, weights } = replayed!;
  const influence = influenceOf(asked, { ...replay, seconds: (performance.now() - began) / 1000 }, found);
  return { ...influence, weights };
}

async function* unitsOf(
  request: ReplayedInfluences,
  isOwn: (unit: number) => boolean,
): AsyncGenerator<Replayed | QueryInfluence> {
  const { run, manifest, asked, wantsWeights } = request;
  const replay = await replayRun(run, manifest, request);
  try {
    const { steps, drift, seed } = replay;
    if (isOwn(0)) yield { replay: { steps, drift, seed }, weights: wantsWeights ? trainedWeights(replay) : undefined };
    yield* await queryInfluences({ ...asked, replay }, (query) => isOwn(query + 1));
  } finally {
    // Its memory is not needed any more when the report is made.
    await replay.release();
  }
}

/** What a replay ended with, by the names of the weights. */
function trainedWeights({ carried, final }: Replay): Record<string, Tensor> {
  return Object.fromEntries(
    carried.flatMap(({ input, weight }) => (weight === undefined ? [] : [[weight, final[input]!]])),
  );
}

const tensor = v.object({ type: v.string(), dims: v.array(count), data: v.instance(Float32Array) });

const schema = v.union([
  v.object({
    replay: v.object({ steps: count, drift: magnitude, seed: v.number() }),
    weights: v.optional(v.record(v.string(), tensor)),
  }),
  v.object({ entry: v.looseObject({ input: v.string() }), effects: v.instance(Float64Array) }),
]) as unknown as v.GenericSchema<unknown, Replayed | QueryInfluence>;
