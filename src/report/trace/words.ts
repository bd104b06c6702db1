/** What page and terminal say of a trace in the same words. */
import { formatCount } from '../../plot/format.js';
import type { TraceLayer, TraceQuery, TraceResult } from '../../results/trace.js';
import { className } from '../class-name.js';

/** Steps of one class, or of mixed batches, and what they did to a layer. */
export interface StepGroup {
  /** Null: batches of several classes. */
  readonly class: number | null;
  readonly gamma: number;
  readonly contrast?: number | undefined;
}

/** The groups that a layer's steps fall into. */
export function stepGroups({ classes, mixed }: TraceLayer): StepGroup[] {
  const own = classes.filter(({ gamma, weight }) => gamma !== 0 || weight > 0);
  return mixed && mixed.gamma !== 0 ? [...own, { ...mixed, class: null }] : own;
}

/** The group that shaped a layer most: that stands out most from what any input sees, where that is known. */
export function leadingGroup(layer: TraceLayer): StepGroup | undefined {
  const size = ({ gamma, contrast }: StepGroup) => contrast ?? gamma;
  return [...stepGroups(layer)].sort((a, b) => size(b) - size(a))[0];
}

/** What a group is called. */
export function groupName({ class: index }: StepGroup, classNames: readonly string[]): string {
  return index === null ? 'mixed batches' : className(classNames, index);
}

/** Whether γ stands under batches that mix classes, so that no class can be named. */
export function mixesClasses({ layers }: Pick<TraceQuery, 'layers'>): boolean {
  return layers.some(({ mixed }) => mixed !== undefined && mixed.gamma !== 0);
}

/** What then has to be said before anything else. */
export const MIXED_BATCHES =
  'The batches of this run mix classes. The γ of such a step, split in equal parts, belongs to none of its classes: it stands ' +
  'under “mixed batches”. With --split exact it belongs to the classes of its examples, where the run can be replayed.';

/** How γ was split among the examples of a batch. */
export type Split = NonNullable<TraceResult['split']>;

/** Titles of the lists of examples: equal parts of a batch say nothing of its single examples. */
export const LIST_TITLES: Readonly<Record<Split, { readonly supporting: string; readonly opposing: string }>> = {
  batch: { supporting: 'Examples of the most influential batches', opposing: 'Examples of opposing batches' },
  exact: { supporting: 'Most influential training examples', opposing: 'Opposing training examples' },
};

/** Why the list of a layer is not shown; undefined where it is. */
export function notSpecific({ evidence, listOverlap }: TraceLayer): string | undefined {
  if (evidence !== false || !listOverlap) return undefined;
  const { shared, of, inputs, chance } = listOverlap;
  return (
    'its list of examples is not specific to this input: the lists of two inputs share on average ' +
    `${shared.toFixed(1)} of the first ${of} (${formatCount(inputs)} compared; ${chance.toFixed(1)} by chance)`
  );
}

/** The layers whose lists are not shown, and why, in a line; undefined where there are none. */
export function layersNotSpecific(layers: readonly TraceLayer[]): string | undefined {
  const named = layers.flatMap(({ layer, evidence, listOverlap }) =>
    evidence === false && listOverlap ? [`${layer} (${listOverlap.shared.toFixed(1)} of ${listOverlap.of})`] : [],
  );
  if (named.length === 0) return undefined;
  return `lists of examples that are no evidence, as those of two inputs have this much in common on average: ${named.join(', ')}`;
}
