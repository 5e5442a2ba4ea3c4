/** What one life of a gateway does to the world, counted, so that it can be killed between any two such steps; and its ledger file. */
import { copyFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import type { Clock } from '../../../shared/clock.ts';
import { LedgerStore, type OpenOptions } from '../../../gateway/io/ledger-store.ts';
import type { Cause } from '../../../gateway/account/audit-rows.ts';
import type { Change } from '../../../gateway/account/rows.ts';
import type { StopRow } from '../../../gateway/orders/stop-book.ts';

export type Kill = { readonly afterSteps: number; readonly phase: 'before' | 'after' };

/** A dead one goes on computing until its turn is over, as code may after a `kill`; nothing it does reaches disk or exchange. */
export class Effects {
  dead = false;
  #steps = 0;
  #kill: Kill | null = null;

  killAfter(kill: Kill): void {
    this.#kill = { ...kill, afterSteps: this.#steps + kill.afterSteps };
  }

  /** One step that the world feels; `nothing` is what a dead process gets. */
  step<T>(run: () => T, nothing: T): T {
    if (this.dead) return nothing;
    const last = this.#kill !== null && this.#steps++ >= this.#kill.afterSteps;
    if (last && this.#kill?.phase === 'before') this.dead = true;
    if (this.dead) return nothing;
    const value = run();
    if (last) this.dead = true;
    return value;
  }
}

/**
 * The real store on a file of its own life. A kill leaves the file and its log as they are; a loss of power leaves a log that ends after
 * some earlier commit, because commits are not flushed one by one. It is never folded in, so that any commit may be the last that is left.
 */
export class ModelStore extends LedgerStore {
  readonly #file: string;
  readonly #effects: Effects;
  /** Length of the log after each commit. */
  readonly #ends: number[] = [];
  #waiting: { readonly change: Change; readonly cause?: Cause }[] = [];
  /** Something was given to the store since the last batch: a crash may take it along. */
  #unflushed = false;
  #inWrite = false;
  /** The disk takes nothing. */
  broken = false;
  readonly #after: Clock['after'];

  constructor({ effects, ...options }: OpenOptions & { readonly effects: Effects }) {
    super(options);
    this.#file = options.path;
    this.#effects = effects;
    this.#after = (delayMs, run) => options.clock.after(delayMs, run);
    this.#note();
  }

  breakFor(ms: number): void {
    this.broken = true;
    this.#after(ms, () => {
      this.broken = false;
    });
  }

  override get fault(): string | null {
    return this.broken ? 'the disk is full' : super.fault;
  }

  /** What waits goes first, as in the store itself. */
  override write(change: Change, cause?: Cause): boolean {
    if (this.broken || this.#waiting.length > 0) {
      this.#waiting.push({ change, ...(cause && { cause }) });
      this.flush();
      return this.#waiting.length === 0;
    }
    this.#unflushed = true;
    return this.#writeNow(change, cause);
  }

  override saveStop(row: StopRow): boolean {
    return this.broken ? false : this.#durably(() => super.saveStop(row));
  }

  override setMeta(key: string, value: string | null): boolean {
    return this.broken ? false : this.#durably(() => super.setMeta(key, value));
  }

  override flush(): void {
    if (this.#inWrite) super.flush(); // an urgent change, written by what stands below
    if (this.#inWrite || this.broken) return;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const { change, cause } = next;
      this.#writeNow(change, cause);
      if (this.#effects.dead) return;
      this.#waiting.shift();
    }
    if (!this.#unflushed) return;
    this.#durably(() => {
      super.flush();
      this.#unflushed = false;
      return true;
    });
  }

  override housekeep(): void {}

  /** Rows wait for the disk: a crash takes them with it. */
  get waits(): boolean {
    return this.#waiting.length > 0 || this.#unflushed;
  }

  /** Leaves to `path` what a crash leaves on the disk; the newest `lost` commits are gone. */
  crashTo(path: string, lost: number): void {
    const log = `${this.#file}-wal`;
    const kept = this.#ends.at(-1 - lost) ?? this.#ends[0] ?? 0;
    copyFileSync(this.#file, path);
    copyFileSync(log, `${path}-wal`);
    if (lost > 0) truncateSync(`${path}-wal`, kept);
    this.remove();
  }

  remove(): void {
    this.abandon();
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.#file}${end}`, { force: true });
  }

  #writeNow(change: Change, cause?: Cause): boolean {
    this.#inWrite = true;
    try {
      return this.#durably(() => super.write(change, cause));
    } finally {
      this.#inWrite = false;
    }
  }

  #durably(run: () => boolean): boolean {
    return this.#effects.step(() => {
      const done = run();
      this.#note();
      return done;
    }, true);
  }

  #note(): void {
    const { size } = statSync(`${this.#file}-wal`, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size !== this.#ends.at(-1)) this.#ends.push(size);
  }
}
