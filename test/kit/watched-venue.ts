/** A venue of ours on a simulator in this process, and everything it ever called a live book, to compare with what was published. */
import { openBinance, type VenueOptions } from '../../gateway/venues/binance/io/venue.ts';
import type { Venue } from '../../gateway/venues/venue.ts';
import { bestLevels } from '../../gateway/market/top.ts';
import { textsOf } from '../../gateway/publish/snapshot.ts';
import { systemClock } from '../../shared/clock.ts';
import { Config } from '../../shared/config.ts';
import type { AccountEvent, PublicTrade } from '../../shared/events.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import type { SimulatorOptions } from '../../scripts/sim/simulator.ts';
import { KEY, openTestSim, SECRET, type SimClient } from './sim-client.ts';

/** Levels a side that are compared. */
const COMPARED = 50;
/** For what the venue has no event of. */
const LOOK_MS = 50;
/** So long only what never comes is waited for. */
const WAIT_MS = 50_000;
/** Books that are asked for at once. */
const ASKED = 16;

type Seen = { readonly symbol: string; readonly u: number; readonly bids: readonly string[]; readonly asks: readonly string[] };
export type WatchedOptions = {
  readonly sim?: Partial<SimulatorOptions>;
  readonly venue?: Partial<VenueOptions>;
  readonly gateway?: Partial<Config['gateway']>;
  readonly interval?: string;
};

export class WatchedVenue implements AsyncDisposable {
  readonly sim: SimClient;
  readonly venue: Venue;
  readonly lives: string[] = [];
  readonly account: AccountEvent[] = [];
  readonly trades: PublicTrade[] = [];
  readonly #seen = new Map<string, Seen>();
  readonly #log: readonly string[];
  readonly #looks = new Set<() => void>();

  private constructor(sim: SimClient, venue: Venue, log: readonly string[]) {
    this.sim = sim;
    this.venue = venue;
    this.#log = log;
  }

  static async open({
    sim: simulator = {},
    venue: options = {},
    gateway = {},
    interval = '1m',
  }: WatchedOptions = {}): Promise<WatchedVenue> {
    const symbols = simulator.symbols ?? ['BTCUSDT', 'ETHUSDT'];
    const sim = await openTestSim({ symbols, profile: 'fast', ...simulator });
    const lines: string[] = [];
    const opened = await openBinance({
      config: configOf(sim.simulator.port, { symbols, gateway, interval }),
      credentials: { apiKey: KEY, secret: SECRET },
      clock: systemClock(sim.clock),
      speed: sim.clock.speed,
      random: new Random(1),
      log: rootLog({ process: 'test', level: 'info', stream: { write: (line: string) => void lines.push(line) } }),
      metrics: makeMetrics('test'),
      ...options,
    });
    if (!opened.ok) throw new Error(opened.error.sentence);
    const watched = new WatchedVenue(sim, opened.value, lines);
    await watched.#start();
    return watched;
  }

  get log(): string {
    return this.#log.join('');
  }

  status(symbol: string): string {
    return this.venue.market.book(symbol).status;
  }

  async fault(body: Record<string, unknown>): Promise<void> {
    const answer = await this.sim.admin('/sim/fault', body);
    if (answer.status !== 200) throw new Error(answer.text);
  }

  /** Looks at every event of the venue, within it: what holds for a moment only is not missed where the machine is busy. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (holds()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    const vain = (): void => reject(new Error(`Waited in vain for ${what}: ${this.lives.join(', ')}\n${this.log.slice(-2_000)}`));
    const timers = [setInterval(look, LOOK_MS), setTimeout(vain, WAIT_MS)];
    this.#looks.add(look);
    await promise.finally(() => {
      this.#looks.delete(look);
      for (const timer of timers) clearTimeout(timer);
    });
  }

  untilLive(): Promise<void> {
    const { market, instruments } = this.venue;
    return this.until('live books', () => [...instruments.keys()].every((symbol) => market.book(symbol).status === 'live'));
  }

  /** Live books that differ from what the exchange published under the same update id, and how many were compared. */
  async differences(): Promise<{ readonly compared: number; readonly wrong: readonly string[] }> {
    const wrong: string[] = [];
    const compare = async ({ symbol, u, bids, asks }: Seen): Promise<void> => {
      const truth = (await this.sim.admin(`/sim/book?symbol=${symbol}&u=${u}`)).body as unknown as { bids: string[][]; asks: string[][] };
      const top = (rows: string[][]): string[] => rows.slice(0, COMPARED).map(String);
      if (JSON.stringify([bids, asks]) !== JSON.stringify([top(truth.bids), top(truth.asks)])) wrong.push(`${symbol} at ${u}`);
    };
    const seen = [...this.#seen.values()];
    for (let n = 0; n < seen.length; n += ASKED) await Promise.all(seen.slice(n, n + ASKED).map(compare));
    return { compared: this.#seen.size, wrong };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.venue[Symbol.asyncDispose]();
    await this.sim.close();
  }

  async #start(): Promise<void> {
    const look = (symbol: string): void => {
      this.#look(symbol);
      this.#stir();
    };
    await this.venue.start({
      onAccount: (event) => {
        this.account.push(event);
        this.#stir();
      },
      onBookLive: (symbol, live, reason) => {
        this.lives.push(`${symbol} ${live ? 'live' : reason}`);
        look(symbol);
      },
      onTop: look,
      onTrade: (trade) => void this.trades.push(trade),
    });
    await this.until('the account', () => this.account.length > 0);
    await this.untilLive();
  }

  #look(symbol: string): void {
    const view = this.venue.market.book(symbol);
    const instrument = this.venue.instruments.get(symbol);
    const key = `${symbol} ${view.lastUpdateId}`;
    if (view.status !== 'live' || !instrument || this.#seen.has(key)) return;
    const exact = { book: view.book, top: null };
    const [bids, asks] = (['bids', 'asks'] as const).map((side) => textsOf(instrument, bestLevels(exact, side, COMPARED)).map(String));
    this.#seen.set(key, { symbol, u: view.lastUpdateId, bids: bids ?? [], asks: asks ?? [] });
  }

  #stir(): void {
    for (const look of this.#looks) look();
  }
}

function configOf(port: number, { symbols, gateway, interval }: { symbols: readonly string[]; gateway: object; interval: string }): Config {
  return Config.parse({
    symbols,
    sim: { port },
    gateway: { requestTimeoutMs: 30_000, recvWindowMs: 60_000, ...gateway },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01', interval },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}
