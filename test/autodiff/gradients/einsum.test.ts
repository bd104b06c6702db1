import { describe, expect, test } from '@jest/globals';
import { parseEquation } from '../../../src/graph/einsum-equation.js';
import { awayFromZero, checkGradient } from '../../helpers/gradients/gradient-check.js';

describe('Einsum', () => {
  test.each([
    [
      'ij,jk->ik',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'ij,jk',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'bij,bjk->bik',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
    ],
    [
      'bhid,bhjd->bhij',
      [
        [2, 2, 3, 4],
        [2, 2, 5, 4],
      ],
    ],
    ['ij->ji', [[2, 3]]],
    ['ij->i', [[2, 3]]],
    ['ij->', [[2, 3]]],
    ['ii->i', [[3, 3]]],
    ['ii->', [[3, 3]]],
    ['i,j->ij', [[2], [3]]],
    ['i,i->', [[3], [3]]],
    ['ij,j->ij', [[2, 3], [3]]],
    ['ij,k->i', [[2, 3], [4]]],
    [
      '...ij,...jk->...ik',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
    ],
    [
      '...ij,jk->...ik',
      [
        [2, 3, 4],
        [4, 5],
      ],
    ],
    [
      'ij,jk,kl->il',
      [
        [2, 3],
        [3, 4],
        [4, 2],
      ],
    ],
    [
      'b i j , b j -> b i',
      [
        [2, 3, 4],
        [2, 4],
      ],
    ],
  ])('%s of %j', (equation, shapes) => {
    const inputs = shapes.map((dims, i) => awayFromZero(dims, i + 1));
    return checkGradient({ op: 'Einsum', inputs, attributes: { equation } });
  });

  test.each([
    [
      'bij,bjk->bik',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [0, 1],
    ],
    [
      'bij,jk->bik',
      [
        [2, 3, 4],
        [4, 5],
      ],
      [0],
    ],
    [
      '...j,jk->...k',
      [
        [2, 4],
        [4, 5],
      ],
      [0],
    ],
  ])('%s of %j with a batch of open size', (equation, shapes, stacked) => {
    const inputs = shapes.map((dims, i) => awayFromZero(dims, i + 1));
    return checkGradient({ op: 'Einsum', inputs, attributes: { equation }, stacked });
  });

  test('an ellipsis stands for the axes that have no label', () => {
    expect(parseEquation('...a,ba...', [3, 3])).toEqual({
      operands: [
        ['c', 'd', 'a'],
        ['b', 'a', 'd'],
      ],
      result: ['c', 'd', 'b'],
    });
  });
});
