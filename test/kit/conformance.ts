/**
 * A day at the simulator for a client of somebody else's making: it begins a minute before a funding hour, time goes on in small steps
 * and jumps over the hour when told to, the client's machine has the same clock, and a second account trades against the client.
 */
import { fullKey } from '../../shared/sim/binance/keys.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import type { Stepper } from '../../scripts/sim/stepper.ts';
import { KEY, openTestSim, SECRET, type SimClient } from './sim-client.ts';

export const FUNDS = '10000';
/** Simulated time for what is done before the funding hour; twice as fast as real time. */
const BEFORE_FUNDING_MS = 60_000;
const STEP_MS = 40;
const STEP_REAL_MS = 20;
const FUNDING_PERIOD_MS = 8 * 3_600_000;
const COUNTERPARTY = { apiKey: 'counterparty-key', secret: 'counterparty-secret' };

export type AccountTruth = {
  readonly positions: readonly { readonly symbol: string; readonly positionAmt: string; readonly entryPrice: string }[];
  readonly openOrders: readonly { readonly clientOrderId: string }[];
  readonly balances: readonly { readonly asset: string; readonly balance: string }[];
  readonly tradesCount: number;
};
type Levels = readonly (readonly [price: string, size: string])[];
export type BookTruth = { readonly lastUpdateId: number; readonly bids: Levels; readonly asks: Levels };

export class TradingDay implements AsyncDisposable {
  readonly sim: SimClient;
  /** Simulated ms since the epoch. */
  readonly fundingMs: number;
  readonly #dateNow = Date.now;
  readonly #stepper: Stepper;
  readonly #steps: NodeJS.Timeout;

  private constructor(sim: SimClient, stepper: Stepper, fundingMs: number) {
    this.sim = sim;
    this.fundingMs = fundingMs;
    this.#stepper = stepper;
    Date.now = () => stepper.nowMs;
    this.#steps = setInterval(() => void stepper.advance(STEP_MS), STEP_REAL_MS);
  }

  static async open(keys: readonly Parameters<typeof fullKey>[0][] = []): Promise<TradingDay> {
    const fundingMs = (Math.floor(Date.now() / FUNDING_PERIOD_MS) + 1) * FUNDING_PERIOD_MS;
    const rich = parseAtoms('10000000') ?? ZERO_ATOMS;
    const funds = parseAtoms(FUNDS) ?? ZERO_ATOMS;
    const sim = await openTestSim({
      symbols: ['BTCUSDT', 'ETHUSDT', 'BTCUSDC'],
      steppedFromMs: fundingMs - BEFORE_FUNDING_MS,
      keys: keys.map(fullKey),
      accounts: [
        { apiKey: KEY, secret: SECRET, balances: { USDT: funds, USDC: funds } },
        { ...COUNTERPARTY, balances: { USDT: rich, USDC: rich } },
      ],
    });
    const { stepper } = sim.simulator;
    if (!stepper) throw new Error('Cannot begin the day: the simulator does not run in steps');
    return new TradingDay(sim, stepper, fundingMs);
  }

  get http(): string {
    return `http://127.0.0.1:${this.sim.simulator.port}`;
  }

  /** Time jumps to just after the funding hour. */
  crossFunding(): Promise<void> {
    return this.#stepper.advance(Math.max(0, this.fundingMs + 1_000 - this.#stepper.nowMs));
  }

  async account(): Promise<AccountTruth> {
    return JSON.parse((await this.sim.admin(`/sim/account?apiKey=${KEY}`)).text);
  }

  /** The published book, now or as it was at update id `u`. */
  async book(symbol: string, u?: number): Promise<BookTruth> {
    return JSON.parse((await this.sim.admin(`/sim/book?symbol=${symbol}${u === undefined ? '' : `&u=${u}`}`)).text);
  }

  /** The second account trades with whoever is best in the book. */
  async trade(symbol: string, side: 'BUY' | 'SELL', quantity: number): Promise<void> {
    const { apiKey } = COUNTERPARTY;
    const { status, text } = await this.sim.admin('/sim/fault', {
      kind: 'manual-order',
      apiKey,
      symbol,
      side,
      quantity: quantity.toFixed(3),
    });
    if (status !== 200) throw new Error(`Cannot trade ${quantity} ${symbol}: ${text}`);
  }

  /** Sells into the book, a quarter of the client's `own` size at a time, until its quote there is `filled` in part. */
  async fillInPart({
    symbol,
    own,
    filled,
  }: {
    readonly symbol: string;
    readonly own: number;
    readonly filled: () => Promise<number>;
  }): Promise<void> {
    while ((await filled()) === 0) await this.trade(symbol, 'SELL', own / 4);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#steps);
    Date.now = this.#dateNow;
    await this.sim.close();
  }
}

/** What a client told, in order; waiting looks at the past too. */
export class Feed<T> {
  readonly all: T[] = [];
  #problem: Error | null = null;
  #waiting: (() => void)[] = [];

  push(...values: readonly T[]): void {
    this.all.push(...values);
    this.#wake();
  }

  /** Whoever waits, now or later, is told. */
  fail(problem: Error): void {
    this.#problem = problem;
    this.#wake();
  }

  /** The test's own timeout bounds the wait. */
  async first(fits: (value: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.all.find(fits);
      if (found !== undefined) return found;
      if (this.#problem) throw this.#problem;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
