/** Reads the state contract from Redis: the header on every poll, and on a new sequence number all documents in one MGET. */
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  InstrumentDoc,
  type Keys,
  KlinesDoc,
  OrdersDoc,
  PositionDoc,
} from '../../shared/snapshot.ts';
import type { Documents } from '../view.ts';

export type PollerOptions = {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly symbols: readonly string[];
  /** K-line interval that the strategy reads; null when it reads none. */
  readonly interval: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly onDocuments: (documents: Documents) => void;
};

type Cached = { readonly text: string; readonly value: unknown };

export class SnapshotPoller {
  readonly #options: PollerOptions;
  readonly #cache = new Map<string, Cached>();
  readonly #complained = new Set<string>();
  #timer: Timer | null = null;
  #busy = false;
  #headerText: string | null = null;
  #lastFillId = '-';

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  start(pollMs: number): void {
    this.#timer = this.#options.clock.every(pollMs, () => void this.poll());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** One poll; at most one is under way. A Redis that does not answer is no news: age tells. */
  async poll(): Promise<void> {
    if (this.#busy || this.#options.redis.status !== 'ready') return;
    this.#busy = true;
    const askedAt = this.#options.clock.monoMs();
    try {
      const header = await this.#options.redis.get(this.#options.keys.header);
      if (header === null || header === this.#headerText) return;
      this.#headerText = header;
      const names = this.#names();
      const texts = await this.#options.redis.mget(names);
      this.take(new Map(names.map((name, i) => [name, texts[i] ?? null])), askedAt);
    } catch (error) {
      this.#options.log.warn(
        { problem: error instanceof Error ? error.message : String(error) },
        'Snapshot could not be fetched from Redis',
      );
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Documents by key, from Redis or pushed over the socket. A push leaves out what lasts (instrument, bars): the last poll told it. Their
   * age counts from `seenAt`, for a poll the moment it was asked: a process that stood still in between sees how old they are.
   */
  take(texts: ReadonlyMap<string, string | null>, seenAt = this.#options.clock.monoMs()): void {
    const { keys, symbols, interval, onDocuments } = this.#options;
    const read = <T>(key: string, schema: z.ZodType<T>): T | null => this.#parse({ key, text: texts.get(key) ?? null, schema });
    const lasting = <T>(key: string, schema: z.ZodType<T>): T | null =>
      texts.has(key) ? read(key, schema) : this.#parse({ key, text: this.#cache.get(key)?.text ?? null, schema });
    const header = read(keys.header, Header);
    if (header === null) return;
    const balance = read(keys.balance, BalanceDoc);
    const balanceKnown = balance?.known === true && balance.epoch === header.epoch && balance.seq === header.seq;
    const docsOf = (symbol: string) => ({
      book: read(keys.book(symbol), BookDoc),
      position: read(keys.position(symbol), PositionDoc),
      orders: read(keys.orders(symbol), OrdersDoc),
      instrument: lasting(keys.instrument(symbol), InstrumentDoc),
      klines: interval === null ? null : lasting(keys.klines(symbol, interval), KlinesDoc),
    });
    const available = Object.fromEntries((balanceKnown ? balance.assets : []).map(({ asset, available: free }) => [asset, free]));
    onDocuments({
      header,
      symbols: Object.fromEntries(symbols.map((symbol) => [symbol, docsOf(symbol)])),
      balanceKnown,
      available,
      seenAt,
    });
  }

  /** Own fills since the last call, oldest first, as far as the stream still has them. */
  async fills(): Promise<readonly FillDoc[]> {
    const { redis, keys } = this.#options;
    if (redis.status !== 'ready') return [];
    const rows = await redis.xrange(keys.fills, this.#lastFillId === '-' ? '-' : `(${this.#lastFillId}`, '+', 'COUNT', 1_000);
    this.#lastFillId = rows.at(-1)?.[0] ?? this.#lastFillId;
    return rows.flatMap(([, fields]) => {
      const fill = this.#read({ key: keys.fills, text: fields[1] ?? '', schema: FillDoc });
      return fill === null ? [] : [fill];
    });
  }

  /** The stream may have been lost with its server: read it from its beginning again; fills are numbered, so none counts twice. */
  rewindFills(): void {
    this.#lastFillId = '-';
  }

  #names(): string[] {
    const { keys, symbols, interval } = this.#options;
    const perSymbol = symbols.flatMap((symbol) => {
      const names = [keys.book(symbol), keys.position(symbol), keys.orders(symbol), keys.instrument(symbol)];
      return interval === null ? names : [...names, keys.klines(symbol, interval)];
    });
    return [keys.header, keys.balance, ...perSymbol];
  }

  /** Documents that rarely change are parsed once. */
  #parse<T>({ key, text, schema }: { readonly key: string; readonly text: string | null; readonly schema: z.ZodType<T> }): T | null {
    if (text === null) {
      this.#cache.delete(key);
      return null;
    }
    const cached = this.#cache.get(key);
    if (cached?.text === text) return cached.value as T;
    const value = this.#read({ key, text, schema });
    this.#cache.set(key, { text, value });
    return value;
  }

  #read<T>({ key, text, schema }: { readonly key: string; readonly text: string; readonly schema: z.ZodType<T> }): T | null {
    const json = parseJson(text);
    const parsed = schema.safeParse(json);
    if (!parsed.success) this.#complain(key, json === undefined ? 'not JSON' : parsed.error.message);
    return parsed.success ? parsed.data : null;
  }

  /** Once for each key: a broken document comes again ten times a second. */
  #complain(key: string, problem: string): void {
    if (this.#complained.has(key)) return;
    this.#complained.add(key);
    this.#options.log.error({ key, problem }, 'Document unreadable');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text means undefined
  }
}
