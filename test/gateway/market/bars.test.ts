import { expect, test } from 'vitest';
import { Bars, barsWanted } from '../../../gateway/market/bars.ts';
import type { Bar } from '../../../shared/events.ts';

const STEP = 300_000;
const bar = (n: number, close = '1'): Bar => ({ openMs: n * STEP, open: '1', high: '1', low: '1', close, volume: '1' });
const range = (from: number, to: number): readonly Bar[] => Array.from({ length: to - from + 1 }, (_, i) => bar(from + i));

function kept(keep = 5) {
  const asked: number[] = [];
  const bars = new Bars({
    symbol: 'S',
    interval: '5m',
    keep,
    port: { fetchBars: (_symbol, delayMs) => asked.push(delayMs), retryMs: (failures) => failures * 100 },
  });
  const seen = () => ({
    status: bars.view().status,
    closed: bars.view().closed.map(({ openMs }) => openMs / STEP),
    open: bars.view().open === null ? null : (bars.view().open?.openMs ?? 0) / STEP,
  });
  return { bars, asked, seen };
}

test('is unknown until REST has answered; the last row is the open bar', () => {
  const { bars, asked, seen } = kept();
  expect(seen()).toEqual({ status: 'bars-unknown', closed: [], open: null });
  bars.refill();
  bars.load(range(1, 8));
  expect(asked).toEqual([0]);
  expect(seen()).toEqual({ status: 'complete', closed: [3, 4, 5, 6, 7], open: 8 });
});

test('closes a bar by its final word, keeps so many, and counts versions', () => {
  const { bars, seen } = kept();
  bars.refill();
  bars.load(range(1, 6));
  const { version } = bars.view();
  bars.bar(bar(6, '2'), false);
  expect(bars.view()).toMatchObject({ version, open: { close: '2' } });
  bars.bar(bar(6, '3'), true);
  expect(seen()).toEqual({ status: 'complete', closed: [2, 3, 4, 5, 6], open: null });
  expect(bars.view().version).toBe(version + 1);
  expect(bars.view().closed.at(-1)?.close).toBe('3');
  bars.bar(bar(6, '9'), true); // an echo
  expect(bars.view().closed.at(-1)?.close).toBe('3');
  bars.bar(bar(7), false);
  expect(seen()).toMatchObject({ status: 'complete', open: 7 });
});

test('a hole makes the bars unknown until REST has filled it, with what came meanwhile', () => {
  const { bars, asked, seen } = kept();
  bars.refill();
  bars.load(range(1, 6));
  bars.bar(bar(7), false); // bar 6 never closed here
  expect(seen().status).toBe('bars-unknown');
  bars.bar(bar(7, '5'), true);
  bars.bar(bar(8), false);
  bars.load(range(1, 7));
  expect(asked).toHaveLength(2);
  expect(seen()).toEqual({ status: 'complete', closed: [3, 4, 5, 6, 7], open: 8 });
  expect(bars.view().closed.at(-1)?.close).toBe('5');
});

test('what REST answers is not trusted when it has a hole itself; it is asked again, later', () => {
  const { bars, asked, seen } = kept();
  bars.refill();
  bars.load([bar(1), bar(3), bar(4)]);
  expect(seen().status).toBe('bars-unknown');
  bars.loadFailed();
  bars.load(range(1, 4));
  expect(asked).toEqual([0, 100, 200]);
  expect(seen().status).toBe('complete');
});

test('a lost stream makes them unknown, and coming back reads them anew', () => {
  const { bars, asked, seen } = kept();
  bars.refill();
  bars.load(range(1, 6));
  bars.lost();
  bars.bar(bar(6), true);
  expect(seen().status).toBe('bars-unknown');
  bars.refill();
  bars.load(range(2, 7));
  expect(asked).toHaveLength(2);
  expect(seen()).toEqual({ status: 'complete', closed: [2, 3, 4, 5, 6], open: 7 });
});

test('a close that nobody told of is asked for after the bar has ended', () => {
  const { bars, asked, seen } = kept();
  bars.refill();
  bars.load(range(1, 6));
  bars.tick(7 * STEP + 2_000);
  expect(seen().status).toBe('complete');
  bars.tick(7 * STEP + 2_001);
  expect(seen().status).toBe('bars-unknown');
  expect(asked).toHaveLength(2);
});

test.each([
  [26, 300],
  [200, 2_000],
])('a slow average of %i bars wants %i', (slowPeriod, wanted) => {
  expect(barsWanted(slowPeriod)).toBe(wanted);
});

test('an interval nobody defined is a bug', () => {
  expect(() => new Bars({ symbol: 'S', interval: '7m', keep: 5, port: { fetchBars: () => {}, retryMs: () => 0 } })).toThrow('7m');
});
