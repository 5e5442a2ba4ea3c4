import fc from 'fast-check';
import { copyFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { Retention } from '../../../gateway/io/ledger-retention.ts';
import { openLedgerFile } from '../../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { anyStory, type Step, storyNow, tell, TRADES, tradeOf } from '../../kit/ledger-story.ts';
import { at, id, instrument, position, report, request } from '../../kit/orders.ts';

let dir = '';
let path = '';
let files = 0;
beforeEach(() => {
  dir = fastDir('retention');
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
const START_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const MB = 1_024 * 1_024;
const ledgerOf = (store: LedgerStore): Ledger => new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });

const isRead = (steps: readonly Step[], n: number): boolean => steps.some((step) => step.kind === 'fee' && step.trade === n);

/** Slices until nothing more goes. */
function dropAll(file: string, { nowMs, recentFills }: { readonly nowMs: number; readonly recentFills: number }): void {
  const db = openLedgerFile(file, { durability: 'process', wallMs: nowMs });
  const retention = new Retention(db, { keepDays: 1, maxBytes: 1_000 * MB, recentFills });
  for (let slices = 0; slices < 1_000; slices++) {
    const { orders, fills } = retention.slice(nowMs);
    if (orders.length + fills.length === 0) break;
  }
  db.close();
}

/** Five go; the newest by number is old by its trade id; and a late trade before two that are in the tail. */
const EXAMPLES: [Step[], Rules][] = [
  [[], { recentFills: 0, laterDays: 8, tail: false, read: 6 }],
  [
    [
      { kind: 'fee', trade: 1 },
      { kind: 'fee', trade: 0 },
    ],
    { recentFills: 0, laterDays: 8, tail: false, read: 0 },
  ],
  [
    [
      { kind: 'fee', trade: 0 },
      { kind: 'fee', trade: 1 },
      { kind: 'fee', trade: 2 },
    ],
    { recentFills: 0, laterDays: 8, tail: true, read: 0 },
  ],
];
/** `tail` false: so many trades came since that the position is not counted on from these. `read`: so many are read from the list at the end. */
type Rules = { readonly recentFills: number; readonly laterDays: number; readonly tail: boolean; readonly read: number };
const anyRules: fc.Arbitrary<Rules> = fc.record({
  recentFills: fc.nat({ max: 6 }),
  laterDays: fc.nat({ max: 8 }),
  tail: fc.boolean(),
  read: fc.nat({ max: TRADES }),
});

test('whatever is dropped, the ledger is the same: open orders, positions, days, numbers; and nothing that was booked is booked again', () => {
  let dropped = 0;
  fc.assert(
    fc.property(anyStory, anyRules, (story, { recentFills, laterDays, tail, read }) => {
      const steps: readonly Step[] = [...story, ...Array.from({ length: read }, (_, trade) => ({ kind: 'fee', trade }) as const)];
      const file = join(dir, `${files++}.sqlite`);
      live(file, steps);
      if (!tail) forgetTail(file);
      const whole = join(dir, `${files++}.sqlite`);
      copyFileSync(file, whole);
      const before = whatMatters(file);
      dropAll(file, { nowMs: START_MS + laterDays * DAY_MS, recentFills });
      expect(whatMatters(file)).toEqual(before);
      const [after, reference] = [file, whole].map((each) => tellAgain(each, steps));
      expect(after?.position).toEqual(reference?.position);
      const [kept, were] = [new Set(after?.numbers), reference?.numbers ?? []];
      for (const n of were) if (n > before.fillSeq - recentFills) expect(kept).toContain(n);
      dropped += were.length - kept.size;
    }),
    { numRuns: 60, examples: EXAMPLES },
  );
  expect(dropped).toBeGreaterThanOrEqual(5);
});

function live(file: string, steps: readonly Step[]): void {
  using store = new LedgerStore({ path: file, clock: new VirtualClock(START_MS) });
  const ledger = ledgerOf(store);
  store.write(ledger.adoptBaseline({ report: position(), sinceTradeId: null, now: at(1) }));
  for (const [i, step] of steps.entries()) store.write(tell(ledger, { step, now: storyNow(i) }));
  const inTurn = Array.from({ length: TRADES + 1 }, (_, n) => n).findIndex((n) => !isRead(steps, n)); // a list has no holes, and tells fees
  if (inTurn > 0) store.write(ledger.readTrades('BTCUSDT', String(100 + inTurn - 1)));
}

function forgetTail(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("UPDATE positions SET row = json_remove(row, '$.tail', '$.base')");
  db.close();
}

/** Everything that was told before, and every trade behind the point up to which the venue's list was read. */
function tellAgain(file: string, steps: readonly Step[]) {
  using store = new LedgerStore({ path: file, clock: new VirtualClock(START_MS) });
  const ledger = ledgerOf(store);
  const told = new Set(steps.flatMap((step) => ('trade' in step ? [step.trade] : [])));
  const read = Number(ledger.positions.row('BTCUSDT').lastTradeId);
  for (let n = 0; n < TRADES; n++) if (told.has(n) || 100 + n > read) store.write(ledger.fill(tradeOf(n, true), at(9)));
  const { size, fills, volume, fees, cost, realized } = ledger.positions.row('BTCUSDT');
  return {
    position: { size, fills, volume, fees, cost, realized },
    numbers: store.fillsAfter({ after: 0, limit: 1_000 }).map(({ n }) => n),
  };
}

function whatMatters(file: string) {
  using store = new LedgerStore({ path: file, clock: new VirtualClock(START_MS) });
  const state = store.load(INSTRUMENTS);
  const days = store.days({ symbol: null, fromDay: '0000-01-01', toDay: '9999-12-31', limit: 100 });
  return { orders: state.orders, positions: state.positions, fillSeq: state.fillSeq, days };
}

test('what ended longer ago than keepDays goes in slices, with all that was written about it; what ended later and what is open stays', () => {
  const clock = new VirtualClock(START_MS);
  using store = new LedgerStore({ path, clock, keepDays: 2 });
  const ledger = ledgerOf(store);
  const end = (n: number): void => {
    store.write(ledger.take(request({ clientId: id(n) }), at(1)), 'request');
    store.note({ kind: 'command', clientId: id(n), atUs: 1 + n, what: 'place', sender: 'brain', detail: () => 'asked' });
    store.note({ kind: 'request', clientId: id(n), atUs: 1 + n, symbol: 'BTCUSDT', what: 'place', detail: () => '' });
    store.write(ledger.report(report({ clientId: id(n), venueId: `v${n}`, state: 'canceled' }), { now: at(2) }), 'stream');
  };
  for (let n = 0; n < 70; n++) end(n);
  store.write(ledger.take(request({ clientId: id(900) }), at(1)), 'request');
  store.flush();
  clock.advance(DAY_MS);
  end(100);
  store.flush();
  clock.advance(DAY_MS + 1);
  const left = (): number => Array.from({ length: 70 }, (_, n) => store.findOrder(id(n))).filter((row) => row !== null).length;
  store.housekeep();
  expect(left()).toBe(50); // one slice of twenty
  for (let i = 0; i < 5; i++) store.housekeep();
  expect([left(), store.findOrder(id(100))?.clientId, store.findOrder(id(900))?.clientId]).toEqual([0, id(100), id(900)]);
  expect(store.life(id(3))).toMatchObject({ order: null, commands: [], requests: [], transitions: [] });
  expect(store.life(id(100))).toMatchObject({ commands: [{ what: 'place' }], requests: [{ what: 'place' }], transitions: [{}, {}] });
  expect([store.wasDropped(id(69)), store.wasDropped(id(100)), store.wasDropped(id(3, { epoch: 2 }))]).toEqual([true, false, false]);
});

test('a file above maxMb drops its oldest hours first and its pages are used again; the last hour stays whatever the size', () => {
  const clock = new VirtualClock(START_MS);
  using store = new LedgerStore({ path, clock, keepDays: 1_000, maxMb: 1 });
  const ledger = ledgerOf(store);
  let orders = 0;
  const hour = (): void => {
    for (let i = 0; i < 900; i++) {
      const clientId = id(orders++);
      store.write(ledger.take(request({ clientId }), at(1)), 'request');
      store.write(ledger.report(report({ clientId, venueId: `v${orders}`, state: 'canceled' }), { now: at(2) }), 'stream');
    }
    for (let slices = 0; slices < 60; slices++) {
      store.flush();
      clock.advance(3_600_000 / 60);
      store.housekeep();
    }
  };
  for (let hours = 0; hours < 3; hours++) hour();
  const bytes = statSync(path).size;
  for (let hours = 0; hours < 6; hours++) hour();
  expect(statSync(path).size).toBeLessThan(2 * Math.max(bytes, MB)); // three times as much was written; a slow machine drops in smaller slices
  expect(store.findOrder(id(0))).toBeNull();
  for (let back = 1; back <= 900; back += 50) expect(store.findOrder(id(orders - back))).not.toBeNull();
});

test('refusals are bounded by number: the oldest go', () => {
  const db = openLedgerFile(path, { durability: 'process', wallMs: START_MS });
  db.exec(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20200)
    INSERT INTO refusals SELECT i, ${START_MS}000, 'guard', 'BTCUSDT', '', 'place', 'collar', 'sentence', 1 FROM c`);
  const retention = new Retention(db, { keepDays: 30, maxBytes: 1_000 * MB });
  for (let i = 0; i < 20; i++) retention.slice(START_MS);
  expect(db.prepare('SELECT COUNT(*) AS n, MIN(id) AS first FROM refusals').get()).toEqual({ n: 20_000, first: 201 });
  db.close();
});
