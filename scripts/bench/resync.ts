/** How long a book is away: after a lost depth message, and after the connection died. Venue and simulator in this process, on loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import type { Venue } from '../../gateway/venues/venue.ts';
import { systemClock } from '../../shared/clock.ts';
import { Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { openSimulator, type Simulator } from '../sim/simulator.ts';
import { type Figure, median, quantile } from './measure.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC'];
/** Two hundred gaps, four books at a time; their snapshots weigh more than a minute of the venue allows. */
const GAP_ROUNDS = 50;
const CUTS = 25;
const WEIGHT = 1_000_000;
const WAIT_MS = 10_000;
const GAP_GOAL_MS = 300;
const RECONNECT_GOAL_MS = 500;

export async function benchResync(): Promise<readonly Figure[]> {
  await using bench = await Bench.open();
  const gaps: number[] = [];
  for (let i = 0; i < GAP_ROUNDS; i++) gaps.push(...(await bench.gap()));
  const cuts: number[] = [];
  for (let i = 0; i < CUTS; i++) cuts.push(await bench.cut());
  return [
    {
      name: 'lost depth message -> book live again, p99',
      value: quantile(gaps, 0.99),
      unit: 'ms',
      goal: GAP_GOAL_MS,
      beside: `${gaps.length} gaps; p50 ${median(gaps).toFixed(0)} ms; depth comes every 100 ms`,
      conclusive: true,
    },
    {
      name: 'connection lost -> all books live again, worst',
      value: Math.max(...cuts),
      unit: 'ms',
      goal: RECONNECT_GOAL_MS,
      beside: `${cuts.length} cuts, ${SYMBOLS.length} books; p50 ${median(cuts).toFixed(0)} ms`,
      conclusive: true,
    },
  ];
}

/** Milliseconds that each book was away after a lost message, four books a round. */
export async function gapsMs(rounds: number): Promise<readonly number[]> {
  await using bench = await Bench.open();
  const gaps: number[] = [];
  for (let i = 0; i < rounds; i++) gaps.push(...(await bench.gap()));
  return gaps;
}

class Bench implements AsyncDisposable {
  readonly #simulator: Simulator;
  readonly #venue: Venue;
  /** When each book was last lost, and how long each absence that has ended took. */
  readonly #lostAt = new Map<string, number>();
  readonly #away: { readonly symbol: string; readonly ms: number }[] = [];

  private constructor(simulator: Simulator, venue: Venue) {
    this.#simulator = simulator;
    this.#venue = venue;
  }

  static async open(): Promise<Bench> {
    const simulator = await openSimulator({
      ...{
        host: '127.0.0.1',
        port: 0,
        seed: 1,
        speed: 1,
        clock: null,
        symbols: SYMBOLS,
        replay: null,
        profile: 'fast',
        historyDays: 1,
        leadMs: 0,
      },
      limitsEnforced: false,
      limitFigures: { weightPerMinute: WEIGHT },
      accounts: [{ ...SIM_CREDENTIALS, balances: { USDT: parseAtoms('10000') ?? ZERO_ATOMS } }],
      onTapeProblem: (problem) => {
        throw problem;
      },
    });
    const opened = await openBinance({
      config: configOf(simulator.port),
      credentials: SIM_CREDENTIALS,
      clock: systemClock(simulator.clock),
      random: new Random(1),
      log: rootLog({ process: 'bench', level: 'error' }),
      metrics: makeMetrics('bench'),
    });
    if (!opened.ok) throw new Error(opened.error.sentence);
    const bench = new Bench(simulator, opened.value);
    await opened.value.start({ onAccount: () => {}, onTrade: () => {}, onBookLive: (symbol, live) => bench.#told(symbol, live) });
    await bench.#untilLive();
    return bench;
  }

  /** Every book misses one message; how long each was away. */
  async gap(): Promise<readonly number[]> {
    return (await this.#disturb(SYMBOLS.map((symbol) => ({ kind: 'drop-depth', symbol, count: 1 })))).map(({ ms }) => ms);
  }

  /** The connection dies; how long until the last book was back. */
  async cut(): Promise<number> {
    return Math.max(...(await this.#disturb([{ kind: 'close', route: 'public' }])).map(({ ms }) => ms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#venue[Symbol.asyncDispose]();
    await this.#simulator.close();
  }

  async #disturb(faults: readonly object[]): Promise<readonly { readonly ms: number }[]> {
    this.#away.length = 0;
    for (const fault of faults) {
      const body = JSON.stringify(fault);
      const answer = await fetch(`http://127.0.0.1:${this.#simulator.port}/sim/fault`, { method: 'POST', body });
      if (!answer.ok) throw new Error(await answer.text());
    }
    await until(() => new Set(this.#away.map(({ symbol }) => symbol)).size === SYMBOLS.length);
    await this.#untilLive();
    return [...this.#away];
  }

  #told(symbol: string, live: boolean): void {
    const lostAt = this.#lostAt.get(symbol);
    if (!live) this.#lostAt.set(symbol, performance.now());
    else if (lostAt !== undefined) this.#away.push({ symbol, ms: performance.now() - lostAt });
  }

  #untilLive(): Promise<void> {
    return until(() => SYMBOLS.every((symbol) => this.#venue.market.book(symbol).status === 'live'));
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error('The books did not come back');
    await sleep(2);
  }
}

function configOf(port: number): Config {
  return Config.parse({
    symbols: SYMBOLS,
    sim: { port },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}
