/** What the brain must remember over a restart: hard exits, cool-downs and their counts. A store that cannot be read opens the breaker. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { type Exits, NO_EXITS } from '../risk/exits.ts';

const ExitsRow = z.strictObject({
  state: z.discriminatedUnion('at', [
    z.strictObject({ at: z.literal('armed') }),
    z.strictObject({ at: z.literal('closing'), why: z.enum(['take-profit', 'stop-loss']), askedSeq: z.int() }),
    z.strictObject({ at: z.literal('cooling'), untilMs: z.number() }),
  ]),
  takeProfits: z.int().nonnegative(),
  stopLosses: z.int().nonnegative(),
});

export class BrainStore implements Disposable {
  readonly #db: DatabaseSync | null;
  /** Why the store cannot be trusted; null when it can. */
  readonly fault: string | null;
  readonly #exits = new Map<string, Exits>();

  constructor(path: string) {
    let db: DatabaseSync | null = null;
    let fault: string | null = null;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      db = new DatabaseSync(path);
      db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE IF NOT EXISTS exits (symbol TEXT PRIMARY KEY, state TEXT NOT NULL)',
      );
      for (const row of db.prepare('SELECT symbol, state FROM exits').all())
        this.#exits.set(String(row['symbol']), ExitsRow.parse(JSON.parse(String(row['state']))) as Exits);
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
    this.#db
      ?.prepare('INSERT INTO exits (symbol, state) VALUES (?, ?) ON CONFLICT (symbol) DO UPDATE SET state = excluded.state')
      .run(symbol, JSON.stringify(exits));
  }

  [Symbol.dispose](): void {
    this.#db?.close();
  }
}
