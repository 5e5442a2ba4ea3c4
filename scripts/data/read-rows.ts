/**
 * Market data files as rows, streamed: CSV with the header of the venue or ours, or without; plain, gzip or zip; times in milliseconds or
 * microseconds. Nothing is passed over: what is wrong ends the reading with one line that names file and line, and holes are listed (or end
 * it, too).
 */
import { basename } from 'node:path';
import type { DataGap, RowKind, RowOf } from '../../shared/sim/market-rows.ts';
import { INTERVALS } from '../../shared/sim/history.ts';
import { TapeProblem } from '../sim/tape-file.ts';
import { readLines } from '../sim/tape-lines.ts';
import { type Shape, SHAPES } from './columns.ts';
import { Sequence } from './sequence.ts';

export type RowOptions = {
  /** Whose rows these have to be; without it the first file's name tells. */
  readonly symbol?: string;
  /** Length of a bar, ms; without it the first rows or the file's name tell. */
  readonly barMs?: number;
  /** `refuse`: a hole is a problem as any other. */
  readonly gaps: 'list' | 'refuse';
  readonly onGap?: (gap: DataGap) => void;
};
/** A sentence for a row that the caller cannot use: it is a problem as any other. */
type Checked<K extends RowKind> = { readonly check?: (row: RowOf<K>) => string | null };

/** Rows of all files as one series, a batch for each piece read; throws TapeProblem. */
export async function* readRows<K extends RowKind>(
  files: readonly string[],
  kind: K,
  options: RowOptions & Checked<K>,
): AsyncGenerator<readonly RowOf<K>[], void, void> {
  checkSymbols(files, options.symbol);
  const sequence = new Sequence({ ...options, barMs: options.barMs ?? barMsOf(files[0] ?? '') });
  const { check = () => null } = options;
  for (const file of files) yield* readFile(file, { shape: SHAPES[kind], sequence, check });
  sequence.end(files.at(-1) ?? '');
}

type Reading<K extends RowKind> = { readonly shape: Shape<K>; readonly sequence: Sequence } & Required<Checked<K>>;

async function* readFile<K extends RowKind>(file: string, { shape, sequence, check }: Reading<K>): AsyncGenerator<RowOf<K>[], void, void> {
  const table = new Table(shape);
  let line = 0;
  let rows = 0;
  for await (const piece of readLines(file)) {
    const batch: RowOf<K>[] = [];
    for (const text of piece.lines) {
      line += 1;
      const taken = table.rows(text);
      for (const row of Array.isArray(taken) ? taken : [taken]) {
        const wrong = typeof row === 'string' ? row : check(row);
        if (typeof row === 'string' || wrong !== null) throw new TapeProblem(`${file}: line ${line}: ${wrong}`);
        rows += 1;
        for (const ready of sequence.take(row, { file, line })) batch.push(ready as RowOf<K>); // it changes no kind
      }
    }
    if (batch.length > 0) yield batch;
    if (piece.problem !== null) throw new TapeProblem(line === 0 ? `${file}: ${piece.problem}` : `${file}: line ${line}: ${piece.problem}`);
  }
  if (rows === 0) throw new TapeProblem(`${file}: holds no rows`);
}

/** One line of a REST answer as it came, `[[…],[…],`: rows of cells; null when it is none. */
function rowsOfJson(line: string): readonly string[] | null {
  const inner = line
    .trim()
    .replace(/^\[(?=\[)/, '')
    .replace(/,$/, '')
    .replace(/\]\]$/, ']');
  try {
    const rows: unknown = JSON.parse(`[${inner}]`);
    return Array.isArray(rows) && rows.every(Array.isArray) ? rows.map((cells) => cells.join(',')) : null;
  } catch {
    return null;
  }
}

/** One file's columns and unit of time, learned from its first lines. */
class Table<K extends RowKind> {
  readonly #shape: Shape<K>;
  #names: readonly string[] | null = null;
  #digits = 0;
  /** Filled anew for each line: a table has millions. */
  readonly #cells: Record<string, string> = {};

  constructor(shape: Shape<K>) {
    this.#shape = shape;
  }

  /** None for the header, one for a line, a list for a line of JSON; a sentence where it is wrong. */
  rows(text: string): RowOf<K> | string | readonly (RowOf<K> | string)[] {
    if (text.charCodeAt(0) !== OPEN) return this.#row(text);
    return rowsOfJson(text)?.flatMap((row) => this.#row(row)) ?? 'is not one JSON array of rows';
  }

  #row(text: string): RowOf<K> | string | readonly [] {
    const cells = (text.charCodeAt(text.length - 1) === RETURN ? text.slice(0, -1) : text).split(',');
    if (this.#names === null) {
      const isHeader = !/^[-\d]/.test(cells[0] ?? '');
      const names = isHeader ? this.#header(cells) : this.#headless(cells.length);
      if (typeof names === 'string') return names;
      this.#names = names;
      if (isHeader) return [];
    }
    const names = this.#names;
    if (cells.length !== names.length) return `has ${cells.length} columns, expected are ${names.length} (${names.join(',')})`;
    for (let i = 0; i < names.length; i++) this.#cells[names[i] ?? ''] = cells[i] ?? '';
    return this.#shape.parse(this.#cells, this.#time);
  }

  /** All columns, or as many as there are where none that must be is left out. */
  #headless(count: number): readonly string[] {
    const { columns } = this.#shape;
    const told = columns.slice(count).every((column) => column.optional) ? columns.slice(0, count) : columns;
    return told.map(({ names: [name] }) => name);
  }

  /** Our names of its columns; unknown ones keep their own. */
  #header(cells: readonly string[]): readonly string[] | string {
    const { columns, kind } = this.#shape;
    const names = cells.map((cell) => {
      const wanted = cell.trim().toLowerCase();
      return columns.find((column) => column.names.includes(wanted))?.names[0] ?? wanted;
    });
    const absent = columns.filter((column) => !column.optional && !names.includes(column.names[0])).map((column) => column.names[0]);
    return absent.length > 0 ? `the header has no column ${absent.join(', ')}: these are no rows of kind ${kind}` : names;
  }

  /** Newer public files tell microseconds: one unit in a file. */
  readonly #time = (name: string, text: string): number | string => {
    if (!isMillis(text) && !TIME.test(text))
      return `${name} ${JSON.stringify(text)} is not in milliseconds or microseconds since the epoch`;
    const digits = text.length <= 13 ? 13 : 16;
    if (this.#digits !== 0 && digits !== this.#digits) return `${name} ${text} is of another unit than the times before it`;
    this.#digits = digits;
    return digits === 13 ? Number(text) : Number(text) / 1_000;
  };
}

const [OPEN, RETURN] = [91, 13];
const TIME = /^(\d{12,13}|\d{15,16})$/;
/** Thirteen digits, by hand: it is what most files have. */
function isMillis(text: string): boolean {
  if (text.length !== 13) return false;
  for (let i = 0; i < 13; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return false;
  return true;
}
const SYMBOL = /(?:^|[-_.])([A-Z0-9]{1,20}(?:USDT|USDC|BUSD|BTC|USD)(?:_\d{6}|_PERP)?)(?=[-_.])/;

/** The contract that a file's name tells, as in `BTCUSDT-1m-2026-07.zip`; null when it tells none. */
export const symbolOfName = (file: string): string | null => SYMBOL.exec(basename(file))?.[1] ?? null;

function checkSymbols(files: readonly string[], wanted: string | undefined): void {
  let [symbol, teller] = [wanted ?? null, ''];
  for (const file of files) {
    const told = symbolOfName(file);
    if (told === null) continue;
    if (symbol !== null && told !== symbol)
      throw new TapeProblem(
        `${file}: line 1: is of ${told}, ${teller === '' ? `asked for is ${symbol}` : `but ${teller} is of ${symbol}`}`,
      );
    [symbol, teller] = [told, wanted === undefined ? file : ''];
  }
}

function barMsOf(file: string): number | null {
  const told = /[-_](\d{1,2}[mhd])[-_.]/.exec(basename(file))?.[1] ?? '';
  return INTERVALS[told] ?? null;
}
