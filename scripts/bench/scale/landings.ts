/** When each snapshot is in Redis, told by Redis itself: how far that is behind the tick it belongs to, and which ticks never came. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisAddress } from '../../../shared/io/redis-login.ts';
import { Header, keysOf } from '../../../shared/snapshot.ts';

export const TICK_MS = 100;
const EARLY_MS_MAX = 5;
/** Snapshots of a symbol whose book is not live carry this. */
const NOT_LIVE = /^book-/;

export class Landings implements Disposable {
  readonly #listener: Redis;
  readonly #reader: Redis;
  readonly #headerKey: string;
  /** Real wall times, fractional ms. */
  #at: number[] = [];

  private constructor(url: string, headerKey: string) {
    this.#listener = new Redis(redisAddress(url));
    this.#reader = new Redis(redisAddress(url));
    this.#headerKey = headerKey;
  }

  static async open(url: string, { prefix }: { readonly prefix: string }): Promise<Landings> {
    const landings = new Landings(url, keysOf(prefix).header);
    await landings.#begin();
    return landings;
  }

  /** Forgets what was; the landings from here on. */
  begin(): void {
    this.#at = [];
  }

  /** Milliseconds of each behind its tick; a timer may come a little early. */
  get lateMs(): readonly number[] {
    return this.#at.map((at) => ((at + EARLY_MS_MAX) % TICK_MS) - EARLY_MS_MAX);
  }

  async header(): Promise<Header> {
    return Header.parse(JSON.parse((await this.#reader.get(this.#headerKey)) ?? 'null'));
  }

  async allLive(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    for (;;) {
      const reasons = (await this.header()).reasons.filter((reason) => NOT_LIVE.test(reason));
      if (reasons.length === 0) return;
      if (performance.now() > end) throw new Error(`Books are not live: ${reasons.slice(0, 3).join(', ')}, ${reasons.length} in all`);
      await sleep(TICK_MS);
    }
  }

  [Symbol.dispose](): void {
    this.#listener.disconnect();
    this.#reader.disconnect();
  }

  async #begin(): Promise<void> {
    await this.#reader.config('SET', 'notify-keyspace-events', 'K$');
    await this.#listener.subscribe(`__keyspace@0__:${this.#headerKey}`);
    this.#listener.on('message', () => this.#at.push(performance.timeOrigin + performance.now()));
  }
}
