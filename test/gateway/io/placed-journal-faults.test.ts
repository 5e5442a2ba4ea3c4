import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { LedgerReturn } from '../../../gateway/io/ledger-return.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { JOURNAL_SUFFIX } from '../../../gateway/io/placed-journal.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { at, id, instrument, request } from '../../kit/orders.ts';

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
let [dir, path, journal] = ['', '', ''];
let clock: VirtualClock;
beforeEach(() => {
  dir = fastDir('placed-faults');
  path = join(dir, 'ledger.sqlite');
  journal = `${path}${JOURNAL_SUFFIX}`;
  clock = new VirtualClock(1_700_000_000_000);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (): LedgerStore => new LedgerStore({ path, clock });

function placing(store: LedgerStore): (n: number) => boolean {
  const ledger = new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });
  return (n) => store.write(ledger.take(request({ clientId: id(n) }), at(n)), 'request');
}

test('a journal that cannot be written is a fault until it can, though the tables take what they are given', () => {
  using store = open();
  const place = placing(store);
  mkdirSync(journal); // stands for a file that is not ours to write
  expect(place(1)).toBe(false);
  for (let i = 0; i < 3; i++) {
    clock.advance(250);
    store.flush();
    expect([store.fault, store.waiting]).toEqual([expect.stringMatching(/EISDIR/), 0]);
  }
  rmdirSync(journal);
  store.flush();
  expect(store.fault).toMatch(/EISDIR/); // tried every 250 ms, not at every tick
  clock.advance(250);
  store.flush();
  expect([store.fault, place(2), readFileSync(journal, 'utf8').split('\n').length]).toEqual([null, true, 2]);
});

test('lines of a program with another schema are found before anything is made or brought up to date', () => {
  {
    const store = open();
    placing(store)(1);
    store.abandon();
  }
  const lines = readFileSync(journal, 'utf8');
  rmSync(path);
  writeFileSync(journal, lines.replace(/^\d+/, '9'));
  using store = open();
  expect([store.fault, existsSync(path)]).toEqual([expect.stringMatching(/schema version 9/), false]);
});

test('a ledger is not back while its journal cannot be taken over, and is with all rows once it can', async () => {
  {
    const store = open();
    placing(store)(1);
    store.abandon();
  }
  const lines = readFileSync(journal, 'utf8');
  rmSync(journal);
  mkdirSync(journal);
  {
    using back = new LedgerReturn({ path, clock, durability: 'process', returns: 0, tryAside: async () => ({ kind: 'done' }) });
    clock.advance(2_000);
    expect([await back.tick(), back.isOpen]).toEqual([{ kind: 'failed', sentence: expect.stringMatching(/EISDIR/) }, false]);
    rmdirSync(journal);
    writeFileSync(journal, lines);
    clock.advance(10_000);
    expect([await back.tick(), back.isOpen, readFileSync(journal, 'utf8')]).toEqual([null, true, '']);
  }
  using again = open();
  placing(again);
  expect(again.findOrder(id(1))?.order.status).toBe('sent');
});
