/**
 * The ledger on disk: node:sqlite, WAL, synchronous=NORMAL (survives kill -9). Rows of one change are committed together, an order's row
 * before its bytes leave. When the disk fails, the rows wait in memory, `available` is false and new orders are refused; cancel and
 * close go on.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { EPOCH_MAX } from '../../shared/client-id.ts';
import type { Clock } from '../../shared/clock.ts';
import { hasEnded } from '../../shared/order.ts';
import {
  type Archive,
  type BookedFill,
  type Change,
  type LedgerOrder,
  type LedgerState,
  LOOSE_KEPT,
  type Now,
  type PositionRow,
} from '../account/rows.ts';
import type { StopRow } from '../orders/stop-book.ts';
import { bringOntoGrids, GRID_SCHEMA, type GridNews, type Instruments } from './ledger-grid.ts';
import { readRow, writeRow } from './row-text.ts';

export const STORE_VERSION = 1;
/** Rows that wait for the disk to come back. */
const BACKLOG_MAX = 50_000;

/** Remembered across restarts. */
export type Meta = {
  readonly stopped: string | null;
  readonly paused: string | null;
  /** JSON of reasons by symbol. */
  readonly halted: string | null;
  readonly ladders: string;
};
export type OpenOptions = {
  readonly path: string;
  readonly clock: Clock;
  /** Rows of a symbol were brought onto a changed tick or step. */
  readonly onGrid?: (news: GridNews) => void;
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (client_id TEXT PRIMARY KEY, symbol TEXT NOT NULL, status TEXT NOT NULL, open INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_open ON orders (open) WHERE open = 1;
CREATE TABLE IF NOT EXISTS transitions (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, wall_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fills (n INTEGER PRIMARY KEY, symbol TEXT NOT NULL, trade_id TEXT NOT NULL, client_id TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (symbol, trade_id));
CREATE INDEX IF NOT EXISTS fills_of_order ON fills (symbol, json_extract(row, '$.venueId'));
CREATE TABLE IF NOT EXISTS positions (symbol TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stops (client_id TEXT PRIMARY KEY, symbol TEXT NOT NULL, status TEXT NOT NULL, open INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS corrections (id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, row TEXT NOT NULL);
`;

/** Newest first. */
const LOOSE = `SELECT row FROM fills f WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.client_id = f.client_id) ORDER BY n DESC LIMIT ${LOOSE_KEPT}`;
const EMPTY: LedgerState = { orders: [], positions: [], fillSeq: 0, loose: [] };

export class LedgerStore implements Archive, Disposable {
  readonly #path: string;
  #db: DatabaseSync | null = null;
  #statements: Statements | null = null;
  #fault: string | null = null;
  #backlog: Change[] = [];
  #backlogRows = 0;
  readonly #clock: Clock;
  readonly #startedAt: Now;
  readonly #onGrid: OpenOptions['onGrid'];

  constructor({ path, clock, onGrid }: OpenOptions) {
    this.#path = path;
    this.#onGrid = onGrid;
    this.#clock = clock;
    this.#startedAt = { mono: clock.monoMs(), wall: clock.wallMs() };
    this.#attempt(() => this.#open());
  }

  /** Null while the ledger can be written; else why not. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Rows written on another grid are brought onto that of the instruments first; while that cannot be done nothing is read or written. */
  load(instruments: Instruments): LedgerState {
    const db = this.#onGrids(instruments);
    if (!db) return EMPTY;
    return (
      this.#attempt(() => ({
        orders: rowsOf<LedgerOrder>(db.prepare('SELECT row FROM orders WHERE open = 1')).map((row) => this.#revive(row)),
        positions: rowsOf<PositionRow>(db.prepare('SELECT row FROM positions')),
        fillSeq: Number(db.prepare('SELECT COALESCE(MAX(n), 0) AS n FROM fills').get()?.['n'] ?? 0),
        loose: rowsOf<BookedFill>(db.prepare(LOOSE)).reverse(),
      })) ?? EMPTY
    );
  }

  /** True once committed. False: kept in memory, written when the disk is back. */
  write(change: Change): boolean {
    const size = change.orders.length + change.fills.length + change.positions.length + change.corrections.length;
    if (size === 0) return this.#fault === null;
    const waiting = [...this.#backlog, change];
    const written = this.#attempt(() => this.#commit(waiting)) === true;
    if (written) [this.#backlog, this.#backlogRows] = [[], 0];
    else if (this.#backlogRows + size <= BACKLOG_MAX) [this.#backlog, this.#backlogRows] = [waiting, this.#backlogRows + size];
    return written;
  }

  /** Stops at the venue that had not ended. */
  openStops(): readonly StopRow[] {
    return this.#attempt(() => (this.#db ? rowsOf<StopRow>(this.#db.prepare('SELECT row FROM stops WHERE open = 1')) : [])) ?? [];
  }

  /** True once committed; a stop that is not on disk is found at the venue by its id. */
  saveStop(row: StopRow): boolean {
    const { clientId, symbol, status } = row;
    const open = status === 'ended' ? 0 : 1;
    return (this.#attempt(() => this.#statements?.putStop.run(clientId, symbol, status, open, writeRow(row))) ?? null) !== null;
  }

  /** Tries a failed disk again; what waited is written first. Called on a timer, because refused orders write nothing. */
  retry(): void {
    if (this.#fault === null || !this.#db) return;
    const written = this.#attempt(() => this.#commit(this.#backlog));
    if (written === true) [this.#backlog, this.#backlogRows] = [[], 0];
  }

  findOrder(clientId: string): LedgerOrder | null {
    const found = this.#attempt(() => this.#statements?.findOrder.get(clientId)) ?? undefined;
    return found ? this.#revive(readRow<LedgerOrder>(String(found['row']))) : null;
  }

  findFill({ symbol, tradeId }: { readonly symbol: string; readonly tradeId: string }): BookedFill | null {
    const found = this.#attempt(() => this.#statements?.findFill.get(symbol, tradeId)) ?? undefined;
    return found ? readRow<BookedFill>(String(found['row'])) : null;
  }

  fillsOfOrder({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): readonly BookedFill[] {
    const rows = this.#attempt(() => this.#statements?.fillsOfOrder.all(symbol, venueId)) ?? [];
    return rows.map((found) => readRow<BookedFill>(String(found['row'])));
  }

  /** Fills numbered above `after`, oldest first. */
  fillsAfter({ after, limit }: { readonly after: number; readonly limit: number }): BookedFill[] {
    const rows = this.#attempt(() => this.#statements?.fillsAfter.all(after, limit)) ?? [];
    return rows.map((found) => readRow<BookedFill>(String(found['row'])));
  }

  /** How many orders of a symbol reached a state, over the whole life of the ledger; counted each time. */
  countReached(symbol: string): Readonly<Record<string, number>> {
    const rows = this.#attempt(() => this.#statements?.countReached.all(symbol)) ?? [];
    return Object.fromEntries(rows.map((row) => [String(row['status']), Number(row['n'])]));
  }

  /** The highest number handed out so far; 0: none, or it cannot be read. */
  lastEpoch(): number {
    return Number(this.#meta('epoch') ?? 0);
  }

  /** A number never handed out before; it is on disk before it is returned. Null when it cannot be written or all are used up. */
  grantEpoch(atLeast = 1): number | null {
    const next = Math.max(Number(this.#meta('epoch') ?? 0) + 1, atLeast);
    if (next > EPOCH_MAX) return null;
    return this.setMeta('epoch', String(next)) ? next : null;
  }

  meta(): Meta {
    return {
      stopped: this.#meta('stopped'),
      paused: this.#meta('paused'),
      halted: this.#meta('halted'),
      ladders: this.#meta('ladders') ?? '[]',
    };
  }

  setMeta(key: string, value: string | null): boolean {
    return (
      this.#attempt(() => {
        if (!this.#statements) return false;
        if (value === null) this.#statements.dropMeta.run(key);
        else this.#statements.putMeta.run(key, value);
        return true;
      }) === true
    );
  }

  /** Folds the log into the file; called on a timer, so that it never happens between order and answer by itself. */
  checkpoint(): void {
    this.#attempt(() => this.#db?.exec('PRAGMA wal_checkpoint(PASSIVE)'));
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    this.#db = null;
    this.#statements = null;
  }

  #onGrids(instruments: Instruments): DatabaseSync | null {
    const db = this.#db;
    const news = db && this.#attempt(() => bringOntoGrids(db, instruments));
    if (db && !news) this[Symbol.dispose]();
    for (const one of news ?? []) this.#onGrid?.(one);
    return this.#db;
  }

  #meta(key: string): string | null {
    const found = this.#attempt(() => this.#statements?.getMeta.get(key)) ?? undefined;
    return found ? String(found['value']) : null;
  }

  #open(): void {
    const db = new DatabaseSync(this.#path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000; PRAGMA wal_autocheckpoint = 0;');
    db.exec(`${SCHEMA}${GRID_SCHEMA}`);
    const check = db.prepare('PRAGMA quick_check').get()?.['quick_check'];
    if (check !== 'ok') throw new Error(`integrity check says ${String(check)}`);
    this.#db = db;
    this.#statements = prepare(db);
    const version = this.#meta('version');
    if (version === null) this.#statements.putMeta.run('version', String(STORE_VERSION));
    else if (version !== String(STORE_VERSION)) throw new Error(`schema version ${version}, this program writes ${STORE_VERSION}`);
  }

  #commit(changes: readonly Change[]): boolean {
    const [db, statements] = [this.#db, this.#statements];
    if (!db || !statements) return false;
    db.exec('BEGIN IMMEDIATE');
    try {
      statements.putMeta.run('written', String(this.#clock.wallMs())); // so that an empty commit proves the disk, too
      for (const change of changes) this.#writeChange(statements, change);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
    this.#fault = null;
    return true;
  }

  #writeChange(to: Statements, change: Change): void {
    for (const row of change.orders) {
      const { status } = row.order;
      to.addTransition.run(row.clientId, status, row.reason, Math.trunc(this.#clock.wallMs()), row.clientId, status); // only when it is a new one
      to.putOrder.run(row.clientId, row.symbol, status, hasEnded(status) ? 0 : 1, writeRow(row));
    }
    for (const fill of change.fills) to.putFill.run(fill.n, fill.symbol, fill.tradeId, fill.clientId, writeRow(fill));
    for (const row of change.positions) to.putPosition.run(row.symbol, writeRow(row));
    for (const row of change.corrections) to.addCorrection.run(row.symbol, writeRow(row));
  }

  /** Monotonic times of an earlier run mean nothing now: such a row counts as taken in at the start of this one. */
  #revive(row: LedgerOrder): LedgerOrder {
    const ours = row.sentWallMs >= this.#startedAt.wall;
    return ours ? row : { ...row, sentAt: this.#startedAt.mono, endedAt: row.endedAt === null ? null : this.#startedAt.mono };
  }

  #attempt<T>(act: () => T): T | null {
    try {
      return act();
    } catch (error) {
      this.#fault = `${this.#path}: ${error instanceof Error ? error.message : String(error)}`;
      return null;
    }
  }
}

type Statements = Readonly<
  Record<
    | 'putOrder'
    | 'addTransition'
    | 'putFill'
    | 'putPosition'
    | 'addCorrection'
    | 'putStop'
    | 'findOrder'
    | 'findFill'
    | 'fillsAfter'
    | 'fillsOfOrder'
    | 'countReached'
    | 'getMeta'
    | 'putMeta'
    | 'dropMeta',
    StatementSync
  >
>;

function prepare(db: DatabaseSync): Statements {
  return {
    putOrder: db.prepare('INSERT OR REPLACE INTO orders (client_id, symbol, status, open, row) VALUES (?, ?, ?, ?, ?)'),
    addTransition: db.prepare(
      'INSERT INTO transitions (client_id, status, reason, wall_ms) SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM orders WHERE client_id = ? AND status = ?)',
    ),
    putFill: db.prepare('INSERT OR REPLACE INTO fills (n, symbol, trade_id, client_id, row) VALUES (?, ?, ?, ?, ?)'),
    putPosition: db.prepare('INSERT OR REPLACE INTO positions (symbol, row) VALUES (?, ?)'),
    addCorrection: db.prepare('INSERT INTO corrections (symbol, row) VALUES (?, ?)'),
    putStop: db.prepare('INSERT OR REPLACE INTO stops (client_id, symbol, status, open, row) VALUES (?, ?, ?, ?, ?)'),
    findOrder: db.prepare('SELECT row FROM orders WHERE client_id = ?'),
    findFill: db.prepare('SELECT row FROM fills WHERE symbol = ? AND trade_id = ?'),
    fillsOfOrder: db.prepare("SELECT row FROM fills WHERE symbol = ? AND json_extract(row, '$.venueId') = ? ORDER BY n"),
    fillsAfter: db.prepare('SELECT row FROM fills WHERE n > ? ORDER BY n LIMIT ?'),
    countReached: db.prepare(
      'SELECT t.status AS status, COUNT(*) AS n FROM transitions t JOIN orders o ON o.client_id = t.client_id WHERE o.symbol = ? GROUP BY t.status',
    ),
    getMeta: db.prepare('SELECT value FROM meta WHERE key = ?'),
    putMeta: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
    dropMeta: db.prepare('DELETE FROM meta WHERE key = ?'),
  };
}

const rowsOf = <T>(statement: StatementSync): T[] => statement.all().map((found) => readRow<T>(String(found['row'])));
