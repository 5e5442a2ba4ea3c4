/**
 * Reads Redis into the store: everything once a second for the rows and the equity, the symbols in view as often as the page is refreshed. With
 * nobody looking it is the second alone. One look at a time: a Redis that is slow makes looks rarer, never more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import { hidePassword } from '../../shared/config-problem.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { readState, type State } from '../lib/state.ts';
import type { Store } from './store.ts';
import { ofThisLedger, StreamTail } from './streams.ts';
import { SymbolDesk } from './symbol-desk.ts';
import { brainView, equityPoint, headView, rowView, unstamped, whyNews } from './views.ts';

export type HubOptions = {
  /** Newest each time: an edit of the configuration is seen. */
  readonly loaded: () => Loaded;
  readonly store: Store;
  /** Symbols in view. */
  readonly viewed: () => readonly string[];
  readonly onLook: () => void;
};

const SURVEY_MS = 1_000;
const REDIS_MS = 1_000;
const FILLS_FIRST = 300;

export class Hub implements AsyncDisposable {
  readonly #options: HubOptions;
  readonly #redis: Redis;
  readonly #desks = new Map<string, SymbolDesk>();
  readonly #told = new Map<string, string>();
  #fills: StreamTail<FillDoc>;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #fillsBegun = false;
  #fillSeq = 0;
  #surveyAt = Number.NEGATIVE_INFINITY;
  #problem = 'not connected yet';
  #seen: { readonly epoch: number; readonly seq: number; readonly wallMs: number; readonly at: number } | null = null;
  #whys = 0;
  #early = new AbortController();

  constructor(options: HubOptions) {
    this.#options = options;
    const { redis } = options.loaded().config;
    this.#redis = new Redis(redisAddress(redis.url), {
      ...redisLogin(),
      ...{ connectTimeout: REDIS_MS, commandTimeout: REDIS_MS, maxRetriesPerRequest: 0, enableOfflineQueue: false },
      retryStrategy: () => REDIS_MS / 2,
    });
    this.#redis.on('error', (error: Error) => {
      this.#problem = error.message || 'refused';
    });
    this.#fills = this.#newTail();
    this.#running = this.#run();
  }

  /** Somebody has begun to look: not later than now. */
  hurry(): void {
    this.#surveyAt = Number.NEGATIVE_INFINITY;
    this.#early.abort();
  }

  /** Wall time of the venue as it was last told; null before that. */
  get wallMs(): number | null {
    return this.#seen?.wallMs ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#early.abort();
    this.#redis.disconnect();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const from = performance.now();
      const problem = await this.#look().then(
        () => null,
        (error: Error) => `Redis does not answer at ${this.#url} (${this.#redis.status === 'ready' ? error.message : this.#problem})`,
      );
      this.#pulse(problem);
      this.#options.onLook();
      const { refreshMs } = this.#options.loaded().config.dashboard;
      const period = this.#options.viewed().length > 0 ? refreshMs : SURVEY_MS;
      this.#early = new AbortController();
      await sleep(Math.max(10, period - (performance.now() - from)), undefined, { signal: this.#early.signal }).catch(() => undefined); // woken
    }
  }

  get #url(): string {
    return hidePassword(this.#options.loaded().config.redis.url);
  }

  async #look(): Promise<void> {
    const { config } = this.#options.loaded();
    const viewed = this.#options.viewed();
    const isSurvey = performance.now() - this.#surveyAt >= SURVEY_MS;
    const symbols = isSurvey ? config.symbols : [...viewed];
    const state = await readState(this.#redis, { ...config, symbols });
    const { header } = state;
    if (header) this.#noteLedger(header.fillSeq);
    await Promise.all(viewed.map((symbol) => this.#desk(symbol).read(this.#redis, { header, config })));
    await this.#readFills(state);
    this.#show(state, { isSurvey, viewed });
  }

  /** Numbers of fills never fall but with another ledger: then the account and its market are others. */
  #noteLedger(fillSeq: number): void {
    if (fillSeq < this.#fillSeq) {
      this.#options.store.forget();
      this.#desks.clear();
      this.#told.clear();
      this.#fills = this.#newTail();
      this.#fillsBegun = false;
    }
    this.#fillSeq = fillSeq;
  }

  #newTail = (): StreamTail<FillDoc> => StreamTail.fills(keysOf(this.#options.loaded().config.redis.prefix).fills);

  #show(state: State, { isSurvey, viewed }: { readonly isSurvey: boolean; readonly viewed: readonly string[] }): void {
    const { store, loaded } = this.#options;
    store.set('brain', brainView(state));
    if (state.brain) this.#tellWhy(state.brain);
    if (state.header === null) return; // what was last known stays, with its age
    this.#see(state.header, state.ageMs ?? 0);
    store.set('head', headView(state.header));
    store.set('balance', unstamped(state.balance));
    for (const one of state.symbols) if (viewed.includes(one.symbol)) this.#desk(one.symbol).show(one, loaded().config);
    if (isSurvey) this.#survey(state, state.header.wallMs);
  }

  #survey(state: State, wallMs: number): void {
    const { store } = this.#options;
    this.#surveyAt = performance.now();
    store.set('rows', state.symbols.map(rowView));
    for (const one of state.symbols) this.#desk(one.symbol).price(one, wallMs);
    const point = equityPoint(state);
    if (point) store.put('equity', { key: String(point[0]), value: point });
  }

  #see({ epoch, seq, wallMs }: { readonly epoch: number; readonly seq: number; readonly wallMs: number }, ageMs: number): void {
    if (this.#seen?.epoch === epoch && this.#seen.seq === seq) return;
    this.#seen = { epoch, seq, wallMs, at: performance.now() - ageMs };
  }

  #pulse(redisProblem: string | null): void {
    const seen = this.#seen;
    const ageMs = seen && Math.round(performance.now() - seen.at);
    this.#options.store.set('pulse', { redisProblem, ageMs, wallMs: seen?.wallMs ?? null, seq: seen?.seq ?? null });
  }

  #tellWhy(brain: NonNullable<State['brain']>): void {
    for (const [id, entry] of whyNews(brain, this.#told)) {
      this.#options.store.put('why', { key: String(++this.#whys), value: entry });
      this.#told.set(id, entry.reason);
    }
  }

  async #readFills({ header }: State): Promise<void> {
    if (header === null) return;
    const fills = this.#fillsBegun
      ? await this.#fills.next(this.#redis)
      : ofThisLedger(await this.#fills.begin(this.#redis, FILLS_FIRST), header.fillSeq);
    this.#fillsBegun = true;
    for (const fill of fills) this.#options.store.put('fills', { key: String(fill.n), value: fill });
  }

  #desk(symbol: string): SymbolDesk {
    const { store, loaded } = this.#options;
    const desk = this.#desks.get(symbol) ?? new SymbolDesk({ symbol, store, keys: keysOf(loaded().config.redis.prefix) });
    this.#desks.set(symbol, desk);
    return desk;
  }
}
