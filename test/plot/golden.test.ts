/** Each plot once, as a golden SVG; the sources double as examples of how the plots are called. */
import { expect, test } from '@jest/globals';
import { depthOverview } from '../../src/plot/depth-overview.js';
import { heatmap } from '../../src/plot/heatmap.js';
import { imagePanel } from '../../src/plot/image-panel.js';
import { linePlot } from '../../src/plot/line-plot.js';
import { mapGrid } from '../../src/plot/map-grid.js';
import { embedPixels, type PixelImage } from '../../src/plot/pixel-image.js';
import { ridgePlot } from '../../src/plot/ridge-plot.js';
import { scatterPlot } from '../../src/plot/scatter-plot.js';
import { expectGolden } from '../helpers/golden.js';

const classes = ['Ankle boot', 'Sneaker', 'Sandal', 'Bag & <purse>', 'a class with a name that is too long'];

/** A bump at `center`; coordinates are rounded to tenths of a pixel, so that no platform's `exp` shows. */
const bump = (x: readonly number[], center: number, width: number) =>
  x.map((value) => Math.exp(-0.5 * ((value - center) / width) ** 2) / width);

/** A disc of light on black. */
function disc(size: number, radius: number): PixelImage {
  const data = Uint8Array.from({ length: size * size }, (_, i) => {
    const distance = Math.hypot((i % size) - (size - 1) / 2, Math.floor(i / size) - (size - 1) / 2);
    return distance < radius ? 255 - Math.round(20 * distance) : 0;
  });
  return { width: size, height: size, channels: 1, data };
}

const plots: Record<string, () => string> = {
  'ridge-plot': () => {
    const x = Array.from({ length: 65 }, (_, i) => (i - 32) / 64);
    return ridgePlot({
      x,
      ridges: classes.map((label, i) => ({
        label,
        density: bump(x, 0.3 - 0.12 * i, 0.04 + 0.02 * i),
        note: `${50 - 12 * i} %`,
      })),
      highlighted: 0,
      noteTitle: 'share of γ',
      label: 'densities of five classes',
    });
  },
  'image-panel': () => {
    const image = embedPixels(disc(8, 3));
    return imagePanel({
      query: { image, caption: 'Ankle boot', detail: '98.2 %', highlighted: true, tone: 'accent' },
      rows: [
        {
          title: 'most influential training images',
          items: [
            { image, caption: 'Ankle boot', detail: 'γ 0.412', highlighted: true },
            { image: embedPixels(disc(8, 2)), caption: 'Sneaker', detail: 'γ 0.300' },
            { caption: 'Sandal', detail: 'γ 0.0210' },
          ],
        },
        { title: 'opposing', items: [{ image, caption: classes[4]!, detail: 'γ −0.112', tone: 'opposing' }] },
      ],
      label: 'a query and its training images',
    });
  },
  'map-grid': () => {
    const values = [-2, -1, 0, 1, 2, 3];
    const map = { columns: 3, rows: 2, values };
    return mapGrid({
      columns: ['input', 'gradient', 'a method with a name that is too long'],
      rows: [
        {
          title: 'conv1',
          cells: [{ picture: disc(8, 3) }, { map }, { picture: disc(8, 3), map: { ...map, limit: 6 } }],
        },
        { title: 'a layer with a long name', cells: [{}, { map: { ...map, detail: '3 units' } }] },
      ],
      scaleTitle: 'for Ankle boot (warm) or against (blue)',
      label: 'maps of two layers',
    });
  },
  'depth-overview': () =>
    depthOverview({
      layers: ['conv1', 'conv2', 'a layer with a very long name'],
      classes,
      shares: [0.2, 0.5, 0.9].map((depth) => classes.map((_, i) => depth * (0.6 - 0.25 * i))),
      highlighted: 0,
      scaleTitle: 'share of γ',
      label: 'classes over depth',
    }),
  'line-panels': () => {
    const x = Array.from({ length: 50 }, (_, i) => i * 20);
    const norm = x.map((step, i) => (i === 20 ? NaN : step / (step + 300)));
    return linePlot({
      series: [
        { name: 'raw', x, y: norm.map((value, i) => value + (i % 3) / 40), color: 'series1', faint: true },
        {
          ...{ name: 'running mean', x, y: norm, color: 'series1', dash: undefined },
          band: { lower: norm.map((value) => 0.8 * value), upper: norm.map((value) => 1.25 * value) },
        },
      ],
      xTitle: 'training step',
      yTitle: 'norm',
      below: [{ series: [{ name: 'loss', x, y: x.map((step) => 2.3 / (1 + step / 100)) }], yTitle: 'loss, nats' }],
      key: [
        { name: 'raw', color: 'series1', mark: 'line', faint: true },
        { name: 'quartiles', color: 'series1', mark: 'band' },
      ],
      marker: true,
      label: 'a measure with its quartiles over the loss',
    });
  },
  'line-plot': () => {
    const x = Array.from({ length: 50 }, (_, i) => i * 20);
    return linePlot({
      series: [
        { name: 'training loss', x, y: x.map((step) => 2.3 / (1 + step / 100)) },
        { name: 'test loss', x, y: x.map((step, i) => (i === 20 ? NaN : 2.5 / (1 + step / 120) + 0.1)) },
        { name: 'norm of the positive relevance', x, y: x.map((step) => step / 1500) },
      ],
      xTitle: 'training step',
      yTitle: 'loss, nats',
      title: 'Loss over training',
      label: 'three curves',
    });
  },
  'scatter-plot': () => {
    const x = Array.from({ length: 40 }, (_, i) => i / 40);
    return scatterPlot({
      series: [
        { name: 'train', x, y: x.map((value, i) => value + ((i % 5) - 2) / 100) },
        { name: 'test', x, y: x.map((value, i) => value + ((i % 7) - 3) / 40) },
      ],
      xTitle: 'actual output, probability',
      yTitle: 'reconstructed output, probability',
      note: 'Pearson 0.999',
      diagonal: true,
      label: 'two series of points',
    });
  },
  'scatter-plot-many': () => {
    const x = Array.from({ length: 5000 }, (_, i) => (i % 71) / 70);
    return scatterPlot({
      series: [{ name: 'train', x, y: x.map((value, i) => value * value + (i % 13) / 100) }],
      xTitle: 'actual logit',
      yTitle: 'reconstructed logit',
      label: 'many points',
    });
  },
  heatmap: () =>
    heatmap({
      columns: 8,
      rows: 6,
      values: Array.from({ length: 48 }, (_, i) => ((i % 8) - 3.5) * (Math.floor(i / 8) - 2.5)),
      title: 'LRP, target Ankle boot',
      scaleTitle: 'relevance',
      label: 'a map of signed values',
    }),
  'heatmap-overlay': () =>
    heatmap({
      columns: 8,
      rows: 8,
      values: Array.from({ length: 64 }, (_, i) => (i % 8) - 3.5),
      underlay: disc(8, 3),
      scaleTitle: 'relevance',
      label: 'a map over a picture',
    }),
};

test.each(Object.keys(plots))('%s', (name) => {
  const svg = plots[name]!();
  expect(svg).toMatch(/^<svg [^>]*role="img"/);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expectGolden(`${name}.svg`, svg);
});
