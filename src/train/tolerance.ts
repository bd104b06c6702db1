/** Whether factored updates hold the tolerance: tried on the first steps before a training begins, and watched while it runs. */
import { lowRankParts } from '../log/codecs/lowrank.js';
import type { Notice } from '../progress.js';
import type { ColumnCodec } from './codecs.js';
import type { FactoredOutputs, TrainingGraph } from './training-graph.js';
import type { PlannedStep, StepsDone, Trainer } from './trainer.js';

/** The share of a layer's updates, by norm, that factors may lose by default. */
const DEFAULT_TOLERANCE = 0.9;

/** Steps that are tried, of which the first half warms the subspaces up. */
const TRIED_STEPS = 8;

/** A layer whose factors lose more than they may. */
export interface Excess {
  readonly layer: string;
  readonly rank: number;
  /** Root mean square of the shares lost. */
  readonly lost: number;
}

/** Shares that factored layers lose, step after step. */
class LostShares {
  private readonly sums = new Map<string, { squares: number; steps: number }>();

  constructor(private readonly factors: readonly FactoredOutputs[]) {}

  add(payloads: StepsDone['payloads']): void {
    for (const { layer, layout } of this.factors) {
      const sum = this.sums.get(layer) ?? { squares: 0, steps: 0 };
      for (const payload of payloads.get(layer)!) {
        sum.squares += lowRankParts(payload, layout).lost ** 2;
        sum.steps++;
      }
      this.sums.set(layer, sum);
    }
  }

  /** Layers that lost more, and forgets what there was. */
  take(tolerance: number): Excess[] {
    const found = this.factors.flatMap(({ layer, rank }): Excess[] => {
      const { squares, steps } = this.sums.get(layer) ?? { squares: 0, steps: 1 };
      const lost = Math.sqrt(squares / steps);
      return lost > tolerance ? [{ layer, rank, lost }] : [];
    });
    this.sums.clear();
    return found;
  }
}

/**
 * Runs the first steps of a training to see what factors lose, and goes back to where the trainer was, but for subspaces that
 * have warmed up meanwhile: the factors of the very first steps are as good as any.
 * @param steps the training's first ones
 * @returns layers over the tolerance; none where the steps diverge, of which the training itself will tell
 */
export async function tryFactors(
  trainer: Trainer,
  { factors, subspaces }: Pick<TrainingGraph, 'factors' | 'subspaces'>,
  steps: readonly PlannedStep[],
  tolerance = DEFAULT_TOLERANCE,
): Promise<Excess[]> {
  if (factors.length === 0) return [];
  const start = await trainer.state();
  const shares = new LostShares(factors);
  const tried = steps.slice(0, TRIED_STEPS);
  let isFinite = true;
  for (let i = 0; i < tried.length && isFinite; i++) {
    const { payloads, finite } = await trainer.run([tried[i]!]);
    isFinite = finite;
    if (finite && 2 * i + 1 >= tried.length - 1) shares.add(payloads);
  }
  const state = await trainer.state();
  const kept = subspaces.filter(({ keepsTrial }) => keepsTrial).map(({ input }) => [input, state[input]!] as const);
  trainer.restore({ ...start, ...Object.fromEntries(kept) });
  return isFinite ? shares.take(tolerance) : [];
}

/** What is said of a layer that falls back. */
export function fallbackNotice({ layer, rank, lost }: Excess, next: ColumnCodec): string {
  const instead = next.rank === undefined ? next.codec : `${next.codec} at rank ${next.rank}`;
  return `layer "${layer}": lowrank at rank ${rank} loses ${percent(lost)} of its first updates, so they are stored as ${instead}`;
}

/** Watches a training. */
export interface ToleranceWatch {
  add(payloads: StepsDone['payloads']): void;
  /** Says, once a layer, what was lost beyond the tolerance since the last time. */
  tell(step: number): void;
}

/** @param factors outputs of the layers that are watched */
export function watchTolerance(
  factors: readonly FactoredOutputs[],
  tolerance = DEFAULT_TOLERANCE,
  onNotice?: Notice,
): ToleranceWatch {
  const shares = new LostShares(factors);
  const told = new Set<string>();
  return {
    add: (payloads) => shares.add(payloads),
    tell: (step) => {
      for (const { layer, rank, lost } of shares.take(tolerance)) {
        if (told.has(layer)) continue;
        told.add(layer);
        onNotice?.(
          `layer "${layer}": up to step ${step}, lowrank at rank ${rank} lost ${percent(lost)} of its updates, more than ` +
            `\`codecTolerance\` allows; traces report it as the codec's error: train it again with a higher \`rank\`, or \`codec\` int8`,
        );
      }
    },
  };
}

/** What is said of the codecs that were chosen where some updates are factored; undefined where none are. */
export function codecsNotice(codecs: ReadonlyMap<string, ColumnCodec>): string | undefined {
  const columns = new Map<string, string[]>();
  for (const [name, { codec, rank }] of codecs) {
    const how = rank === undefined ? codec : `${codec} of rank ${rank}`;
    columns.set(how, [...(columns.get(how) ?? []), name]);
  }
  if (![...codecs.values()].some(({ rank }) => rank !== undefined)) return undefined;
  const parts = [...columns].map(
    ([how, names]) => `${how} for ${names.length > 3 ? `${names.length} columns` : names.join(', ')}`,
  );
  return `log: ${parts.join('; ')}`;
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
