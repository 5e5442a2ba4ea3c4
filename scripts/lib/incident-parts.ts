/** What an incident bundle is made of: lines of logs, rows of the ledger and records of tapes that fall into a range of time, without secrets. */
import { DatabaseSync } from 'node:sqlite';
import { readTapeFile } from '../../shared/io/tape-reader.ts';
import type { Redact } from '../../shared/redact.ts';
import { blockOf } from '../../shared/tape-block.ts';
import type { TapeRecord } from '../../shared/tape.ts';
import { readLines } from '../sim/tape-lines.ts';

/** Milliseconds since the epoch; `toMs` is exclusive. */
export type Range = { readonly fromMs: number; readonly toMs: number };
export type Taken = { readonly range: Range; readonly hide: Redact };

/** Rows that the range touches, and in full what has no time; one JSON text each. The file is only read. */
export function ledgerLines(path: string, { range, hide }: Taken): readonly string[] {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map(({ name }) => String(name));
    return tables.flatMap((table) => rowsOf(db, { table, range }).map((row) => hide(JSON.stringify({ table, ...row }))));
  } finally {
    db.close();
  }
}

/** Columns that hold a time, and how many of its units a millisecond has. */
const TIMES: Readonly<Record<string, number>> = { at_us: 1_000, at_ms: 1, ended_ms: 1 };

function rowsOf(db: DatabaseSync, { table, range }: { readonly table: string; readonly range: Range }): readonly object[] {
  const columns = db
    .prepare(`PRAGMA table_info("${table}")`)
    .all()
    .map(({ name }) => String(name));
  const time = columns.find((name) => name in TIMES);
  const unit = TIMES[time ?? ''] ?? 1;
  const order = db.prepare(time === undefined ? `SELECT * FROM "${table}"` : `SELECT * FROM "${table}" WHERE ${conditionOf(time)}`);
  const found =
    time === undefined ? order.all() : time === 'ended_ms' ? order.all(range.fromMs) : order.all(range.fromMs * unit, range.toMs * unit);
  return found.map((row) => ({ ...row, ...(typeof row['row'] === 'string' ? { row: parsed(row['row']) } : {}) }));
}

/** An order that ended before is out; one that lives, or ended since, is in. */
const conditionOf = (time: string): string => (time === 'ended_ms' ? 'ended_ms IS NULL OR ended_ms >= ?' : `${time} >= ? AND ${time} < ?`);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Lines of a log by their own time; a line without one belongs to the line before it. */
export async function* logLines(path: string, { range: { fromMs, toMs }, hide }: Taken): AsyncGenerator<string, void, void> {
  let isIn = false;
  for await (const { lines } of readLines(path))
    for (const line of lines) {
      const told = /"time":"([^"]+)"/.exec(line)?.[1];
      const atMs = told === undefined ? null : Date.parse(told);
      if (atMs !== null && !Number.isNaN(atMs)) isIn = atMs >= fromMs && atMs < toMs;
      if (isIn) yield hide(line);
    }
}

/** Blocks of the records in the range, behind those that begin the file; nothing when it has none there. Holes are kept as they are told. */
export async function* tapeBlocks(path: string, { range: { fromMs, toMs }, hide }: Taken): AsyncGenerator<Buffer, void, void> {
  let begin: TapeRecord[] = [];
  for await (const records of readTapeFile(path)) {
    const inside = records.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    if (inside.length === 0) {
      if ((records[0]?.atMs ?? 0) < fromMs) begin = [...begin, ...records.filter(({ source }) => LASTING.has(source))];
      continue;
    }
    const earlier = records.filter(({ atMs, source }) => atMs < fromMs && LASTING.has(source));
    const [first, ...rest] = [...begin, ...earlier, ...inside].map((record) => ({
      ...record,
      name: hide(record.name),
      raw: hide(record.raw),
    }));
    if (first) yield blockOf([first, ...rest]);
    begin = [];
  }
}

/** What the records after it cannot be read without. */
const LASTING: ReadonlySet<string> = new Set(['head', 'instruments', 'book', 'connection']);
