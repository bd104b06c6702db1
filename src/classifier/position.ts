/** Which of many scores of an example are meant: those of a time step, a pixel, a box. */
import { InputError } from '../errors.js';

/** One entry an axis of the output behind the batch: a 0-based place (from the end, if negative), or `*` for the classes. */
export type Position = readonly (number | '*')[];

/** Reads `5`, `16,16` or `*,16,16`. @throws InputError for anything else */
export function parsePosition(text: string): Position {
  const parts = text.split(',').map((part) => part.trim());
  const entries = parts.map((part): number | '*' =>
    part === '*' ? '*' : /^-?\d{1,9}$/.test(part) ? Number(part) : NaN,
  );
  if (entries.some((entry) => Number.isNaN(entry)) || entries.filter((entry) => entry === '*').length > 1) {
    throw new InputError(
      `\`at\` ${text}: expected places separated by commas, such as 16,16 (or *,16,16 with a star for the classes)`,
    );
  }
  return entries;
}

/** Where scores lie in an output. */
export interface ScorePlace {
  /** Axis behind the batch that the classes lie along; undefined where an example has a single score. */
  readonly classAxis: number | undefined;
  /** The place that is picked along each other axis behind the batch. */
  readonly index: readonly (number | undefined)[];
}

/**
 * @param sizes of the output's axes behind the batch
 * @param softmaxAxis axis, counted with the batch, that a softmax goes over
 * @throws InputError where there are several positions and none is picked, or the one picked is not there
 */
export function positionOf(
  output: string,
  sizes: readonly number[],
  softmaxAxis: number | undefined,
  { at, classes }: { readonly at?: Position | undefined; readonly classes?: number | undefined },
): ScorePlace {
  const shown = `output "${output}" [batch${sizes.map((size) => `, ${size}`).join('')}]`;
  const wide = sizes.flatMap((size, axis) => (size > 1 ? [axis] : []));
  if (at === undefined) {
    // A single row of scores, with whatever axes of size 1 beside.
    if (wide.length <= 1)
      return { classAxis: wide[0] ?? (sizes.length > 0 ? 0 : undefined), index: sizes.map(() => undefined) };
    const axis = classAxisOf(sizes, softmaxAxis, classes);
    const others = wide.filter((other) => other !== axis);
    const places = others.map((other) => sizes[other]!);
    const example = places.map((size) => Math.floor(size / 2)).join(',');
    throw new InputError(
      `${shown}: holds ${sizes[axis]!} scores at each of ${places.join('×')} positions; pick one with \`at\`, such as ${example}`,
    );
  }
  const star = at.indexOf('*');
  const axis = star >= 0 ? star : classAxisOf(sizes, softmaxAxis, classes);
  const full = star >= 0 ? at : fillIn(at, sizes, axis);
  if (full?.length !== sizes.length) {
    throw new InputError(
      `\`at\` ${at.join(',')}: expected ${Math.max(0, sizes.length - 1)} places for ${shown}, one an axis beside the classes`,
    );
  }
  const index = full.map((entry, i) => {
    if (entry === '*') return undefined;
    const place = entry < 0 ? sizes[i]! + entry : entry;
    if (place >= 0 && place < sizes[i]!) return place;
    throw new InputError(
      `\`at\` ${at.join(',')}: ${shown} has places 0 to ${sizes[i]! - 1} along that axis, not ${entry}`,
    );
  });
  return { classAxis: axis, index };
}

/** The places with a star for the classes; axes of size 1 may be left out. */
function fillIn(at: Position, sizes: readonly number[], classAxis: number): Position | undefined {
  const others = sizes.map((size, axis) => ({ size, axis })).filter(({ axis }) => axis !== classAxis);
  const named = at.length === others.length ? others : others.filter(({ size }) => size > 1);
  if (at.length !== named.length) return undefined;
  const places = new Map(named.map(({ axis }, i) => [axis, at[i]!]));
  return sizes.map((_, axis) => (axis === classAxis ? '*' : (places.get(axis) ?? 0)));
}

/** Along a softmax; else along the one axis that is as long as there are classes; else as convolutions or sequences have it. */
function classAxisOf(sizes: readonly number[], softmaxAxis: number | undefined, classes: number | undefined): number {
  if (softmaxAxis !== undefined) return softmaxAxis - 1;
  const fitting = sizes.flatMap((size, axis) => (size === classes ? [axis] : []));
  if (fitting.length === 1) return fitting[0]!;
  return sizes.length === 2 ? 1 : 0;
}
