/**
 * Reads the state contract from Redis: the header on every poll, and on a new sequence number all documents and what was added to the
 * streams of fills and public trades, in one round trip. A push over the socket comes the same way.
 */
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import { Buckets } from '../../shared/buckets.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Pushed } from '../../shared/command.ts';
import type { Log } from '../../shared/log.ts';
import { plainCheck } from '../../shared/plain-check.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  InstrumentDoc,
  type Keys,
  KlineDoc,
  KlinesDoc,
  OrdersDoc,
  PositionDoc,
} from '../../shared/snapshot.ts';
import { type MonoMs, sumDecimals } from '../../shared/units.ts';
import { readTrade, TradeRow } from '../news.ts';
import type { Documents, SymbolDocs } from '../view.ts';
import { Life } from './life.ts';
import { PollClock, type PollClockOptions } from './poll-clock.ts';
import { PushedDocs } from './pushed-docs.ts';
import { RedisWatch } from './redis-watch.ts';
import { type Entry, StreamCursor } from './stream-cursor.ts';

export type PollerOptions = {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly symbols: readonly string[];
  /** Of the bars that some strategy reads. */
  readonly intervals: readonly string[];
  /** Some strategy reads public trades. */
  readonly trades: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly onDocuments: (documents: Documents) => void;
};
/** By key; documents that are missing are null, streams told nothing of are missing. */
export type Texts = {
  readonly documents: ReadonlyMap<string, string | null>;
  readonly entries: ReadonlyMap<string, readonly string[]>;
};

/** Where a snapshot comes from: its documents, and those that last, which it may leave out. */
type Source = {
  readonly header: Header;
  readonly read: <T>(key: string, schema: z.ZodType<T>) => T | null;
  readonly lasting: <T>(key: string, schema: z.ZodType<T>) => T | null;
};
type Trades = ReadonlyMap<string, { readonly cursor: StreamCursor; readonly row: TradeRow }>;
type Cached = { readonly text: string; readonly value: unknown };

/** Fills read at the start; older ones are asked of the gateway. */
const FIRST_FILLS = 200;
/** While pushes come closer together than this, polls are this far apart: what they would find was pushed, but for bars and a Redis that is lost. */
const BESIDE_PUSHES_MS = 50;

export class SnapshotPoller {
  readonly #options: PollerOptions;
  readonly #cache = new Map<string, Cached>();
  readonly #complained = new Set<string>();
  readonly #fills: StreamCursor;
  #trades: Trades;
  #names: readonly string[];
  #intervals: readonly string[];
  #pushed: PushedDocs;
  #polls: PollClock | null = null;
  #busy = false;
  #headerText: string | null = null;
  #newest: Pick<Header, 'epoch' | 'seq'> | null = null;
  #unread: FillDoc[] = [];
  #followed: number | null = null;
  #pushedAt: MonoMs | null = null;
  #polledAt: MonoMs | null = null;
  /** Of this process. */
  readonly life: Life;
  /** Of the documents of a snapshot, real seconds. */
  readonly roundTrip = new Buckets();
  failures = 0;
  /** Documents that only their schema could judge. */
  unusual = 0;
  /** Of the connection that it reads by. */
  readonly watch: RedisWatch;

  constructor(options: PollerOptions) {
    const { keys, intervals } = options;
    this.#options = options;
    this.watch = new RedisWatch(options);
    this.life = new Life(options.clock);
    this.#names = namesOf(options);
    this.#intervals = intervals;
    this.#fills = new StreamCursor(keys.fills, FIRST_FILLS);
    this.#trades = this.#tradesOf(options.trades);
    this.#pushed = this.#pushedOf(intervals);
  }

  /** Other strategies read other things. */
  read({ intervals, trades }: Pick<PollerOptions, 'intervals' | 'trades'>): void {
    this.#names = namesOf({ ...this.#options, intervals });
    this.#intervals = intervals;
    this.#pushed = this.#pushedOf(intervals); // what it holds comes again with the next whole push
    if (trades !== this.#trades.size > 0) this.#trades = this.#tradesOf(trades);
  }

  #pushedOf(intervals: readonly string[]): PushedDocs {
    const { keys, symbols } = this.#options;
    return new PushedDocs({ keys, symbols, intervals, check: (key, asked) => this.#checked(key, asked) });
  }

  #tradesOf(read: boolean): Trades {
    const { keys, symbols } = this.#options;
    const rows = read ? symbols : [];
    return new Map(rows.map((symbol) => [symbol, { cursor: new StreamCursor(keys.trades(symbol), 1), row: new TradeRow() }]));
  }

  start(periods: Pick<PollClockOptions, 'pollMs' | 'snapshotMs'>): void {
    this.life.start();
    const poll = (): Promise<boolean | null> => (this.#isDue() ? this.poll() : Promise.resolve(null));
    this.#polls = new PollClock({ clock: this.#options.clock, ...periods, poll });
  }

  #isDue(): boolean {
    const now = this.#options.clock.monoMs();
    const isRecent = (at: MonoMs | null): boolean => at !== null && now - at < BESIDE_PUSHES_MS;
    return !isRecent(this.#pushedAt) || !isRecent(this.#polledAt);
  }

  stop(): void {
    this.life[Symbol.dispose]();
    this.#polls?.[Symbol.dispose]();
  }

  /** One poll; at most one is under way. True when it found a new snapshot, null when it did not ask. A Redis that does not answer is no news: age tells. */
  async poll(): Promise<boolean | null> {
    if (this.#busy || this.#options.redis.status !== 'ready') return null;
    this.#busy = true;
    const askedAt = this.#options.clock.monoMs();
    this.#polledAt = askedAt;
    try {
      const header = await this.#options.redis.get(this.#options.keys.header);
      if (header === null || header === this.#headerText) return false;
      this.#headerText = header;
      const fetchedFrom = performance.now();
      const texts = await this.#fetch();
      this.roundTrip.add((performance.now() - fetchedFrom) / 1_000);
      this.watch.answered('read snapshot');
      this.#take(texts, askedAt);
      return true;
    } catch (error) {
      this.failures++;
      this.watch.failed('read snapshot', error);
      return null;
    } finally {
      this.#busy = false;
    }
  }

  /**
   * The same documents and entries over the socket. A push leaves out what lasts (instrument, bars): the last poll told it. It may have waited
   * while this process stood still: then it is as old as that.
   */
  takePush(pushes: readonly Pushed[]): void {
    for (const pushed of pushes) {
      if (pushed.entries)
        this.#takeEntries(
          Map.groupBy(pushed.entries, ({ key }) => key),
          ({ text }) => text,
        );
      this.#pushed.take(pushed);
    }
    const { header } = this.#pushed;
    if (header === null) return;
    this.#pushedAt = this.#options.clock.monoMs();
    if (!this.#isNews(header)) return;
    const read = (key: string): unknown => this.#pushed.get(key);
    const lasting = <T>(key: string, schema: z.ZodType<T>): T | null =>
      this.#pushed.has(key) ? (read(key) as T | null) : this.#read({ key, text: this.#cache.get(key)?.text ?? null, schema });
    this.#handOn({ header, read: read as Source['read'], lasting }, this.life.heardSince());
  }

  /**
   * Epoch of the gateway that answers us now: its documents are the newest, also where one before it had a higher number. One that had no disk
   * takes its epochs from a range above all others.
   */
  follow(epoch: number): void {
    this.#followed = epoch;
    for (const { row } of this.#trades.values()) row.follow(epoch);
  }

  /** The streams may have been lost with their server: what is read again is known by its number. */
  rewind(): void {
    this.#fills.rewind();
    for (const { cursor } of this.#trades.values()) cursor.rewind();
  }

  /** All of one moment: the gateway writes documents and entries together. */
  async #fetch(): Promise<Texts> {
    const names = this.#names; // while it is on its way others may come to be read
    const cursors = [this.#fills, ...[...this.#trades.values()].map(({ cursor }) => cursor)];
    const commands = [['mget', ...names], ...cursors.map((cursor) => cursor.command())];
    const replies = (await this.#options.redis.multi(commands).exec()) ?? [];
    for (const [error] of replies) if (error) throw error;
    const texts = (replies[0]?.[1] ?? []) as readonly (string | null)[];
    const documents = new Map(names.map((name, i) => [name, texts[i] ?? null]));
    const entries = new Map(cursors.map((cursor, i) => [cursor.key, cursor.take((replies[i + 1]?.[1] ?? []) as readonly Entry[])]));
    return { documents, entries };
  }

  /**
   * Their age counts from `seenAt`, for a poll the moment it was asked: a process that stood still in between sees how old they are. Each
   * snapshot once, the newest only: of an older one by the other route only the entries count, and what pushes leave out.
   */
  #take({ documents, entries }: Texts, seenAt: MonoMs): void {
    const { header: key } = this.#options.keys;
    this.#takeEntries(entries, (text) => text);
    const read = <T>(key: string, schema: z.ZodType<T>): T | null => this.#read({ key, text: documents.get(key) ?? null, schema });
    const header = read(key, Header);
    if (header === null) return;
    if (this.#isNews(header)) this.#handOn({ header, read, lasting: read }, seenAt);
    else if (this.#newest?.epoch === header.epoch) this.#takeLasting(documents);
  }

  #isNews({ epoch, seq }: Header): boolean {
    const before = this.#newest;
    if (before?.epoch === epoch) return seq > before.seq;
    return before === null || epoch > before.epoch || epoch === this.#followed;
  }

  #handOn(source: Source, seenAt: MonoMs): void {
    const { keys, symbols, onDocuments } = this.#options;
    const { header, read } = source;
    this.#newest = header;
    const balance = read(keys.balance, BalanceDoc);
    const balanceKnown = balance?.known === true && balance.epoch === header.epoch && balance.seq === header.seq;
    const docs = symbols.map((symbol): [string, SymbolDocs] => [symbol, this.#docsOf(symbol, source)]);
    const assets = balanceKnown ? balance.assets : [];
    const available = Object.fromEntries(assets.map(({ asset, available: free }) => [asset, free]));
    const equity = Object.fromEntries(assets.map((one) => [one.asset, equityOf(one)]));
    const fills = this.#unread;
    this.#unread = [];
    onDocuments({ header, symbols: Object.fromEntries(docs), balanceKnown, available, equity, seenAt, fills });
  }

  /** Where the market moves a push overtakes every poll: new bars would else wait for a quiet moment. */
  #takeLasting(texts: Texts['documents']): void {
    const { keys, symbols } = this.#options;
    const renew = <T>(key: string, schema: z.ZodType<T>): void => {
      if (texts.has(key)) this.#read({ key, text: texts.get(key) ?? null, schema });
    };
    for (const symbol of symbols) {
      renew(keys.instrument(symbol), InstrumentDoc);
      for (const interval of this.#intervals) renew(keys.klines(symbol, interval), KlinesDoc);
    }
  }

  #docsOf(symbol: string, { read, lasting }: Source): SymbolDocs {
    const { keys } = this.#options;
    const intervals = this.#intervals;
    const series = <T>(of: (interval: string) => T): Readonly<Record<string, T>> =>
      Object.fromEntries(intervals.map((interval) => [interval, of(interval)]));
    return {
      book: read(keys.book(symbol), BookDoc),
      position: read(keys.position(symbol), PositionDoc),
      orders: read(keys.orders(symbol), OrdersDoc),
      instrument: lasting(keys.instrument(symbol), InstrumentDoc),
      klines: series((interval) => lasting(keys.klines(symbol, interval), KlinesDoc)),
      openKlines: series((interval) => read(keys.kline(symbol, interval), KlineDoc)),
      trades: this.#trades.get(symbol)?.row.take() ?? null,
    };
  }

  #takeEntries<E>(entries: ReadonlyMap<string, readonly E[]>, textOf: (entry: E) => string): void {
    const { keys } = this.#options;
    for (const entry of entries.get(keys.fills) ?? []) {
      const fill = this.#parse({ key: keys.fills, text: textOf(entry), schema: FillDoc });
      if (fill !== null) this.#unread.push(fill);
    }
    for (const { cursor, row } of this.#trades.values()) {
      const trades = (entries.get(cursor.key) ?? []).map((entry) => readTrade(textOf(entry)));
      if (trades.includes(null)) this.#complain(cursor.key, 'no public trade');
      row.add(trades.filter((trade) => trade !== null));
    }
  }

  /** Documents that rarely change are parsed once. */
  #read<T>({ key, text, schema }: { readonly key: string; readonly text: string | null; readonly schema: z.ZodType<T> }): T | null {
    if (text === null) {
      this.#cache.delete(key);
      return null;
    }
    const cached = this.#cache.get(key);
    if (cached?.text === text) return cached.value as T;
    const value = this.#parse({ key, text, schema });
    this.#cache.set(key, { text, value });
    return value;
  }

  #parse<T>({ key, text, schema }: { readonly key: string; readonly text: string; readonly schema: z.ZodType<T> }): T | null {
    return this.#checked(key, { value: parseJson(text), schema });
  }

  #checked<T>(key: string, { value, schema }: { readonly value: unknown; readonly schema: z.ZodType<T> }): T | null {
    if (plainCheck(schema)(value)) return value as T;
    this.unusual++;
    const parsed = schema.safeParse(value);
    if (!parsed.success) this.#complain(key, value === undefined ? 'not JSON' : parsed.error.message);
    return parsed.success ? parsed.data : null;
  }

  /** Once for each key: a broken document comes again ten times a second. */
  #complain(key: string, problem: string): void {
    if (this.#complained.has(key)) return;
    this.#complained.add(key);
    this.#options.log.error({ key, problem }, 'Document unreadable');
  }
}

function namesOf({ keys, symbols, intervals }: PollerOptions): readonly string[] {
  const perSymbol = symbols.flatMap((symbol) => [
    ...[keys.book(symbol), keys.position(symbol), keys.orders(symbol), keys.instrument(symbol)],
    ...intervals.flatMap((interval) => [keys.klines(symbol, interval), keys.kline(symbol, interval)]),
  ]);
  return [keys.header, keys.balance, ...perSymbol];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text means undefined
  }
}

const equityOf = ({ wallet, unrealized }: BalanceDoc['assets'][number]): string | null =>
  unrealized === null ? null : sumDecimals([wallet, unrealized]);
