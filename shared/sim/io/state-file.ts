/**
 * A simulated exchange's state on disk: node:sqlite, WAL, synchronous=NORMAL, so that whatever is committed survives `kill -9`. One row for each
 * order, trade and line of the cash book, written when it changes; all else is small documents under a name.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { AlgoOrder } from '../algo-order.ts';
import type { OwnTrade, SimOrder } from '../exchange-events.ts';
import type { IncomeRow } from '../income.ts';
import { readRow, writeRow } from './row-text.ts';

export const STATE_VERSION = 1;

/** A file that cannot be used: a sentence for the person who named it. */
export class StateProblem extends Error {}

/** What is read back at a start: as much as a running simulator holds of each account. */
const ENDED_MAX = 20_000;
const TRADES_MAX = 50_000;
const INCOME_MAX = 50_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (key INTEGER PRIMARY KEY, open INTEGER NOT NULL, row TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS orders_open ON orders (open) WHERE open = 1;
CREATE TABLE IF NOT EXISTS algos (id TEXT PRIMARY KEY, n INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trades (n INTEGER PRIMARY KEY AUTOINCREMENT, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS income (api_key TEXT NOT NULL, id INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (api_key, id)) WITHOUT ROWID;
`;

export type StateChange = {
  readonly documents: ReadonlyMap<string, string>;
  readonly orders: readonly { readonly order: SimOrder; readonly open: boolean }[];
  readonly algos: readonly AlgoOrder[];
  readonly trades: readonly OwnTrade[];
  readonly income: readonly { readonly apiKey: string; readonly row: IncomeRow }[];
};

export type StateRows = {
  readonly orders: readonly SimOrder[];
  readonly algos: readonly AlgoOrder[];
  readonly trades: readonly OwnTrade[];
  readonly income: readonly { readonly apiKey: string; readonly row: IncomeRow }[];
};

type Statements = Readonly<Record<'document' | 'order' | 'algo' | 'trade' | 'income', StatementSync>>;

export class StateFile implements Disposable {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;

  /** Throws `StateProblem` for a file that is none of ours, or that another version wrote. */
  constructor(path: string) {
    this.path = path;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#db = new DatabaseSync(path);
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000;');
      this.#db.exec(SCHEMA);
      this.#statements = prepare(this.#db);
    } catch (problem) {
      throw new StateProblem(`cannot be used (${problem instanceof Error ? problem.message : String(problem)})`);
    }
    const version = this.document('version');
    if (version === null)
      this.write({ documents: new Map([['version', String(STATE_VERSION)]]), orders: [], algos: [], trades: [], income: [] });
    else if (version !== String(STATE_VERSION))
      throw new StateProblem(`was written by version ${version}, this program writes ${STATE_VERSION}`);
  }

  /** Null when it was never written. */
  document(name: string): string | null {
    const found = this.#db.prepare('SELECT text FROM documents WHERE name = ?').get(name);
    return found ? String(found['text']) : null;
  }

  rows(): StateRows {
    const ended = `SELECT key, row FROM orders WHERE open = 0 ORDER BY key DESC LIMIT ${ENDED_MAX}`;
    const orders = this.#read<SimOrder>(
      `SELECT row FROM (SELECT key, row FROM orders WHERE open = 1 UNION ALL SELECT * FROM (${ended})) ORDER BY key`,
    );
    const algos = this.#read<AlgoOrder>(`SELECT row FROM (SELECT n, row FROM algos ORDER BY n DESC LIMIT ${ENDED_MAX}) ORDER BY n`);
    const trades = this.#read<OwnTrade>(`SELECT row FROM (SELECT n, row FROM trades ORDER BY n DESC LIMIT ${TRADES_MAX}) ORDER BY n`);
    const income = this.#db
      .prepare(`SELECT * FROM (SELECT api_key, id, row FROM income ORDER BY id DESC LIMIT ${INCOME_MAX}) ORDER BY id`)
      .all()
      .map((found) => ({ apiKey: String(found['api_key']), row: readRow<IncomeRow>(String(found['row'])) }));
    return { orders, algos, trades, income };
  }

  /** Takes out what no start would read back. */
  prune(): void {
    const ended = 'SELECT key FROM orders WHERE open = 0 ORDER BY key DESC LIMIT 1 OFFSET';
    this.#db.exec(`DELETE FROM orders WHERE open = 0 AND key <= (${ended} ${ENDED_MAX})`);
    this.#db.exec(`DELETE FROM trades WHERE n <= (SELECT n FROM trades ORDER BY n DESC LIMIT 1 OFFSET ${TRADES_MAX})`);
    this.#db.exec(`DELETE FROM income WHERE id <= (SELECT id FROM income ORDER BY id DESC LIMIT 1 OFFSET ${INCOME_MAX})`);
  }

  /** All of it or nothing; on disk for every crash of this process when it returns. Throws when the disk refuses. */
  write({ documents, orders, algos, trades, income }: StateChange): void {
    const to = this.#statements;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const [name, text] of documents) to.document.run(name, text);
      for (const { order, open } of orders) to.order.run(order.key, open ? 1 : 0, writeRow(order));
      for (const order of algos) to.algo.run(order.id, order.createdMs, writeRow(order));
      for (const trade of trades) to.trade.run(writeRow(trade));
      for (const { apiKey, row } of income) to.income.run(apiKey, row.id, writeRow(row));
      this.#db.exec('COMMIT');
    } catch (problem) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw problem;
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #read<T>(query: string): readonly T[] {
    return this.#db
      .prepare(query)
      .all()
      .map((found) => readRow<T>(String(found['row'])));
  }
}

function prepare(db: DatabaseSync): Statements {
  return {
    document: db.prepare('INSERT OR REPLACE INTO documents (name, text) VALUES (?, ?)'),
    order: db.prepare('INSERT OR REPLACE INTO orders (key, open, row) VALUES (?, ?, ?)'),
    algo: db.prepare('INSERT OR REPLACE INTO algos (id, n, row) VALUES (?, ?, ?)'),
    trade: db.prepare('INSERT INTO trades (row) VALUES (?)'),
    income: db.prepare('INSERT OR REPLACE INTO income (api_key, id, row) VALUES (?, ?, ?)'),
  };
}
