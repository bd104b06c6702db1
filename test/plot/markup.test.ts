import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeText, render } from '../../src/plot/markup.js';
import { fitText, linePath, svg, svgText, textWidth } from '../../src/plot/svg.js';
import { html } from '../../src/report/html.js';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</style></svg></title><b>',
  ']]>',
  '&lt;b&gt;',
  'a\u0000b\u001bc\u202ed',
];

describe('text cannot become markup', () => {
  test.each(hostile)('%j', (text) => {
    const content = svg('g', { 'aria-label': text }, text).markup;
    expect(content.match(/<[a-z/]/g)).toEqual(['<g', '</']);
    expect(content.match(/"/g)).toHaveLength(2);
    expect(html('p', { title: text }, text).markup.match(/<[a-z/]/g)).toEqual(['<p', '</']);
  });

  test('any text comes back from the entities', () => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    const decode = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!);
    // Printable ASCII, where the markup lives, and letters of other scripts.
    const unit = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
      fc.constantFrom('é', '日', '😀'),
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(decode(escaped)).toBe(text);
      }),
    );
  });

  test('what XML forbids, or what reorders text, is shown as a replacement sign', () => {
    expect(escapeText('a\ud800b\u0007c\u202ed')).toBe('a\ufffdb\ufffdc\ufffdd');
    expect(escapeText('tab\tand\nbreak')).toBe('tab\tand\nbreak');
  });
});

test('strings are text, markup is markup, undefined is nothing', () => {
  expect(render(['a < b', svg('g'), undefined, 3, [html('br')]])).toBe('a &lt; b<g/>3<br>');
  expect(html('div', { hidden: true, id: undefined, title: '' }).markup).toBe('<div hidden title=""></div>');
});

test('a colour of the palette is an attribute for readers of the SVG alone, and a class for pages', () => {
  const { markup } = svg('path', { d: 'M0,0', fill: 'accent', stroke: 'rule' });
  expect(markup).toMatch(/ fill="#[0-9a-f]{6}" stroke="#[0-9a-f]{6}" class="fill-accent stroke-rule"/);
  expect(svg('path', { fill: 'none' }).markup).toBe('<path fill="none"/>');
});

test('text that is too long ends in an ellipsis and keeps its whole self as a tooltip', () => {
  const { markup } = svgText(0, 0, 'a rather long label', { maxWidth: 60 });
  expect(markup).toMatch(/<title>a rather long label<\/title>a r.*…<\/text>$/);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 12, max: 200 }), (text, width) => {
      expect(textWidth(fitText(text, width, 11), 11)).toBeLessThanOrEqual(width);
    }),
  );
});

test('a path leaves out the middle of level stretches only', () => {
  const points = [0, 1, 2, 3, 4, 5].map((x): [number, number] => [x, x < 3 ? 7 : x]);
  expect(linePath(points)).toBe('M0,7L2,7L3,3L4,4L5,5');
});
