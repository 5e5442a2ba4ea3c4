/** An order placed over the WebSocket API beside the same over REST: from the call, signature included, to the venue's answer. Loopback, in this process. */
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import type { OrderRoute, Venue } from '../../gateway/venues/venue.ts';
import { systemClock } from '../../shared/clock.ts';
import { Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import type { Credentials } from '../../shared/config-file.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { fullKey } from '../../shared/sim/binance/keys.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { openSimulator, type Simulator } from '../sim/simulator.ts';
import { type Figure, quantile, sideBySide } from './measure.ts';

const SYMBOL = 'BTCUSDT';
const ORDERS_A_ROUND = 150;
const WAIT_MS = 10_000;
/** Far more than is asked for: the way is measured, not the limits. */
const NO_LIMIT = 10_000_000;
const BELOW_MARKET_TICKS = 5_000;

export async function benchOrderEntry(): Promise<Figure> {
  await using bench = await Bench.open();
  const seen: Record<'rest' | 'websocket', number[]> = { rest: [], websocket: [] };
  const round = async (route: 'rest' | 'websocket'): Promise<number> => {
    const took = await bench.round(route);
    seen[route].push(...took);
    return quantile(took, 0.5);
  };
  const { ratio, ours, floor, conclusive } = await sideBySide({ ours: () => round('websocket'), floor: () => round('rest') });
  const p99 = (route: 'rest' | 'websocket'): string => quantile(seen[route], 0.99).toFixed(0);
  return {
    name: 'order acknowledged: WebSocket API / REST, p50',
    value: ratio,
    unit: '×',
    goal: 1,
    beside: `${ours.toFixed(0)} µs (p99 ${p99('websocket')}) against REST with HMAC ${floor.toFixed(0)} µs (p99 ${p99('rest')}), n ${seen.rest.length} each`,
    conclusive,
  };
}

class Bench implements AsyncDisposable {
  readonly #simulator: Simulator;
  readonly #venues: Readonly<Record<'rest' | 'websocket', Venue>>;
  #ids = 0;

  private constructor(simulator: Simulator, venues: Readonly<Record<'rest' | 'websocket', Venue>>) {
    this.#simulator = simulator;
    this.#venues = venues;
  }

  static async open(): Promise<Bench> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const account = SIM_CREDENTIALS.apiKey;
    const key = { apiKey: 'bench-ed25519', secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    const simulator = await openSimulator({
      ...{
        host: '127.0.0.1',
        port: 0,
        seed: 1,
        speed: 1,
        clock: null,
        symbols: [SYMBOL],
        replay: null,
        profile: 'calm',
        historyDays: 1,
        leadMs: 0,
      },
      limitsEnforced: false,
      limitFigures: { weightPerMinute: NO_LIMIT, ordersPer10s: NO_LIMIT, ordersPerMinute: NO_LIMIT },
      accounts: [{ ...SIM_CREDENTIALS, balances: { USDT: parseAtoms('10000') ?? ZERO_ATOMS } }],
      keys: [fullKey({ account, apiKey: key.apiKey, secret: publicKey.export({ type: 'spki', format: 'pem' }).toString() })],
      onTapeProblem: (problem) => {
        throw problem;
      },
    });
    const rest = await openVenue(simulator, { credentials: SIM_CREDENTIALS, route: 'rest' });
    return new Bench(simulator, { rest, websocket: await openVenue(simulator, { credentials: key, route: 'websocket' }) });
  }

  /** Microseconds of each order, one after another; each is cancelled again, untimed. */
  async round(route: 'rest' | 'websocket'): Promise<readonly number[]> {
    const { orders, market } = this.#venues[route];
    const bid = market.book(SYMBOL).book.bestBid;
    if (bid === null || orders.route?.() !== route) throw new Error(`Cannot measure ${route}: the book or the way is not there`);
    const took: number[] = [];
    for (let n = 0; n < ORDERS_A_ROUND; n++) {
      const clientId = String(++this.#ids);
      const from = performance.now();
      const placed = await orders.place({
        ...{ symbol: SYMBOL, clientId, side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false },
        ...{ price: ticks(bid - BELOW_MARKET_TICKS), size: lots(10) },
      });
      took.push((performance.now() - from) * 1_000);
      const canceled = await orders.cancel({ symbol: SYMBOL, clientId });
      if (!placed.ok || !canceled.ok) throw new Error(`Cannot measure ${route}: ${JSON.stringify([placed, canceled])}`);
    }
    return took;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#venues.rest[Symbol.asyncDispose]();
    await this.#venues.websocket[Symbol.asyncDispose]();
    await this.#simulator.close();
  }
}

type Opening = { readonly credentials: Credentials; readonly route: 'rest' | 'websocket' };

async function openVenue(simulator: Simulator, { credentials, route }: Opening): Promise<Venue> {
  const opened = await openBinance({
    config: configOf(simulator.port, route),
    credentials,
    clock: systemClock(simulator.clock),
    random: new Random(1),
    log: rootLog({ process: 'bench', level: 'error' }),
    metrics: makeMetrics('bench'),
  });
  if (!opened.ok) throw new Error(opened.error.sentence);
  const venue = opened.value;
  await venue.start({ onAccount: () => {}, onTrade: () => {}, onBookLive: () => {} });
  const ready = (wanted: OrderRoute): boolean => venue.market.book(SYMBOL).status === 'live' && venue.orders.route?.() === wanted;
  const end = performance.now() + WAIT_MS;
  while (!ready(route)) {
    if (performance.now() > end) throw new Error(`Order entry over ${route} did not come up`);
    await sleep(2);
  }
  return venue;
}

function configOf(port: number, orderEntry: 'rest' | 'websocket'): Config {
  return Config.parse({
    symbols: [SYMBOL],
    sim: { port },
    gateway: { orderEntry },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}
