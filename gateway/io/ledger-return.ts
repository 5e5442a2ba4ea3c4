/**
 * A ledger that could not be opened at the start: tried again aside, at bounded intervals, until it can be opened and written. What it holds
 * is not read then, because this run has counted on without it: whoever begins anew with it has the whole. Until then it takes what stops the
 * trading, and nothing that lifts or replaces what stands there unread.
 */
import type { Clock } from '../../shared/clock.ts';
import { type MonoMs, monoMs } from '../../shared/units.ts';
import type { Answer } from './ledger-aside.ts';
import { openLedger, type OpenLedger } from './ledger-open.ts';
import type { Durability } from './ledger-schema.ts';

export type ReturnOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly durability: Durability;
  /** Opens the file in another thread and writes to it. */
  readonly tryAside: () => Promise<Answer>;
  /** How often this process has begun anew because of it: each time it is waited for longer. */
  readonly returns: number;
};

const WAIT_MS = 1_000;
const WAIT_MS_MAX = 60_000;
/** What waits to be kept is kept by then. */
const KEEP_MS = 1_000;
const KEEP_RETRY_MS = 250;
/** What must outlive a run without a ledger: that it was stopped, paused, halted on a symbol. */
const KEPT: ReadonlySet<string> = new Set(['stopped', 'paused', 'halted', 'emergency']);

export class LedgerReturn implements Disposable {
  readonly #options: ReturnOptions;
  #failures: number;
  #nextAt: number;
  #busy = false;
  #keepAt = monoMs(0);
  #back: { readonly ledger: OpenLedger; readonly since: MonoMs } | null = null;

  constructor(options: ReturnOptions) {
    this.#options = options;
    this.#failures = options.returns;
    this.#nextAt = options.clock.monoMs() + this.#waitMs;
  }

  /** Whoever begins anew now finds a ledger that can be written, with all that this run had to leave. */
  get isBack(): boolean {
    return this.#back !== null && this.#options.clock.monoMs() - this.#back.since >= KEEP_MS;
  }

  /** False: it is not back, or what stands there under this name may say more than we know. */
  keep(key: string, value: string | null): boolean {
    const now = this.#options.clock.monoMs();
    if (!this.#back || value === null || !KEPT.has(key) || now < this.#keepAt) return false;
    const { reader, writer } = this.#back.ledger;
    try {
      const halted = key === 'halted' ? reader.meta(key) : null;
      writer.meta(key, halted === null ? value : JSON.stringify({ ...reasonsIn(halted), ...reasonsIn(value) }));
      return true;
    } catch {
      this.#keepAt = monoMs(now + KEEP_RETRY_MS); // the disk failed again; each try may wait for a lock
      this.#back = { ...this.#back, since: now }; // not back before what must be kept is kept
      return false;
    }
  }

  get isOpen(): boolean {
    return this.#back !== null;
  }

  /** Called often. Tells why it failed, when it did; a broken file is given up by the caller. */
  async tick(): Promise<Exclude<Answer, { kind: 'done' }> | null> {
    const { clock, tryAside } = this.#options;
    if (this.#busy || this.#back || clock.monoMs() < this.#nextAt) return null;
    this.#busy = true;
    const tried = await tryAside();
    const answer = tried.kind === 'done' ? this.#open() : tried;
    this.#busy = false;
    if (answer.kind === 'done') return null;
    this.#failures++;
    this.#nextAt = clock.monoMs() + this.#waitMs;
    return answer;
  }

  [Symbol.dispose](): void {
    this.#back?.ledger[Symbol.dispose]();
    this.#back = null;
  }

  get #waitMs(): number {
    return Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** Math.min(this.#failures, 30));
  }

  /** With its journal, without which the new beginning would fail. */
  #open(): Answer {
    const { path, clock, durability } = this.#options;
    try {
      const ledger = openLedger({ path, clock, durability });
      this.#back = { ledger, since: clock.monoMs() };
      return { kind: 'done' };
    } catch (error) {
      return { kind: 'failed', sentence: error instanceof Error ? error.message : String(error) };
    }
  }
}

const reasonsIn = (text: string): Readonly<Record<string, string>> => JSON.parse(text);
