/**
 * Market making on four symbols without sockets and without waiting: the simulated exchange, the gateway's order side and the brain in one
 * process on virtual time, with broken depth streams now and then, and a funding time in the middle. Everything is judged at the exchange.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { feesOwed } from '../../brain/portfolio/portfolio.ts';
import { pnlDoc } from '../../brain/portfolio/pnl.ts';
import { makeRuns } from '../../brain/runs.ts';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import { API_KEY, type FaultInput } from '../../scripts/soak/acts.ts';
import type { VirtualClock } from '../../shared/clock.ts';
import { type Config, checkConfig } from '../../shared/config.ts';
import { formatSize } from '../../shared/instrument.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import type { PnlDoc } from '../../shared/pnl-doc.ts';
import { Random } from '../../shared/random.ts';
import type { OwnTrade } from '../../shared/sim/exchange-events.ts';
import { formatAtoms, parseAtoms, sumDecimals, ZERO_ATOMS } from '../../shared/units.ts';
import { inMemory } from './in-memory.ts';
import { openTestSim, SECRET, type SimClient } from './sim-client.ts';
import { VirtualBrain } from './virtual-brain.ts';
import { VirtualGateway } from './virtual-gateway.ts';

/** By symbol: size of a quote and the largest inventory that the strategy may build, base units. */
const MARKETS = {
  BTCUSDT: { orderSize: '0.010', maxInventory: '0.050' },
  ETHUSDT: { orderSize: '0.20', maxInventory: '1.00' },
  SOLUSDT: { orderSize: '4', maxInventory: '20' },
  XRPUSDT: { orderSize: '300', maxInventory: '1500' },
} as const;
type Traded = keyof typeof MARKETS;
const SYMBOLS = Object.keys(MARKETS) as readonly Traded[];
const SLICE_MS = 25;
const START_LIMIT_MS = 60_000;
const FUNDS = parseAtoms('100000') ?? ZERO_ATOMS;
const GAP_MS = 700;
const VIOLATIONS_MAX = 50;
const CLOSE_LIMIT_MS = 120_000;

export type HourOptions = {
  readonly seed: number;
  readonly minutes: number;
  /** A depth stream breaks this often, each time another symbol's. */
  readonly gapEveryMs: number;
};
export type HourTold = {
  readonly violations: readonly string[];
  readonly trades: number;
  readonly quotesSent: number;
  /** Moments of 25 ms at which a book was not live. */
  readonly blindMoments: number;
  /** Largest position either way that its trades ever made, beside the cap. */
  readonly inventory: Readonly<Record<string, { readonly most: string; readonly cap: string }>>;
  readonly pnl: Readonly<Record<string, PnlDoc>>;
  readonly total: string;
  /** Wallet at the end less wallet at the beginning, at the exchange. */
  readonly walletChange: string;
};

/** Lives it through and tells what came of it. */
export async function liveHour(options: HourOptions): Promise<HourTold> {
  const accounts = [{ apiKey: API_KEY, secret: SECRET, balances: { USDT: FUNDS } }];
  const steppedFromMs = STEPPED_START_MS - (options.minutes * 60_000) / 2;
  const sim = await openTestSim({ seed: options.seed, symbols: [...SYMBOLS], steppedFromMs, accounts, profile: 'normal', historyDays: 0 });
  const hour = new Hour(sim, options);
  try {
    await hour.start();
    await hour.live();
    return await hour.end();
  } finally {
    await hour[Symbol.asyncDispose]();
    await sim.close();
  }
}

class Hour implements AsyncDisposable {
  readonly #sim: SimClient;
  readonly #options: HourOptions;
  readonly #clock: VirtualClock;
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-hour-'));
  readonly #config = hourConfig();
  readonly #violations = new Set<string>();
  readonly #log = new PassThrough().resume();
  #gateway: VirtualGateway | null = null;
  #brain: VirtualBrain | null = null;
  #sent = 0;
  #blind = 0;
  /** Own trades of each symbol that were looked at, and the position they made, lots. */
  readonly #seen = new Map<string, { count: number; position: number; most: number }>(
    SYMBOLS.map((symbol) => [symbol, { count: 0, position: 0, most: 0 }]),
  );

  constructor(sim: SimClient, options: HourOptions) {
    this.#sim = sim;
    this.#options = options;
    this.#clock = sim.simulator.inside.clock as VirtualClock;
  }

  async start(): Promise<void> {
    let failed: unknown = null;
    this.#open().catch((problem: unknown) => {
      failed = problem ?? new Error('no start');
    });
    for (let passed = 0; this.#gateway === null; passed += SLICE_MS) {
      if (failed) throw failed;
      if (passed > START_LIMIT_MS) throw new Error('The gateway did not start');
      await this.#slice();
    }
    const config = this.#config;
    this.#brain = new VirtualBrain({
      ...{ config, symbol: SYMBOLS[0] ?? '', clock: this.#clock, storeFile: join(this.#dir, 'brain.sqlite'), runs: makeRuns(config) },
      onTurn: () => undefined,
    });
    this.#brain.connect(this.#gateway);
  }

  async live(): Promise<void> {
    const { minutes, gapEveryMs } = this.#options;
    let gaps = 0;
    for (let passed = 0; passed < minutes * 60_000; passed += SLICE_MS) {
      if (passed > 0 && passed % gapEveryMs < SLICE_MS) this.#gap(SYMBOLS[gaps++ % SYMBOLS.length] ?? 'BTCUSDT');
      await this.#slice();
      this.#judge();
    }
  }

  /** No more quotes, everything closed, and then both sides have the same money. */
  async end(): Promise<HourTold> {
    const [gateway, brain] = [this.#gateway, this.#brain];
    if (!gateway || !brain) throw new Error('There is nothing to end');
    const person = gateway.hello('operator');
    gateway.send(person, { id: 1, type: 'pause' });
    for (const symbol of SYMBOLS)
      gateway.send(person, { id: 2, type: 'closePosition', symbol, reason: 'the hour is over', ladder: 'taker' });
    const { account, orders } = this.#sim.simulator.exchange.trader(API_KEY);
    const isFlat = (): boolean => SYMBOLS.every((symbol) => account.position(symbol).size === 0) && orders.open(null).length === 0;
    for (let passed = 0; !isFlat() && passed < CLOSE_LIMIT_MS; passed += SLICE_MS) await this.#slice();
    const isCounted = (): boolean => feesOwed(brain.state.portfolio).length === 0;
    for (let passed = 0; passed < 3_000 || (!isCounted() && passed < CLOSE_LIMIT_MS); passed += SLICE_MS) await this.#slice();
    this.#judge();
    if (!isFlat()) this.#blame('it did not become flat');
    return this.#told(brain);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#brain?.[Symbol.dispose]();
    await this.#gateway?.[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #told(brain: VirtualBrain): HourTold {
    const { portfolio } = brain.state;
    const docs = SYMBOLS.flatMap((symbol): [string, PnlDoc][] => {
      const [pnl, ledger] = [portfolio.pnl[symbol], portfolio.ledgers[symbol]];
      return pnl && ledger ? [[symbol, pnlDoc(pnl, { ledger, quoteAsset: 'USDT' })]] : [];
    });
    const total = sumDecimals(docs.map(([, doc]) => doc.total)) ?? 'unknown';
    const walletChange =
      sumDecimals([formatAtoms(this.#sim.simulator.exchange.trader(API_KEY).account.wallet('USDT')), `-${formatAtoms(FUNDS)}`]) ?? '';
    if (parseAtoms(total) !== parseAtoms(walletChange))
      this.#blame(`the parts of the profit add up to ${total}, the wallet has changed by ${walletChange}`);
    const most = SYMBOLS.map((symbol) => {
      const { instrument } = this.#sim.simulator.exchange.market(symbol);
      const lots = this.#seen.get(symbol)?.most ?? 0;
      return [
        symbol,
        { most: formatSize(instrument, lots as Parameters<typeof formatSize>[1]), cap: MARKETS[symbol].maxInventory },
      ] as const;
    });
    return {
      violations: [...this.#violations],
      trades: [...this.#seen.values()].reduce((sum, { count }) => sum + count, 0),
      ...{ quotesSent: this.#sent, blindMoments: this.#blind, inventory: Object.fromEntries(most) },
      ...{ pnl: Object.fromEntries(docs), total, walletChange },
    };
  }

  async #open(): Promise<void> {
    const { http, socket } = inMemory(this.#sim.simulator);
    const watched: typeof http = (options) => {
      const made = http(options);
      return {
        ...made,
        send: (request) => {
          this.#seeSent(`${request.method} ${request.path}`);
          return made.send(request);
        },
      };
    };
    const venue = await openBinance({
      ...{
        config: this.#config,
        credentials: { apiKey: API_KEY, secret: SECRET },
        clock: this.#clock,
        random: new Random(this.#options.seed),
      },
      ...{ log: rootLog({ process: 'gateway', level: 'fatal', stream: this.#log }), metrics: makeMetrics('gateway') },
      ...{ lines: { http: watched, socket }, endpoints: { rest: 'http://exchange', stream: 'ws://exchange' } },
    });
    if (!venue.ok) throw new Error(venue.error.sentence);
    const gateway = new VirtualGateway({
      ...{ config: this.#config, clock: this.#clock, venue: venue.value, ledgerFile: join(this.#dir, 'ledger.sqlite') },
      onError: (message) => this.#blame(`error of the gateway: ${message}`),
      onSnapshot: (pushed) => this.#clock.after(this.#config.brain.pollMs, () => this.#brain?.take(pushed)),
    });
    await gateway.start();
    this.#gateway = gateway;
  }

  async #slice(): Promise<void> {
    this.#clock.advance(SLICE_MS);
    await nextTurn();
  }

  #gap(symbol: string): void {
    const fault: FaultInput = { kind: 'gap', route: 'public', stream: `${symbol.toLowerCase()}@depth@100ms`, ms: GAP_MS };
    const read = readFault(fault);
    if (!read.ok) throw new Error(`Cannot make fault: ${read.error}`);
    const { outbox, network } = this.#sim.simulator.inside;
    outbox.step(() => network.faults.start(read.value));
  }

  /** The moment the bytes of an order that opens leave: on a live book, with a known account, or not at all. */
  #seeSent(target: string): void {
    if (!/^POST \/fapi\/v1\/(order|batchOrders)\?/.test(target) || !this.#gateway) return;
    const { venue, keeper } = this.#gateway.core;
    const text = decodeURIComponent(target);
    for (const symbol of SYMBOLS) {
      if (!text.includes(symbol) || text.includes('reduceOnly=true') || text.includes('"reduceOnly":"true"')) continue;
      this.#sent++;
      const { status, reason } = venue.market.book(symbol);
      if (status !== 'live' || !keeper.known)
        this.#blame(`${symbol}: sent while the book was ${status} ${reason}, account known ${keeper.known}`);
    }
  }

  #judge(): void {
    const { exchange } = this.#sim.simulator;
    const { orders } = exchange.trader(API_KEY);
    for (const symbol of SYMBOLS) {
      const { instrument } = exchange.market(symbol);
      const open = orders.open(symbol);
      const prices = (side: string): number[] => open.filter((order) => order.side === side).map(({ price }) => Number(price));
      const [bid, ask] = [Math.max(...prices('buy')), Math.min(...prices('sell'))];
      if (bid >= ask) this.#blame(`${symbol}: an own bid of ${bid} stands against an own offer of ${ask}`);
      if (this.#gateway?.core.venue.market.book(symbol).status !== 'live') this.#blind++;
      this.#follow(symbol, orders.trades(symbol));
      const cap = Number(MARKETS[symbol].maxInventory) / Number(instrument.stepSize);
      const most = this.#seen.get(symbol)?.most ?? 0;
      if (most > Math.round(cap)) this.#blame(`${symbol}: an inventory of ${most} lots, the cap is ${cap}`);
    }
  }

  /** Trade by trade, so that no inventory between two looks is missed; one that was on both sides of a trade met itself. */
  #follow(symbol: string, trades: readonly OwnTrade[]): void {
    const seen = this.#seen.get(symbol);
    if (!seen) return;
    for (const trade of trades.slice(seen.count)) {
      if (trades.filter(({ id }) => id === trade.id).length > 1) this.#blame(`${symbol}: trade ${trade.id} was with itself`);
      seen.position += trade.order.side === 'buy' ? trade.size : -trade.size;
      seen.most = Math.max(seen.most, Math.abs(seen.position));
    }
    seen.count = trades.length;
  }

  #blame(sentence: string): void {
    if (this.#violations.size < VIOLATIONS_MAX) this.#violations.add(`at ${Math.round(this.#clock.monoMs())} ms: ${sentence}`);
  }
}

function hourConfig(): Config {
  const checked = checkConfig({
    symbols: SYMBOLS,
    gateway: { metricsPort: null, disasterStop: { percent: 5 } },
    account: { exclusive: true },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 1, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.1 },
      macdTrend: { orderSize: '0.010' },
      runs: SYMBOLS.map((symbol) => ({
        id: `mm-${symbol.slice(0, 3).toLowerCase()}`,
        use: 'market-making',
        symbols: [symbol],
        with: MARKETS[symbol],
      })),
    },
    exits: { takeProfitPercent: 3, stopLossPercent: 3, cooldownMs: 5_000 },
    limits: {
      maxGrossNotional: '1000000',
      default: { maxPosition: '5000', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 },
      symbols: Object.fromEntries(
        SYMBOLS.map((symbol) => [
          symbol,
          { maxPosition: MARKETS[symbol].maxInventory, maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 },
        ]),
      ),
      equity: { maxOrderPercent: 100, maxPositionPercent: 1_000, maxDailyLossPercent: 100 },
    },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}
