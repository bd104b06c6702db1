import { describe, expect, test } from '@jest/globals';
import { asTaken, feedsFor } from '../../../src/check/measure/feeds.js';
import { inputErrorOf } from '../../helpers/data-files.js';

const unit = { mean: [0], std: [1 / 255] };
// 1×2 pixels of three channels, held channels first.
const picture = { shape: [3, 1, 2], kind: 'image', data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;

describe('probes as a model takes them', () => {
  test.each([
    [{ ...picture }, [3, 1, 2], [3, 1, 2], [1, 2, 3, 4, 5, 6]],
    [{ ...picture }, [6], [6], [1, 2, 3, 4, 5, 6]],
    [{ ...picture }, [1, 2, 3], [1, 2, 3], [1, 3, 5, 2, 4, 6]],
    [{ ...picture, channelsLast: true }, [6], [6], [1, 3, 5, 2, 4, 6]],
    [{ ...picture, channelsLast: true }, [3, 1, 2], [3, 1, 2], [1, 2, 3, 4, 5, 6]],
    [{ shape: [2], kind: 'vector', data: Float64Array.of(7, 8) }, [2, 1], [2, 1], [7, 8]],
  ] as const)('%j for %j', (array, wanted, dims, data) => {
    const taken = asTaken('probes', array, wanted, unit);
    expect(taken.dims).toEqual(dims);
    expect(Array.from(taken.data, (x) => Math.round(x * 1e4) / 1e4)).toEqual(data);
  });

  test('channels are normalised before they are rearranged', () => {
    const normalization = { mean: [0, 0, 0], std: [1 / 255, 1 / 510, 1 / 765] };
    const { data } = asTaken('probes', { ...picture, channelsLast: true }, [6], normalization);
    expect(Array.from(data, Math.round)).toEqual([1, 6, 15, 2, 8, 18]);
  });

  test('another number of inputs is refused', async () => {
    const probes = { arrays: [picture], names: ['p@0'], count: 1 } as never;
    expect(await inputErrorOf(() => feedsFor(probes, [], unit))).toContain('takes 0 inputs');
  });
});
