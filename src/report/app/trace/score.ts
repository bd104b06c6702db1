/** What the score of a class is made of. */
import type { LogitParts, LogitTraining } from '../../../results/trace.js';
import { className } from '../parts/text.js';

/** A part of a score, or of the lead of one over another. */
export interface ScorePart {
  /** As a bar is labelled. */
  readonly name: string;
  /** As a sentence goes on: "+1.3 from …". */
  readonly source: string;
  readonly value: number;
  /** The class that training was on, where it is one. */
  readonly class?: number | undefined;
}

/** How training on a class is called. */
const TRAINING = {
  examples: { name: (of: string) => `training on ${of}`, source: (of: string) => `from training on ${of}` },
  batches: { name: (of: string) => `batches of ${of}`, source: (of: string) => `from the batches of ${of}` },
};

/** A part of the whole that is no larger than this is rounding. */
const ROUNDING = 1e-4;

/**
 * The parts of a score, which sum to it: what training did by class where the result says so.
 * @param lost another score, which is taken away
 */
export function scoreParts(won: LogitParts, lost: LogitParts | undefined, classNames: readonly string[]): ScorePart[] {
  const initial = {
    name: 'initial weights',
    source: 'from the weights before training',
    value: won.initial - (lost?.initial ?? 0),
  };
  const told = won.byClass && (!lost || lost.byClass);
  if (!told) {
    return [
      initial,
      { name: 'training', source: 'from training', value: won.training - (lost?.training ?? 0) },
      { name: 'bias', source: 'from the bias', value: won.bias - (lost?.bias ?? 0) },
    ];
  }
  const [own, other] = [won.byClass!, lost?.byClass];
  const difference = (part: (of: LogitTraining) => number) => part(own) - (other ? part(other) : 0);
  const size = Math.max(...[won.logit, lost?.logit ?? 0, initial.value].map(Math.abs));
  const minor: ScorePart[] = [
    {
      name: 'initial bias',
      source: 'from the bias before training',
      value: difference(({ initialBias }) => initialBias),
    },
    {
      name: 'training on mixed batches',
      source: 'from training on batches of several classes',
      value: difference(({ mixed = 0 }) => mixed),
    },
    { name: 'the rest of training', source: 'from the rest of training', value: difference(({ rest }) => rest) },
  ];
  const { name: nameOf, source: sourceOf } = TRAINING[own.classesOf];
  return [
    initial,
    ...own.classes.map(({ class: index }): ScorePart => {
      const name = className(classNames, index);
      return {
        name: nameOf(name),
        source: sourceOf(name),
        value: difference(({ classes }) => classes.find((part) => part.class === index)?.value ?? 0),
        class: index,
      };
    }),
    ...minor.filter(({ value }) => Math.abs(value) > ROUNDING * size),
  ];
}

/** What training did to a score, updates of the bias included where they are known. */
export const trainingOf = ({ training, bias, byClass }: LogitParts): number =>
  training + (byClass ? bias - byClass.initialBias : 0);

/** The parts of a score with all classes but its own together, as a sentence says it; largest first. */
export function inShort(logit: LogitParts, classNames: readonly string[]): ScorePart[] {
  const parts = scoreParts(logit, undefined, classNames);
  const others = parts.filter((part) => part.class !== undefined && part.class !== logit.class);
  const value = others.reduce((sum, part) => sum + part.value, 0);
  const rest = parts.filter((part) => !others.includes(part));
  const together =
    others.length > 0 && logit.byClass
      ? [{ name: 'other classes', source: TRAINING[logit.byClass.classesOf].source('the other classes'), value }]
      : [];
  return [...rest, ...together].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** The logit of class 0, from that of class 1 where there is a single score. */
export function negative({ logit, initial, bias, training, byClass }: LogitParts): LogitParts {
  return {
    class: 0,
    logit: -logit,
    initial: -initial,
    bias: -bias,
    training: -training,
    byClass: byClass && {
      ...byClass,
      initialBias: -byClass.initialBias,
      classes: byClass.classes.map(({ class: of, value }) => ({ class: of, value: -value })),
      mixed: byClass.mixed === undefined ? undefined : -byClass.mixed,
      rest: -byClass.rest,
    },
  };
}
