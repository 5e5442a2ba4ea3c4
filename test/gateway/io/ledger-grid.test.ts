import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { type GridNews, gridSentence } from '../../../gateway/io/ledger-grid.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import type { StopRow } from '../../../gateway/orders/stop-book.ts';
import { fillDoc } from '../../../gateway/publish/snapshot.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { formatPrice, formatSize, type InstrumentSpec } from '../../../shared/instrument.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { at, fill, id, instrument, position, report, request } from '../../kit/orders.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-grid-'));
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const STOP: StopRow = {
  ...{
    clientId: id(9),
    symbol: 'BTCUSDT',
    side: 'sell',
    trigger: ticks(590_001),
    size: lots(14),
    status: 'resting',
    changedAt: at(1).mono,
  },
  ...{ venueId: 's1', childId: '', reason: '', sentAt: at(1).mono, sentWallMs: at(1).wall },
};

/** A life of the gateway on one grid, as text: what it shows of what the store holds. */
function life(over: Partial<InstrumentSpec> = {}) {
  const news: GridNews[] = [];
  const store = new LedgerStore({ path, clock: new VirtualClock(1_700_000_100_000), onGrid: (one) => news.push(one) });
  const made = instrument(over);
  const instruments = new Map([['BTCUSDT', made]]);
  const ledger = new Ledger({ instruments, archive: store, state: store.load(instruments) });
  const { size, baseline, cost } = ledger.positions.row('BTCUSDT');
  const text = {
    position: ledger.positions.isAdopted('BTCUSDT')
      ? [formatSize(made, baseline), formatSize(made, size), cost, ledger.positions.account('BTCUSDT').entryPrice]
      : null,
    orders: ledger
      .openOrders()
      .map(({ clientId, order }) => [
        clientId,
        order.status,
        order.price === null ? null : formatPrice(made, order.price),
        formatSize(made, order.size),
      ]),
    fills: store.fillsAfter({ after: 0, limit: 10 }).map((one) => {
      const { n, price, size: told } = fillDoc(made, { fill: one, role: 'quote' });
      return [n, Number(price), Number(told)];
    }),
    stops: store.openStops().map((row) => [row.status, formatPrice(made, row.trigger), formatSize(made, row.size)]),
  };
  return { store, ledger, news, text, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/** Two open orders, one of them partly filled at 60000.1, a position of 0.007 and a stop, written in ticks of 0.1. */
function write(): void {
  using first = life();
  const { store, ledger } = first;
  const changes = [
    () => ledger.adoptBaseline({ report: position({ size: lots(3), entryPrice: '59000.5' }), sinceTradeId: '50', now: at(0) }),
    () => ledger.take(request({ price: ticks(600_001) }), at(1)),
    () => ledger.report(report({ price: ticks(600_001) }), { now: at(2) }),
    () => ledger.fill(fill({ price: ticks(600_001), size: lots(4) }), at(3)),
    () => ledger.take(request({ clientId: id(2), price: ticks(599_995) }), at(1)),
    () => ledger.report(report({ clientId: id(2), venueId: 'v2', price: ticks(599_995) }), { now: at(4) }),
  ];
  for (const change of changes) expect(store.write(change())).toBe(true);
  expect(store.saveStop(STOP)).toBe(true);
  expect(first.news).toEqual([]);
}

test('a finer tick and step: every number is what it was, and each life after it reads the same', () => {
  write();
  using old = life();
  using next = life({ tickSize: '0.01', stepSize: '0.0001', minQty: '0.0001' });
  expect(old.text.position?.slice(0, 2)).toEqual(['0.003', '0.007']);
  expect(next.text).toEqual({
    position: ['0.0030', '0.0070', old.text.position?.[2], old.text.position?.[3]],
    orders: [
      [id(1), 'partially-filled', '60000.10', '0.0100'],
      [id(2), 'open', '59999.50', '0.0100'],
    ],
    fills: [[1, 60_000.1, 0.004]],
    stops: [['resting', '59000.10', '0.0140']],
  });
  expect(next.news).toMatchObject([{ symbol: 'BTCUSDT', from: { tickSize: '0.1' }, to: { tickSize: '0.01' }, rows: 5, offGrid: {} }]);
  expect(next.ledger.fill(fill({ price: ticks(6_000_010), size: lots(40) }), at(9)).newFills).toEqual([]); // told again
  using again = life({ tickSize: '0.01', stepSize: '0.0001', minQty: '0.0001' });
  expect([again.text, again.news]).toEqual([next.text, []]);
});

test('a coarser tick: what it cannot say is unknown or keeps its decimals, and the rest is exact', () => {
  write();
  using next = life({ tickSize: '0.50' });
  expect(next.text.orders).toEqual([
    [id(1), 'unknown', null, '0.010'],
    [id(2), 'open', '59999.50', '0.010'],
  ]);
  expect(next.text.position?.slice(0, 2)).toEqual(['0.003', '0.007']);
  expect([next.text.fills, next.text.stops]).toEqual([[[1, 60_000.1, 0.004]], [['unknown', '59000.00', '0.014']]]);
  expect(next.news.map(gridSentence)).toEqual([expect.stringMatching(/0.1 -> 0.5.*1 of orders, 1 of fills, 1 of stops/)]);
  expect(next.ledger.fill(fill({ price: ticks(120_000), size: lots(4) }), at(9)).newFills).toEqual([]);
  using back = life();
  expect(back.text.fills).toEqual([[1, 60_000.1, 0.004]]);
  expect(back.store.fillsAfter({ after: 0, limit: 1 })[0]).toMatchObject({ price: 600_001 });
});

test('a coarser step that the position is no multiple of: counting begins anew at the venue', () => {
  write();
  using next = life({ stepSize: '0.01', minQty: '0.01' });
  expect(next.text.position).toBeNull();
  expect(next.text.orders.map(([clientId, status, , size]) => [clientId, status, size])).toEqual([
    [id(1), 'unknown', '0.01'],
    [id(2), 'open', '0.01'],
  ]);
  expect(next.text.stops).toEqual([['unknown', '59000.10', '0.02']]);
  expect(next.news[0]?.offGrid).toEqual({ orders: 1, fills: 1, positions: 1, stops: 1 });
});

test('a store of before grids were kept counts as written on the present one, from then on', () => {
  write();
  const db = new DatabaseSync(path);
  db.exec('DELETE FROM grids');
  db.close();
  using next = life();
  expect([next.text.orders[0]?.[2], next.news]).toEqual(['60000.10', []]);
  using finer = life({ tickSize: '0.01' });
  expect(finer.text.orders[0]?.[2]).toBe('60000.10');
});

test('rows that cannot be brought onto the grid are not read at all, and nothing of them has changed', () => {
  write();
  const db = new DatabaseSync(path);
  db.exec("CREATE TRIGGER full BEFORE UPDATE ON stops BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  using next = life({ tickSize: '0.01' });
  expect([next.store.fault, next.text]).toEqual([
    expect.stringContaining('disk full'),
    { position: null, orders: [], fills: [], stops: [] },
  ]);
  expect([next.store.write(next.ledger.take(request({ clientId: id(5) }), at(1))), next.store.saveStop(STOP)]).toEqual([false, false]);
  db.exec('DROP TRIGGER full');
  db.close();
  using later = life({ tickSize: '0.01' });
  expect(later.text.orders[0]?.[2]).toBe('60000.10');
});
