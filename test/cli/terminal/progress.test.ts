/** How far a command is, by a clock of the test's own. */
import { describe, expect, test } from '@jest/globals';
import { leftText, pace } from '../../../src/cli/pace.js';
import { progressDisplays } from '../../../src/cli/progress.js';
import { outlet, type Stream } from '../../../src/cli/streams.js';
import { sink } from '../../helpers/in-process.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function clock() {
  let now = 0;
  return { read: () => now, pass: (milliseconds: number) => (now += milliseconds) };
}

describe('the pace', () => {
  test('of a steady work', () => {
    const time = clock();
    const remaining = pace(time.read);
    expect(remaining(0, 100)).toBeUndefined();
    time.pass(10 * SECOND);
    expect(remaining(10, 100)).toBeCloseTo(90);
  });

  test('is the one of the last minute: a slow start is forgotten', () => {
    const time = clock();
    const remaining = pace(time.read);
    remaining(0, 1000);
    // One a second for five minutes, then ten a second.
    for (let done = 1; done <= 300; done++) {
      time.pass(SECOND);
      remaining(done, 1000);
    }
    for (let second = 1; second <= 30; second++) {
      time.pass(SECOND);
      remaining(300 + 10 * second, 1000);
    }
    // Half of the last minute was slow: (30 + 300) in 60 s.
    expect(remaining(600, 1000)).toBeCloseTo((400 * 60) / 330);
    for (let second = 31; second <= 65; second++) {
      time.pass(SECOND);
      remaining(300 + 10 * second, 1000);
    }
    expect(remaining(950, 1000)).toBeCloseTo(5);
  });

  test('grows while nothing happens', () => {
    const time = clock();
    const remaining = pace(time.read);
    remaining(0, 100);
    time.pass(10 * SECOND);
    expect(remaining(50, 100)).toBeCloseTo(10);
    time.pass(30 * SECOND);
    expect(remaining(50, 100)).toBeCloseTo(40);
    // Nothing at all within a minute: nobody can tell.
    time.pass(2 * MINUTE);
    remaining(50, 100);
    time.pass(2 * MINUTE);
    expect(remaining(50, 100)).toBeUndefined();
  });

  test('begins anew with another part, with a step back, and after what came before the first update', () => {
    const time = clock();
    time.pass(5 * MINUTE);
    const remaining = pace(time.read);
    expect(remaining(900, 1000)).toBeUndefined();
    time.pass(SECOND);
    expect(remaining(950, 1000)).toBeCloseTo(1);
    expect(remaining(10, 200)).toBeUndefined();
    time.pass(SECOND);
    expect(remaining(20, 200)).toBeCloseTo(18);
    expect(remaining(5, 200)).toBeUndefined();
    expect(remaining(6, Infinity)).toBeUndefined();
  });

  test('does not remember more than it needs, however often it is told', () => {
    const time = clock();
    const remaining = pace(time.read);
    for (let done = 0; done < 100_000; done++) {
      time.pass(1);
      remaining(done, 200_000);
    }
    expect(remaining(100_000, 200_000)).toBeCloseTo(100, 0);
  });

  test('in words', () => {
    expect([undefined, 0.4, 59, 61, 3600, 7384].map(leftText)).toEqual([
      '',
      '0 s left',
      '59 s left',
      '1 min 1 s left',
      '1 h 0 min left',
      '2 h 3 min left',
    ]);
  });
});

describe('off a terminal', () => {
  test('one line every ten seconds, of all displays together', () => {
    const time = clock();
    const { stream, text } = sink();
    const displays = progressDisplays(outlet(stream, undefined, {}), time.read);
    const [one, other] = [displays.begin('one'), displays.begin('other')];
    for (let second = 0; second < 60; second++) {
      one.update(second, 60);
      other.update(second, Infinity, 'detail');
      time.pass(SECOND);
    }
    one.end();
    const lines = text().trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe('one: 10 of 60, 50 s left');
  });

  test('a display that begins later does not speak at once', () => {
    const time = clock();
    const { stream, text } = sink();
    const displays = progressDisplays(outlet(stream, undefined, {}), time.read);
    time.pass(11 * SECOND);
    displays.begin('one').update(1, 2);
    displays.begin('other').update(1, 2);
    expect(text()).toBe('one: 1 of 2\n');
  });
});

describe('on a terminal', () => {
  const draw = (columns: number, env: NodeJS.ProcessEnv = {}) => {
    const time = clock();
    const { stream, text } = sink();
    const screen: Stream = Object.assign(stream, { isTTY: true, columns });
    return { time, displays: progressDisplays(outlet(screen, undefined, env), time.read), text };
  };

  test.each([50, 80, 120, 200])('a bar fits %d columns', (columns) => {
    const { displays, text } = draw(columns);
    displays
      .begin('computing the attributions')
      .update(10, 100, 'of a layer with a name that goes on and on '.repeat(6));
    const drawn = text().replace('\r\u001b[2K', '');
    expect(drawn.length).toBeLessThan(columns);
    expect(drawn).toMatch(/^computing the attributions █+░+ 10\/100/);
  });

  test('what is drawn is taken away once, and only if something is', () => {
    const { displays, text } = draw(80);
    const bar = displays.begin('work');
    displays.clear();
    bar.end();
    expect(text()).toBe('');
    bar.update(1, 2);
    bar.end();
    bar.end();
    expect(text().endsWith('1/2\r\u001b[2K')).toBe(true);
  });

  test('a dumb terminal gets lines', () => {
    const { displays, text, time } = draw(80, { TERM: 'dumb' });
    time.pass(11 * SECOND);
    displays.begin('work').update(1, 2);
    expect(text()).toBe('work: 1 of 2\n');
  });
});
