import { expect, test } from '@jest/globals';
import { undecided, type JudgedScores } from '../../src/classifier/undecided.js';

/** A last layer: of each score, what the bias and what the input gives. */
function last(bias: readonly number[], input: readonly number[]): JudgedScores['layers'] {
  const logits = bias.map((b, i) => ({ class: i, logit: b + input[i]!, initial: 0, bias: b, training: input[i]! }));
  return [{ layer: 'fc1' }, { layer: 'fc3', logits }];
}

const judged = (bias: readonly number[], input: readonly number[], activation: JudgedScores['activation'] = 'none') =>
  undecided({ scores: bias.map((b, i) => b + input[i]!), activation, references: [], layers: last(bias, input) });

test('scores that are their bias leave nothing to share', () => {
  expect(judged([1, -2, 0.5], [0, 0, 0])).toMatch(
    /^the class scores are the bias of fc3: what this input adds is 0\.0 %/,
  );
  expect(judged([1, -2, 0.5], [0.01, 0, 0])).toMatch(/adds is 0\.\d %/);
  expect(judged([1, -2, 0.5], [0.3, 0, 0])).toBeUndefined();
  expect(judged([0, 0, 0], [0.3, 0, 0])).toBeUndefined();
});

test('what is added to all classes alike decides nothing of a softmax, but does of sigmoids and of a single score', () => {
  expect(judged([1, -2, 0.5], [7, 7, 7])).toMatch(/the bias of fc3/);
  expect(judged([1, -2, 0.5], [7, 7, 7], 'sigmoid')).toBeUndefined();
  expect(judged([1], [7])).toBeUndefined();
  expect(judged([1], [0])).toMatch(/the bias of fc3/);
});

test('scores that are the same for every input, whatever layers were traced', () => {
  const of = (scores: readonly number[], references: readonly number[][]) =>
    undecided({ scores, activation: 'none', references, layers: [{ layer: 'fc1' }] });
  const same = [
    [1, 2.001, 3],
    [1.001, 2, 3],
  ];
  expect(of([1, 2, 3], same)).toMatch(/^the class scores are the same for every input, to 0\.\d % over 2 others/);
  expect(of([1, 2, 3], [...same, [3, 2, 1]])).toBeUndefined();
  expect(of([1, 2, 3], same.slice(0, 1))).toBeUndefined();
});
