/** The ledger's file as the program of schema version 1 wrote it: its tables and statements as they were, word for word. */
import { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../gateway/account/rows.ts';
import { writeRow } from '../../gateway/io/row-text.ts';
import type { StopRow } from '../../gateway/orders/stop-book.ts';
import { hasEnded } from '../../shared/order.ts';

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
CREATE TABLE IF NOT EXISTS grids (symbol TEXT PRIMARY KEY, tick_size TEXT NOT NULL, step_size TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS off_grid (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, symbol TEXT NOT NULL, tick_size TEXT NOT NULL, step_size TEXT NOT NULL, row TEXT NOT NULL);
`;

export class Version1 implements Disposable {
  readonly db: DatabaseSync;

  /** `grid` null: a file of before grids were kept. */
  constructor(path: string, grid: readonly [tick: string, step: string] | null) {
    this.db = new DatabaseSync(path);
    this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; ${SCHEMA}`);
    this.meta('version', '1');
    if (grid) this.db.prepare("INSERT INTO grids (symbol, tick_size, step_size) VALUES ('BTCUSDT', ?, ?)").run(...grid);
    else this.db.exec('DROP TABLE grids; DROP TABLE off_grid;');
  }

  write(change: Change, wallMs: number): void {
    for (const row of change.orders) {
      const { status } = row.order;
      this.db
        .prepare(
          'INSERT INTO transitions (client_id, status, reason, wall_ms) SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM orders WHERE client_id = ? AND status = ?)',
        )
        .run(row.clientId, status, row.reason, wallMs, row.clientId, status);
      this.db
        .prepare('INSERT OR REPLACE INTO orders (client_id, symbol, status, open, row) VALUES (?, ?, ?, ?, ?)')
        .run(row.clientId, row.symbol, status, hasEnded(status) ? 0 : 1, writeRow(row));
    }
    for (const fill of change.fills)
      this.db
        .prepare('INSERT OR REPLACE INTO fills (n, symbol, trade_id, client_id, row) VALUES (?, ?, ?, ?, ?)')
        .run(fill.n, fill.symbol, fill.tradeId, fill.clientId, writeRow(fill));
    for (const row of change.positions)
      this.db.prepare('INSERT OR REPLACE INTO positions (symbol, row) VALUES (?, ?)').run(row.symbol, writeRow(row));
    for (const row of change.corrections)
      this.db.prepare('INSERT INTO corrections (symbol, row) VALUES (?, ?)').run(row.symbol, writeRow(row));
  }

  stop(row: StopRow): void {
    const open = row.status === 'ended' ? 0 : 1;
    this.db
      .prepare('INSERT OR REPLACE INTO stops (client_id, symbol, status, open, row) VALUES (?, ?, ?, ?, ?)')
      .run(row.clientId, row.symbol, row.status, open, writeRow(row));
  }

  meta(key: string, value: string): void {
    this.db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
  }

  countReached(): Readonly<Record<string, number>> {
    const rows = this.db.prepare(
      'SELECT t.status AS status, COUNT(*) AS n FROM transitions t JOIN orders o ON o.client_id = t.client_id WHERE o.symbol = ? GROUP BY t.status',
    );
    return Object.fromEntries(rows.all('BTCUSDT').map((row) => [String(row['status']), Number(row['n'])]));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}
