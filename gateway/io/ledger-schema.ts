/** The file of the ledger: its tables, its version, how it is opened and what of it is proved before anything rests on it. */
import { DatabaseSync } from 'node:sqlite';
import { GRID_SCHEMA } from './ledger-grid.ts';
import { MIGRATIONS } from './ledger-migrate.ts';

export const STORE_VERSION = 2;
/** `process`: what is committed survives kill -9. `power`: a power failure too, at the cost of a disk flush in each commit. */
export type Durability = 'process' | 'power';

export type FileOptions = {
  readonly durability: Durability;
  readonly wallMs: number;
  /** A file of an earlier program is brought up to date now: about 20 s for a million orders, once. */
  readonly onOld?: ((version: number) => void) | undefined;
};

/** A file up to this size is checked whole at each opening (about 1 ms a megabyte); of a larger one only what the start rests on. */
export const CHECKED_BYTES_MAX = 32 * 1_024 * 1_024;
/** Everything the start reads whole; orders and fills are read through an index, and a broken page of theirs tells itself when it is read. */
const SMALL_TABLES = ['meta', 'positions', 'stops', 'grids', 'reached', 'dropped', 'pnl_days'] as const;
/** The log shrinks to this when it has been folded in. */
const LOG_BYTES_KEPT = 16 * 1_024 * 1_024;
/** Longer than any reader's lock; while it waits nothing else happens. */
const BUSY_MS = 100;

/**
 * `transitions`, `requests` and `commands` stand in order of their client id, so that the life of one order is one look, and one cut when it
 * is dropped. Money beyond 2^53 is text.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (client_id TEXT PRIMARY KEY, symbol TEXT NOT NULL, status TEXT NOT NULL, open INTEGER NOT NULL, row TEXT NOT NULL, ended_ms INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_open ON orders (open) WHERE open = 1;
CREATE INDEX IF NOT EXISTS orders_ended ON orders (ended_ms) WHERE open = 0;
CREATE TABLE IF NOT EXISTS transitions (client_id TEXT NOT NULL, at_us INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (client_id, at_us)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (symbol TEXT NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (symbol, status)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (client_id TEXT NOT NULL, at_us INTEGER NOT NULL, symbol TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL, took_us INTEGER, code TEXT, sentence TEXT, PRIMARY KEY (client_id, at_us)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commands (client_id TEXT NOT NULL, at_us INTEGER NOT NULL, what TEXT NOT NULL, sender TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (client_id, at_us)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals (id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, by TEXT NOT NULL, symbol TEXT NOT NULL, client_id TEXT NOT NULL, what TEXT NOT NULL, code TEXT NOT NULL, sentence TEXT NOT NULL, times INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refusals_of_order ON refusals (client_id);
CREATE TABLE IF NOT EXISTS fills (n INTEGER PRIMARY KEY, symbol TEXT NOT NULL, trade_id TEXT NOT NULL, client_id TEXT NOT NULL, row TEXT NOT NULL, at_ms INTEGER NOT NULL DEFAULT 0, loose INTEGER NOT NULL DEFAULT 0, UNIQUE (symbol, trade_id));
CREATE INDEX IF NOT EXISTS fills_of_order ON fills (symbol, json_extract(row, '$.venueId'));
CREATE INDEX IF NOT EXISTS fills_by_time ON fills (symbol, at_ms);
CREATE INDEX IF NOT EXISTS fills_loose ON fills (n) WHERE loose = 1;
CREATE TABLE IF NOT EXISTS dropped (symbol TEXT PRIMARY KEY, trade_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (symbol TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stops (client_id TEXT PRIMARY KEY, symbol TEXT NOT NULL, status TEXT NOT NULL, open INTEGER NOT NULL, row TEXT NOT NULL, ended_ms INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stops_ended ON stops (ended_ms) WHERE open = 0;
CREATE TABLE IF NOT EXISTS corrections (id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, row TEXT NOT NULL, at_ms INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS funding (asset TEXT NOT NULL, at_ms INTEGER NOT NULL, amount TEXT NOT NULL, told TEXT NOT NULL, symbol TEXT NOT NULL, PRIMARY KEY (asset, at_ms, amount, told)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pnl_days (day TEXT NOT NULL, symbol TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (day, symbol)) WITHOUT ROWID;
`;

/**
 * Opens, brings up to date and checks. Throws one sentence when it cannot be used; a file of a newer program is not touched. Each step of
 * the way up is whole or not at all, so a kill in the middle leaves the file as it was.
 */
export function openLedgerFile(path: string, options: FileOptions): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    prepareFile(db, options);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareFile(db: DatabaseSync, { durability, wallMs, onOld }: FileOptions): void {
  const found = versionOf(db);
  if (found !== null) refuseUnknown(found);
  if (found !== null && found < STORE_VERSION) onOld?.(found);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};`);
  db.exec(`PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${LOG_BYTES_KEPT};`);
  for (let version = found ?? STORE_VERSION; version < STORE_VERSION; version++) migrate(db, { version, wallMs });
  const complete = found === STORE_VERSION; // so that a disk that only reads is read
  if (!complete)
    inTransaction(db, () => {
      db.exec(`${SCHEMA}${GRID_SCHEMA}`);
      db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('version', ?)").run(String(STORE_VERSION));
    });
  checkAtOpen(db);
}

/** Null for a file that is new. */
export function versionOf(db: DatabaseSync): number | null {
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get()) return null;
  const found = db.prepare("SELECT value FROM meta WHERE key = 'version'").get();
  return found ? Number(found['value']) : null;
}

function refuseUnknown(version: number): void {
  if (version > STORE_VERSION)
    throw new Error(
      `it is of a newer program: schema version ${version}, this one knows up to ${STORE_VERSION}; start that program, or move the file away`,
    );
  for (let from = version; from < STORE_VERSION; from++)
    if (!MIGRATIONS.has(from)) throw new Error(`schema version ${version} is none that this program ever wrote`);
}

function migrate(db: DatabaseSync, { version, wallMs }: { readonly version: number; readonly wallMs: number }): void {
  try {
    inTransaction(db, () => {
      MIGRATIONS.get(version)?.(db, wallMs);
      if (version + 1 === STORE_VERSION) db.exec(`${SCHEMA}${GRID_SCHEMA}`);
      db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('version', ?)").run(String(version + 1));
    });
  } catch (error) {
    throw new Error(`cannot bring it from schema version ${version} to ${version + 1}: ${error instanceof Error ? error.message : error}`);
  }
}

/** All of it, or nothing. */
export function inTransaction(db: DatabaseSync, act: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    act();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export const bytesOf = (db: DatabaseSync): number => pragma(db, 'page_count') * pragma(db, 'page_size');

export const pragma = (db: DatabaseSync, name: 'page_count' | 'page_size' | 'freelist_count'): number =>
  Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);

function checkAtOpen(db: DatabaseSync): void {
  const whole = bytesOf(db) <= CHECKED_BYTES_MAX;
  const checks = whole ? ['PRAGMA quick_check(1)'] : SMALL_TABLES.map((table) => `PRAGMA quick_check(${table})`);
  for (const check of checks) {
    const said = db.prepare(check).get()?.['quick_check'];
    if (said !== 'ok') throw new Error(`integrity check says ${String(said)}`);
  }
}
