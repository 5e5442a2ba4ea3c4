/** How a file of an earlier program becomes one of this: a step for each version, each the text of its own time, never of the present tables. */
import type { DatabaseSync } from 'node:sqlite';
import { addDays, type DayRow, dayOf, emptyDay, type Money, subtract } from '../account/day-profit.ts';
import type { BookedFill, PositionRow } from '../account/rows.ts';
import { atoms, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { readRow, writeRow } from './row-text.ts';

/** By the version that a file has before it. Each runs in a transaction of its own. */
export const MIGRATIONS: ReadonlyMap<number, (db: DatabaseSync, wallMs: number) => void> = new Map([[1, fromVersion1]]);

/** Version 2 adds causes, ends, requests, refusals, funding and days; what version 1 did not keep (a cause, say) stays empty. */
function fromVersion1(db: DatabaseSync, wallMs: number): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS grids (symbol TEXT PRIMARY KEY, tick_size TEXT NOT NULL, step_size TEXT NOT NULL) WITHOUT ROWID;
    ALTER TABLE grids ADD COLUMN quote_asset TEXT NOT NULL DEFAULT '';
    ALTER TABLE transitions RENAME TO transitions_1;
    CREATE TABLE transitions (client_id TEXT NOT NULL, at_us INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (client_id, at_us)) WITHOUT ROWID;
    INSERT INTO transitions SELECT client_id, wall_ms * 1000 + ROW_NUMBER() OVER (PARTITION BY client_id, wall_ms ORDER BY id) - 1, status, reason, '' FROM transitions_1;
    DROP TABLE transitions_1;
    CREATE TABLE reached (symbol TEXT NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (symbol, status)) WITHOUT ROWID;
    INSERT INTO reached SELECT o.symbol, t.status, COUNT(*) FROM transitions t JOIN orders o ON o.client_id = t.client_id GROUP BY o.symbol, t.status;
    ALTER TABLE orders ADD COLUMN ended_ms INTEGER;
    UPDATE orders SET ended_ms = COALESCE((SELECT MAX(at_us) / 1000 FROM transitions t WHERE t.client_id = orders.client_id), json_extract(row, '$.sentWallMs')) WHERE open = 0;
    ALTER TABLE stops ADD COLUMN ended_ms INTEGER;
    UPDATE stops SET ended_ms = json_extract(row, '$.sentWallMs') WHERE open = 0;
    ALTER TABLE fills ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE fills ADD COLUMN loose INTEGER NOT NULL DEFAULT 0;
    UPDATE fills SET at_ms = json_extract(row, '$.atMs'), loose = NOT EXISTS (SELECT 1 FROM orders o WHERE o.client_id = fills.client_id);
    ALTER TABLE corrections ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;
    UPDATE corrections SET at_ms = json_extract(row, '$.atMs');
    CREATE TABLE pnl_days (day TEXT NOT NULL, symbol TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (day, symbol)) WITHOUT ROWID;
  `);
  const put = db.prepare('INSERT INTO pnl_days (day, symbol, row) VALUES (?, ?, ?)');
  for (const found of db.prepare('SELECT row FROM positions').all()) {
    const position = readRow<PositionRow>(String(found['row']));
    for (const day of daysOf(db, { position, wallMs })) put.run(day.day, day.symbol, writeRow(day));
  }
}

/**
 * The days of a symbol from its fills, profit by the venue's own word; what then differs from the position row (our own count, funding)
 * goes to the last of them, so that their sum is the row.
 */
function daysOf(db: DatabaseSync, { position, wallMs }: { readonly position: PositionRow; readonly wallMs: number }): readonly DayRow[] {
  const { symbol } = position;
  const worth = atomsPerTickLot(db, symbol);
  const days = new Map<string, DayRow>();
  for (const found of db.prepare('SELECT row FROM fills WHERE symbol = ? ORDER BY n').iterate(symbol)) {
    const fill = readRow<BookedFill>(String(found['row']));
    const day = dayOf(fill.atMs);
    days.set(day, addDays(days.get(day) ?? emptyDay(day, symbol), moneyOf(fill, worth)));
  }
  const last = [...days.keys()].sort().at(-1) ?? dayOf(wallMs);
  const sum = [...days.values()].reduce(addDays, emptyDay(last, symbol));
  days.set(last, addDays(days.get(last) ?? emptyDay(last, symbol), subtract(position, sum)));
  return [...days.values()];
}

const moneyOf = ({ price, size, fee, feeAsset, realizedPnl }: BookedFill, worth: bigint): Money => ({
  realized: realizedPnl ?? ZERO_ATOMS,
  fees: fee === null || feeAsset === null ? {} : { [feeAsset]: fee },
  funding: ZERO_ATOMS,
  volume: atoms(BigInt(price) * BigInt(size) * worth),
  fills: 1,
});

/** Of the grid the fills are written in; zero when it is not known: then the volume goes to the last day. */
function atomsPerTickLot(db: DatabaseSync, symbol: string): bigint {
  const grid = db.prepare('SELECT tick_size, step_size FROM grids WHERE symbol = ?').get(symbol);
  const [tick, step] = [parseAtoms(String(grid?.['tick_size'])), parseAtoms(String(grid?.['step_size']))];
  return tick === null || step === null ? 0n : (tick * step) / 100_000_000n;
}
