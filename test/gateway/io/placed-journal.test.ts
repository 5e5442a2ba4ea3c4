import fc from 'fast-check';
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { JOURNAL_SUFFIX, PlacedJournal } from '../../../gateway/io/placed-journal.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { at, id, instrument, request } from '../../kit/orders.ts';

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
let [dir, path, journal] = ['', '', ''];
let clock: VirtualClock;
beforeEach(() => {
  dir = fastDir('placed');
  path = join(dir, 'ledger.sqlite');
  journal = `${path}${JOURNAL_SUFFIX}`;
  clock = new VirtualClock(1_700_000_000_000);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** No ledger of before. */
const NOTHING = {
  instruments: INSTRUMENTS,
  archive: new LedgerStore({ path: ':memory:', clock: new VirtualClock() }),
  state: { orders: [], positions: [], fillSeq: 0, loose: [] },
};
const open = (): LedgerStore => new LedgerStore({ path, clock });
const ledgerOf = (store: LedgerStore): Ledger => new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });
const place = (store: LedgerStore, { ledger, n }: { readonly ledger: Ledger; readonly n: number }): boolean =>
  store.write(ledger.take(request({ clientId: id(n) }), at(n)), 'request');
const bytes = (): number => statSync(journal, { throwIfNoEntry: false })?.size ?? 0;

/** What the next start knows: id and state of every order. */
function known(): Readonly<Record<string, string>> {
  using store = open();
  return Object.fromEntries(
    ledgerOf(store)
      .orders()
      .map(({ clientId, order }) => [clientId, order.status]),
  );
}

test('a new order is in the journal before its bytes may leave, and in the tables with the next batch', () => {
  const store = open();
  const ledger = ledgerOf(store);
  expect([place(store, { ledger, n: 1 }), place(store, { ledger, n: 2 })]).toEqual([true, true]);
  expect(readFileSync(journal, 'utf8').split('\n')).toHaveLength(3);
  expect(rowsInTable()).toEqual([]);
  store.flush();
  expect([bytes(), rowsInTable()]).toEqual([0, [id(1), id(2)]]);
  store[Symbol.dispose]();
});

function rowsInTable(): readonly unknown[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare('SELECT client_id FROM orders ORDER BY client_id').all();
  db.close();
  return rows.map((row) => row['client_id']);
}

describe('after a kill', () => {
  /** Two orders; the first was cancelled in a batch, the second waits. */
  function killed(): string {
    const store = open();
    const ledger = ledgerOf(store);
    place(store, { ledger, n: 1 });
    const first = readFileSync(journal, 'utf8');
    store.write(ledger.move(id(1), { kind: 'rejected', now: at(2) }), 'reply');
    store.flush();
    place(store, { ledger, n: 2 });
    store.abandon();
    return first;
  }

  test('what the tables lack is taken over once, with the state it was sent in', () => {
    killed();
    expect(known()).toEqual({ [id(2)]: 'sent' });
    expect(bytes()).toBe(0);
    using store = open();
    ledgerOf(store);
    expect(store.life(id(2))?.transitions.map(({ status }) => status)).toEqual(['sent']);
    expect(store.findOrder(id(1))?.order.status).toBe('rejected');
  });

  test('what the tables have is left as it is, however often it is told', () => {
    const first = killed();
    appendFileSync(journal, first); // as if the kill had come before the journal was emptied
    const before = readFileSync(journal);
    expect(known()).toEqual({ [id(2)]: 'sent' });
    writeFileSync(journal, before); // and again before the takeover had emptied it
    expect(known()).toEqual({ [id(2)]: 'sent' });
    using store = open();
    expect(store.findOrder(id(1))?.order.status).toBe('rejected');
  });

  test('an id that only the journal had is known as used', () => {
    killed();
    using store = open();
    const ledger = ledgerOf(store);
    expect([ledger.order(id(2))?.clientId, ledger.order(id(3))]).toEqual([id(2), null]);
  });

  test('half a line is no order, and what comes after it is whole', () => {
    killed();
    truncateSync(journal, bytes() - 7);
    {
      const store = open();
      const ledger = ledgerOf(store);
      expect(ledger.order(id(2))).toBeNull();
      place(store, { ledger, n: 3 });
      store.abandon();
    }
    expect(known()).toEqual({ [id(3)]: 'sent' });
  });

  test('lines of a program with another schema are not lost: the ledger is not opened', () => {
    killed();
    writeFileSync(journal, readFileSync(journal, 'utf8').replace(/^\d+/, '9'));
    using store = open();
    expect(store.fault).toMatch(/ledger.sqlite-placed is of a program with schema version 9/);
    expect(bytes()).toBeGreaterThan(0);
  });
});

test('what was never a whole line is cut off before another is written', () => {
  writeFileSync(journal, '2 0badf00d 17 {"clientId":');
  {
    using written = new PlacedJournal(path, 'process');
    expect(written.left()).toEqual([]);
    for (const row of ledgerRows(1)) written.append(row, 5);
  }
  using again = new PlacedJournal(path, 'process');
  expect(again.left()).toMatchObject([{ row: { clientId: id(1) }, wallMs: 5 }]);
});

test('whatever was placed before a cut anywhere in the file is known, in order, and nothing else', () => {
  const rows = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 12 });
  const story = fc.record({ rows, cut: fc.double({ min: 0, max: 1, noNaN: true }), noise: fc.string({ maxLength: 30 }) });
  const holds = fc.property(story, ({ rows: counters, cut, noise }) => {
    rmSync(journal, { force: true });
    const ends: number[] = [];
    {
      using written = new PlacedJournal(path, 'process');
      for (const n of counters) {
        const [row] = ledgerRows(n);
        if (row) written.append(row, n);
        ends.push(bytes());
      }
    }
    const at = Math.floor(bytes() * cut);
    truncateSync(journal, at);
    appendFileSync(journal, noise); // as a power failure may leave it
    using again = new PlacedJournal(path, 'process');
    const whole = ends.filter((end) => end <= at).length;
    expect(again.left().map(({ wallMs }) => wallMs)).toEqual(counters.slice(0, whole));
    again.empty();
    expect(bytes()).toBe(0);
  });
  fc.assert(holds, { numRuns: 60 });
});

const ledgerRows = (n: number) => new Ledger(NOTHING).take(request({ clientId: id(n) }), at(n)).orders;
