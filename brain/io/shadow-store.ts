/**
 * What shadows wanted and what it would have brought, beside what the brain itself asked and got: a file of its own, so that nothing that
 * happens to it touches the brain's memory. Bounded; written once a second.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FillDoc } from '../../shared/snapshot.ts';
import type { ShadowMoney } from '../shadow/shadow-money.ts';
import { type Intent, moneyOf, moneyText } from '../shadow/shadow-world.ts';

/** `who` is a shadow's id, or a run's; `seq` the snapshot that it rests on. */
export type IntentRow = Intent & { readonly who: string; readonly seq: number; readonly atMs: number };
export type FillRow = FillDoc & { readonly who: string };
/** `base`: net of the run when the shadow began, quote units; null while it was not known. */
export type Account = { readonly money: ShadowMoney; readonly sinceMs: number; readonly base: string | null };

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS intents (id INTEGER PRIMARY KEY, who TEXT NOT NULL, at_ms REAL NOT NULL, seq INTEGER NOT NULL, symbol TEXT NOT NULL,
  kind TEXT NOT NULL, side TEXT, price TEXT, size TEXT, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fills (id INTEGER PRIMARY KEY, who TEXT NOT NULL, at_ms REAL NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
  price TEXT NOT NULL, size TEXT NOT NULL, maker INTEGER NOT NULL, fee TEXT, fee_asset TEXT);
CREATE TABLE IF NOT EXISTS accounts (shadow TEXT NOT NULL, symbol TEXT NOT NULL, fingerprint TEXT NOT NULL, since_ms REAL NOT NULL, base TEXT,
  money TEXT NOT NULL, PRIMARY KEY (shadow, symbol));
`;
const ADD_INTENT = 'INSERT INTO intents (who, at_ms, seq, symbol, kind, side, price, size, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
const ADD_FILL = 'INSERT INTO fills (who, at_ms, symbol, side, price, size, maker, fee, fee_asset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
const PUT_ACCOUNT = `INSERT INTO accounts (shadow, symbol, fingerprint, since_ms, base, money) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (shadow, symbol) DO UPDATE SET fingerprint = excluded.fingerprint, since_ms = excluded.since_ms, base = excluded.base,
  money = excluded.money`;
const FIND = 'SELECT since_ms, base, money FROM accounts WHERE shadow = ? AND symbol = ? AND fingerprint = ?';
/** Rows kept of each table. */
const KEPT = 500_000;

export class ShadowStore implements Disposable {
  readonly #db: DatabaseSync;
  readonly #kept: number;

  constructor(path: string, kept = KEPT) {
    this.#kept = kept;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(path);
    this.#db.exec(SCHEMA);
  }

  /** One that was left with the same parameters; null when there is none. */
  account(shadow: string, { symbol, fingerprint }: { readonly symbol: string; readonly fingerprint: string }): Account | null {
    const row = this.#db.prepare(FIND).get(shadow, symbol, fingerprint);
    if (!row) return null;
    const base = row['base'] === null ? null : String(row['base']);
    return { money: moneyOf(String(row['money'])), sinceMs: Number(row['since_ms']), base };
  }

  write({ intents, fills, accounts }: Rows): void {
    const db = this.#db;
    const [addIntent, addFill, put] = [db.prepare(ADD_INTENT), db.prepare(ADD_FILL), db.prepare(PUT_ACCOUNT)];
    db.exec('BEGIN');
    for (const { who, atMs, seq, symbol, kind, side, price, size, reason } of intents)
      addIntent.run(who, atMs, seq, symbol, kind, side, price, size, reason);
    for (const { who, wallMs, symbol, side, price, size, maker, fee, feeAsset } of fills)
      addFill.run(who, wallMs, symbol, side, price, size, maker ? 1 : 0, fee, feeAsset);
    for (const { shadow, symbol, fingerprint, account } of accounts)
      put.run(shadow, symbol, fingerprint, account.sinceMs, account.base, moneyText(account.money));
    for (const table of ['intents', 'fills']) db.exec(`DELETE FROM ${table} WHERE id <= (SELECT MAX(id) FROM ${table}) - ${this.#kept}`);
    db.exec('COMMIT');
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

export type AccountRow = { readonly shadow: string; readonly symbol: string; readonly fingerprint: string; readonly account: Account };
export type Rows = { readonly intents: readonly IntentRow[]; readonly fills: readonly FillRow[]; readonly accounts: readonly AccountRow[] };
