/** Puts changes and notes into the tables. It opens no transaction: the store decides what is committed together, and when. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cause, Note, RefusalNote } from '../account/audit-rows.ts';
import { addDays, type DayRow } from '../account/day-profit.ts';
import { type BookedFill, type Change, type FundingRow, isOver, type LedgerOrder } from '../account/rows.ts';
import type { StopRow } from '../orders/stop-book.ts';
import { readRow, writePlainRow, writeRow } from './row-text.ts';

/** A state that an order or a stop came to. */
export type Transition = {
  readonly clientId: string;
  readonly atUs: number;
  readonly status: string;
  readonly reason: string;
  readonly cause: Cause;
  /** Of an order; null for a stop, which is not counted. */
  readonly symbol: string | null;
};
/** A change with all that follows from it, as it was when it came: it may be written later. */
export type Entry = {
  readonly kind: 'change';
  readonly change: Change;
  readonly transitions: readonly Transition[];
  readonly days: readonly DayRow[];
  readonly wallMs: number;
};
/** `times`: how many like it stand behind one line. */
export type Refusals = { readonly kind: 'refusals'; readonly refusal: RefusalNote; times: number };
export type Pending = Entry | Refusals | Exclude<Note, RefusalNote>;

export class LedgerWriter {
  readonly #to: Statements;

  constructor(db: DatabaseSync) {
    this.#to = prepare(db);
  }

  write(pending: Pending): void {
    switch (pending.kind) {
      case 'change':
        this.#change(pending);
        return;
      case 'command': {
        const { clientId, atUs, what, sender, detail } = pending;
        this.#to.putCommand.run(clientId, atUs, what, sender, detail());
        return;
      }
      case 'request': {
        const { clientId, atUs, symbol, what, detail } = pending;
        this.#to.putRequest.run(clientId, atUs, symbol, what, detail());
        return;
      }
      case 'answer':
        this.#to.putAnswer.run(pending.tookUs, pending.code, pending.sentence, pending.clientId, pending.atUs);
        return;
      case 'refusals': {
        const { atUs, by, symbol, clientId, what, code, sentence } = pending.refusal;
        this.#to.addRefusal.run(atUs, by, symbol, clientId, what, code, sentence, pending.times);
        return;
      }
      default:
        throw new Error(`Cannot write to the ledger: ${JSON.stringify(pending satisfies never)}`);
    }
  }

  order(row: LedgerOrder, wallMs: number): void {
    const { status } = row.order;
    const ended = isOver(row);
    this.#to.putOrder.run(row.clientId, row.symbol, status, ended ? 0 : 1, writePlainRow(row), ended ? wallMs : null);
  }

  /** Where it has no row; one that is there says more. */
  placed(row: LedgerOrder, wallMs: number): void {
    const ended = isOver(row);
    this.#to.addOrder.run(row.clientId, row.symbol, row.order.status, ended ? 0 : 1, writePlainRow(row), ended ? wallMs : null);
  }

  transition({ clientId, atUs, status, reason, cause, symbol }: Transition): void {
    this.#to.addTransition.run(clientId, atUs, status, reason, cause);
    if (symbol !== null) this.#to.countReached.run(symbol, status);
  }

  stop(row: StopRow, wallMs: number): void {
    const { clientId, symbol, status } = row;
    const ended = status === 'ended';
    this.#to.putStop.run(clientId, symbol, status, ended ? 0 : 1, writeRow(row), ended ? wallMs : null);
  }

  meta(key: string, value: string | null): void {
    if (value === null) this.#to.dropMeta.run(key);
    else this.#to.putMeta.run(key, value);
  }

  /** Orders first: whether a fill is loose is asked of the table. */
  #change({ change, transitions, days, wallMs }: Entry): void {
    for (const row of change.orders) this.order(row, wallMs);
    for (const transition of transitions) this.transition(transition);
    for (const fill of change.fills) this.#fill(fill);
    for (const row of change.positions) this.#to.putPosition.run(row.symbol, writeRow(row));
    for (const row of change.corrections) this.#to.addCorrection.run(row.symbol, writeRow(row), row.atMs);
    for (const row of change.funding ?? []) this.#funding(row);
    for (const day of days) this.#day(day);
  }

  #fill(fill: BookedFill): void {
    const { n, symbol, tradeId, clientId, atMs } = fill;
    this.#to.putFill.run(n, symbol, tradeId, clientId, writeRow(fill), atMs, clientId);
  }

  /** Told twice counts once: the ledger saw to it, and so does the key. */
  #funding({ asset, atMs, amount, told, symbol }: FundingRow): void {
    this.#to.addFunding.run(asset, atMs, `${amount}`, told, symbol);
  }

  #day(added: DayRow): void {
    const found = this.#to.getDay.get(added.day, added.symbol);
    const day = found ? addDays(readRow<DayRow>(String(found['row'])), added) : added;
    this.#to.putDay.run(day.day, day.symbol, writeRow(day));
  }
}

type Statements = Readonly<
  Record<
    | 'putOrder'
    | 'addOrder'
    | 'addTransition'
    | 'countReached'
    | 'putFill'
    | 'putPosition'
    | 'addCorrection'
    | 'addFunding'
    | 'getDay'
    | 'putDay'
    | 'putStop'
    | 'putCommand'
    | 'putRequest'
    | 'putAnswer'
    | 'addRefusal'
    | 'putMeta'
    | 'dropMeta',
    StatementSync
  >
>;

/** An end is dated once; a row that lives again has none. */
const UPSERT = `ON CONFLICT (client_id) DO UPDATE SET status = excluded.status, open = excluded.open, row = excluded.row,
  ended_ms = CASE WHEN excluded.open = 1 THEN NULL ELSE COALESCE(ended_ms, excluded.ended_ms) END`;

function prepare(db: DatabaseSync): Statements {
  return {
    putOrder: db.prepare(`INSERT INTO orders (client_id, symbol, status, open, row, ended_ms) VALUES (?, ?, ?, ?, ?, ?) ${UPSERT}`),
    addOrder: db.prepare('INSERT OR IGNORE INTO orders (client_id, symbol, status, open, row, ended_ms) VALUES (?, ?, ?, ?, ?, ?)'),
    putStop: db.prepare(`INSERT INTO stops (client_id, symbol, status, open, row, ended_ms) VALUES (?, ?, ?, ?, ?, ?) ${UPSERT}`),
    addTransition: db.prepare('INSERT OR REPLACE INTO transitions (client_id, at_us, status, reason, cause) VALUES (?, ?, ?, ?, ?)'),
    countReached: db.prepare('INSERT INTO reached (symbol, status, n) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1'),
    putFill: db.prepare(`INSERT OR REPLACE INTO fills (n, symbol, trade_id, client_id, row, at_ms, loose)
      VALUES (?, ?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM orders WHERE client_id = ?))`),
    putPosition: db.prepare('INSERT OR REPLACE INTO positions (symbol, row) VALUES (?, ?)'),
    addCorrection: db.prepare('INSERT INTO corrections (symbol, row, at_ms) VALUES (?, ?, ?)'),
    addFunding: db.prepare('INSERT OR IGNORE INTO funding (asset, at_ms, amount, told, symbol) VALUES (?, ?, ?, ?, ?)'),
    getDay: db.prepare('SELECT row FROM pnl_days WHERE day = ? AND symbol = ?'),
    putDay: db.prepare('INSERT OR REPLACE INTO pnl_days (day, symbol, row) VALUES (?, ?, ?)'),
    putCommand: db.prepare('INSERT OR REPLACE INTO commands (client_id, at_us, what, sender, detail) VALUES (?, ?, ?, ?, ?)'),
    putRequest: db.prepare('INSERT OR REPLACE INTO requests (client_id, at_us, symbol, what, detail) VALUES (?, ?, ?, ?, ?)'),
    putAnswer: db.prepare('UPDATE requests SET took_us = ?, code = ?, sentence = ? WHERE client_id = ? AND at_us = ?'),
    addRefusal: db.prepare(
      'INSERT INTO refusals (at_us, by, symbol, client_id, what, code, sentence, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    putMeta: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
    dropMeta: db.prepare('DELETE FROM meta WHERE key = ?'),
  };
}
