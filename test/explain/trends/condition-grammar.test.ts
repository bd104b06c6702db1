import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.js';
import { parseCondition } from '../../../src/explain/trends/conditions.js';

describe('conditions are read', () => {
  test.each([
    ['entropy falls by more than 20 % within 500 steps', { by: 0.2, relative: true, within: 500, direction: 'falls' }],
    ['ENTROPY Falls By More Than 20% within 500 steps', { by: 0.2, relative: true, within: 500 }],
    ['  entropy   rises by more than .5 ', { by: 0.5, relative: false, within: undefined, after: undefined }],
    ['norm rises by more than 1e-3 after step 100 within 1 step', { by: 0.001, within: 1, after: 100 }],
    ['norm rises by more than 150 % within 20 steps after step 0', { by: 1.5, within: 20, after: 0 }],
    ['lrp entropy is above 2', { subject: { kind: 'measure', name: 'entropy', method: 'lrp', split: undefined } }],
    ['train norm is below 2 at the end', { subject: { kind: 'measure', name: 'norm', split: 'train' }, atEnd: true }],
    [
      'grad-cam test cosine-similarity is below -0.5 after step 7',
      { side: 'below', than: -0.5, after: 7, atEnd: false },
    ],
    ['train loss rises by more than 3', { subject: { kind: 'loss', split: 'train' } }],
    ['batch loss is above 3', { subject: { kind: 'loss', split: 'batch' } }],
    ['test accuracy is below 90 % at the end', { subject: { kind: 'accuracy', split: 'test' }, than: 0.9 }],
    ['test accuracy is below 0.9', { than: 0.9 }],
    ['positive-share is above 60%', { than: 0.6 }],
    ['fit is strong  Overfit', { kind: 'fit', label: 'strong overfit' }],
  ])('%s', (text, expected) => {
    expect(parseCondition(text)).toMatchObject({ text, ...expected });
  });
});

describe('what is no condition is refused in one line, with the place and what could stand there', () => {
  test.each([
    ['', 'it ends too early; next comes fit, train, test, batch, norm,'],
    ['entropi falls by more than 3', 'word 1, "entropi", does not belong there; the nearest are entropy'],
    ['lrpp entropy is above 3', 'word 1, "lrpp", does not belong there; the nearest are lrp'],
    ['lrp test entropi is above 3', 'word 3, "entropi", does not belong there; the nearest are entropy'],
    ['entropy fals by more than 3', 'word 2, "fals", does not belong there; there can stand rises, falls or is'],
    ['entropy falls by less than 3', 'word 4, "less", does not belong there; there can stand more'],
    ['entropy falls by more than a lot', 'word 6, "a", does not belong there; there can stand a number'],
    ['entropy falls by more than', 'it ends too early; next comes a number'],
    [
      'entropy falls by more than 3 within 0 steps',
      'word 8, "0", does not belong there; there can stand a whole number from 1 on',
    ],
    [
      'entropy falls by more than 3 within 5 epochs',
      'word 9, "epochs", does not belong there; there can stand steps or step',
    ],
    [
      'entropy falls by more than 3 within 5 steps within 3 steps',
      'word 10, "within", does not belong there; there can stand after',
    ],
    ['entropy falls by more than 3 at the end', 'word 7, "at", does not belong there; there can stand within or after'],
    ['entropy is above 3 at the start', 'word 7, "start", does not belong there; there can stand end'],
    ['entropy is above 3 after step 5 or so', 'word 8, "or", does not belong there; there can stand nothing more'],
    ['entropy is above 3 %', 'the entropy is no share of anything; leave out the %'],
    ['loss rises by more than 3', 'there is train loss, test loss or batch loss'],
    ['lrp train accuracy is above .5', 'there is train accuracy or test accuracy'],
    ['batch accuracy is above .5', 'word 2, "accuracy", does not belong there; there can stand loss'],
    ['fit is overfitted', 'word 3, "overfitted", does not belong there; the nearest are overfit'],
    ['test accuracy is above 90', 'the test accuracy lies between 0 and 1; write 90 %, or 0.9'],
    ['test accuracy falls by more than 1', 'cannot change by more than 1'],
    ['norm is below 0', 'the norm lies between 0 and Infinity'],
    ['norm falls by more than 100 %', 'the norm is never below 0, and cannot fall by more than 100 %'],
    ['norm rises by more than -1', 'a rise or fall is a number of 0 or more'],
  ])('%j', (text, message) => {
    let error: unknown;
    try {
      parseCondition(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    const said = (error as InputError).message;
    expect(said.startsWith(`\`failOn\` "${text}": `)).toBe(true);
    expect(said).toContain(message);
    expect(said).not.toContain('\n');
  });

  test('any text is a condition or an InputError', () => {
    const word = fc.constantFrom(
      ...['entropy', 'lrp', 'train', 'test', 'loss', 'accuracy', 'falls', 'is', 'by', 'more', 'than', '3', '20', '%'],
      ...[
        'within',
        'after',
        'step',
        'steps',
        'at',
        'the',
        'end',
        'above',
        'fit',
        'overfit',
        'constructor',
        '\u0000',
        '😀',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        (text) => {
          try {
            expect(parseCondition(text).text).toBe(text);
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
