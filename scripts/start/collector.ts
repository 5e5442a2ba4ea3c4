/**
 * Watches a run from outside: asks the gateway for its counters again and again, over every life of it. Book counters are of one life
 * of the gateway and are summed over lives; order counters, fills and money come from the ledger and outlive the process.
 */
import type { Redis } from 'ioredis';
import { FullBook, Stats } from '../../shared/command.ts';
import { BrainDoc } from '../../shared/brain-doc.ts';
import { Header, type Keys } from '../../shared/snapshot.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import { booksEqual, type ExchangeBook } from './compare-book.ts';

const BOOK_TRIES = 40;
const TRY_MS = 50;

export type CollectorOptions = {
  readonly socketPath: string;
  readonly environment: string;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly simUrl: string | null;
};

export class Collector implements AsyncDisposable {
  readonly #options: CollectorOptions;
  #client: GatewayClient | null = null;
  #polling: NodeJS.Timeout | undefined;
  /** Newest counters of each life, by gateway epoch, in the order in which they were first seen. */
  readonly lives = new Map<number, Stats>();
  newest: Stats | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Polls until disposed. A sample that fails (the gateway is just being started again) is passed over. */
  start(periodMs: number): void {
    const turn = async (): Promise<void> => {
      await this.sample();
      this.#polling = setTimeout(() => void turn(), periodMs);
    };
    void turn();
  }

  async sample(): Promise<Stats | null> {
    const stats = Stats.safeParse(await this.#ask({ type: 'query', what: 'stats' }));
    if (!stats.success) return null;
    this.lives.set(stats.data.epoch, stats.data);
    this.newest = stats.data;
    return stats.data;
  }

  /** Header and brain document as they stand in Redis; null where absent. */
  async documents(): Promise<{ readonly header: Header | null; readonly brain: BrainDoc | null }> {
    const [header, brain] = await this.#options.redis.mget(this.#options.keys.header, this.#options.keys.brain).catch(() => [null, null]);
    return { header: header ? Header.parse(JSON.parse(header)) : null, brain: brain ? BrainDoc.parse(JSON.parse(brain)) : null };
  }

  /** Compares the gateway's whole book with the simulator's at the same update id; one that has fallen silent (a tape that ended) still holds it. */
  async compareBook(symbol: string): Promise<{ readonly equal: boolean; readonly bestBid: string; readonly bestAsk: string }> {
    let seen = { equal: false, bestBid: '', bestAsk: '' };
    for (let i = 0; i < BOOK_TRIES; i++) {
      const ours = FullBook.safeParse(await this.#ask({ type: 'query', what: 'book', symbol }));
      if (ours.success && ours.data.status !== 'syncing') {
        seen = { equal: false, bestBid: ours.data.bids[0]?.[0] ?? '', bestAsk: ours.data.asks[0]?.[0] ?? '' };
        const theirs = await this.#exchangeBook(symbol, ours.data.lastUpdateId);
        if (theirs) return { ...seen, equal: booksEqual(ours.data, theirs) };
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#polling);
    await this.#client?.[Symbol.asyncDispose]();
  }

  /** Null where the ring of the simulator has no book of that id (yet, or any more). */
  async #exchangeBook(symbol: string, updateId: number): Promise<ExchangeBook | null> {
    if (!this.#options.simUrl) return null;
    const answer = await fetch(`${this.#options.simUrl}/sim/book?symbol=${encodeURIComponent(symbol)}&u=${updateId}`);
    return answer.ok ? ((await answer.json()) as ExchangeBook) : null;
  }

  /** A connection that has died with its gateway is found out by asking: then its successor is asked. */
  async #ask(request: Parameters<GatewayClient['request']>[0]): Promise<unknown> {
    for (const _ of ['as connected', 'anew']) {
      const client = await this.#connected();
      const answer = await client?.request(request);
      if (answer?.type === 'data') return answer.data;
      await client?.[Symbol.asyncDispose]();
      this.#client = null;
      if (!client) return null;
    }
    return null;
  }

  async #connected(): Promise<GatewayClient | null> {
    if (this.#client) return this.#client;
    const { socketPath: path, environment } = this.#options;
    const connected = await GatewayClient.connect({ path, role: 'observer', environment, name: 'supervisor', timeoutMs: 2_000 });
    this.#client = connected.ok ? connected.value : null;
    return this.#client;
  }
}
