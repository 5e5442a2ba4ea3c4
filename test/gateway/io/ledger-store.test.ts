import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { openLedgerFile } from '../../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { pnlAnswer } from '../../../gateway/publish/life.ts';
import { atoms, lots, wallMs } from '../../../shared/units.ts';
import { at, fill, id, instrument, position, report, request } from '../../kit/orders.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-store-'));
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => {
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true, force: true });
});

const open = (): LedgerStore => new LedgerStore({ path, clock: new VirtualClock(1_700_000_100_000) });
const instruments = new Map([['BTCUSDT', instrument()]]);
const ledgerOf = (store: LedgerStore): Ledger => new Ledger({ instruments, archive: store, state: store.load(instruments) });

function fillLedger(store: LedgerStore): Ledger {
  const ledger = ledgerOf(store);
  const changes = [
    () => ledger.adoptBaseline({ report: position({ size: lots(3), entryPrice: '59000.5' }), sinceTradeId: '50', now: at(0) }),
    () => ledger.take(request(), at(1)),
    () => ledger.take(request({ clientId: id(2) }), at(1)),
    () => ledger.report(report({ clientId: id(2), venueId: 'v2' }), { now: at(2) }),
    () => ledger.fill(fill({ fee: null, feeAsset: null, realizedPnl: null }), at(3)),
    () => ledger.fill(fill(), at(4)),
    () => ledger.report(report({ clientId: id(2), venueId: 'v2', state: 'canceled', reason: 'dead-man' }), { now: at(5) }),
  ];
  for (const change of changes) expect(store.write(change())).toBe(true);
  return ledger;
}

test('a reopened store gives the same ledger: open orders, positions, fill numbers; ended orders by their id', () => {
  using store = open();
  const before = fillLedger(store);
  store.flush();
  using again = open(); // a second reader sees what is committed, as a process after kill -9 does
  const after = ledgerOf(again);
  expect(after.positions.row('BTCUSDT')).toEqual(before.positions.row('BTCUSDT'));
  expect(after.fillSeq).toBe(1);
  expect(after.openOrders().map(({ clientId, order }) => [clientId, order])).toEqual(
    before.openOrders().map(({ clientId, order }) => [clientId, order]),
  );
  expect(after.orders().map(({ clientId }) => clientId)).toEqual([id(1)]);
  expect(after.order(id(2))).toMatchObject({ reason: 'dead-man', order: { status: 'canceled' } });
  expect(after.fill(fill(), at(9))).toMatchObject({ newFills: [] }); // told again after the restart
  expect(after.fill(fill({ tradeId: '101' }), at(9))).toMatchObject({ newFills: [{ n: 2 }] });
});

test('a placement survives kill -9 as soon as it is taken, with the state it was in; what was only waiting does not', () => {
  const script = `
    import { LedgerStore } from ${JSON.stringify(join(import.meta.dirname, '../../../gateway/io/ledger-store.ts'))};
    import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../../shared/clock.ts'))};
    import { Ledger } from ${JSON.stringify(join(import.meta.dirname, '../../../gateway/account/ledger.ts'))};
    import { at, id, instrument, report, request } from ${JSON.stringify(join(import.meta.dirname, '../../kit/orders.ts'))};
    const store = new LedgerStore({ path: ${JSON.stringify(path)}, clock: systemClock() });
    const instruments = new Map([['BTCUSDT', instrument()]]);
    const ledger = new Ledger({ instruments, archive: store, state: store.load(instruments) });
    for (let i = 0; i < 50; i++) {
      store.write(ledger.take(request({ clientId: id(i) }), at(1)), 'request');
      if (i === 9) store.flush();
      store.write(ledger.report(report({ clientId: id(i), venueId: 'v' + i }), { now: at(2) }), 'reply');
    }
    process.kill(process.pid, 'SIGKILL');`;
  expect(spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script]).signal).toBe('SIGKILL');
  using store = open();
  const { orders } = store.load(instruments);
  expect(orders.map(({ order }) => order.status)).toEqual(Array.from({ length: 50 }, (_, i) => (i < 9 ? 'open' : 'sent')));
  expect(store.countReached('BTCUSDT')).toEqual({ sent: 50, open: 9 });
  expect(store.life(id(49))?.transitions).toMatchObject([{ status: 'sent', cause: 'request' }]);
});

test('grantEpoch() never grants a number twice, over restarts too', () => {
  const granted: (number | null)[] = [];
  for (let i = 0; i < 3; i++) {
    using store = open();
    granted.push(store.grantEpoch(10), store.grantEpoch());
  }
  expect(granted).toEqual([10, 11, 12, 13, 14, 15]);
});

test('stop, pause, emergency and running ladders are remembered', () => {
  {
    using store = open();
    store.setMeta('stopped', 'panic');
    store.setMeta('emergency', '{"done":true}');
    store.setMeta('ladders', '[{"symbol":"BTCUSDT"}]');
    store.setMeta('paused', 'x');
    store.setMeta('paused', null);
  }
  using store = open();
  const emergency = '{"done":true}';
  const ladders = '[{"symbol":"BTCUSDT"}]';
  expect(store.meta()).toEqual({
    config: null,
    funding: null,
    stopped: 'panic',
    paused: null,
    halted: null,
    ladders,
    day: null,
    emergency,
  });
});

test('countReached() counts each state an order came to once, whatever is written beside it', () => {
  using store = open();
  const ledger = fillLedger(store);
  store.write(ledger.report(report({ clientId: id(2), venueId: 'v2', state: 'canceled' }), { now: at(6) }));
  expect(store.countReached('BTCUSDT')).toEqual({ sent: 2, open: 1, 'partially-filled': 1, canceled: 1 });
});

test('a file that is no database leaves the store unavailable with one sentence, not a throw', () => {
  writeFileSync(path, 'this is not a database, but it is long enough to look like a file with a header of its own'.repeat(20));
  using store = open();
  expect(store.fault).toContain('not a database');
  expect([store.write(ledgerOf(store).take(request(), at(1))), store.grantEpoch(), store.load(instruments).orders]).toEqual([
    false,
    null,
    [],
  ]);
});

test('of a life of a thousand amends the newest requests are told, and that there were more', () => {
  using store = open();
  const ledger = ledgerOf(store);
  store.write(ledger.take(request(), at(1)), 'request');
  for (let n = 0; n < 1_000; n++)
    store.note({ kind: 'request', clientId: id(1), atUs: n, symbol: 'BTCUSDT', what: 'amend', detail: () => `to ${n}` });
  const life = store.life(id(1));
  expect([life?.cut, life?.requests.length, life?.requests.at(-1)?.detail]).toEqual([true, 60, 'to 999']);
  expect(store.life(id(2))).toMatchObject({ cut: false, order: null });
});

test('durability "power" waits for the disk in every commit, "process" does not', () => {
  for (const [durability, level] of [
    ['power', 2],
    ['process', 1],
  ] as const) {
    const db = openLedgerFile(path, { durability, wallMs: 0 });
    expect(db.prepare('PRAGMA synchronous').get()?.['synchronous']).toBe(level); // FULL, NORMAL
    db.close();
  }
});

test('rows that the disk refused wait and are written when it is back', () => {
  const clock = new VirtualClock(1_700_000_100_000);
  using store = new LedgerStore({ path, clock });
  const ledger = ledgerOf(store);
  const other = new DatabaseSync(path);
  other.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE'); // stands for a disk that does not take writes
  expect(store.write(ledger.take(request(), at(1)))).toBe(true); // the journal took it
  store.flush();
  expect(store.fault).toContain('locked');
  expect(store.write(ledger.take(request({ clientId: id(2) }), at(1)))).toBe(false);
  other.exec('ROLLBACK');
  other.close();
  clock.advance(1_000);
  store.flush();
  expect([store.fault, store.load(instruments).orders.length]).toEqual([null, 2]);
});

test('the run of an order lives on over a restart, in memory and archived; rows that say nothing of it say nothing', () => {
  {
    using store = open();
    const ledger = ledgerOf(store);
    for (const [n, over] of [{ strategy: 'mm-btc' }, { strategy: 'trend' }, {}].entries())
      store.write(ledger.take(request({ clientId: id(n + 1), ...over }), at(1)));
    store.write(ledger.move(id(2), { kind: 'rejected', now: at(2) }));
  }
  using store = open();
  const ledger = ledgerOf(store);
  expect([1, 2, 3].map((n) => ledger.order(id(n))?.strategy)).toEqual(['mm-btc', 'trend', undefined]);
});

test('funding of which only the asset is told counts on its day whatever is held: of the one position in it, else of no symbol; none is dropped', () => {
  const both = new Map([...instruments, ['ETHUSDT', instrument({ symbol: 'ETHUSDT' })]]);
  const held = (store: LedgerStore): Ledger => new Ledger({ instruments: both, archive: store, state: store.load(both) });
  const day = Date.UTC(2026, 10, 20);
  const paid = (ms: number, amount: bigint) =>
    ({ kind: 'funding', symbol: null, asset: 'USDT', amount: atoms(amount), atMs: wallMs(day + ms) }) as const;
  {
    using store = open();
    const ledger = held(store);
    store.write(ledger.funding(paid(1, 5n))); // nothing is held: it was, a moment ago
    store.write(ledger.adoptBaseline({ report: position({ size: lots(3) }), sinceTradeId: null, now: at(0) }));
    store.write(ledger.funding(paid(2, -7n)));
    store.write(ledger.adoptBaseline({ report: position({ symbol: 'ETHUSDT', size: lots(-2) }), sinceTradeId: null, now: at(0) }));
    for (const _ of ['told', 'told again']) store.write(ledger.funding(paid(3, -11n)));
  }
  using store = open();
  const ledger = held(store);
  store.write(ledger.funding(paid(86_400_000, -13n)));
  expect(store.days({ symbol: null, fromDay: '2026-11-20', toDay: '2026-11-21', limit: 10 })).toMatchObject([
    { day: '2026-11-21', symbol: 'unknown:USDT', funding: -13n },
    { day: '2026-11-20', symbol: 'BTCUSDT', funding: -7n },
    { day: '2026-11-20', symbol: 'unknown:USDT', funding: -6n },
  ]);
  expect([ledger.positions.unnamedFunding('USDT'), ledger.positions.row('ETHUSDT').funding]).toEqual([-19n, 0n]);
  const { days } = pnlAnswer(store.days({ symbol: null, fromDay: '2026-11-21', toDay: '2026-11-21', limit: 10 }), {
    limit: 10,
    quoteAsset: (symbol) => store.quoteAsset(symbol),
  });
  expect(days).toMatchObject([{ symbol: 'unknown:USDT', quoteAsset: 'USDT', funding: '-0.00000013' }]);
});
