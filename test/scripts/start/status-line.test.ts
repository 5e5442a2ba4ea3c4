import { expect, test } from 'vitest';
import { LinePace, statusLine } from '../../../scripts/start/status-line.ts';
import type { Stats } from '../../../shared/command.ts';
import { header } from '../../kit/brain.ts';

const ROW = {
  ...{ messages: 1, applied: 1, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0, placed: 3, amended: 0, canceled: 0, rejected: 0 },
  ...{
    unknown: 0,
    open: 2,
    fills: 7,
    volume: '10',
    position: '0.010',
    entryPrice: '60000',
    realized: '1.50',
    unrealized: '-9',
    fees: '0.2',
  },
  funding: '-0.1',
};
const calls = { written: [0, 0, 0], acknowledged: [0, 0, 0], told: [0, 0, 0] };
const stats = { symbols: { BTCUSDT: ROW }, latencyUs: { calls } } as unknown as Stats;

test('statusLine() calls profit by its name: what was realized, and no more', () => {
  const line = statusLine({ seconds: 12.3, stats, header: header(), brain: null, columns: 200 });
  expect(line).toBe('12 s · normal · BTCUSDT 0.010 @ 60000  open 2  fills 7  realized 1.50  no brain');
});

test('statusLine() is cut at the width of the terminal', () => {
  expect(statusLine({ seconds: 1, stats, header: null, brain: null, columns: 12 })).toBe('1 s · no sn…');
});

test('where lines stay, one is told when what is let through changes, and every ten seconds', () => {
  const pace = new LinePace();
  const [normal, stale] = [header(), { ...header(), reasons: ['book-stale:BTCUSDT'] }];
  const looks = [null, normal, normal, stale, stale, normal, normal].map((seen, i) => pace.isDue(i * 250, seen));
  expect(looks).toEqual([true, true, false, true, false, true, false]);
  expect([11_000, 11_249, 11_250, 11_500].map((at) => pace.isDue(at, normal))).toEqual([false, false, true, false]);
});
