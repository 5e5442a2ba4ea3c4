/** Looks into the file of the ledger. The gateway reads through it, and so do a person's tools when no gateway runs: it never writes. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { DayRow } from '../account/day-profit.ts';
import {
  type BookedFill,
  type CorrectionRow,
  type DaysRange,
  type FillsRange,
  type FundingRow,
  type LedgerOrder,
  LOOSE_KEPT,
  type PositionRow,
} from '../account/rows.ts';
import {
  type Cause,
  closeKey,
  type CommandRow,
  type LifeRows,
  type RefusalRow,
  type RequestRow,
  type TransitionRow,
} from '../account/audit-rows.ts';
import type { StopRow } from '../orders/stop-book.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { atoms, wallMs } from '../../shared/units.ts';
import { gridKept, type KeptGrid } from './ledger-grid.ts';
import { STORE_VERSION, versionOf } from './ledger-schema.ts';
import { readRow } from './row-text.ts';

/** Entries of each kind that the life of one order shows, the newest: an answer has to fit one message. */
const LIFE_MAX = 60;
/** A position is corrected some time after the order that it is about. */
const CORRECTED_AFTER_MS = 60_000;

export class LedgerReader {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  openOrders(): LedgerOrder[] {
    return rowsOf(this.#prepared('SELECT row FROM orders WHERE open = 1').all());
  }

  positions(): PositionRow[] {
    return rowsOf(this.#prepared('SELECT row FROM positions').all());
  }

  openStops(): StopRow[] {
    return rowsOf(this.#prepared('SELECT row FROM stops WHERE open = 1').all());
  }

  fillSeq(): number {
    return Number(this.#prepared('SELECT COALESCE(MAX(n), 0) AS n FROM fills').get()?.['n'] ?? 0);
  }

  /** The newest fills of orders that no row is about, oldest first. */
  looseFills(): BookedFill[] {
    const found = this.#prepared('SELECT row FROM fills WHERE loose = 1 ORDER BY n DESC LIMIT ?').all(LOOSE_KEPT);
    return rowsOf<BookedFill>(found).reverse();
  }

  findOrder(clientId: string): LedgerOrder | null {
    return rowOf(this.#prepared('SELECT row FROM orders WHERE client_id = ?').get(clientId));
  }

  /** Highest id of those that begin so; '' when there is none. */
  highestOrder(group: string): string {
    const query = 'SELECT MAX(client_id) AS id FROM orders WHERE client_id >= ? AND client_id < ?';
    return String(this.#prepared(query).get(group, `${group}:`)?.['id'] ?? '');
  }

  findFill({ symbol, tradeId }: { readonly symbol: string; readonly tradeId: string }): BookedFill | null {
    return rowOf(this.#prepared('SELECT row FROM fills WHERE symbol = ? AND trade_id = ?').get(symbol, tradeId));
  }

  fillsOfOrder({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): BookedFill[] {
    const query = "SELECT row FROM fills WHERE symbol = ? AND json_extract(row, '$.venueId') = ? ORDER BY n";
    return rowsOf(this.#prepared(query).all(symbol, venueId));
  }

  fillsAfter({ after, limit }: { readonly after: number; readonly limit: number }): BookedFill[] {
    return rowsOf(this.#prepared('SELECT row FROM fills WHERE n > ? ORDER BY n LIMIT ?').all(after, limit));
  }

  /** By time, newest first, each symbol through its index. */
  fillsRange({ symbol, fromMs, toMs, beforeN, limit }: FillsRange): BookedFill[] {
    const symbols = symbol === null ? this.#symbols() : [symbol];
    const query = `SELECT row FROM fills WHERE symbol = ? AND at_ms >= ? AND (at_ms, n) < (?, ?) ORDER BY at_ms DESC, n DESC LIMIT ?`;
    const found = symbols.flatMap((each) => rowsOf<BookedFill>(this.#prepared(query).all(each, fromMs, toMs, beforeN, limit)));
    return found.sort((a, b) => b.atMs - a.atMs || b.n - a.n).slice(0, limit);
  }

  /** Payments of that time on, oldest first. */
  fundingSince(fromMs: number): FundingRow[] {
    const found = this.#prepared('SELECT asset, at_ms, amount, told, symbol FROM funding WHERE at_ms >= ? ORDER BY at_ms').all(fromMs);
    return found.map((row) => ({
      ...{ asset: textOf(row, 'asset'), amount: atoms(BigInt(textOf(row, 'amount'))), told: textOf(row, 'told') },
      ...{ symbol: textOf(row, 'symbol'), atMs: wallMs(Number(row['at_ms'])) },
    }));
  }

  /** Newest day first. */
  days({ symbol, fromDay, toDay, limit }: DaysRange): DayRow[] {
    const query = `SELECT row FROM pnl_days WHERE day >= ? AND day <= ? AND (? IS NULL OR symbol = ?) ORDER BY day DESC, symbol LIMIT ?`;
    return rowsOf(this.#prepared(query).all(fromDay, toDay, symbol, symbol, limit));
  }

  /** How many orders of a symbol reached each state, over the whole life of the ledger. */
  countReached(symbol: string): Readonly<Record<string, number>> {
    const rows = this.#prepared('SELECT status, n FROM reached WHERE symbol = ?').all(symbol);
    return Object.fromEntries(rows.map((row) => [String(row['status']), Number(row['n'])]));
  }

  /** Newest fill that was dropped, by symbol: each one up to it is booked. */
  droppedFills(): ReadonlyMap<string, string> {
    const rows = this.#prepared('SELECT symbol, trade_id FROM dropped').all();
    return new Map(rows.map((row) => [String(row['symbol']), String(row['trade_id'])]));
  }

  hasTransitions(clientId: string): boolean {
    return this.#prepared('SELECT 1 FROM transitions WHERE client_id = ? LIMIT 1').get(clientId) !== undefined;
  }

  meta(key: string): string | null {
    const found = this.#prepared('SELECT value FROM meta WHERE key = ?').get(key);
    return found ? String(found['value']) : null;
  }

  grid(symbol: string): KeptGrid | null {
    return gridKept(this.#db, symbol);
  }

  /** All that is known of one order or stop; empty lists for an id that nobody ever used, or that was dropped. */
  life(clientId: string): LifeRows {
    const order = this.findOrder(clientId);
    const stop = rowOf<StopRow>(this.#prepared('SELECT row FROM stops WHERE client_id = ?').get(clientId));
    const symbol = order?.symbol ?? stop?.symbol ?? null;
    const fills = symbol === null ? [] : this.#fillsOf({ clientId, symbol, venueId: order?.venueId ?? stop?.childId ?? '' });
    const [commands, requests] = [this.#newest('commands', clientId), this.#newest('requests', clientId)];
    const [transitions, refusals] = [this.#newest('transitions', clientId), this.#newest('refusals', clientId)];
    return {
      ...{ clientId, order, stop, grid: symbol === null ? null : this.grid(symbol) },
      cut: [fills, commands, requests, transitions, refusals].some((rows) => rows.length > LIFE_MAX),
      endedMs: order === null ? null : this.#endedMs(clientId),
      commands: [...(order ? this.#closeReason(order) : []), ...commands.slice(-LIFE_MAX)].map(commandRow),
      requests: requests.slice(-LIFE_MAX).map(requestRow),
      transitions: transitions.slice(-LIFE_MAX).map(transitionRow),
      refusals: refusals.slice(-LIFE_MAX).map(refusalRow),
      fills: fills.slice(-LIFE_MAX),
      corrections: order ? this.#corrections(order) : [],
    };
  }

  #symbols(): readonly string[] {
    return this.#prepared('SELECT symbol FROM grids UNION SELECT symbol FROM positions')
      .all()
      .map((row) => String(row['symbol']));
  }

  #newest(table: 'commands' | 'requests' | 'transitions' | 'refusals', clientId: string): Found[] {
    const query = `SELECT * FROM ${table} WHERE client_id = ? ORDER BY at_us DESC LIMIT ${LIFE_MAX + 1}`;
    return this.#prepared(query).all(clientId).reverse();
  }

  /** An order of a close ladder exists because of what stood there when it was sent. */
  #closeReason({ role, symbol, sentWallMs }: LedgerOrder): Found[] {
    if (role !== 'close') return [];
    const query = 'SELECT * FROM commands WHERE client_id = ? AND at_us <= ? ORDER BY at_us DESC LIMIT 1';
    return this.#prepared(query).all(closeKey(symbol), sentWallMs * 1_000 + 999);
  }

  #endedMs(clientId: string): number | null {
    const found = this.#prepared('SELECT ended_ms FROM orders WHERE client_id = ?').get(clientId)?.['ended_ms'];
    return typeof found === 'number' ? found : null;
  }

  #fillsOf({ clientId, symbol, venueId }: { readonly clientId: string; readonly symbol: string; readonly venueId: string }): BookedFill[] {
    return venueId === '' ? [] : this.fillsOfOrder({ symbol, venueId }).filter((fill) => fill.clientId === clientId);
  }

  /** Of its position; one that names another order is not about it. */
  #corrections({ clientId, symbol, sentWallMs }: LedgerOrder): CorrectionRow[] {
    const to = (this.#endedMs(clientId) ?? Number.MAX_SAFE_INTEGER / 2) + CORRECTED_AFTER_MS;
    const query = `SELECT row FROM corrections WHERE symbol = ? AND at_ms BETWEEN ? AND ? AND COALESCE(json_extract(row, '$.clientId') = ?, 1) ORDER BY id DESC LIMIT ${LIFE_MAX}`;
    return rowsOf<CorrectionRow>(this.#prepared(query).all(symbol, sentWallMs, to, clientId)).reverse();
  }

  #prepared(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known) return known;
    const made = this.#db.prepare(query);
    this.#statements.set(query, made);
    return made;
  }
}

type Found = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;
export type OpenedReader = Disposable & { readonly reader: LedgerReader };

/** For tools: the file as it is, while nobody or another process writes it. A sentence when there is none that can be read. */
export function openLedgerReader(path: string): Result<OpenedReader, string> {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
    const version = versionOf(db);
    if (version !== STORE_VERSION) {
      db.close();
      return err(`${path}: schema version ${version ?? 'unknown'}, this program reads ${STORE_VERSION}: start its gateway once`);
    }
    const opened = db;
    return ok({ reader: new LedgerReader(opened), [Symbol.dispose]: () => opened.close() });
  } catch (error) {
    if (db?.isOpen) db.close();
    return err(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const rowOf = <T>(found: Found | undefined): T | null => (found ? readRow<T>(String(found['row'])) : null);
const rowsOf = <T>(found: readonly Found[]): T[] => found.map((one) => readRow<T>(String(one['row'])));

const textOf = (found: Found, column: string): string => String(found[column] ?? '');
const numberOf = (found: Found, column: string): number | null => (found[column] === null ? null : Number(found[column]));
const atUsOf = (found: Found): number => Number(found['at_us']);

const commandRow = (found: Found): CommandRow => ({
  ...{ atUs: atUsOf(found), what: textOf(found, 'what'), sender: textOf(found, 'sender'), detail: textOf(found, 'detail') },
});
const requestRow = (found: Found): RequestRow => ({
  ...{ atUs: atUsOf(found), what: textOf(found, 'what'), detail: textOf(found, 'detail'), tookUs: numberOf(found, 'took_us') },
  ...{ code: found['code'] === null ? null : textOf(found, 'code'), sentence: textOf(found, 'sentence') },
});
const transitionRow = (found: Found): TransitionRow => ({
  ...{ atUs: atUsOf(found), status: textOf(found, 'status'), reason: textOf(found, 'reason'), cause: textOf(found, 'cause') as Cause | '' },
});
const refusalRow = (found: Found): RefusalRow => ({
  ...{ atUs: atUsOf(found), by: textOf(found, 'by'), what: textOf(found, 'what'), code: textOf(found, 'code') },
  ...{ sentence: textOf(found, 'sentence'), times: Number(found['times']) },
});
