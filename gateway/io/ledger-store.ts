/**
 * The ledger on disk: node:sqlite in WAL mode, and a journal beside it. Written down before anything leaves is an order that is placed (in the
 * journal) or amended (committed), so that no order of ours is at the venue without being here, and none is larger there than it may be by what
 * is here. All else is written shortly after, in one batch and in the order in which it happened: at every tick, before a snapshot is published
 * or a query answered, and before the exit; the rows of the journal, too. A kill -9 in between loses the last
 * moments of what happened to orders that are here, and these the first reconcile restores: states and cancels from order
 * queries and open orders; fills, fees and positions from the venue's list of trades, which is read on from a mark in the same batch. Since
 * what is on disk is always a beginning of what happened, mark and sums agree. What no venue tells again is committed at once: baselines,
 * corrections, funding, epochs, stops, modes, ladders. No fill is published under a number before the batch with it was tried.
 *
 * When the disk fails the rows wait in memory, `fault` says why, new orders are refused, cancel and close go on; the disk is tried again
 * all the time. One that could not be opened is tried again too (`LedgerReturn`). A file that is broken is not: a person has to look at it.
 */
import { EPOCH_MAX } from '../../shared/client-id.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Cause, LifeRows, Note } from '../account/audit-rows.ts';
import type { DayRow } from '../account/day-profit.ts';
import {
  type Archive,
  type FundingRow,
  type BookedFill,
  type Change,
  type DaysRange,
  type FillsRange,
  type LedgerOrder,
  type LedgerState,
  NO_CHANGE,
  type Now,
} from '../account/rows.ts';
import { Stamps } from '../account/stamps.ts';
import type { StopRow } from '../orders/stop-book.ts';
import { LedgerAside, type Task, wordsOf } from './ledger-aside.ts';
import { isEmpty, isPlacement, isUrgent } from './ledger-change.ts';
import { DroppedRows } from './ledger-dropped.ts';
import { LedgerEntries } from './ledger-entries.ts';
import { bringOntoGrids, type Instruments } from './ledger-grid.ts';
import { LedgerQueue } from './ledger-queue.ts';
import type { LedgerReader } from './ledger-reader.ts';
import { LedgerReturn } from './ledger-return.ts';
import { openLedger, type OpenLedger } from './ledger-open.ts';
import type { OpenOptions } from './ledger-options.ts';
import { bytesOf, CHECKED_BYTES_MAX, inTransaction } from './ledger-schema.ts';
import type { LedgerWriter, Pending } from './ledger-writer.ts';
import { NewestIds } from './newest-ids.ts';

/** Entries of one commit: a disk that is back is not kept busy for long. */
const BATCH = 1_000;
/** A disk that failed is tried again this often. */
const RETRY_MS = 250;
const CHECKPOINT_MS = 10_000;
/** A large file is proved whole this long after the start: then what had to be quick is done. */
const CHECK_AFTER_MS = 60_000;
/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const BROKEN: ReadonlySet<number> = new Set([11, 26]);

/** Remembered across restarts. */
export type Meta = {
  readonly stopped: string | null;
  readonly paused: string | null;
  /** JSON of reasons by symbol. */
  readonly halted: string | null;
  readonly ladders: string;
  /** Where the day's profit began; null at the first start. */
  readonly day: string | null;
  /** The emergency stop as it keeps itself. */
  readonly emergency: string | null;
  /** Limits in force and changes of the configuration, as they keep themselves. */
  readonly config: string | null;
  /** Up to when the venue's list of funding is booked. */
  readonly funding: string | null;
};
const EMPTY: LedgerState = { orders: [], positions: [], fillSeq: 0, loose: [] };

export class LedgerStore implements Archive, Disposable {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #startedAt: Now;
  readonly #onGrid: OpenOptions['onGrid'];
  readonly #queue = new LedgerQueue();
  readonly #entries: LedgerEntries;
  /** One row of times for all that is written here. */
  readonly stamps: Stamps;
  #open: OpenLedger | null = null;
  #fault: string | null = null;
  #broken = false;
  #retryAt = Number.NEGATIVE_INFINITY;
  #checkpointAt: number;
  readonly #aside: LedgerAside;
  #unproved = false;
  readonly #dropped = new DroppedRows();
  readonly #ids = new NewestIds({ written: (group) => this.#ask((reader) => reader.highestOrder(group)), waiting: this.#queue });
  #asideFault: string | null = null;
  readonly #return: LedgerReturn;

  constructor(options: OpenOptions) {
    const { path, clock, durability = 'process', onGrid, returns = 0 } = options;
    this.#path = path;
    this.#clock = clock;
    this.#onGrid = onGrid;
    this.#startedAt = { mono: clock.monoMs(), wall: clock.wallMs() };
    this.#checkpointAt = clock.monoMs() + CHECKPOINT_MS;
    this.#aside = new LedgerAside(path);
    this.#return = new LedgerReturn({ path, clock, durability, returns, tryAside: () => this.#aside.do('open') });
    this.stamps = new Stamps(clock);
    this.#entries = new LedgerEntries({ stamps: this.stamps, stored: (clientId) => this.findOrder(clientId)?.order.status ?? null });
    this.#attempt(() => {
      this.#open = openLedger(options);
      this.#unproved = bytesOf(this.#open.db) > CHECKED_BYTES_MAX;
    });
  }

  /** Null while the ledger can be written; else why not. */
  get fault(): string | null {
    return this.#fault;
  }

  /** It could not be opened, and now it can: to be used it has to be begun anew with. */
  get isBack(): boolean {
    return this.#return.isBack;
  }

  /** What a person should know of it while it can be written; null when there is nothing. */
  get warning(): string | null {
    const { lost } = this.#queue;
    return this.#asideFault ?? (lost === 0 ? null : `${this.#path}: ${lost} changes and notes found no room to wait in and were given up`);
  }

  /** Rows written on another grid are brought onto that of the instruments first; while that cannot be done nothing is read or written. */
  load(instruments: Instruments): LedgerState {
    if (!this.#open) return EMPTY;
    this.flush();
    const state = this.#attempt(() => this.#read(instruments));
    if (state) return state;
    this.#close(); // what was not read must not be written over
    return EMPTY;
  }

  /** True while the disk takes what it is given (see above for when it is given); false: kept in memory, written when the disk is back. */
  write(change: Change, cause: Cause = 'reconcile'): boolean {
    if (isEmpty(change)) return this.#fault === null;
    if (!this.#open) return false;
    const urgent = isUrgent(change) || change.positions.some((row) => this.#entries.isNew(row));
    const entry = this.#entries.of(change, { cause, wallMs: this.#clock.wallMs() });
    for (const { clientId } of change.orders) this.#ids.see(clientId);
    const [placed] = change.orders;
    if (placed && isPlacement(change) && this.#fault === null && this.#queue.order(placed.clientId) === null) {
      const journal = placed.order.status === 'sent' ? this.#open.journal : null; // only a new order: an amended one has a row
      const done = journal
        ? this.#attempt(() => journal.append(placed, entry.wallMs) ?? true) !== null
        : this.#put((writer) => writer.order(placed, entry.wallMs));
      return this.#queue.addChange(done && !journal ? { ...entry, change: NO_CHANGE } : entry) && done;
    }
    const kept = this.#queue.addChange(entry);
    if (urgent && this.#fault === null) this.flush();
    return kept && this.#fault === null;
  }

  /** Changes and notes that are not on disk yet. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Written with the next batch; given up when too many wait. */
  note(note: Note): void {
    if (this.#open) this.#queue.addNote(note);
  }

  /** Writes what waits. Called at every tick; a failed disk is tried again, with nothing when nothing waits. */
  flush(): void {
    if (!this.#open || this.#broken || (this.#queue.size === 0 && this.#fault === null)) return;
    const now = this.#clock.monoMs();
    if (this.#fault !== null && now < this.#retryAt) return;
    do {
      const batch = this.#queue.first(BATCH);
      if (this.#attempt(() => this.#commit(batch)) === null) {
        this.#retryAt = now + RETRY_MS;
        return;
      }
      this.#queue.drop(batch.length);
    } while (this.#queue.size > 0 && this.#fault === null);
    if (this.#queue.size > 0) return; // a long backlog goes on at the next tick, and the fault with it
    this.#entries.settled();
    if (this.#attempt(() => this.#open?.journal?.empty() ?? true)) this.#fault = null;
    else this.#retryAt = now + RETRY_MS;
  }

  /** Stops at the venue that had not ended. */
  openStops(): readonly StopRow[] {
    return this.#ask((reader) => reader.openStops()) ?? [];
  }

  /** True once committed; a stop that is not on disk is found at the venue by its id. */
  saveStop(row: StopRow): boolean {
    const now = this.#clock.wallMs();
    const saved = this.#put((writer) => writer.stop(row, now));
    const entry = this.#entries.ofStop(row, now);
    if (entry.transitions.length > 0) this.#queue.addChange(entry);
    return saved;
  }

  findOrder(clientId: string): LedgerOrder | null {
    if (this.#ids.isNew(clientId)) return null; // of every command that places; not one look into the file
    const row = this.#queue.order(clientId) ?? this.#ask((reader) => reader.findOrder(clientId));
    return row && this.#revive(row);
  }

  /** One that was dropped is told from one never seen; what it was is not known any more. */
  findFill(key: { readonly symbol: string; readonly tradeId: string }): BookedFill | null {
    return this.#ask((reader) => reader.findFill(key)) ?? this.#dropped.fill(key);
  }

  fillsOfOrder(key: { readonly symbol: string; readonly venueId: string }): readonly BookedFill[] {
    return this.#ask((reader) => reader.fillsOfOrder(key)) ?? [];
  }

  /** An id whose order was dropped in this run: it is never given to another. */
  wasDropped(clientId: string): boolean {
    return this.#dropped.hasOrder(clientId);
  }

  /** Fills numbered above `after`, oldest first. */
  fillsAfter(range: { readonly after: number; readonly limit: number }): BookedFill[] {
    return this.#askWritten((reader) => reader.fillsAfter(range)) ?? [];
  }

  fillsRange(range: FillsRange): BookedFill[] {
    return this.#askWritten((reader) => reader.fillsRange(range)) ?? [];
  }

  days(range: DaysRange): DayRow[] {
    return this.#askWritten((reader) => reader.days(range)) ?? [];
  }

  /** Of that time on, oldest first; null while not all that is booked is in the file, or it cannot be read. */
  fundingSince(fromMs: number): FundingRow[] | null {
    const found = this.#askWritten((reader) => reader.fundingSince(fromMs));
    return this.#queue.size > 0 ? null : found;
  }

  /** '' for a symbol that was never counted. */
  quoteAsset(symbol: string): string {
    return this.#ask((reader) => reader.grid(symbol)?.quoteAsset ?? '') ?? '';
  }

  /** Null when the file cannot be read. */
  life(clientId: string): LifeRows | null {
    return this.#askWritten((reader) => reader.life(clientId));
  }

  /** How many orders of a symbol reached a state, over the whole life of the ledger. */
  countReached(symbol: string): Readonly<Record<string, number>> {
    return this.#askWritten((reader) => reader.countReached(symbol)) ?? {};
  }

  /** The highest number handed out so far; 0: none, or it cannot be read. */
  lastEpoch(): number {
    return Number(this.#meta('epoch') ?? 0);
  }

  /** A number never handed out before; it is on disk before it is returned. Null when it cannot be written or all are used up. */
  grantEpoch(atLeast = 1): number | null {
    const next = Math.max(Number(this.#meta('epoch') ?? 0) + 1, atLeast);
    if (!this.#open || next > EPOCH_MAX) return null;
    return this.setMeta('epoch', String(next)) ? next : null;
  }

  meta(): Meta {
    return {
      stopped: this.#meta('stopped'),
      paused: this.#meta('paused'),
      halted: this.#meta('halted'),
      ladders: this.#meta('ladders') ?? '[]',
      day: this.#meta('day'),
      emergency: this.#meta('emergency'),
      config: this.#meta('config'),
      funding: this.#meta('funding'),
    };
  }

  setMeta(key: string, value: string | null): boolean {
    return this.#open ? this.#put((writer) => writer.meta(key, value)) : this.#return.keep(key, value);
  }

  /** On a timer, never between order and answer: drops a slice of what is old; folds the log into the file, and once proves a large one, aside. */
  housekeep(): void {
    const now = this.#clock.monoMs();
    if (!this.#open && !this.#broken) void this.#tryAgain();
    if (!this.#open || this.#broken) return;
    const { retention } = this.#open;
    const dropped = this.#fault === null ? this.#attempt(() => retention.slice(this.#clock.wallMs())) : null;
    if (dropped) this.#dropped.add(dropped);
    if (this.#aside.busy) return;
    if (now >= this.#checkpointAt) {
      this.#checkpointAt = now + CHECKPOINT_MS;
      void this.#do('fold');
    } else if (this.#unproved && now - this.#startedAt.mono >= CHECK_AFTER_MS) {
      this.#unproved = false;
      void this.#do('prove');
    }
  }

  /** Writes what waits, if it can. */
  [Symbol.dispose](): void {
    for (let before = Number.POSITIVE_INFINITY; this.#queue.size < before; ) {
      before = this.#queue.size;
      this.#retryAt = Number.NEGATIVE_INFINITY;
      this.flush();
    }
    this.#close();
  }

  /** As a sudden death would leave it: what waits is never written. */
  abandon(): void {
    this.#close();
  }

  #read(instruments: Instruments): LedgerState {
    if (!this.#open) return EMPTY;
    const { db, reader } = this.#open;
    for (const one of bringOntoGrids(db, instruments)) this.#onGrid?.(one);
    const [orders, positions] = [reader.openOrders(), reader.positions()];
    this.#entries.load({ orders, positions });
    this.#dropped.load(reader.droppedFills());
    for (const row of orders) if (!reader.hasTransitions(row.clientId)) this.#queue.addChange(this.#entries.sent(row));
    return { orders: orders.map((row) => this.#revive(row)), positions, fillSeq: reader.fillSeq(), loose: reader.looseFills() };
  }

  #commit(batch: readonly Pending[]): void {
    if (!this.#open) return;
    const { db, writer } = this.#open;
    inTransaction(db, () => {
      if (batch.length === 0) writer.meta('written', String(this.#clock.wallMs())); // proves the disk
      for (const pending of batch) writer.write(pending);
    });
  }

  /** A log that is not folded in grows; a write that fails tells when that matters. */
  async #do(task: Task): Promise<void> {
    const answer = await this.#aside.do(task);
    if (answer.kind === 'broken') this.#break(`integrity check says ${answer.sentence}`);
    this.#asideFault = answer.kind === 'failed' ? `${this.#path}: cannot ${task} it: ${answer.sentence}` : null;
  }

  async #tryAgain(): Promise<void> {
    const failed = await this.#return.tick();
    if (failed?.kind === 'broken') this.#break(failed.sentence);
    else if (failed) this.#fault = `${this.#path}: ${failed.sentence}`;
    else if (this.#return.isOpen) this.#fault = `${this.#path}: it can be written again: the gateway is about to begin anew with it`;
  }

  #meta(key: string): string | null {
    return this.#ask((reader) => reader.meta(key));
  }

  /** One statement, committed by itself. */
  #put(act: (writer: LedgerWriter) => void): boolean {
    const open = this.#broken ? null : this.#open;
    return open !== null && this.#attempt(() => act(open.writer)) !== null;
  }

  #ask<T>(act: (reader: LedgerReader) => T): T | null {
    return this.#attempt(() => (this.#open ? act(this.#open.reader) : null));
  }

  #askWritten<T>(act: (reader: LedgerReader) => T): T | null {
    this.flush();
    return this.#ask(act);
  }

  /** Monotonic times of an earlier run mean nothing now: such a row counts as taken in at the start of this one. */
  #revive(row: LedgerOrder): LedgerOrder {
    const ours = row.sentWallMs >= this.#startedAt.wall;
    return ours ? row : { ...row, sentAt: this.#startedAt.mono, endedAt: row.endedAt === null ? null : this.#startedAt.mono };
  }

  #attempt<T>(act: () => T): T | null {
    try {
      return act();
    } catch (error) {
      if (error instanceof Error && 'errcode' in error && BROKEN.has(Number(error.errcode) & 0xff)) this.#break(wordsOf(error));
      else this.#fault = `${this.#path}: ${wordsOf(error)}`;
      return null;
    }
  }

  #break(sentence: string): void {
    this.#broken = true;
    this.#fault = `${this.#path}: ${sentence}; nothing is written to it any more: stop the gateway, keep the file, start without it`;
  }

  #close(): void {
    this.#aside.stop();
    this.#return[Symbol.dispose]();
    this.#open?.[Symbol.dispose]();
    this.#open = null;
  }
}
