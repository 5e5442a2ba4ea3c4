/**
 * The ledger on disk. What an order waits for before its bytes leave, a line of the journal, beside the bare insert of the same bytes into a
 * table; and, asked for by itself because its file takes a minute to make, how long a ledger of a million orders takes to open, beside an empty one.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Durability } from '../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { writeRow } from '../../gateway/io/row-text.ts';
import { systemClock } from '../../shared/clock.ts';
import { monoMs, wallMs } from '../../shared/units.ts';
import { ledgerOf, requestOf, writeLedger } from './ledger-file.ts';
import { type Figure, median, quantile, ROUNDS, sideBySide } from './measure.ts';

const MILLION = 1_000_000;
const OPEN_GOAL_MS = 2_000;
const WRITE_GOAL_US = 500;
const OPENINGS = 5;
const SLICES = 200;
/** The control may differ by this factor between rounds; more, and the machine was too busy to judge. */
const NOISE_MAX = 2.5;

/** Both durabilities; a few seconds. */
export function benchLedgerWrite(): readonly Figure[] {
  return inFolder((dir) => [writing(dir, { durability: 'process', orders: 1_000 }), writing(dir, { durability: 'power', orders: 100 })]);
}

type Writing = { readonly durability: Durability; readonly orders: number };
type Round = { readonly p50: number; readonly p99: number };
/** One order on disk: its time in microseconds. `rest` is what comes after, and is not on the way of an order. */
type Side = Disposable & { readonly path: string; readonly commit: () => number; readonly rest: () => void };

function writing(dir: string, { durability, orders }: Writing): Figure {
  using ours = placing(join(dir, `${durability}.sqlite`), durability);
  using floor = inserting(join(dir, `${durability}-floor.sqlite`), durability);
  const rounds = Array.from({ length: ROUNDS + 1 }, () => round({ ours, floor, orders })).slice(1); // the first warms both up
  const of = (pick: (one: { ours: Round; floor: Round }) => number): number => median(rounds.map(pick));
  const floors = rounds.map((one) => one.floor.p99);
  const us = (value: number): string => `${value.toFixed(0)} µs`;
  return {
    name: `ledger: an order on disk, p99 (${durability})`,
    value: of((one) => one.ours.p99),
    unit: 'µs',
    goal: durability === 'process' ? WRITE_GOAL_US : null,
    beside: `p50 ${us(of((one) => one.ours.p50))}; the bare insert p50 ${us(of((one) => one.floor.p50))}, p99 ${us(median(floors))}`,
    conclusive: Math.max(...floors) / Math.min(...floors) <= NOISE_MAX,
  };
}

/** Commit by commit in turn, so that whatever else the machine does befalls both. */
function round({ ours, floor, orders }: { readonly ours: Side; readonly floor: Side; readonly orders: number }) {
  for (const { path } of [ours, floor]) fold(path);
  const took = { ours: [] as number[], floor: [] as number[] };
  for (let i = 0; i < orders; i++) {
    took.floor.push(floor.commit());
    took.ours.push(ours.commit());
    ours.rest();
  }
  const of = (all: readonly number[]): Round => ({ p50: quantile(all, 0.5), p99: quantile(all, 0.99) });
  return { ours: of(took.ours), floor: of(took.floor) };
}

/** Batches and housekeeping as often as at fifty actions a second. */
function placing(path: string, durability: Durability): Side {
  const store = new LedgerStore({ path, clock: systemClock(), durability });
  const ledger = ledgerOf(store);
  let n = 0;
  const commit = (): number => {
    const change = ledger.take(requestOf(n++), { mono: monoMs(performance.now()), wall: wallMs(Date.now()) });
    return timed(() => store.write(change, 'request'));
  };
  const rest = (): void => {
    if (n % 2 === 0) store.flush();
    if (n % 10 === 0) store.housekeep();
  };
  return { path, commit, rest, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

function inserting(path: string, durability: Durability): Side {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}; PRAGMA wal_autocheckpoint = 0`);
  db.exec('CREATE TABLE bare (id TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID');
  const insert = db.prepare('INSERT INTO bare (id, row) VALUES (?, ?)');
  const text = writeRow({ ...requestOf(0), padding: 'x'.repeat(260) });
  let n = 0;
  const commit = (): number => {
    const { clientId } = requestOf(n++);
    return timed(() => insert.run(clientId, text));
  };
  return { path, commit, rest: () => undefined, [Symbol.dispose]: () => db.close() };
}

/** The gateway has it done every ten seconds; a round is less than a minute of its work. */
function fold(path: string): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  db.close();
}

/** Microseconds. */
function timed(act: () => unknown): number {
  const from = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - from) / 1_000;
}

/** About two minutes and two gigabytes in the folder for temporary files. */
export async function benchMillionOrders(): Promise<readonly Figure[]> {
  return inFolder(async (dir) => {
    const [million, empty] = [join(dir, 'million.sqlite'), join(dir, 'empty.sqlite')];
    writeLedger(million, MILLION);
    const { ours, floor, conclusive } = await sideBySide({ ours: () => opening(million), floor: () => opening(empty), rounds: OPENINGS });
    const megabytes = Math.round(statSync(million).size / 1_048_576);
    const open: Figure = {
      name: `ledger: ${MILLION.toLocaleString('en')} orders opened and loaded`,
      value: ours,
      unit: 'ms',
      goal: OPEN_GOAL_MS,
      beside: `${megabytes} MB, read before (warm); an empty ledger ${floor.toFixed(1)} ms`,
      conclusive,
    };
    return [open, ...inside(million)];
  });
}

function opening(path: string): number {
  const from = performance.now();
  const store = new LedgerStore({ path, clock: systemClock() });
  const open = ledgerOf(store).openOrders().length;
  const took = performance.now() - from;
  if (store.fault !== null) throw new Error(store.fault);
  store.abandon();
  if (path.includes('million') && open === 0) throw new Error('The ledger opened without its open orders: nothing was measured');
  return took;
}

/** What is done in a file of that size while the gateway runs. */
function inside(path: string): readonly Figure[] {
  using store = new LedgerStore({ path, clock: systemClock(), keepDays: 1 });
  const ledger = ledgerOf(store);
  const figure = (name: string, took: readonly number[], beside: string): Figure => ({
    ...{
      name,
      value: quantile(took, 0.99),
      unit: 'µs',
      goal: null,
      beside: `p50 ${quantile(took, 0.5).toFixed(0)} µs${beside}`,
      conclusive: true,
    },
  });
  const place = Array.from({ length: 1_000 }, (_, n) => {
    const change = ledger.take(requestOf(1_000 + n), { mono: monoMs(performance.now()), wall: wallMs(Date.now()) });
    return timed(() => store.write(change, 'request'));
  });
  store.flush();
  const slice = Array.from({ length: SLICES }, () => timed(() => store.housekeep()));
  const life = Array.from({ length: 200 }, (_, n) => timed(() => store.life(`4710000001${String(900_000 + n * 7).padStart(7, '0')}00`)));
  return [
    figure('ledger of a million: an order on disk, p99', place, ''),
    figure('ledger of a million: one slice of retention, p99', slice, ', 20 orders with all that is about them'),
    figure('ledger of a million: life of one order, p99', life, ''),
  ];
}

function inFolder<T>(run: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-ledger-'));
  const clear = (): void => rmSync(dir, { recursive: true, force: true });
  const result = run(dir);
  if (!(result instanceof Promise)) clear();
  return result instanceof Promise ? (result.finally(clear) as T) : result;
}
