/**
 * Keeps the ledger bounded: what ended long ago is dropped, a little at a time, and its pages are used again. By age (`keepDays`), and the
 * oldest hour first while the file holds more than `maxBytes`. Never dropped: what is open; the last hour; a fill that is not behind the
 * point up to which the venue's own list of trades was read (such a fill may still be told again), that a position is counted on from when a
 * late one comes, or that a reader may still ask for by its number; positions and the profit by day, which hold the sums of what is gone.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { laterId } from '../account/positions.ts';
import type { PositionRow } from '../account/rows.ts';
import { inTransaction, pragma } from './ledger-schema.ts';
import { readRow } from './row-text.ts';

export type KeepRules = {
  readonly keepDays: number;
  /** Of pages in use; the last hour stays even above it. */
  readonly maxBytes: number;
  /** The newest fills that stay whatever their age: readers that missed some ask for them by number. */
  readonly recentFills?: number;
};
/** What is gone now: ids that must never be taken for new ones. */
export type Dropped = { readonly orders: readonly string[]; readonly fills: readonly DroppedFill[] };
export type DroppedFill = { readonly symbol: string; readonly n: number; readonly tradeId: string };

const DAY_MS = 86_400_000;
const RECENT_MS = 3_600_000;
const RECENT_FILLS = 10_000;
const REFUSALS_MAX = 20_000;
/** One slice: about a millisecond. */
const AT_ONCE = { orders: 20, stops: 10, fills: 50, refusals: 50 } as const;
/** What grows by a few rows a day is looked through this seldom, in slices. */
const RARELY = 2_000;
const NUMBER = /^\d+$/;
const NONE: Dropped = { orders: [], fills: [] };

export class Retention {
  readonly #db: DatabaseSync;
  readonly #rules: KeepRules;
  readonly #statements = new Map<string, StatementSync>();
  #turn = 0;

  constructor(db: DatabaseSync, rules: KeepRules) {
    this.#db = db;
    this.#rules = rules;
  }

  /** Drops a slice, if there is anything to drop. Throws when the disk fails: then nothing has changed. */
  slice(nowMs: number): Dropped {
    const agedMs = nowMs - this.#rules.keepDays * DAY_MS;
    const cutoffMs = Math.max(agedMs, this.#pressedMs(nowMs));
    const orders = this.#ended('orders', { cutoffMs, limit: AT_ONCE.orders });
    const stops = this.#ended('stops', { cutoffMs, limit: AT_ONCE.stops });
    const fills = this.#oldFills(cutoffMs);
    const refusals = this.#oldRefusals(cutoffMs);
    const rarely = this.#turn++ % RARELY === 0;
    if (orders.length + stops.length + fills.length + refusals.length === 0 && !rarely) return NONE;
    inTransaction(this.#db, () => {
      for (const clientId of [...orders, ...stops])
        for (const table of ['orders', 'stops', 'transitions', 'requests', 'commands'] as const)
          this.#statement(`DELETE FROM ${table} WHERE client_id = ?`).run(clientId);
      for (const fill of fills) this.#dropFill(fill);
      for (const id of refusals) this.#statement('DELETE FROM refusals WHERE id = ?').run(id);
      if (rarely) this.#dropRare(agedMs);
    });
    return { orders, fills };
  }

  /** What ended before it makes room; all of it stays while the file is small enough. */
  #pressedMs(nowMs: number): number {
    const used = (pragma(this.#db, 'page_count') - pragma(this.#db, 'freelist_count')) * pragma(this.#db, 'page_size');
    if (used <= this.#rules.maxBytes) return Number.NEGATIVE_INFINITY;
    const oldest = [
      'SELECT MIN(ended_ms) AS at FROM orders WHERE open = 0',
      'SELECT MIN(ended_ms) AS at FROM stops WHERE open = 0',
      'SELECT at_ms AS at FROM fills ORDER BY n LIMIT 1',
    ].flatMap((query) => {
      const at = this.#statement(query).get()?.['at'];
      return typeof at === 'number' ? [at] : [];
    });
    return Math.min(nowMs - RECENT_MS, Math.min(...oldest) + RECENT_MS);
  }

  #ended(table: 'orders' | 'stops', { cutoffMs, limit }: { readonly cutoffMs: number; readonly limit: number }): readonly string[] {
    const query = `SELECT client_id FROM ${table} WHERE open = 0 AND ended_ms < ? ORDER BY ended_ms LIMIT ?`;
    const found = this.#statement(query).all(cutoffMs, limit);
    return found.map((row) => String(row['client_id']));
  }

  /** Of one symbol at a time, in turn; the first that has to stay ends the look at it. */
  #oldFills(cutoffMs: number): readonly DroppedFill[] {
    const positions = this.#statement('SELECT row FROM positions ORDER BY symbol').all();
    const position = positions[this.#turn % Math.max(1, positions.length)];
    if (!position) return [];
    const { symbol, lastTradeId, tail = [] } = readRow<PositionRow>(String(position['row']));
    const newest = Number(this.#statement('SELECT COALESCE(MAX(n), 0) AS n FROM fills').get()?.['n']);
    const upTo = newest - Math.max(1, this.#rules.recentFills ?? RECENT_FILLS); // numbers go on from the newest
    const query = 'SELECT n, trade_id FROM fills WHERE symbol = ? AND at_ms < ? ORDER BY at_ms, n LIMIT ?';
    const old = this.#statement(query)
      .all(symbol, cutoffMs, AT_ONCE.fills)
      .map((row) => ({ symbol, n: Number(row['n']), tradeId: String(row['trade_id']) }));
    const stays = old.findIndex(({ n, tradeId }) => n > upTo || tail.includes(tradeId) || !isBehind(tradeId, lastTradeId));
    return stays < 0 ? old : old.slice(0, stays);
  }

  #dropFill({ symbol, n, tradeId }: DroppedFill): void {
    this.#statement('DELETE FROM fills WHERE n = ?').run(n);
    if (!NUMBER.test(tradeId)) return;
    const before = this.#statement('SELECT trade_id FROM dropped WHERE symbol = ?').get(symbol)?.['trade_id'];
    const newest = laterId(typeof before === 'string' ? before : null, tradeId);
    this.#statement('INSERT OR REPLACE INTO dropped (symbol, trade_id) VALUES (?, ?)').run(symbol, newest);
  }

  /** Numbered as they came, so the first that stays is before all that stay. */
  #oldRefusals(cutoffMs: number): readonly number[] {
    const newest = Number(this.#statement('SELECT COALESCE(MAX(id), 0) AS id FROM refusals').get()?.['id']);
    const first = this.#statement('SELECT id, at_us FROM refusals ORDER BY id LIMIT ?').all(AT_ONCE.refusals);
    const old = first.filter((row) => Number(row['id']) <= newest - REFUSALS_MAX || Number(row['at_us']) < cutoffMs * 1_000);
    return old.map((row) => Number(row['id']));
  }

  /** By age alone: money, what corrected it, and why positions were closed. */
  #dropRare(agedMs: number): void {
    this.#statement('DELETE FROM funding WHERE at_ms < ?').run(agedMs);
    this.#statement('DELETE FROM corrections WHERE at_ms < ?').run(agedMs);
    this.#statement("DELETE FROM commands WHERE client_id >= 'close:' AND client_id < 'close;' AND at_us < ?").run(agedMs * 1_000);
  }

  #statement(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known) return known;
    const made = this.#db.prepare(query);
    this.#statements.set(query, made);
    return made;
  }
}

/** Read past: no list that is read from there on tells it again. A fill that the venue gave no number is told once only. */
const isBehind = (tradeId: string, lastTradeId: string | null): boolean =>
  !NUMBER.test(tradeId) || (lastTradeId !== null && tradeId !== lastTradeId && laterId(lastTradeId, tradeId) === lastTradeId);
