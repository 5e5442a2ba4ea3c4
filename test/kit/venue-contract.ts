/** A venue as the gateway opens it, on a simulator of its own, with everything it tells kept in order. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simEndpoints } from '../../gateway/venues/binance/limits.ts';
import { openVenue } from '../../gateway/venues/io/open.ts';
import type { OrderRequest, Venue } from '../../gateway/venues/venue.ts';
import { systemClock } from '../../shared/clock.ts';
import { Config, PAPER_CREDENTIALS, SIM_CREDENTIALS } from '../../shared/config.ts';
import type { AccountEvent } from '../../shared/events.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { PAPER_STATE_FILE } from '../../shared/socket-path.ts';
import { lots, parseAtoms, type Ticks, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { KEY, openTestSim, SECRET, type SimClient } from './sim-client.ts';

export type Kind = 'live' | 'paper';
export const SYMBOL = 'BTCUSDT';
const LIMIT_MS = 15_000;
const atomsOf = (text: string) => parseAtoms(text) ?? ZERO_ATOMS;

/** `kind` live: the adapter against the simulator's account. Paper: the same adapter's public side, and the paper account. */
export function contractConfig(kind: Kind, port: number, paper: Partial<Config['paper']> = {}): Config {
  return Config.parse({
    environment: kind === 'live' ? 'sim' : 'paper',
    symbols: [SYMBOL],
    sim: { port },
    endpoints: { paper: simEndpoints(port) },
    paper: { balances: { USDT: '10000', USDC: '5000' }, orderLatency: 'none', eventLatency: 'none', ...paper },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}

export async function openContractSim(): Promise<SimClient> {
  const rich = { USDT: atomsOf('100000000') };
  return openTestSim({
    accounts: [
      { apiKey: KEY, secret: SECRET, balances: rich },
      { ...SIM_CREDENTIALS, balances: { USDT: atomsOf('10000'), USDC: atomsOf('5000') } },
    ],
    limitsEnforced: false,
    symbols: [SYMBOL, 'ETHUSDT'],
  });
}

export class OpenVenue implements AsyncDisposable {
  readonly venue: Venue;
  readonly sim: SimClient;
  readonly events: AccountEvent[] = [];
  #wake = Promise.withResolvers<void>();

  private constructor(venue: Venue, sim: SimClient) {
    this.venue = venue;
    this.sim = sim;
  }

  static async open(sim: SimClient, config: Config, accountDir: string): Promise<OpenVenue> {
    const again = existsSync(join(accountDir, PAPER_STATE_FILE));
    const opened = await openVenue({
      ...{ config, accountDir, clock: systemClock(), speed: 1, random: new Random(1), metrics: makeMetrics('test') },
      credentials: config.environment === 'paper' ? PAPER_CREDENTIALS : SIM_CREDENTIALS,
      log: rootLog({ process: 'test', level: 'error' }),
      ending: new AbortController().signal,
    });
    if (!opened.ok) throw new Error(opened.error.sentence);
    const open = new OpenVenue(opened.value, sim);
    await open.#start(again);
    return open;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.venue[Symbol.asyncDispose]();
  }

  /** Prices of the live book. */
  get bid(): Ticks {
    return this.venue.market.book(SYMBOL).book.bestBid ?? ticks(0);
  }

  get ask(): Ticks {
    return this.venue.market.book(SYMBOL).book.bestAsk ?? ticks(0);
  }

  /** A post-only buy of 0.02 far below the market, unless told otherwise. */
  order(clientId: string, over: Partial<OrderRequest> = {}): OrderRequest {
    const far = { symbol: SYMBOL, side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false } as const;
    return { ...far, price: ticks(this.bid - 5_000), size: lots(20), clientId, ...over };
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`Waited in vain for ${what}: ${JSON.stringify(this.words().slice(-20))}`);
      await Promise.race([this.#wake.promise, systemClock().sleep(50)]);
    }
  }

  /** What was told since `from`, one word each: kind, and what tells events of one kind apart. */
  words(from = 0): readonly string[] {
    return this.events.slice(from).map((event) => {
      if (event.kind === 'order') return `order ${event.state}`;
      if (event.kind === 'fill') return event.fee === null ? 'notice' : 'fill';
      if (event.kind === 'stop') return `stop ${event.state}`;
      return event.kind;
    });
  }

  async #start(again: boolean): Promise<void> {
    const stir = (): void => {
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    const onAccount = (event: AccountEvent): void => {
      this.events.push(event);
      stir();
    };
    await this.venue.start({ onAccount, onBookLive: stir, onTop: stir, onTrade: stir });
    const { market } = this.venue;
    // an account that was there before has its prices; marks come once a second
    const priced = (): boolean => again || market.mark(SYMBOL) !== null;
    await this.until('everything live', () => this.events.length > 0 && market.book(SYMBOL).status === 'live' && priced());
  }
}

/** A folder of one test's own. */
export function testFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'mmbot-venue-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
