import { expect, test } from 'vitest';
import { Footprint } from '../../../../scripts/lib/session/footprint.ts';
import type { RecordedFill, RestingChange } from '../../../../scripts/lib/session/session.ts';
import type { TapeFrame } from '../../../../shared/sim/market.ts';
import { instrumentOf } from '../../../kit/bar-backtest.ts';

const symbol = 'BTCUSDT';
const instruments = new Map([[symbol, instrumentOf(symbol)]]);
const rests = (atMs: number, lots: number, over: Partial<RestingChange> = {}): RestingChange => ({
  ...{ atMs, symbol, clientId: '1', side: 'buy', ticks: 500_000, lots },
  ...over,
});
const print = (made: readonly RestingChange[], fills: readonly RecordedFill[] = []) => new Footprint({ instruments, resting: made, fills });
const depth = (size: string): TapeFrame => ({
  ...{ kind: 'depth', atMs: 0, symbol, raw: '', first: 1, last: 2, previous: 1 },
  ...{ bids: [['50000.0', size]], asks: [['50000.1', '1.000']] },
});

test('own sizes are taken off the levels, from the moment at which the venue had them to that at which they had gone', () => {
  const footprint = print([rests(100, 20), rests(300, 5), rests(500, 0)]);
  const bids = (atMs: number) => (footprint.without(depth('0.030'), atMs) as Extract<TapeFrame, { kind: 'depth' }>).bids[0]?.[1];
  expect([99, 100, 299, 300, 500].map(bids)).toEqual(['0.030', '0.010', '0.010', '0.025', '0.030']);
});

test('an order that was moved stands at its new price alone, two at one price together', () => {
  const moved = print([rests(100, 20), rests(200, 20, { ticks: 499_990 }), rests(250, 7, { clientId: '2', ticks: 499_990 })]);
  const at = (ticks: number, atMs: number) => moved.at({ symbol, side: 'buy', ticks }, atMs);
  expect([at(500_000, 150), at(500_000, 200), at(499_990, 200), at(499_990, 250)]).toEqual([20, 0, 20, 27]);
});

test('a best price at which nobody else stands has no size left', () => {
  const raw = `{"u":9,"s":"${symbol}","b":"50000.0","B":"0.020","a":"50000.1","A":"0.020"}`;
  const frame = print([rests(100, 20)]).without({ kind: 'best', atMs: 0, symbol, raw }, 150);
  expect(frame?.raw).toBe(`{"u":9,"s":"${symbol}","b":"50000.0","B":"0.000","a":"50000.1","A":"0.020"}`);
});

test('a public trade that our own order took is left out; one that filled our quote stays', () => {
  const own = { tradeId: '77', maker: false } as RecordedFill;
  const trade = (first: number, last: number): TapeFrame => ({
    ...{ kind: 'trade', atMs: 0, symbol, raw: `{"f":${first},"l":${last}}`, tradeId: '1', price: '50000.0', size: '0.010' },
    ...{ buyerIsMaker: true, aggregate: true },
  });
  const footprint = print([], [own]);
  expect([footprint.without(trade(75, 76), 0), footprint.without(trade(76, 78), 0)]).toEqual([trade(75, 76), null]);
  expect(print([rests(0, 1)], [{ ...own, maker: true }]).without(trade(76, 78), 0)).toEqual(trade(76, 78));
});
