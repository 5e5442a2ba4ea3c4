/**
 * Arbitrage between the USDT and the USDC contract of one coin, whole: the simulated exchange, the gateway's order side and the brain in one
 * process on virtual time. A stranger's bid far above the market makes the USDC contract dear, and their offer at the old price ends it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeRuns } from '../../brain/runs.ts';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import { API_KEY, type FaultInput } from '../../scripts/soak/acts.ts';
import type { VirtualClock } from '../../shared/clock.ts';
import { type Config, checkConfig } from '../../shared/config.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { inMemory } from './in-memory.ts';
import { openTestSim, SECRET, type SimClient } from './sim-client.ts';
import { VirtualBrain } from './virtual-brain.ts';
import { VirtualGateway } from './virtual-gateway.ts';

export const LEGS = ['BTCUSDT', 'BTCUSDC'] as const;
export type Leg = (typeof LEGS)[number];
export const SIZE = '0.010';
const WHALE = { apiKey: 'whale-key', symbol: 'BTCUSDC' } as const;
const BID = 'whale-1';
const SLICE_MS = 25;
const WARM_UP_MS = 3_000;
/** Above the best bid: fees of four takes are 20 basis points. */
const DEAR = 1.006;

export class ArbitrageRun implements AsyncDisposable {
  /** What the arbitrage said of itself, each once in a row. */
  readonly reasons: string[] = [];
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-arbitrage-'));
  readonly #config = arbitrageConfig();
  readonly #log = new PassThrough().resume();
  readonly #sim: SimClient;
  readonly #clock: VirtualClock;
  #usual = 0;
  #gateway: VirtualGateway | null = null;
  #brain: VirtualBrain | null = null;

  private constructor(sim: SimClient) {
    this.#sim = sim;
    this.#clock = sim.simulator.inside.clock as VirtualClock;
  }

  static async open(): Promise<ArbitrageRun> {
    const money = (text: string) => ({ USDT: parseAtoms(text) ?? ZERO_ATOMS, USDC: parseAtoms(text) ?? ZERO_ATOMS });
    const accounts = [
      { apiKey: API_KEY, secret: SECRET, balances: money('10000') },
      { apiKey: WHALE.apiKey, secret: SECRET, balances: money('900000000') },
    ];
    const run = new ArbitrageRun(await openTestSim({ symbols: [...LEGS], steppedFromMs: STEPPED_START_MS, accounts, profile: 'normal' }));
    await run.#start();
    return run;
  }

  /** Until it is so, or fails after `limitMs` of virtual time. */
  async until(what: string, look: () => boolean, limitMs = 30_000): Promise<void> {
    for (let passed = 0; !look(); passed += SLICE_MS) {
      if (passed >= limitMs) throw new Error(`Not seen in ${limitMs} ms: ${what}; ${JSON.stringify(this.held)}; ${this.reasons.join(' ')}`);
      await this.#slice();
    }
  }

  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SLICE_MS) await this.#slice();
  }

  /** At the exchange, base units, signed. */
  get held(): Readonly<Record<Leg, string>> {
    const { exchange } = this.#sim.simulator;
    const { account } = exchange.trader(API_KEY);
    return Object.fromEntries(LEGS.map((leg) => [leg, formatSize(exchange.market(leg).instrument, account.position(leg).size)])) as Record<
      Leg,
      string
    >;
  }

  /** Own orders of both legs that rest at the exchange. */
  get resting(): number {
    const { orders } = this.#sim.simulator.exchange.trader(API_KEY);
    return LEGS.reduce((sum, leg) => sum + orders.open(leg).length, 0);
  }

  makeDear(): void {
    const [[best] = [0]] = this.#sim.simulator.exchange.market(WHALE.symbol).depth(1).bids;
    this.#usual = Number(best);
    this.#stranger('BUY', { clientId: BID, ticks: Math.round(this.#usual * DEAR) });
  }

  makeUsual(): void {
    this.fault({ kind: 'foreign-cancel', ...WHALE, clientId: BID });
    this.#stranger('SELL', { clientId: 'whale-2', ticks: this.#usual });
  }

  #stranger(side: 'BUY' | 'SELL', { clientId, ticks: count }: { readonly clientId: string; readonly ticks: number }): void {
    const { instrument } = this.#sim.simulator.exchange.market(WHALE.symbol);
    this.fault({ kind: 'foreign-order', ...WHALE, clientId, side, price: formatPrice(instrument, ticks(count)), quantity: '200' });
  }

  fault(fault: FaultInput): void {
    const read = readFault(fault);
    if (!read.ok) throw new Error(`Cannot make fault: ${read.error}`);
    const { outbox, network } = this.#sim.simulator.inside;
    outbox.step(() => network.faults.start(read.value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#brain?.[Symbol.dispose]();
    await this.#gateway?.[Symbol.asyncDispose]();
    await this.#sim.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #slice(): Promise<void> {
    this.#clock.advance(SLICE_MS);
    await nextTurn();
  }

  async #start(): Promise<void> {
    const { http, socket } = inMemory(this.#sim.simulator);
    const opening = openBinance({
      ...{ config: this.#config, credentials: { apiKey: API_KEY, secret: SECRET }, clock: this.#clock, random: new Random(1) },
      ...{
        log: rootLog({ process: 'gateway', level: 'fatal', stream: this.#log }),
        metrics: makeMetrics('gateway'),
        lines: { http, socket },
      },
      endpoints: { rest: 'http://exchange', stream: 'ws://exchange' },
    });
    const started = opening.then(async (venue) => {
      if (!venue.ok) throw new Error('Cannot open the venue');
      const gateway = new VirtualGateway({
        ...{ config: this.#config, clock: this.#clock, venue: venue.value, ledgerFile: join(this.#dir, 'ledger.sqlite') },
        onError: () => undefined,
        onSnapshot: (pushed) => this.#clock.after(this.#config.brain.pollMs, () => this.#brain?.take(pushed)),
      });
      await gateway.start();
      this.#gateway = gateway;
    });
    let failed: unknown = null;
    started.catch((problem: unknown) => {
      failed = problem ?? new Error('no start');
    });
    for (let passed = 0; this.#gateway === null && passed < 60_000; passed += SLICE_MS) {
      await this.#slice();
      if (failed) throw failed;
    }
    if (this.#gateway === null) throw new Error('The gateway did not start');
    this.#brain = new VirtualBrain({
      ...{
        config: this.#config,
        symbol: WHALE.symbol,
        clock: this.#clock,
        storeFile: join(this.#dir, 'brain.sqlite'),
        runs: makeRuns(this.#config),
      },
      onTurn: ({ stepped }) => {
        const reason = stepped.outcomes[0]?.reason ?? '';
        if (this.reasons.at(-1) !== reason) this.reasons.push(reason);
      },
    });
    this.#brain.connect(this.#gateway);
    await this.run(WARM_UP_MS);
  }
}

function arbitrageConfig(): Config {
  const checked = checkConfig({
    symbols: LEGS,
    gateway: { metricsPort: 0, disasterStop: { percent: 5 } },
    account: { exclusive: true },
    strategy: {
      active: 'arbitrage',
      marketMaking: { spreadBps: 2, skewBps: 1, orderSize: SIZE, maxInventory: '0.05' },
      macdTrend: { orderSize: SIZE },
      arbitrage: {
        orderSize: SIZE,
        meanMinutes: 10_000,
        warmUpMinutes: 0,
        exitBps: 5,
        cooldownMs: 1_000,
        hedgeDeadlineMs: 3_000,
        maxSlippageBps: 5,
      },
    },
    exits: { stopLossPercent: 4, cooldownMs: 1_000 },
    limits: {
      maxGrossNotional: '1000000',
      default: { maxPosition: '1', maxOrderNotional: '100000', maxOpenOrders: 20, collarPercent: 2 },
      equity: { maxOrderPercent: 100, maxPositionPercent: 2_000, maxDailyLossPercent: 100 },
    },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}
