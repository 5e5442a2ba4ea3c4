/** A ledger of a million orders, written by the tables' own hand: what a busy month leaves behind. */
import type { DatabaseSync } from 'node:sqlite';
import { Ledger } from '../../gateway/account/ledger.ts';
import type { LedgerOrder } from '../../gateway/account/rows.ts';
import { inTransaction, openLedgerFile } from '../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { writeRow } from '../../gateway/io/row-text.ts';
import type { OrderRequest } from '../../gateway/venues/venue.ts';
import { VirtualClock } from '../../shared/clock.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { lots, monoMs, ticks, wallMs } from '../../shared/units.ts';

const SYMBOL = 'BTCUSDT';
const START_MS = 1_795_000_000_000;
/** One order each so often. */
const APART_MS = 2_000;
const OPEN = 40;
/** One in so many is filled; and of others' orders so many fills. */
const FILLED = 10;
const LOOSE = 2_000;

export const INSTRUMENTS: ReadonlyMap<string, Instrument> = new Map([[SYMBOL, instrumentOf(SYMBOL)]]);

/** Every order ended but the last few: with its states, requests and commands, some with a fill. */
export function writeLedger(path: string, orders: number): void {
  const store = new LedgerStore({ path, clock: new VirtualClock(START_MS) });
  const ledger = ledgerOf(store);
  const position = { kind: 'position', symbol: SYMBOL, size: lots(0), entryPrice: '0', atMs: wallMs(START_MS) } as const;
  store.write(ledger.adoptBaseline({ report: position, sinceTradeId: null, now: { mono: monoMs(0), wall: wallMs(START_MS) } }));
  for (let n = 0; n < OPEN; n++) store.write(ledger.take(requestOf(n), { mono: monoMs(0), wall: wallMs(START_MS) }), 'request');
  const sample = ledger.orders()[0];
  store[Symbol.dispose]();
  if (!sample) throw new Error('Cannot make a ledger: no order was taken');
  const db = openLedgerFile(path, { durability: 'process', wallMs: START_MS });
  db.exec('PRAGMA synchronous = OFF');
  inTransaction(db, () => fill(db, { sample, orders: orders - OPEN }));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

export const ledgerOf = (store: LedgerStore): Ledger =>
  new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });

/** Number `n` of an epoch of its own. */
export const requestOf = (n: number): OrderRequest => ({
  ...{
    symbol: SYMBOL,
    clientId: makeClientId({ role: 'quote', epoch: 2, counter: n }),
    side: 'buy',
    kind: 'limit',
    timeInForce: 'post-only',
  },
  ...{ price: ticks(640_000), size: lots(10), reduceOnly: false },
});

function fill(db: DatabaseSync, { sample, orders }: { readonly sample: LedgerOrder; readonly orders: number }): void {
  const ended: LedgerOrder = { ...sample, clientId: 'ID', venueId: 'VENUE', order: { ...sample.order, status: 'canceled' }, reason: '' };
  const row = `replace(replace('${writeRow(ended)}', '"ID"', '"' || id || '"'), 'VENUE', 8389000000000 + i)`;
  const at = `${START_MS} + i * ${APART_MS}`;
  const numbers = (count: number): string =>
    `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < ${count - 1}), o AS (SELECT i, printf('4710000001%07d00', i) AS id FROM c)`;
  db.exec(`${numbers(orders)} INSERT INTO orders SELECT id, '${SYMBOL}', 'canceled', 0, ${row}, ${at} FROM o`);
  const states = ['sent', 'open', 'canceling', 'canceled']
    .map((status, k) => `SELECT '${status}' AS status, ${k} AS k`)
    .join(' UNION ALL ');
  db.exec(
    `${numbers(orders)} INSERT INTO transitions SELECT id, (${at}) * 1000 + k * 400000, status, '', 'stream' FROM o JOIN (${states}) ORDER BY id, k`,
  );
  const requests = ['place', 'cancel'].map((what, k) => `SELECT '${what}' AS what, ${k} AS k`).join(' UNION ALL ');
  db.exec(
    `${numbers(orders)} INSERT INTO requests SELECT id, (${at}) * 1000 + k, '${SYMBOL}', what, 'buy 0.010 at 64000.00', 1800, 'ok', '' FROM o JOIN (${requests}) ORDER BY id, k`,
  );
  db.exec(
    `${numbers(orders)} INSERT INTO commands SELECT id, (${at}) * 1000, 'place', 'brain', 'buy 0.010 at 64000.00, on snapshot 59407:136, post-only: quoting' FROM o`,
  );
  const text = `'{"kind":"fill","symbol":"${SYMBOL}","clientId":"' || id || '","venueId":"V' || i || '","tradeId":"' || i || '","side":"buy","price":640000,"size":10,"maker":true,"fee":"1280n","feeAsset":"USDT","realizedPnl":"0n","atMs":' || (${at}) || ',"n":' || (i + 1) || '}'`;
  const fills = Math.floor(orders / FILLED);
  const loose = `i >= ${fills - LOOSE}`;
  db.exec(
    `${numbers(fills)} INSERT INTO fills SELECT i + 1, '${SYMBOL}', i, CASE WHEN ${loose} THEN '' ELSE id END, ${text}, ${at}, ${loose} FROM o`,
  );
  db.exec(`INSERT INTO reached VALUES ('${SYMBOL}', 'open', ${orders}), ('${SYMBOL}', 'canceled', ${orders})`);
}

function instrumentOf(symbol: string): Instrument {
  const found = findInstrument(symbol);
  const made = found ? makeInstrument(found.spec) : `${symbol} is not in the list`;
  if (typeof made === 'string') throw new Error(made);
  return made;
}
