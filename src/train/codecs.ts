/** Which codec the updates of each column of the log get, and the rank of those that are factored. */
import { InputError } from '../errors.js';
import { chooseCodec, codecs, largestRank, type CodecName } from '../log/codecs/registry.js';
import { layerLayout, type LoggedLayer } from '../log/format/layer.js';
import type { LoggedWeights } from './columns.js';
import type { TrainOptions } from './options.js';

/** How the updates of a column are stored. */
export interface ColumnCodec {
  readonly codec: CodecName;
  /** Of `lowrank`: outer products a step, at most, … */
  readonly rank?: number | undefined;
  /** … and the codec's version, which says how they are found. */
  readonly version?: number | undefined;
}

/** A column with the shapes of its tensors. */
export interface SizedColumn extends LoggedWeights {
  readonly logged: LoggedLayer;
  /** Whether its weight meets an example's input at several places, as a convolution does. */
  readonly meetsPlaces: boolean;
}

/**
 * Outer products a step by default: what keeps the order of γ within .99 of the exact one. A query is one vector to a matrix that
 * meets it at one place, and many to a convolution.
 */
const DEFAULT_RANK = { onePlace: 8, places: 24 };

/** Largest rank that a column falls back to before it falls back to int8. */
const LARGEST_FALLBACK = 64;

/** What the choice besides depends on. */
export interface CodecFacts {
  /** Columns that did not hold the tolerance at some rank, and that rank. */
  readonly fallen?: ReadonlyMap<string, number> | undefined;
  /** Version of `lowrank`; the newest by default. */
  readonly version?: number | undefined;
}

/**
 * Chooses the codecs of columns.
 * @param parameters names of the weights that are trained
 * @returns by column name
 * @throws InputError for a rank that no layer has room for
 */
export function chooseCodecs(
  columns: readonly SizedColumn[],
  { codec: choice, rank: chosen }: Pick<TrainOptions, 'codec' | 'rank'>,
  parameters: readonly string[],
  { fallen, version = codecs.lowrank.version }: CodecFacts = {},
): Map<string, ColumnCodec> {
  const trained = new Set(parameters);
  return new Map(
    columns.map(({ name, tensors, matrix, logged, meetsPlaces }): [string, ColumnCodec] => {
      // Running statistics to the bit: what a lossy codec owes could take a variance below zero.
      if (!tensors.every((tensor) => trained.has(tensor))) return [name, { codec: 'float32' }];
      const rank = chosen ?? defaultRank(meetsPlaces, logged);
      const failed = fallen?.get(name);
      const next = failed === undefined ? rank : nextRank(failed);
      const codec = chooseCodec(choice, logged, matrix && next);
      return [name, codec === 'lowrank' ? { codec, rank: next, version } : { codec }];
    }),
  );
}

/** Undefined where it would be most of what the weight can have: factors would save little then, and lose for it. */
function defaultRank(meetsPlaces: boolean, logged: LoggedLayer): number | undefined {
  const rank = meetsPlaces ? DEFAULT_RANK.places : DEFAULT_RANK.onePlace;
  const { rows = 0, columns = 0 } = layerLayout(logged).matrix ?? {};
  return 2 * rank <= Math.min(rows, columns) ? rank : undefined;
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
