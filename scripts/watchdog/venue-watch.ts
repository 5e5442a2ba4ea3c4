/** The watchdog's own way to the venue: proved now and then while all is well, and used when the gateway is dead. Never gives up on a fault. */
import type { Credentials, Loaded } from '../../shared/config-file.ts';
import type { MonoMs } from '../../shared/units.ts';
import { type Done, Flatten, type FlattenOptions } from '../lib/flatten/flatten.ts';
import { EXIT, Problem } from '../lib/tool.ts';
import { connectVenueRest, type VenueRest } from '../lib/venue-rest.ts';
import type { VenueAccount } from '../lib/flatten/account.ts';

export type VenueWatchOptions = {
  readonly loaded: Loaded;
  readonly credentials: Credentials;
  readonly say: (line: string) => void;
};
type Opened = { readonly venue: VenueRest; readonly account: VenueAccount };
export type Acting = Pick<FlattenOptions, 'positions' | 'mayGoOn'>;

/** What one read of the account weighs (reference sheet 2026-11, 3): open orders of both kinds by symbol, or all, and positions. */
const weightOf = (symbols: number): number => (symbols > 20 ? 85 : 2 * symbols + 5);
/** The venue's usual limit in a minute. */
const WEIGHT_LIMIT = 2_400;
const MINUTE_MS = 60_000;
const ACT_MS = 60_000;

export class VenueWatch implements AsyncDisposable {
  readonly #options: VenueWatchOptions;
  readonly #everyMs: number;
  /** One for all who ask; none after it failed. */
  #opening: Promise<Opened> | null = null;
  #provedAt: MonoMs | null = null;
  #fault: string | null = null;
  failures = 0;

  constructor(options: VenueWatchOptions) {
    this.#options = options;
    const { watchdog, symbols } = options.loaded.config;
    this.#everyMs = Math.max(watchdog.venueLookMs, (weightOf(symbols.length) * MINUTE_MS) / (WEIGHT_LIMIT * watchdog.weightShare));
  }

  /** Why the account cannot be read; null when it could be at the last look, and before the first. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Reads the account when that is due. */
  async prove(now: MonoMs): Promise<void> {
    if (this.#provedAt !== null && now - this.#provedAt < this.#everyMs) return;
    this.#provedAt = now;
    await this.inspect();
  }

  /** What is there of ours; null when it cannot be read. */
  async inspect(): Promise<Done | null> {
    return this.#with(async (opened) => {
      const done = await this.#flatten(opened, { positions: true, mayGoOn: () => true }).inspect();
      if (done.unread.length > 0) throw new Problem(EXIT.unreachable, done.unread);
      return done;
    });
  }

  /** Cancels, and closes when positions are meant; null when the venue cannot be reached. */
  async act(acting: Acting): Promise<Done | null> {
    return this.#with((opened) => this.#flatten(opened, acting).run());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opening?.catch(() => null);
    await opened?.venue[Symbol.asyncDispose]();
  }

  async #with<T>(act: (opened: Opened) => Promise<T>): Promise<T | null> {
    try {
      const value = await act(await this.#opened());
      this.#fault = null;
      return value;
    } catch (error) {
      this.failures++;
      this.#fault = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  #opened(): Promise<Opened> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<Opened> {
    const { loaded, credentials } = this.#options;
    const venue = await connectVenueRest(loaded, credentials);
    try {
      return { venue, account: await venue.account() };
    } catch (error) {
      await venue[Symbol.asyncDispose]();
      throw error;
    }
  }

  #flatten({ venue, account }: Opened, { positions, mayGoOn }: Acting): Flatten {
    const { config } = this.#options.loaded;
    return new Flatten({
      ...{ account, clock: venue.clock, symbols: config.symbols, everything: false, positions, mayGoOn },
      ...{ recvWindowMs: config.gateway.recvWindowMs, limitMs: ACT_MS, say: this.#options.say },
    });
  }
}
