import fc from 'fast-check';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addDays, emptyDay } from '../../../gateway/account/day-profit.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import { openLedgerReader } from '../../../gateway/io/ledger-reader.ts';
import { STORE_VERSION } from '../../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import type { StopRow } from '../../../gateway/orders/stop-book.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { hasEnded } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { anyStory, type Step, storyNow, tell } from '../../kit/ledger-story.ts';
import { Version1 } from '../../kit/ledger-version1.ts';
import { at, id, instrument, NO_ARCHIVE, position } from '../../kit/orders.ts';

let dir = '';
let files = 0;
beforeEach(() => {
  dir = fastDir('migrate');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
const EVER = { symbol: null, fromDay: '0000-01-01', toDay: '9999-12-31', limit: 1_000 };
const open = (path: string): LedgerStore => new LedgerStore({ path, clock: new VirtualClock(1_700_000_000_000) });
const newFile = (): string => join(dir, `${files++}.sqlite`);

const STOP: StopRow = {
  ...{ clientId: id(9, { role: 'stop' }), symbol: 'BTCUSDT', side: 'sell', trigger: ticks(590_001), size: lots(14), status: 'resting' },
  ...{ changedAt: at(1).mono, venueId: 's1', childId: '', reason: '', sentAt: at(1).mono, sentWallMs: at(1).wall },
};

/** A ledger's life as version 1 kept it. */
function writeOld(path: string, { steps, grid }: { readonly steps: readonly Step[]; readonly grid: boolean }) {
  using old = new Version1(path, grid ? ['0.1', '0.001'] : null);
  const state = { orders: [], positions: [], fillSeq: 0, loose: [] };
  const ledger = new Ledger({ instruments: INSTRUMENTS, archive: NO_ARCHIVE, state });
  old.write(
    ledger.adoptBaseline({ report: position({ size: lots(2), entryPrice: '60000' }), sinceTradeId: null, now: at(1) }),
    storyNow(0).wall,
  );
  for (const [i, step] of steps.entries()) old.write(tell(ledger, { step, now: storyNow(i) }), storyNow(i).wall);
  const moved = position({ size: lots(ledger.positions.row('BTCUSDT').size + 1), entryPrice: '60000' });
  old.write(ledger.correct(moved, { reason: 'no-fill-explains-it', now: storyNow(50) }), storyNow(50).wall);
  old.stop(STOP);
  old.meta('epoch', '77');
  old.meta('paused', 'mm pause');
  return { ledger, reached: old.countReached() };
}

const whatIsTold = ({ clientId, order, venueId, statedFilled }: LedgerOrder) => ({ clientId, order, venueId, statedFilled });

test('a file of schema version 1 opens as what it was: orders, fills, positions, stops, modes and counts', () => {
  fc.assert(
    fc.property(anyStory, fc.boolean(), (steps, grid) => {
      const path = newFile();
      const { ledger, reached } = writeOld(path, { steps, grid });
      using store = open(path);
      expect(store.fault).toBeNull();
      const state = store.load(INSTRUMENTS);
      expect(state.orders.map(whatIsTold)).toEqual(ledger.openOrders().map(whatIsTold).sort(byId));
      for (const row of ledger.orders().filter(({ order }) => hasEnded(order.status)))
        expect(store.findOrder(row.clientId)?.order).toEqual(row.order);
      expect([state.positions, state.fillSeq]).toEqual([[ledger.positions.row('BTCUSDT')], ledger.fillSeq]);
      expect(store.countReached('BTCUSDT')).toEqual(reached);
      expect([store.openStops(), store.meta().paused, store.grantEpoch()]).toEqual([[STOP], 'mm pause', 78]);
      const { realized, fees, funding, volume, fills } = ledger.positions.row('BTCUSDT');
      expect(store.days(EVER).reduce(addDays, emptyDay('', ''))).toMatchObject({ realized, fees, funding, volume, fills });
      const known = new Set([...ledger.orders()].map(({ clientId }) => clientId));
      expect(state.loose.every(({ clientId }) => !known.has(clientId))).toBe(true);
    }),
    { numRuns: 25 },
  );
});

const byId = (a: { readonly clientId: string }, b: { readonly clientId: string }): number => (a.clientId < b.clientId ? -1 : 1);

const STORY: readonly Step[] = [
  { kind: 'take', order: 0 },
  { kind: 'accept', order: 0 },
  { kind: 'fee', trade: 0 },
  { kind: 'fee', trade: 4 },
  { kind: 'cancel', order: 0 },
  { kind: 'take', order: 1 },
];

test('profit by day of an old file comes from its fills, and the life of an old order is told without causes', () => {
  const path = newFile();
  writeOld(path, { steps: STORY, grid: true });
  using store = open(path);
  expect(store.days(EVER).map(({ day, fills }) => [day, fills])).toEqual([
    ['2023-11-16', 1],
    ['2023-11-14', 1],
  ]);
  const life = store.life(id(0));
  expect(life?.transitions.map(({ status, cause }) => [status, cause])).toEqual([
    ['sent', ''],
    ['open', ''],
    ['partially-filled', ''],
    ['canceled', ''],
  ]);
  expect([life?.endedMs, life?.fills.length, life?.corrections.length]).toEqual([storyNow(4).wall, 2, 1]);
});

test('an old file that cannot be brought up to date stays as it was, and says why', () => {
  const path = newFile();
  writeOld(path, { steps: STORY, grid: true });
  const broken = new DatabaseSync(path);
  broken.prepare('UPDATE orders SET row = ? WHERE open = 0').run('{"sentWallMs":');
  broken.exec('DELETE FROM transitions; PRAGMA wal_checkpoint(TRUNCATE)');
  broken.close();
  const before = readFileSync(path);
  {
    using store = open(path);
    expect(store.fault).toMatch(/cannot bring it from schema version 1 to 2: malformed JSON/);
    expect(store.grantEpoch()).toBeNull();
  }
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a file of a newer program is refused with one clear line, and not touched', () => {
  const path = newFile();
  {
    using store = open(path);
    store.setMeta('version', String(STORE_VERSION + 1));
  }
  const before = readFileSync(path);
  {
    using store = open(path);
    expect(store.fault).toBe(
      `${path}: it is of a newer program: schema version ${STORE_VERSION + 1}, this one knows up to ${STORE_VERSION}; start that program, or move the file away`,
    );
  }
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(openLedgerReader(path)).toMatchObject({ ok: false, error: expect.stringContaining(`schema version ${STORE_VERSION + 1}`) });
});
