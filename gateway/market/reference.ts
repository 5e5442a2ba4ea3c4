/**
 * Which stream of a connection shows that it delivers. An open socket shows nothing, and of many streams one that never rests has to be
 * heard: the busiest of a kind, chosen by what this connection has brought. Before the choice, and where none of the kind is busy enough,
 * every message counts. Pure.
 */
import type { MonoMs } from '../../shared/units.ts';

export type ReferenceOptions = {
  /** Streams that may be the reference: those with a fixed rhythm. */
  readonly isCandidate: (name: string) => boolean;
  /** A candidate slower than this cannot be told from a dead one in time; messages a second of this clock. */
  readonly perSecondMin: number;
};

/** A choice rests on so many messages of candidates, and is made anew after as many of the chosen one. */
const SAMPLE = 300;

export class Reference {
  readonly #options: ReferenceOptions;
  #counts = new Map<string, number>();
  #seen = 0;
  #since: MonoMs | null = null;
  #chosen: string | null = null;

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  /** Null: every message counts. */
  get chosen(): string | null {
    return this.#chosen;
  }

  /** A new connection: what the last one had may be halted now. */
  reset(): void {
    this.#chosen = null;
    this.#restart(null);
  }

  /** Takes one message in; whether it shows that the connection delivers. */
  hears(name: string, now: MonoMs): boolean {
    const proves = this.#chosen === null || name === this.#chosen;
    if (!this.#options.isCandidate(name)) return proves;
    this.#since ??= now;
    this.#seen++;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (this.#seen >= SAMPLE && proves) this.#choose(now); // only while it speaks: a silent one stays the reference
    return proves;
  }

  #choose(now: MonoMs): void {
    const [name, count] = [...this.#counts].reduce((most, each) => (each[1] > most[1] ? each : most));
    const seconds = (now - (this.#since ?? now)) / 1_000;
    this.#chosen = count >= this.#options.perSecondMin * seconds ? name : null;
    this.#restart(now);
  }

  #restart(since: MonoMs | null): void {
    this.#counts = new Map();
    this.#seen = 0;
    this.#since = since;
  }
}
