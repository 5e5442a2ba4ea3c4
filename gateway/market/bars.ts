/**
 * K-lines of one instrument and interval: REST warm-up, then the stream, chained by open time. Sans-I/O. `complete` is said only while no
 * bar is missing between the first and the newest closed one; after a hole or a lost stream it is not, until REST has filled it.
 */
import type { Bar } from '../../shared/events.ts';
import type { BarsView } from '../venues/venue.ts';

export const INTERVAL_MS: Readonly<Record<string, number>> = {
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
};

/** Bars a slow average needs to have forgotten its start, and never fewer than 300. */
export const barsWanted = (slowPeriod: number): number => Math.max(300, 10 * slowPeriod);

/** The stream may tell of a close this much later than the bar's end before REST is asked. */
export const CLOSE_GRACE_MS = 2_000;

export interface BarsPort {
  /** Ask REST for the newest bars after `delayMs`; answered by `load` or `loadFailed`. Never asked again before the answer. */
  readonly fetchBars: (symbol: string, delayMs: number) => void;
  readonly retryMs: (failures: number) => number;
}
type BarsOptions = {
  readonly symbol: string;
  readonly interval: string;
  readonly keep: number;
  readonly port: BarsPort;
  readonly graceMs?: number;
};

export class Bars {
  readonly #options: BarsOptions;
  readonly #intervalMs: number;
  #closed: Bar[] = [];
  #open: Bar | null = null;
  #complete = false;
  #version = 0;
  #awaits = false;
  #failures = 0;
  /** What the stream said while REST was asked. */
  #waiting: { readonly bar: Bar; readonly final: boolean }[] = [];
  #view: BarsView | null = null;

  constructor(options: BarsOptions) {
    const intervalMs = INTERVAL_MS[options.interval];
    if (intervalMs === undefined)
      throw new Error(`Cannot keep bars of interval ${options.interval}: allowed are ${Object.keys(INTERVAL_MS).join(', ')}`);
    this.#options = options;
    this.#intervalMs = intervalMs;
  }

  view(): BarsView {
    this.#view ??= { status: this.#complete ? 'complete' : 'bars-unknown', closed: this.#closed, open: this.#open, version: this.#version };
    return this.#view;
  }

  /** The stream is up: whatever happened meanwhile is read from REST. */
  refill(): void {
    this.#complete = false;
    this.#view = null;
    this.#fetch();
  }

  /** The stream is down: a close may be missed from now on. */
  lost(): void {
    this.#complete = false;
    this.#waiting = [];
    this.#view = null;
  }

  /** Rows of REST, oldest first; the last is the open bar. The venue's order decides that, not a clock. */
  load(rows: readonly Bar[]): void {
    this.#awaits = false;
    if (rows.length < 2 || !this.#chained(rows)) {
      this.#fetch();
      return;
    }
    this.#closed = rows.slice(0, -1).slice(-this.#options.keep);
    this.#open = rows.at(-1) ?? null;
    this.#complete = true;
    this.#changed();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { bar, final } of waiting) this.bar(bar, final);
    if (this.#complete) this.#failures = 0;
  }

  loadFailed(): void {
    this.#awaits = false;
    this.#fetch();
  }

  /** One update of the stream; `final` closes the bar. */
  bar(bar: Bar, final: boolean): void {
    if (!this.#complete) {
      if (this.#awaits)
        this.#waiting = [...this.#waiting.filter((other) => other.final || other.bar.openMs !== bar.openMs), { bar, final }];
      return;
    }
    const next = this.#nextOpenMs();
    if (bar.openMs < next) return; // an echo of a bar that is closed
    if (bar.openMs > next) this.#hole({ bar, final });
    else if (final) this.#close(bar);
    else {
      this.#open = bar;
      this.#view = null;
    }
  }

  /** `nowMs` is the venue's wall time. A bar whose end has passed without word is asked for. */
  tick(nowMs: number): void {
    if (this.#complete && nowMs > this.#nextOpenMs() + this.#intervalMs + (this.#options.graceMs ?? CLOSE_GRACE_MS)) this.#hole(null);
  }

  #close(bar: Bar): void {
    this.#closed = [...this.#closed.slice(-(this.#options.keep - 1)), bar];
    this.#open = null;
    this.#changed();
  }

  #hole(first: { readonly bar: Bar; readonly final: boolean } | null): void {
    this.#complete = false;
    this.#view = null;
    this.#waiting = first ? [first] : [];
    this.#fetch();
  }

  #fetch(): void {
    if (this.#awaits) return;
    this.#awaits = true;
    this.#options.port.fetchBars(this.#options.symbol, this.#options.port.retryMs(this.#failures++));
  }

  #nextOpenMs(): number {
    const last = this.#closed.at(-1);
    return last ? last.openMs + this.#intervalMs : 0;
  }

  #chained(rows: readonly Bar[]): boolean {
    return rows.every((row, index) => index === 0 || row.openMs === (rows[index - 1]?.openMs ?? 0) + this.#intervalMs);
  }

  #changed(): void {
    this.#version++;
    this.#view = null;
  }
}
