import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addDays, dayOf, emptyDay } from '../../../gateway/account/day-profit.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { notionalOf } from '../../../shared/instrument.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { anyStory, inOrder, ORDERS, reportOf, type Step, storyNow, tell, TRADES, tradeOf } from '../../kit/ledger-story.ts';
import { at, id, instrument, position } from '../../kit/orders.ts';

let dir = '';
let files = 0;
beforeEach(() => {
  dir = fastDir('crash');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const INSTRUMENT = instrument();
const INSTRUMENTS = new Map([['BTCUSDT', INSTRUMENT]]);
const open = (path: string): LedgerStore => new LedgerStore({ path, clock: new VirtualClock(1_700_000_000_000) });
const ledgerOf = (store: LedgerStore): Ledger => new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });
const newFile = (): string => join(dir, `${files++}.sqlite`);
const EVER = { symbol: null, fromDay: '0000-01-01', toDay: '9999-12-31', limit: 1_000 };

/** Written after each step whose turn it is: the disk has seen a beginning of the story, and every placement. */
function live(path: string, { steps, flushes }: { readonly steps: readonly Step[]; readonly flushes: ReadonlySet<number> }): LedgerStore {
  const store = open(path);
  const ledger = ledgerOf(store);
  store.write(ledger.adoptBaseline({ report: position(), sinceTradeId: null, now: at(1) }));
  for (const [i, step] of steps.entries()) {
    store.write(tell(ledger, { step, now: storyNow(i) }));
    if (flushes.has(i)) store.flush();
  }
  return store;
}

/** What a reconcile finds at the venue: every order that was placed, and every trade from the first on. */
function reconcile(store: LedgerStore, orders: readonly number[]): Ledger {
  const ledger = ledgerOf(store);
  const now = storyNow(1_000);
  for (const n of orders) store.write(ledger.report(reportOf(n, 'canceled'), { now }));
  for (let n = 0; n < TRADES; n++) store.write(ledger.fill(tradeOf(n, true), now));
  store.flush();
  return ledger;
}

const anyFlushes = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 6 }).map((list) => new Set(list));

test('a crash at any moment loses no placement, and nothing that a reconcile does not restore', () => {
  fc.assert(
    fc.property(anyStory.map(inOrder), anyFlushes, (steps, flushes) => {
      const [crashed, whole] = [newFile(), newFile()];
      live(crashed, { steps, flushes }).abandon();
      live(whole, { steps, flushes })[Symbol.dispose]();
      using after = open(crashed);
      using never = open(whole);
      const placed = steps.flatMap((step) => (step.kind === 'take' ? [step.order] : []));
      for (const n of placed) expect(after.findOrder(id(n))).not.toBeNull();
      const orders = [...new Set(steps.flatMap((step) => ('order' in step ? [step.order] : [])))];
      const [restored, reference] = [reconcile(after, orders), reconcile(never, orders)];
      expect(restored.positions.row('BTCUSDT')).toEqual(reference.positions.row('BTCUSDT'));
      for (let n = 0; n < ORDERS; n++) expect(endOf(restored, n)).toEqual(endOf(reference, n));
      expect(after.days(EVER)).toEqual(never.days(EVER));
    }),
    { numRuns: 60 },
  );
});

function endOf(ledger: Ledger, n: number): unknown {
  const order = ledger.order(id(n))?.order;
  return order && { ...order, trades: [...order.trades].sort() };
}

test('the days of a symbol sum up to its position row, and each is what the fills of that day tell, however late they came', () => {
  fc.assert(
    fc.property(anyStory, anyFlushes, (steps, flushes) => {
      using store = live(':memory:', { steps, flushes });
      const row = ledgerOf(store).positions.row('BTCUSDT');
      const days = store.days(EVER);
      const { realized, fees, funding, volume, fills } = row;
      expect(days.reduce(addDays, emptyDay('', ''))).toMatchObject({ realized, fees, funding, volume, fills });
      for (const day of days) expect(day).toMatchObject(foldFills(store, day.day));
    }),
    { numRuns: 60 },
  );
});

/** Counted anew, from the fills alone. */
function foldFills(store: LedgerStore, day: string) {
  const fills = store.fillsAfter({ after: 0, limit: 1_000 }).filter((fill) => dayOf(fill.atMs) === day);
  const fees: Record<string, bigint> = {};
  for (const { fee, feeAsset } of fills) if (fee !== null && feeAsset !== null) fees[feeAsset] = (fees[feeAsset] ?? 0n) + fee;
  const volume = fills.reduce((sum, fill) => sum + notionalOf(INSTRUMENT, fill), 0n);
  return { fills: fills.length, volume, fees };
}
