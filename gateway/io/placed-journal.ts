/**
 * New orders that are not in the tables yet: one line each, handed to the system before the order's bytes leave. A commit of the database
 * before each order would cost several times as much; the tables get the row with the batch of the next tick, and then the journal is emptied.
 *
 * What a failure does:
 * - Killed before a line is whole: the order never left. The next start takes whole lines only.
 * - Killed with whole lines, before, in or after the batch that has their rows, or while the next start takes them over: it puts in those that
 *   the tables lack and leaves the others as they are, then empties the journal; done twice it is the same.
 * - A disk that is full or fails: the order is refused, and what there is of its line is cut off before another is written. It counts as failed
 *   until a probe was written, whatever the tables take meanwhile, so that orders are not let in to be refused one by one. A line that is whole
 *   and was not flushed (durability `power`) is cut off in the same way; should a kill come first, the next start takes in an order that never
 *   left, and asks the venue about it.
 * - A power failure with durability `process`: whatever is left is read up to the first line that is not as it was written.
 */
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFolder } from '../../shared/io/whole-file.ts';
import type { LedgerOrder } from '../account/rows.ts';
import { type Durability, STORE_VERSION } from './ledger-schema.ts';
import { readRow, writePlainRow } from './row-text.ts';

export const JOURNAL_SUFFIX = '-placed';
/** An order as it was taken in. */
export type Placed = { readonly row: LedgerOrder; readonly wallMs: number };

/** No order, if a kill leaves it. */
const PROBE = '\n';
const LINE = /^(\d+) ([0-9a-f]+) (\d+(?:\.\d+)?) (.*)$/;

export class PlacedJournal implements Disposable {
  readonly #path: string;
  readonly #durability: Durability;
  #fd: number | null = null;
  /** Of whole lines. */
  #bytes = 0;
  /** Behind them there is a piece of one. */
  #isTorn = false;
  /** The last write did not succeed. */
  #hasFailed = false;

  /** Of the ledger at `path`. Nothing is opened yet. */
  constructor(path: string, durability: Durability) {
    this.#path = `${path}${JOURNAL_SUFFIX}`;
    this.#durability = durability;
  }

  /** What a run before left. Throws where it cannot be read, or was written by another version of the program. */
  left(): readonly Placed[] {
    const text = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
    this.#isTorn = text !== '';
    const placed: Placed[] = [];
    for (const line of text.split('\n').slice(0, -1)) {
      const one = this.#read(line);
      if (one === null) break;
      placed.push(one);
    }
    return placed;
  }

  /** Throws where the line is not on disk; then it counts as never written. */
  append(row: LedgerOrder, wallMs: number): void {
    this.#write(lineOf({ row, wallMs }));
  }

  /** All that is in it is in the tables, or never left. Throws, too, while one that failed still cannot be written. */
  empty(): void {
    if (this.#hasFailed) this.#write(PROBE);
    if (this.#bytes > 0 || this.#isTorn) this.#cut(this.#file(), 0);
    this.#hasFailed = false;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #write(line: string): void {
    this.#hasFailed = true; // until the last step is done
    const fd = this.#file();
    if (this.#isTorn) this.#cut(fd, this.#bytes);
    this.#isTorn = true;
    const written = writeSync(fd, line);
    if (written !== Buffer.byteLength(line)) throw new Error(`disk is full: ${written} bytes of a row had room`);
    if (this.#durability === 'power') fdatasyncSync(fd);
    this.#bytes += written;
    this.#isTorn = false;
    this.#hasFailed = false;
  }

  #file(): number {
    if (this.#fd !== null) return this.#fd;
    const fd = openSync(this.#path, 'a', 0o600);
    try {
      if (this.#durability === 'power') syncFolder(dirname(this.#path));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#fd = fd;
    return fd;
  }

  #cut(fd: number, bytes: number): void {
    ftruncateSync(fd, bytes);
    this.#bytes = bytes;
    this.#isTorn = false;
  }

  /** Null for what was never written so. */
  #read(line: string): Placed | null {
    const [, version, sum, wallMs = '', text = ''] = LINE.exec(line) ?? [];
    if (sum === undefined || sum !== sumOf(`${wallMs} ${text}`)) return null;
    if (Number(version) !== STORE_VERSION)
      throw new Error(
        `${this.#path} is of a program with schema version ${version}, this one knows ${STORE_VERSION}: start that one first`,
      );
    return { row: readRow<LedgerOrder>(text), wallMs: Number(wallMs) };
  }
}

function lineOf({ row, wallMs }: Placed): string {
  const text = `${wallMs} ${writePlainRow(row)}`;
  return `${STORE_VERSION} ${sumOf(text)} ${text}\n`;
}

const sumOf = (text: string): string => crc32(text).toString(16);
