/**
 * Pages of the venue's public history over REST, as lines of its public files. It keeps within a share of the request weight, waits out
 * limits, tries again what did not get through, and never asks faster than the venue allows (reference sheet 2026-11, 3.4 and 5).
 */
import * as z from 'zod';
import { openHttp } from '../../../gateway/io/http.ts';
import { endpointsOf } from '../../../gateway/venues/binance/endpoints.ts';
import { rateLimitsOf } from '../../../gateway/venues/binance/instruments.ts';
import { CALLS, type Call, KLINES_LIMIT, TRADES_LIMIT } from '../../../gateway/venues/binance/limits.ts';
import { Rest } from '../../../gateway/venues/binance/rest.ts';
import { type Parameters, secretOf } from '../../../gateway/venues/binance/sign.ts';
import { ExchangeInfo, Klines } from '../../../gateway/venues/binance/wire.ts';
import { backoffMs } from '../../../shared/backoff.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config.ts';
import { Random } from '../../../shared/random.ts';
import { EXIT, Problem } from '../tool.ts';

/** A row as a line of a public file; `key` is what the next page begins after: an open time, a trade id, a funding time. */
export type Line = { readonly atMs: number; readonly key: number; readonly text: string };
export type Span = { readonly symbol: string; readonly fromMs: number; readonly toMs: number };

const READ = { method: 'GET', security: 'none', orders: 0, safe: true, spare: true } as const;
const AGG_TRADES: Call = { ...READ, path: '/fapi/v1/aggTrades', weight: 20 };
const FUNDING: Call = { ...READ, path: '/fapi/v1/fundingRate', weight: 0 };
const FUNDING_INFO: Call = { ...READ, path: '/fapi/v1/fundingInfo', weight: 0 };
const FUNDING_LIMIT = 1_000;
/** Both funding calls share 500 requests in five minutes. */
const FUNDING_PACE_MS = 650;
const HOUR_MS = 3_600_000;
const USUAL_FUNDING_HOURS = 8;
const TRIES = 8;
/** A timer may come a little before its time. */
const EARLY_MS = 20;
const RETRY = { baseMs: 500, maxMs: 30_000 } as const;

const text = z.string();
const AggTrades = z.array(z.object({ a: z.int(), p: text, q: text, f: z.int(), l: z.int(), T: z.int(), m: z.boolean() }));
const FundingRates = z.array(z.object({ fundingTime: z.int(), fundingRate: text }));
const FundingInfos = z.array(z.object({ symbol: text, fundingIntervalHours: z.number() }));

export type DownloadOptions = {
  readonly config: Config;
  /** Of the weight limit, 0 to 1: the rest is for whoever trades from the same address. */
  readonly share: number;
  readonly onWait: (sentence: string) => void;
};

export class DownloadVenue implements AsyncDisposable {
  readonly host: string;
  readonly #options: DownloadOptions;
  readonly #clock = systemClock();
  readonly #random = new Random(process.pid);
  readonly #http: ReturnType<typeof openHttp>;
  readonly #rest: Rest;
  #fundingAt = Number.NEGATIVE_INFINITY;

  constructor(options: DownloadOptions) {
    const { config } = options;
    this.#options = options;
    this.host = endpointsOf(config).rest;
    this.#http = openHttp({ origin: this.host, clock: this.#clock, timeoutMs: 4 * config.gateway.requestTimeoutMs });
    const { recvWindowMs } = config.gateway;
    this.#rest = new Rest({
      send: this.#http.send,
      clock: this.#clock,
      apiKey: '',
      secret: secretOf(''),
      recvWindowMs,
      onCall: () => undefined,
    });
  }

  /** The venue's time; to be called first. Returns its description of all contracts, whole. */
  async begin(): Promise<z.infer<typeof ExchangeInfo>> {
    const synced = await this.#rest.syncClock();
    if (!synced.ok)
      throw new Problem(EXIT.unreachable, [
        synced.error.sentence.includes(this.host)
          ? synced.error.sentence
          : `Cannot reach the venue at ${this.host}: ${synced.error.sentence}`,
      ]);
    const info = await this.#call(CALLS.exchangeInfo, { schema: z.looseObject(ExchangeInfo.shape), parameters: [] });
    this.#rest.setLimits(rateLimitsOf(info));
    return info;
  }

  nowMs(): number {
    return this.#rest.nowMs();
  }

  /** Closed bars that open from `fromMs` on, oldest first; none: there are no more. */
  async klines({ symbol, fromMs, toMs }: Span, interval: string): Promise<readonly Line[]> {
    if (fromMs >= toMs) return [];
    const parameters = [
      ['symbol', symbol],
      ['interval', interval],
      ['startTime', fromMs],
      ['endTime', toMs - 1],
      ['limit', KLINES_LIMIT],
    ] as const;
    const rows = await this.#call(CALLS.klines, { schema: Klines, parameters });
    return rows
      .filter((row) => row[6] < this.nowMs()) // the newest may be open
      .map((row) => ({ atMs: row[0], key: row[0], text: row.join(',') }));
  }

  /** Trades after an id, or without one the first of the span: asked hour by hour, as the venue wants. */
  async aggTrades({ symbol, fromMs, toMs }: Span, afterId: number | null): Promise<readonly Line[]> {
    if (afterId !== null) return this.#aggTrades(symbol, [['fromId', afterId + 1]]);
    for (let startMs = fromMs; startMs < toMs; startMs += HOUR_MS) {
      const page = await this.#aggTrades(symbol, [
        ['startTime', startMs],
        ['endTime', Math.min(startMs + HOUR_MS, toMs) - 1],
      ]);
      if (page.length > 0) return page;
    }
    return [];
  }

  async fundingRates({ symbol, fromMs, toMs }: Span): Promise<readonly Line[]> {
    if (fromMs >= toMs) return [];
    const hours = await this.#fundingHours(symbol);
    const parameters = [
      ['symbol', symbol],
      ['startTime', fromMs],
      ['endTime', toMs - 1],
      ['limit', FUNDING_LIMIT],
    ] as const;
    await this.#paceFunding();
    const rows = await this.#call(FUNDING, { schema: FundingRates, parameters });
    return rows.map(({ fundingTime, fundingRate }) => ({
      atMs: fundingTime,
      key: fundingTime,
      text: `${fundingTime},${hours},${fundingRate}`,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  async #aggTrades(symbol: string, range: Parameters): Promise<readonly Line[]> {
    const rows = await this.#call(AGG_TRADES, { schema: AggTrades, parameters: [['symbol', symbol], ...range, ['limit', TRADES_LIMIT]] });
    return rows.map(({ a, p, q, f, l, T, m }) => ({ atMs: T, key: a, text: `${a},${p},${q},${f},${l},${T},${m}` }));
  }

  /** Only contracts with other terms than the usual ones are told. */
  readonly #hours = new Map<string, number>();
  async #fundingHours(symbol: string): Promise<number> {
    if (this.#hours.size === 0) {
      await this.#paceFunding();
      const told = await this.#call(FUNDING_INFO, { schema: FundingInfos, parameters: [] });
      for (const { symbol: name, fundingIntervalHours } of told) this.#hours.set(name, fundingIntervalHours);
      this.#hours.set('', USUAL_FUNDING_HOURS); // asked once, whatever was told
    }
    return this.#hours.get(symbol) ?? USUAL_FUNDING_HOURS;
  }

  async #paceFunding(): Promise<void> {
    const waitMs = this.#fundingAt + FUNDING_PACE_MS - this.#clock.monoMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    this.#fundingAt = this.#clock.monoMs();
  }

  async #call<T>(call: Call, asked: { readonly schema: z.ZodType<T>; readonly parameters: Parameters }): Promise<T> {
    for (let failures = 0; ; ) {
      await this.#room(call);
      const answer = await this.#rest.call(call, asked);
      if (answer.ok) return answer.value;
      const { kind, sentence, retryAfterMs } = answer.error;
      if (kind === 'rejected' || kind === 'auth' || kind === 'gone') throw new Problem(EXIT.failed, [`${call.path}: ${sentence}`]);
      if (retryAfterMs === undefined && ++failures >= TRIES)
        throw new Problem(EXIT.unreachable, [
          `${call.path}: ${sentence} (${TRIES} times; what came is kept: the same command goes on from there)`,
        ]);
      const waitMs = retryAfterMs !== undefined ? retryAfterMs + EARLY_MS : backoffMs(failures, { ...RETRY, random: this.#random });
      this.#options.onWait(`${sentence}; waiting ${Math.ceil(waitMs / 1_000)} s`);
      await this.#clock.sleep(waitMs);
    }
  }

  /** Until the minute's share has room for the call. */
  async #room({ weight }: Call): Promise<void> {
    const { used, limit } = this.#rest.budgets().weight;
    if (weight === 0 || used + weight <= Math.max(weight, this.#options.share * limit)) return;
    const waitMs = 60_000 - (this.nowMs() % 60_000) + 50;
    this.#options.onWait(
      `${used} of the ${Math.floor(this.#options.share * limit)} of weight that may be used in a minute; waiting ${Math.ceil(waitMs / 1_000)} s`,
    );
    await this.#clock.sleep(waitMs);
  }
}
