/** Effects whose queries, or methods, are divided among shards. */
import * as v from 'valibot';
import { noEffects, type EffectMatrix } from '../explain/influence/subject.js';
import type { EvaluateFit } from '../results/evaluate.js';
import { count } from '../schema/fields.js';
import { unitsOf, type Division } from '../shards/division.js';

/** Effects, and the layer that was fitted for them, where one was. */
export interface FittedEffects extends EffectMatrix {
  readonly fit?: EvaluateFit | undefined;
}

/** What is asked of a method. */
export interface EffectsTask {
  /** What the task is called, in every shard. */
  readonly name: string;
  /** A task that needs them, and so is computed beside them. */
  readonly beside?: string | undefined;
  /** How many queries there are. */
  readonly queries: number;
  /** Whether each of them is computed by itself, whatever is asked besides. */
  readonly byQuery: boolean;
  /** @param queries those that are wanted, in order; all by default */
  readonly compute: (queries?: readonly number[]) => Promise<FittedEffects>;
}

const effectsSchema = v.object({
  queries: count,
  examples: count,
  values: v.instance(Float64Array),
  fit: v.optional(v.looseObject({ method: v.string(), training: v.string() })),
}) as unknown as v.GenericSchema<unknown, FittedEffects>;

/** The effects on all queries. @throws PartComputed in a shard */
export async function dividedEffects(division: Division, task: EffectsTask): Promise<FittedEffects> {
  if (!task.byQuery) {
    const [all] = await unitsOf(division, {
      ...task,
      schema: effectsSchema,
      compute: async function* (isOwn) {
        if (isOwn(0)) yield task.compute();
      },
    });
    return all!;
  }
  const each = await unitsOf(division, {
    ...task,
    schema: v.instance(Float64Array),
    compute: async function* (isOwn) {
      const own = Array.from({ length: task.queries }, (_, query) => query).filter(isOwn);
      if (own.length === 0) return;
      const { values, examples } = await task.compute(own);
      for (let q = 0; q < own.length; q++) yield values.slice(q * examples, (q + 1) * examples);
    },
  });
  const all = noEffects(each.length, each[0]!.length);
  each.forEach((values, q) => all.values.set(values, q * all.examples));
  return all;
}
