/** What `trends` prints. */
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { showTrends } from '../../src/cli/show/trends.js';
import { outlet } from '../../src/cli/streams.js';
import { terminal } from '../../src/cli/terminal.js';
import type { TrendsResult } from '../../src/results/trends.js';
import { syntheticTrends } from '../helpers/synthetic-trends.js';

/** The lines that a result is printed as. */
function printed(result: TrendsResult): string[] {
  const stream = new PassThrough();
  const stdout = outlet(stream);
  showTrends(terminal(stdout, stdout, {}), result);
  return String(stream.read()).trimEnd().split('\n');
}

test('the point, the fit, each measure with its correlations, and conditions', () => {
  const { result } = syntheticTrends({ points: 31, measures: ['norm', 'entropy'] });
  const conditions = [
    { condition: 'norm rises above 0.5', met: true, detail: 'first at step 120' },
    { condition: 'entropy falls by 20 %', met: false, detail: 'at most by 4.9 %' },
  ];
  const lines = printed({ ...result, conditions });
  expect(lines[0]).toBe(
    'Over 300 steps explanations by lrp grew stronger (norm 0.0200 → 0.630) and more focused (entropy 6.12 → 5.82 nat)',
  );
  expect(lines[1]).toMatch(/^Explanations by grad-cam @ conv2 grew stronger/);
  expect(lines[2]).toBe(`fit: good fit. ${result.fit.because}`);
  const text = lines.join('\n');
  for (const split of ['train', 'test']) {
    expect(text).toMatch(
      new RegExp(
        `grad-cam @ conv2, ${split} images\\nmeasure .*\\n─.*\\n` +
          'norm +0\\.0200 → 0\\.630 +−0\\.880 \\(−0\\.960 to −0\\.800\\) +≈ −0\\.530 \\(−0\\.910 to −0\\.150\\)\\n' +
          'entropy +6\\.12 → 5\\.82 nat +0\\.880 \\(0\\.800 to 0\\.960\\) +≈ 0\\.530',
      ),
    );
  }
  expect(text).toContain('met, so this fails: norm rises above 0.5: first at step 120\nnot met: entropy falls by 20 %');
  expect(text).toContain('≈ cannot be told from 0');
});

test('one step, nulls and hostile names are printed without harm', () => {
  const { result } = syntheticTrends({
    points: 1,
    measures: ['entropy'],
    methods: [{ method: 'lrp', layer: 'a\u001b[2Jb\n' }],
  });
  const series = result.series.map((one) => ({
    ...one,
    measures: { entropy: { mean: [null], lowerQuartile: [null], upperQuartile: [null] } },
  }));
  const lines = printed({ ...result, series });
  expect(lines.join('')).not.toMatch(/NaN|undefined/);
  expect(lines[0]).toBe('No map had any relevance');
  expect(lines).toContain('lrp @ a\\u{1b}[2Jb\\u{a}, test images');
});
