/** Every fault that was asked for: whether it is still armed, how often it has happened, and when last. */
import type { Random } from '../../../shared/random.ts';

export type FaultRow = {
  readonly id: number;
  readonly fault: { readonly kind: string };
  readonly armed: boolean;
  readonly fired: number;
  /** Simulated time of the last time it happened. */
  readonly lastMs: number | null;
};

/** How long a fault stays armed: until it has happened `count` times, or for a while, or (both null) until it is cleared. */
export type FaultLife = { readonly count: number | null /** From now. */; readonly forMs: number | null };

export type BoardOptions = {
  /** For faults with a probability. */
  readonly random: Random;
  readonly nowMs: () => number;
  /** One line for each time a fault happened. */
  readonly onFired: (line: string) => void;
};

/** Entries that are over are forgotten beyond this many, oldest first. */
const ENTRIES_MAX = 1_000;

export class FaultBoard {
  readonly #options: BoardOptions;
  #entries: Armed<{ readonly kind: string }>[] = [];
  #ids = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  arm<F extends { readonly kind: string }>(fault: F, life: FaultLife): Armed<F> {
    const armed = new Armed({ ...this.#options, id: ++this.#ids, fault, life });
    this.#entries.push(armed);
    if (this.#entries.length > ENTRIES_MAX) this.#forget();
    return armed;
  }

  /** A fault that happens once, now. */
  happen(fault: { readonly kind: string }): void {
    this.arm(fault, { count: 1, forMs: null }).fire();
  }

  /** True by that probability; without one always, and nothing is drawn. */
  chance(probability: number | undefined): boolean {
    return probability === undefined || this.#options.random.chance(probability);
  }

  rows(): readonly FaultRow[] {
    return this.#entries.map((entry) => entry.row());
  }

  /** Disarms everything; how much that was. */
  clear(): number {
    const live = this.#entries.filter((entry) => entry.isLive());
    for (const entry of live) entry.disarm();
    return live.length;
  }

  #forget(): void {
    const over = this.#entries.find((entry) => !entry.isLive());
    if (over) this.#entries = this.#entries.filter((entry) => entry !== over);
  }
}

type ArmedOptions<F> = BoardOptions & { readonly id: number; readonly fault: F; readonly life: FaultLife };

export class Armed<F extends { readonly kind: string }> {
  readonly fault: F;
  readonly #options: ArmedOptions<F>;
  readonly #untilMs: number;
  #left: number | null;
  #over = false;
  #fired = 0;
  #lastMs: number | null = null;

  constructor(options: ArmedOptions<F>) {
    this.fault = options.fault;
    this.#options = options;
    this.#left = options.life.count;
    this.#untilMs = options.nowMs() + (options.life.forMs ?? Number.POSITIVE_INFINITY);
  }

  isLive(): boolean {
    return !this.#over && this.#left !== 0 && this.#options.nowMs() < this.#untilMs;
  }

  /** It happened once. */
  fire(): void {
    const { id, nowMs, onFired } = this.#options;
    if (this.#left !== null) this.#left -= 1;
    this.#fired += 1;
    this.#lastMs = Math.floor(nowMs());
    onFired(`fault ${id} ${this.fault.kind} at ${this.#lastMs}, fired ${this.#fired}`);
  }

  disarm(): void {
    this.#over = true;
  }

  row(): FaultRow {
    return { id: this.#options.id, fault: this.fault, armed: this.isLive(), fired: this.#fired, lastMs: this.#lastMs };
  }
}
