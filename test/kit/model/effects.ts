/** What one life of a gateway does to the world, counted, so that it can be killed between any two such steps; and its ledger file. */
import { copyFileSync, existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../../shared/clock.ts';
import type { OpenOptions } from '../../../gateway/io/ledger-options.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
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
 * The real store on a file of its own life. A kill leaves the file and its log as they are, without what still waited to be written; a loss of
 * power leaves a log that ends after some earlier commit, because commits are not flushed one by one. The log is never folded in, so that any
 * commit may be the last that is left.
 */
export class ModelStore extends LedgerStore {
  readonly #file: string;
  readonly #effects: Effects;
  /** Length of the log after each commit. */
  readonly #ends: number[] = [];
  #queued = false;
  /** Holds the file so that nobody else can write to it. */
  #blocker: DatabaseSync | null = null;
  readonly #after: Clock['after'];

  constructor({ effects, ...options }: OpenOptions & { readonly effects: Effects }) {
    super(options);
    this.#file = options.path;
    this.#effects = effects;
    this.#after = (delayMs, run) => options.clock.after(delayMs, run);
    this.#note();
  }

  /** The disk takes nothing until it is mended. */
  breakFor(ms: number): void {
    if (this.#blocker) return;
    this.#blocker = new DatabaseSync(this.#file);
    this.#blocker.exec('PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE');
    this.#after(ms, () => this.mend());
  }

  mend(): void {
    this.#blocker?.exec('ROLLBACK');
    this.#blocker?.close();
    this.#blocker = null;
  }

  override write(change: Change, cause?: Cause): boolean {
    this.#queued = true;
    return this.#durably(() => super.write(change, cause), true);
  }

  override flush(): void {
    if (!this.#queued) return;
    this.#durably(() => super.flush(), undefined);
    this.#queued = this.fault !== null;
  }

  override saveStop(row: StopRow): boolean {
    this.#queued = true; // its states
    return this.#durably(() => super.saveStop(row), true);
  }

  override setMeta(key: string, value: string | null): boolean {
    return this.#durably(() => super.setMeta(key, value), true);
  }

  override housekeep(): void {}

  /** What left this process is not on disk, or may not be: a crash takes the knowledge of it. */
  get waits(): boolean {
    return this.fault !== null;
  }

  /** Leaves to `path` what a crash leaves on the disk; with the power the newest `lost` commits are gone, and what was not yet in the tables. */
  crashTo(path: string, lost: number): void {
    const log = `${this.#file}-wal`;
    const kept = this.#ends.at(-1 - lost) ?? this.#ends[0] ?? 0;
    copyFileSync(this.#file, path);
    copyFileSync(log, `${path}-wal`);
    rmSync(`${path}-placed`, { force: true });
    if (lost > 0) truncateSync(`${path}-wal`, kept);
    else if (existsSync(`${this.#file}-placed`)) copyFileSync(`${this.#file}-placed`, `${path}-placed`);
    this.remove();
  }

  remove(): void {
    this.mend();
    this.abandon();
    for (const end of ['', '-wal', '-shm', '-placed']) rmSync(`${this.#file}${end}`, { force: true });
  }

  #durably<T>(run: () => T, nothing: T): T {
    return this.#effects.step(() => {
      const done = run();
      this.#note();
      return done;
    }, nothing);
  }

  #note(): void {
    const { size } = statSync(`${this.#file}-wal`, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size !== this.#ends.at(-1)) this.#ends.push(size);
  }
}
