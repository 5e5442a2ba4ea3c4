/** The grid that every stored row of a symbol is written in, and all rows brought onto another one at once: whole, or not at all. */
import type { DatabaseSync } from 'node:sqlite';
import { type Grid, type GridChange, regridCorrection, regridFill, regridOrder, regridPosition, regridStop } from '../account/regrid.ts';
import type { BookedFill, CorrectionRow, LedgerOrder, PositionRow } from '../account/rows.ts';
import type { StopRow } from '../orders/stop-book.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { trimDecimal } from '../../shared/units.ts';
import { readRow, writeRow } from './row-text.ts';

export const GRID_SCHEMA = `
CREATE TABLE IF NOT EXISTS grids (symbol TEXT PRIMARY KEY, tick_size TEXT NOT NULL, step_size TEXT NOT NULL, quote_asset TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS off_grid (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, symbol TEXT NOT NULL, tick_size TEXT NOT NULL, step_size TEXT NOT NULL, row TEXT NOT NULL);
`;

/** `offGrid`: rows that the new grid cannot say, by their table; as they were they are kept in `off_grid`. */
export type GridNews = GridChange & { readonly symbol: string; readonly rows: number; readonly offGrid: Readonly<Record<string, number>> };
export type Instruments = ReadonlyMap<string, Instrument>;

const BATCH = 2_000;

/** Rows of symbols that are not among the instruments stay in their own grid. Throws when the disk fails: then nothing has changed. */
export function bringOntoGrids(db: DatabaseSync, instruments: Instruments): readonly GridNews[] {
  const changed = [...instruments.values()].filter((instrument) => !isOn(db, instrument));
  if (changed.length === 0) return []; // so that a disk that only reads is read
  db.exec('BEGIN IMMEDIATE');
  try {
    const news = changed.flatMap((instrument) => bringOnto(db, instrument));
    db.exec('COMMIT');
    return news;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const gridOf = ({ tickSize, stepSize }: Instrument): Grid => ({ tickSize: trimDecimal(tickSize), stepSize: trimDecimal(stepSize) });

/** What the stored rows of a symbol are counted in; null before its first row. The asset is '' where an earlier program did not keep it. */
export type KeptGrid = Grid & { readonly quoteAsset: string };

export function gridKept(db: DatabaseSync, symbol: string): KeptGrid | null {
  const found = db.prepare('SELECT tick_size, step_size, quote_asset FROM grids WHERE symbol = ?').get(symbol);
  return found
    ? { tickSize: String(found['tick_size']), stepSize: String(found['step_size']), quoteAsset: String(found['quote_asset']) }
    : null;
}

const areSame = (a: Grid, b: Grid): boolean => a.tickSize === b.tickSize && a.stepSize === b.stepSize;

function isOn(db: DatabaseSync, instrument: Instrument): boolean {
  const kept = gridKept(db, instrument.symbol);
  return kept !== null && areSame(kept, gridOf(instrument)) && kept.quoteAsset === instrument.quoteAsset;
}

/** A store of before grids were kept counts as written on the present one. */
function bringOnto(db: DatabaseSync, instrument: Instrument): readonly GridNews[] {
  const { symbol } = instrument;
  const to = gridOf(instrument);
  const from = gridKept(db, symbol);
  const put = db.prepare('INSERT OR REPLACE INTO grids (symbol, tick_size, step_size, quote_asset) VALUES (?, ?, ?, ?)');
  put.run(symbol, to.tickSize, to.stepSize, instrument.quoteAsset);
  if (from === null || areSame(from, to)) return [];
  const change = { from: { tickSize: from.tickSize, stepSize: from.stepSize }, to };
  const counts = TABLES.map((table) => ({ name: table.name, ...rewrite(db, table, { symbol, change }) }));
  const rows = counts.reduce((sum, count) => sum + count.rows, 0);
  const offGrid = Object.fromEntries(counts.filter((count) => count.offGrid > 0).map((count) => [count.name, count.offGrid]));
  return [{ symbol, ...change, rows, offGrid }];
}

/** `text` null: the row goes. */
type Written = { readonly text: string | null; readonly exact: boolean; readonly status?: string; readonly tradeId?: string };
type Table = {
  readonly name: string;
  readonly key: string;
  readonly write: (text: string, change: GridChange) => Written;
  /** Columns beside the row that repeat a part of it. */
  readonly beside?: 'status' | 'trade_id';
};

const TABLES: readonly Table[] = [
  {
    ...{ name: 'orders', key: 'client_id', beside: 'status' },
    write: (text, change) => {
      const { row, exact } = regridOrder(readRow<LedgerOrder>(text), change);
      return { text: writeRow(row), exact, status: row.order.status };
    },
  },
  {
    ...{ name: 'fills', key: 'n', beside: 'trade_id' },
    write: (text, change) => {
      const { row, exact } = regridFill(readRow<BookedFill>(text), change);
      return { text: writeRow(row), exact, tradeId: row.tradeId };
    },
  },
  {
    ...{ name: 'positions', key: 'symbol' },
    write: (text, change) => {
      const row = regridPosition(readRow<PositionRow>(text), change);
      return { text: row && writeRow(row), exact: row !== null };
    },
  },
  {
    ...{ name: 'stops', key: 'client_id', beside: 'status' },
    write: (text, change) => {
      const { row, exact } = regridStop(readRow<StopRow>(text), change);
      return { text: writeRow(row), exact, status: row.status };
    },
  },
  {
    ...{ name: 'corrections', key: 'id' },
    write: (text, change) => {
      const before = readRow<CorrectionRow & { readonly step?: string }>(text);
      if (before.step !== undefined) return { text, exact: true };
      const row = regridCorrection(before, change);
      return { text: writeRow(row ?? { ...before, step: change.from.stepSize }), exact: row !== null };
    },
  },
];

type Counts = { readonly rows: number; readonly offGrid: number };

/** In batches by key: a ledger of years does not fit into memory. */
function rewrite(
  db: DatabaseSync,
  { name, key, write, beside }: Table,
  { symbol, change }: { readonly symbol: string; readonly change: GridChange },
): Counts {
  const read = db.prepare(`SELECT ${key} AS key, row FROM ${name} WHERE symbol = ? AND ${key} > ? ORDER BY ${key} LIMIT ?`);
  const put = db.prepare(`UPDATE ${name} SET row = ?${beside ? `, ${beside} = ?` : ''} WHERE ${key} = ?`);
  const drop = db.prepare(`DELETE FROM ${name} WHERE ${key} = ?`);
  const keep = db.prepare('INSERT INTO off_grid (kind, symbol, tick_size, step_size, row) VALUES (?, ?, ?, ?, ?)');
  let [rows, offGrid] = [0, 0];
  for (let last: string | number = key === 'n' || key === 'id' ? -1 : ''; ; ) {
    const batch = read.all(symbol, last, BATCH);
    for (const found of batch) {
      const text = String(found['row']);
      const at = found['key'] as string | number;
      last = at;
      const written = write(text, change);
      const column = beside === undefined ? [] : [(beside === 'status' ? written.status : written.tradeId) ?? ''];
      if (!written.exact) keep.run(name, symbol, change.from.tickSize, change.from.stepSize, text);
      if (written.text === null) drop.run(at);
      else put.run(written.text, ...column, at);
      rows++;
      if (!written.exact) offGrid++;
    }
    if (batch.length < BATCH) return { rows, offGrid };
  }
}

/** What a person should know of it, in one sentence. */
export function gridSentence({ symbol, from, to, rows, offGrid }: GridNews): string {
  const lost = Object.entries(offGrid).map(([table, count]) => `${count} of ${table}`);
  const what = `${symbol}: tick ${from.tickSize} -> ${to.tickSize}, step ${from.stepSize} -> ${to.stepSize}; ${rows} rows of the ledger brought onto it`;
  return lost.length === 0
    ? what
    : `${what}, without exact numbers for ${lost.join(', ')}: open orders and stops of them are asked for, a position is taken from the venue`;
}
