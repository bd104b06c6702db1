import { describe, expect, test } from '@jest/globals';
import { imageGrid } from '../../src/plot/image-grid.js';
import { imagePanel, type PanelItem } from '../../src/plot/image-panel.js';

const items = (count: number): PanelItem[] =>
  Array.from({ length: count }, (_, i) => ({ caption: `class ${i}`, detail: `γ ${i}` }));

const panel = (...counts: number[]) =>
  imagePanel({ query: items(1)[0]!, rows: counts.map((n, i) => ({ title: `row ${i}`, items: items(n) })), label: 'x' });

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /^<svg[^>]*? width="(\d+)" height="(\d+)"/.exec(svg)!;
  return { width: Number(width), height: Number(height) };
}

/** Corners of the frames around the pictures. */
function places(svg: string): string[] {
  return Array.from(svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="84" height="84" fill="none"/g), ([, x, y]) => {
    return `${x},${y}`;
  });
}

describe('lists of images of any length', () => {
  test('go on below after twelve pictures, each in a place of its own', () => {
    const { width } = sizeOf(panel(12, 12));
    const long = panel(40, 25);
    expect(sizeOf(long).width).toBe(width);
    const taken = places(long);
    expect(taken).toHaveLength(1 + 40 + 25);
    expect(new Set(taken).size).toBe(taken.length);
    const { height } = sizeOf(long);
    for (const place of taken) expect(Number(place.split(',')[1]) + 84 + 30).toBeLessThanOrEqual(height);
  });

  test('are cut where a picture could not be looked at, and say so', () => {
    for (const svg of [panel(1000, 3), imageGrid({ items: items(1000), title: 'sheet', label: 'x' })]) {
      expect(svg).toContain(', the first 120 of 1,000');
      const { width, height } = sizeOf(svg);
      expect(Math.max(width, height)).toBeLessThan(2500);
    }
    expect(panel(120)).not.toContain('the first');
  });
});
