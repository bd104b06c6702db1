/** What the plots do with data that the golden files are too small to show. */
import { describe, expect, test } from '@jest/globals';
import { heatmap } from '../../src/plot/heatmap.js';
import { linePlot } from '../../src/plot/line-plot.js';
import { ridgePlot } from '../../src/plot/ridge-plot.js';
import { scatterPlot } from '../../src/plot/scatter-plot.js';

/** The lowest and highest y of the points of the paths with this attribute. */
function reach(svg: string, attribute: string): [number, number] {
  const paths = Array.from(svg.matchAll(/<path d="([^"]*)"([^>]*)>/g)).filter(([, , rest]) =>
    rest!.includes(attribute),
  );
  const y = paths.flatMap(([, d]) => Array.from(d!.matchAll(/,(-?[\d.]+)/g), ([, value]) => Number(value)));
  return [Math.min(...y), Math.max(...y)];
}

test('a curve of 278,500 steps stays small and keeps its extremes', () => {
  const x = Float64Array.from({ length: 278_500 }, (_, i) => i);
  const noisy = x.map((step) => Math.sin(step * 12.9898) * 0.3);
  const axes = { xTitle: 'step', yTitle: 'loss', yDomain: [-1, 1] as const, label: 'curve' };
  const plain = linePlot({ series: [{ name: 'loss', x, y: noisy }], ...axes });
  expect(plain.length).toBeLessThan(60_000);
  noisy[123_456] = 0.9;
  noisy[200_001] = -0.9;
  const spiked = linePlot({ series: [{ name: 'loss', x, y: noisy }], ...axes });
  const span = ([top, bottom]: [number, number]) => bottom - top;
  // From ±0.3 to ±0.9: three times as much, in coordinates rounded to tenths of a pixel.
  expect(span(reach(spiked, 'stroke-series1'))).toBeCloseTo(3 * span(reach(plain, 'stroke-series1')), 0);
});

test('what a curve leaves out lies on the line that is drawn', () => {
  const x = Array.from({ length: 200 }, (_, i) => i);
  const y = x.map((step) => Math.tanh((step - 80) / 15) + 0.001 * Math.sin(step));
  const domain = { yDomain: [-2, 2] as const, width: 1000, height: 600 };
  const svg = linePlot({ series: [{ name: 'loss', x, y }], xTitle: 'step', yTitle: 'loss', label: 'curve', ...domain });
  const [, d] = /<path d="([^"]*)"/.exec(svg)!;
  const drawn = Array.from(d!.matchAll(/([\d.]+),([\d.]+)/g), ([, left, top]) => [Number(left), Number(top)] as const);
  expect(drawn.length).toBeLessThan(120);
  expect(drawn.length).toBeGreaterThan(10);
  const pixel = (value: number, [low, high]: readonly [number, number], [from, to]: readonly [number, number]) =>
    from + ((value - low) / (high - low)) * (to - from);
  const [first, last] = [drawn[0]!, drawn.at(-1)!];
  // Both ends are drawn, and say where all points lie.
  const across = (step: number) => pixel(step, [0, 199], [first[0], last[0]]);
  const up = (value: number) => pixel(value, [y[0]!, y[199]!], [first[1], last[1]]);
  for (const [i, step] of x.entries()) {
    const after = drawn.findIndex(([left]) => left >= across(step) - 0.06);
    const [to, from] = [drawn[after]!, drawn[Math.max(0, after - 1)]!];
    const line = to === from ? to[1] : pixel(across(step), [from[0], to[0]], [from[1], to[1]]);
    // A tenth of a pixel is allowed, and coordinates are rounded to tenths: 0.05 at either end, in both directions.
    expect(Math.abs(line - up(y[i]!))).toBeLessThan(0.45);
  }
});

test('panels share their x axis, and a marker stands ready in all of them', () => {
  const x = [0, 100];
  const panel = (yTitle: string) => ({ series: [{ name: yTitle, x, y: [1, 2] }], yTitle });
  const below = [panel('b'), panel('c')];
  const svg = linePlot({ ...panel('a'), below, xTitle: 'step', label: 'three panels', marker: true, width: 344 });
  const starts = [...svg.matchAll(/<path d="M([\d.]+),/g)].map(([, left]) => Number(left));
  expect(starts).toHaveLength(3);
  expect(new Set(starts).size).toBe(1);
  const [, from, to, start, end] =
    /class="step-marker" visibility="hidden" data-from="(.*?)" data-to="(.*?)" data-start="(.*?)" data-end="(.*?)"/
      .exec(svg)!
      .map(Number);
  expect([from, to, start]).toEqual([0, 100, starts[0]]);
  expect(svg).toContain(`L${end!},`);
});

test('a band has a piece for each stretch without a gap', () => {
  const x = [0, 1, 2, 3, 4, 5];
  const [lower, upper] = [0, 2].map((level) => x.map((at) => (at === 2 ? NaN : level)));
  const y = x.map(() => 1);
  const band = { lower: lower!, upper: upper! };
  const svg = linePlot({ series: [{ name: 'a', x, y, band }], xTitle: 'step', yTitle: 'a', label: 'band' });
  expect(svg.match(/<path d="M[^"]*Z" fill="#/g)).toHaveLength(2);
});

describe('a ridge plot', () => {
  const x = [-1, -0.5, 0, 0.5, 1];

  test('draws all densities on one scale', () => {
    const svg = ridgePlot({
      x,
      ridges: [
        { label: 'a', density: [0, 1, 4, 1, 0] },
        { label: 'b', density: [0, 1, 2, 1, 0] },
      ],
      highlighted: 0,
      label: 'two',
    });
    const [first, second] = ['stroke-accent', 'stroke-outline'].map((attribute) => {
      const [top, bottom] = reach(svg, attribute);
      return bottom - top;
    });
    // Coordinates are rounded to tenths of a pixel.
    expect(first! / second!).toBeCloseTo(2, 1);
  });

  test('refuses a density that does not fit its x values', () => {
    expect(() => ridgePlot({ x, ridges: [{ label: 'a', density: [1] }], label: '' })).toThrow(RangeError);
  });

  test('of nothing but zeros, or of no ridge, has no broken numbers', () => {
    const flat = ridgePlot({ x, ridges: [{ label: 'a', density: [0, 0, 0, 0, 0] }], label: '' });
    expect(flat + ridgePlot({ x, ridges: [], label: '' })).not.toMatch(/NaN|Infinity/);
  });
});

test('many points become one picture, values that are not finite are left out', () => {
  const plot = (count: number) => {
    const x = Float64Array.from({ length: count }, (_, i) => (i === 7 ? NaN : i % 100));
    const series = [{ name: 'a', x, y: x.map((value) => value ** 2) }];
    return scatterPlot({ series, xTitle: 'x', yTitle: 'y', label: 'points' });
  };
  expect(plot(500).match(/<circle/g)).toHaveLength(499);
  const many = plot(100_000);
  expect(many).not.toContain('<circle');
  expect(many.match(/<image [^>]*href="data:image\/png/g)).toHaveLength(1);
  expect(many).not.toContain('NaN');
});

test('a heatmap names its limits, and refuses values that do not fill it', () => {
  const svg = heatmap({ columns: 2, rows: 1, values: [-0.25, 0.125], scaleTitle: 'relevance', label: 'map' });
  expect(svg).toContain('>−0.250<');
  expect(svg).toContain('>0.250<');
  expect(heatmap({ columns: 1, rows: 1, values: [0], scaleTitle: '', label: '' })).not.toContain('NaN');
  expect(() => heatmap({ columns: 2, rows: 2, values: [1], scaleTitle: '', label: '' })).toThrow(RangeError);
});
