/** What a score is made of, as bars and sentences say it. */
import { describe, expect, test } from '@jest/globals';
import { inShort, scoreParts } from '../../../src/report/app/trace/score.js';
import { says } from '../../../src/report/app/trace/says.js';
import type { LogitParts } from '../../../src/results/trace.js';
import { syntheticTrace } from '../../helpers/synthetic-trace.js';

const names = ['cat', 'dog', 'owl'];
type ByClass = NonNullable<LogitParts['byClass']>;

function logit(index: number, values: readonly number[], byClass: Partial<ByClass> = {}): LogitParts {
  const training = values.reduce((sum, value) => sum + value, 0) + (byClass.mixed ?? 0) + (byClass.rest ?? 0) - 0.25;
  const [initial, bias] = [1, 0.5];
  const classes = values.map((value, of) => ({ class: of, value }));
  return {
    ...{ class: index, logit: initial + bias + training, initial, bias, training },
    byClass: { classesOf: 'examples', initialBias: 0.25, classes, rest: 0, ...byClass },
  };
}

const sumOf = (parts: readonly { readonly value: number }[]) => parts.reduce((sum, { value }) => sum + value, 0);

describe('bars', () => {
  test.each([
    ['examples', 'training on dog'],
    ['batches', 'batches of dog'],
  ] as const)('of %s, by class, sum to the score', (classesOf, name) => {
    const own = logit(0, [3, -2, 0.5], { classesOf, mixed: 0.125, rest: -0.5 });
    const parts = scoreParts(own, undefined, names);
    expect(sumOf(parts)).toBeCloseTo(own.logit, 12);
    expect(parts.map((part) => part.name)).toContain(name);
    expect(parts.map((part) => part.name).slice(-3)).toEqual([
      'initial bias',
      'training on mixed batches',
      'the rest of training',
    ]);
  });

  test('of a lead, and of one over a class that was not split', () => {
    const [won, lost] = [logit(0, [3, -2, 0.5]), logit(1, [-1, 1, 0.25])];
    const parts = scoreParts(won, lost, names);
    expect(sumOf(parts)).toBeCloseTo(won.logit - lost.logit, 12);
    expect(parts.find((part) => part.name === 'training on cat')!.value).toBe(4);
    const coarse = scoreParts(won, { ...lost, byClass: undefined }, names);
    expect(coarse.map(({ name, value }) => [name, value])).toEqual([
      ['initial weights', 0],
      ['training', 1.25],
      ['bias', 0],
    ]);
  });

  test('in short: its own class, and the others together', () => {
    expect(inShort(logit(0, [3, -2, 0.5]), names).map(({ source, value }) => [source, value])).toEqual([
      ['from training on cat', 3],
      ['from training on the other classes', -1.5],
      ['from the weights before training', 1],
      ['from the bias before training', 0.25],
    ]);
    const batches = inShort(logit(0, [3, -2, 0.5], { classesOf: 'batches' }), names);
    expect(batches[1]!.source).toBe('from the batches of the other classes');
  });
});

test('a single score is the logit of class 1, and its negative that of class 0', () => {
  const result = syntheticTrace({ classNames: names, layers: ['fc'], steps: 12 });
  const [query] = result.queries;
  const single = logit(1, [-3, 1, 0], { mixed: 0.125 });
  const of = (index: number) =>
    says(result, {
      ...query!,
      ...{ predicted: { class: index, label: names[index]!, probability: 0.8 }, truth: undefined },
      layers: [{ ...query!.layers[0]!, logits: [single] }],
    });
  expect(single.logit).toBeCloseTo(-0.625, 12);
  expect(of(0)).toMatch(/^Cat scores 0.625: \+3.00 from training on cat, −1.00 from the weights before training, /i);
  expect(of(1)).toMatch(/^Dog scores −0.625: /i);
});

test('a sentence says where for and against nearly cancel out', () => {
  const result = syntheticTrace({ classNames: names, layers: ['fc'], steps: 12 });
  const [query] = result.queries;
  const of = (own: LogitParts) =>
    says(result, {
      ...query!,
      layers: [{ ...query!.layers[0]!, logits: [{ ...own, class: query!.predicted.class }] }],
    });
  expect(of(logit(0, [121, -121, 0]))).toContain('For and against nearly cancel out.');
  expect(of(logit(0, [3, -2, 0.5]))).not.toContain('cancel');
});
