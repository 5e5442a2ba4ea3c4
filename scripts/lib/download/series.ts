/**
 * One file of downloaded rows: begun, or gone on with where an earlier run ended, however that ended; then proved by the reader that will
 * read it. A line that was cut off is taken back first.
 */
import { appendFileSync, existsSync, mkdirSync, openSync, closeSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataGap, MarketRow, RowKind } from '../../../shared/sim/market-rows.ts';
import { headerOf } from '../../data/columns.ts';
import { readRows } from '../../data/read-rows.ts';
import { EXIT, Problem } from '../tool.ts';
import type { Line, Span } from './venue.ts';

export type Series = Span & {
  readonly file: string;
  readonly kind: 'bar' | 'trade' | 'funding';
  /** Length of a bar, ms. */
  readonly barMs?: number;
  /** What comes after the newest row that is there; none: there is no more. */
  readonly page: (last: Last | null) => Promise<readonly Line[]>;
};
/** Newest row of a file. */
export type Last = { readonly atMs: number; readonly key: number };
export type Downloaded = {
  readonly file: string;
  readonly rows: number;
  /** Rows that earlier runs had brought. */
  readonly had: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly gaps: readonly DataGap[];
};

/** `onRows` hears how far it has come, ms since the epoch. */
export async function downloadSeries(series: Series, onRows: (atMs: number) => void): Promise<Downloaded> {
  const { file, fromMs, toMs, kind } = series;
  const before = await begin(series);
  let last = before.last;
  for (;;) {
    const page = (await series.page(last)).filter(({ key }) => last === null || key > last.key);
    const wanted = page.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    if (wanted.length > 0) appendFileSync(file, wanted.map(({ text }) => `${text}\n`).join(''));
    const newest = page.at(-1);
    if (!newest) break;
    last = { atMs: newest.atMs, key: newest.key };
    onRows(Math.min(newest.atMs, toMs));
    if (newest.atMs >= toMs) break;
  }
  if (last === null) throw new Problem(EXIT.failed, [`${file}: the venue has no such rows between ${utc(fromMs)} and ${utc(toMs)}`]);
  const { rows, firstMs, lastMs, gaps } = await look(file, { kind, series });
  return { file, rows, had: before.rows, firstMs, lastMs, gaps };
}

type Begun = { readonly last: Last | null; readonly rows: number };

async function begin(series: Series): Promise<Begun> {
  const { file, kind, fromMs } = series;
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) cutTornLine(file);
  if (!existsSync(file) || statSync(file).size === 0) writeFileSync(file, `${headerOf(kind)}\n`);
  if (statSync(file).size <= headerOf(kind).length + 1) return { last: null, rows: 0 };
  const { rows, firstMs, last } = await look(file, { kind, series });
  if (firstMs !== null && firstMs > fromMs) await proveBeginning(series, firstMs);
  return { last, rows };
}

/** A file that begins later than asked for is whole only when the venue has nothing earlier. */
async function proveBeginning({ file, page, fromMs }: Series, firstMs: number): Promise<void> {
  const [earliest] = await page(null);
  if (earliest && earliest.atMs < firstMs)
    throw new Problem(EXIT.usage, [
      `${file}: begins at ${utc(firstMs)}, but there are rows from ${utc(earliest.atMs)} on, and --from is ${utc(fromMs)}: choose another --out`,
    ]);
}

/** A kill in the middle of a write leaves half a line. */
function cutTornLine(file: string): void {
  const { size } = statSync(file);
  const handle = openSync(file, 'r');
  try {
    const tail = Buffer.alloc(Math.min(size, 65_536));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(10);
    if (end !== tail.length - 1) truncateSync(file, size - tail.length + end + 1);
  } finally {
    closeSync(handle);
  }
}

type Looked = Omit<Downloaded, 'file' | 'had'> & { readonly last: Last | null };

async function look(file: string, { kind, series }: { readonly kind: RowKind; readonly series: Series }): Promise<Looked> {
  const gaps: DataGap[] = [];
  let [rows, first, newest]: [number, MarketRow | null, MarketRow | null] = [0, null, null];
  const bar = series.barMs === undefined ? {} : { barMs: series.barMs };
  for await (const batch of readRows([file], kind, { symbol: series.symbol, ...bar, gaps: 'list', onGap: (gap) => gaps.push(gap) })) {
    rows += batch.length;
    first ??= batch[0] ?? null;
    newest = batch.at(-1) ?? newest;
  }
  const last = newest && { atMs: timeOf(newest), key: newest.kind === 'trade' ? newest.id : timeOf(newest) };
  return { rows, gaps, last, firstMs: first && timeOf(first), lastMs: last?.atMs ?? null };
}

const timeOf = (row: MarketRow): number => (row.kind === 'bar' ? row.openMs : row.knownMs);
const utc = (ms: number): string => new Date(ms).toISOString();
