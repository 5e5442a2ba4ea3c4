/**
 * What the brain must remember over a restart: hard exits, cool-downs and their counts, breakers, the sub-ledgers, and states of strategies. A store
 * that cannot be read opens the breaker.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { ConfigAudit } from '../../shared/config-live.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { readPortfolio, writePortfolio } from '../portfolio/row.ts';
import { EXIT_REASONS } from '../risk/exit-rules.ts';
import { type Exits, NO_EXITS } from '../risk/exits.ts';
import { readRisk, writeRisk } from '../risk/row.ts';
import type { RiskMemory } from '../risk/watch.ts';
import type { SavedState } from '../strategy/seat.ts';

const Track = z.strictObject({
  side: z.union([z.literal(1), z.literal(-1)]),
  opening: z.strictObject({ tradeId: z.string(), atMs: z.number() }).nullable(),
  entry: z.number().positive(),
  size: z.number().positive(),
  heldSinceMs: z.number(),
  peak: z.number().nullable(),
  trail: z.number().nullable(),
  breakEven: z.number().nullable(),
});
/** What earlier versions did not write is null. */
const ExitsRow = z.strictObject({
  state: z.discriminatedUnion('at', [
    z.strictObject({ at: z.literal('armed') }),
    z.strictObject({
      at: z.literal('closing'),
      why: z.enum(EXIT_REASONS),
      askedSeq: z.int(),
      askedAtMs: z.number().nullable().default(null),
      price: z.number().nullable().default(null),
    }),
    z.strictObject({ at: z.literal('cooling'), untilMs: z.number() }),
  ]),
  takeProfits: z.int().nonnegative(),
  stopLosses: z.int().nonnegative(),
  track: Track.nullable().default(null),
});

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS exits (symbol TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS portfolio (id INTEGER PRIMARY KEY CHECK (id = 0), row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS config_log (n INTEGER PRIMARY KEY, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS risk (id INTEGER PRIMARY KEY CHECK (id = 0), row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seats (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at_ms REAL NOT NULL, state TEXT NOT NULL);
`;
const PUT_EXITS = 'INSERT INTO exits (symbol, state) VALUES (?, ?) ON CONFLICT (symbol) DO UPDATE SET state = excluded.state';
const PUT_PORTFOLIO = 'INSERT INTO portfolio (id, row) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row';
const PUT_RISK = 'INSERT INTO risk (id, row) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row';
const PUT_SEAT = `INSERT INTO seats (key, fingerprint, at_ms, state) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, at_ms = excluded.at_ms, state = excluded.state`;

/** Changes of the configuration that are kept. */
const LOG_KEPT = 100;
const LOG_READ = 10;

/** State of one seat; `fingerprint` tells with which parameters it was made. */
export type SeatRow = SavedState & { readonly key: string; readonly fingerprint: string };

export class BrainStore implements Disposable {
  readonly #db: DatabaseSync | null;
  /** Why the store cannot be trusted; null when it can. */
  readonly fault: string | null;
  readonly #exits = new Map<string, Exits>();
  /** Sub-ledgers as they were left; null when none were. */
  readonly portfolio: Portfolio | null = null;
  /** Breakers, the day and the highest as they were left; null when none were. */
  readonly risk: RiskMemory | null = null;
  #portfolioText: string | null = null;
  #riskText: string | null = null;

  constructor(path: string) {
    let db: DatabaseSync | null = null;
    let fault: string | null = null;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      db = new DatabaseSync(path);
      db.exec(SCHEMA);
      for (const row of db.prepare('SELECT symbol, state FROM exits').all())
        this.#exits.set(String(row['symbol']), ExitsRow.parse(JSON.parse(String(row['state']))) as Exits);
      const held = db.prepare('SELECT row FROM portfolio').get();
      if (held) this.portfolio = readPortfolio(String(held['row']));
      const risk = db.prepare('SELECT row FROM risk').get();
      if (risk) this.risk = readRisk(String(risk['row']));
    } catch (error) {
      db?.close();
      db = null; // what cannot be read is not written over
      fault = `${path}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
    }
    this.#db = db;
    this.fault = fault;
  }

  exits(symbol: string): Exits {
    return this.#exits.get(symbol) ?? NO_EXITS;
  }

  /** Writes only what changed. Throws when the disk refuses: a brain that cannot remember a stop-loss must not go on. */
  save(symbol: string, exits: Exits): void {
    const before = this.#exits.get(symbol);
    if (before === exits || JSON.stringify(before) === JSON.stringify(exits)) return;
    this.#exits.set(symbol, exits);
    this.#db?.prepare(PUT_EXITS).run(symbol, JSON.stringify(exits));
  }

  /** Likewise: without it nobody knows whose share of a position is whose. */
  savePortfolio(portfolio: Portfolio): void {
    const text = writePortfolio(portfolio);
    if (text === null || text === this.#portfolioText) return;
    this.#portfolioText = text;
    this.#db?.prepare(PUT_PORTFOLIO).run(text);
  }

  /** Likewise: a breaker that a restart forgets is none. */
  saveRisk(memory: RiskMemory): void {
    const text = writeRisk(memory);
    if (text === this.#riskText) return;
    this.#riskText = text;
    this.#db?.prepare(PUT_RISK).run(text);
  }

  /** State of a seat that was made with the same parameters; null when there is none. */
  seat(key: string, fingerprint: string): SavedState | null {
    const row = this.#db?.prepare('SELECT at_ms, state FROM seats WHERE key = ? AND fingerprint = ?').get(key, fingerprint);
    return row ? { text: String(row['state']), atMs: Number(row['at_ms']) } : null;
  }

  /** A change of the configuration that came into force; the oldest are let go of. */
  addConfigAudit(audit: ConfigAudit): void {
    this.#db?.prepare('INSERT INTO config_log (row) VALUES (?)').run(JSON.stringify(audit));
    this.#db?.prepare('DELETE FROM config_log WHERE n <= (SELECT max(n) FROM config_log) - ?').run(LOG_KEPT);
  }

  /** The newest changes, newest first. */
  configLog(): readonly ConfigAudit[] {
    const rows = this.#db?.prepare('SELECT row FROM config_log ORDER BY n DESC LIMIT ?').all(LOG_READ) ?? [];
    return rows.flatMap((row) => ConfigAudit.safeParse(JSON.parse(String(row['row']))).data ?? []);
  }

  saveSeats(rows: readonly SeatRow[]): void {
    const db = this.#db;
    if (!db || rows.length === 0) return;
    const put = db.prepare(PUT_SEAT);
    db.exec('BEGIN');
    for (const { key, fingerprint, atMs, text } of rows) put.run(key, fingerprint, atMs, text);
    db.exec('COMMIT');
  }

  [Symbol.dispose](): void {
    this.#db?.close();
  }
}
