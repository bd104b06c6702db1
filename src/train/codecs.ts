/** Which codec the updates of each column of the log get, and the rank of those that are factored. */
import { InputError } from '../errors.js';
import { chooseCodec, largestRank, type CodecName } from '../log/codecs/registry.js';
import type { LoggedLayer } from '../log/format/layer.js';
import type { LoggedWeights } from './columns.js';
import type { TrainOptions } from './options.js';

/** How the updates of a column are stored. */
export interface ColumnCodec {
  readonly codec: CodecName;
  /** Of `lowrank`: outer products a step, at most. */
  readonly rank?: number | undefined;
}

/** A column with the shapes of its tensors. */
export interface SizedColumn extends LoggedWeights {
  readonly logged: LoggedLayer;
}

/** Outer products a step by default: what keeps the order of γ within .99 of the exact one. */
const DEFAULT_RANK = 16;

/** Largest rank that a column falls back to before it falls back to int8. */
const LARGEST_FALLBACK = 64;

/**
 * Chooses the codecs of columns.
 * @param parameters names of the weights that are trained
 * @param fallen columns that did not hold the tolerance at some rank, and that rank
 * @returns by column name
 * @throws InputError for a rank that no layer has room for
 */
export function chooseCodecs(
  columns: readonly SizedColumn[],
  { codec: choice, rank = DEFAULT_RANK }: Pick<TrainOptions, 'codec' | 'rank'>,
  parameters: readonly string[],
  fallen: ReadonlyMap<string, number> = new Map(),
): Map<string, ColumnCodec> {
  const trained = new Set(parameters);
  return new Map(
    columns.map(({ name, tensors, matrix, logged }): [string, ColumnCodec] => {
      // Running statistics to the bit: what a lossy codec owes could take a variance below zero.
      if (!tensors.every((tensor) => trained.has(tensor))) return [name, { codec: 'float32' }];
      const failed = fallen.get(name);
      const next = failed === undefined ? rank : nextRank(failed);
      const codec = chooseCodec(choice, logged, matrix && next);
      return [name, codec === 'lowrank' ? { codec, rank: next } : { codec }];
    }),
  );
}

function nextRank(failed: number): number | undefined {
  return 2 * failed <= LARGEST_FALLBACK ? 2 * failed : undefined;
}

/**
 * Checks that a rank that was asked for is one that some layer can have.
 * @throws InputError naming the layer that has room for most
 */
export function checkRank(columns: readonly SizedColumn[], rank: number): void {
  let most = { name: '', rank: 0 };
  for (const { name, matrix, logged } of columns) {
    const own = matrix ? largestRank(logged) : 0;
    if (own > most.rank) most = { name, rank: own };
  }
  if (rank <= most.rank) return;
  throw new InputError({
    problem: `\`rank\` ${rank}: at no layer are factors of that rank smaller than int8`,
    mend: most.rank > 0 ? `choose at most ${most.rank}, which "${most.name}" has room for` : 'leave it out',
  });
}
