/**
 * One emergency stop from a seed: a gateway in this process over real sockets to the simulator, with quotes, positions and an order on its
 * way; faults are armed, the stop is asked for, and the exchange itself tells when the last of our orders was gone and when all was flat.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOurs, makeClientId } from '../../shared/client-id.ts';
import { type Config, checkConfig, configHash, SIM_CREDENTIALS } from '../../shared/config.ts';
import { formatPrice, type Instrument } from '../../shared/instrument.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import { Random } from '../../shared/random.ts';
import { Header, type Stamp } from '../../shared/snapshot.ts';
import { parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { Fault } from '../sim/faults/fault.ts';
import { openSimulator, type Simulator } from '../sim/simulator.ts';
import { API_KEY } from './acts.ts';
import { type GatewayHere, openGatewayHere } from './gateway-here.ts';
import { drawPanicFaults, type Market, RETRY_AFTER_S, WHALE_KEY } from './panic-faults.ts';

export type PanicOptions = {
  readonly seed: number;
  readonly redisUrl: string;
  /** False: nothing goes wrong. */
  readonly faults: boolean;
  /** What else befalls us right before the command; `brain` is the one that quotes. */
  readonly before?: (brain: AsyncDisposable) => Promise<unknown>;
};
export type PanicRecord = {
  readonly seed: number;
  readonly asked: string;
  readonly everything: boolean;
  readonly faults: readonly string[];
  /** From the command to the end of the last own order at the exchange, to flat there, and to the gateway's word that it is done, ms; null: never. */
  readonly goneMs: number | null;
  readonly flatMs: number | null;
  readonly doneMs: number | null;
  /** How much of each the venue had forbidden every request (429), ms. */
  readonly forbiddenMs: { readonly gone: number; readonly flat: number };
  readonly violations: readonly string[];
};

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
const SIZES = { BTCUSDT: { quote: '0.010', position: '0.040' }, ETHUSDT: { quote: '0.100', position: '0.600' } } as const;
const QUOTES_A_SIDE = 3;
/** So many must rest, of all that were placed. */
const QUOTES_MIN = 6;
const ASKED = ['operator', 'brain', 'signal', 'file'] as const;
const READY_MS = 60_000;
const DONE_MS = 30_000;
const LOOK_MS = 1;
const ASK_MS = 5;
const HEARTBEAT_MS = 500;

export async function panicOnce(options: PanicOptions): Promise<PanicRecord> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-panic-'));
  const simulator = await openMarket(options.seed);
  try {
    const config = configOf(options, simulator.port);
    await using here = await openGatewayHere({ config, credentials: SIM_CREDENTIALS, dir, seed: options.seed });
    const panic = new Panic(options, { simulator, here, config });
    return await panic.live(); // awaited here: the gateway is disposed of afterwards
  } finally {
    await simulator.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function openMarket(seed: number): Promise<Simulator> {
  const balances = { USDT: parseAtoms('10000000') ?? ZERO_ATOMS };
  return openSimulator({
    ...{ host: '127.0.0.1', port: 0, seed, speed: 1, clock: null, symbols: [...SYMBOLS], replay: null, profile: 'normal' },
    ...{ historyDays: 0, leadMs: 0, limitsEnforced: true },
    accounts: [
      { ...SIM_CREDENTIALS, balances },
      { apiKey: WHALE_KEY, secret: 'whale-secret', balances },
    ],
    onTapeProblem: (problem) => {
      throw problem;
    },
  });
}

function configOf({ seed, redisUrl }: PanicOptions, port: number): Config {
  const checked = checkConfig({
    ...{ symbols: SYMBOLS, redis: { url: redisUrl, prefix: `mm:panic-${seed}` }, sim: { port } },
    gateway: { metricsPort: null },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.05' },
      macdTrend: { orderSize: '0.010' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '1000000', default: { maxPosition: '10', maxOrderNotional: '50000', maxOpenOrders: 50, collarPercent: 5 } },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

type Parts = { readonly simulator: Simulator; readonly here: GatewayHere; readonly config: Config };

class Panic {
  readonly #options: PanicOptions;
  readonly #parts: Parts;
  readonly #random: Random;
  #counter = 0;

  constructor(options: PanicOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#random = new Random(options.seed).fork('panic');
  }

  async live(): Promise<PanicRecord> {
    const { config, here } = this.#parts;
    await using brain = await connect({ path: here.brainSocket, role: 'brain', config });
    await using operator = await connect({ path: here.operatorSocket, role: 'operator', config });
    const beat = setInterval(() => void this.#beat(brain), HEARTBEAT_MS);
    try {
      await this.#trade(brain);
      return await this.#stop({ brain, operator });
    } finally {
      clearInterval(beat);
    }
  }

  /** Quotes on both sides of each symbol, and a position from a person's hand. */
  async #trade(brain: GatewayClient): Promise<void> {
    const calm = async (): Promise<boolean> => {
      const header = await headerOf(brain);
      return header?.mode === 'normal' && header.reasons.length === 0;
    };
    await until('all books live', calm);
    const sides = SYMBOLS.map((symbol) => [symbol, this.#random.pick(['BUY', 'SELL'])] as const);
    // a busy machine may refuse a quote, the market may take one, and with it the position: then there is another
    await until('quotes and positions', async () => {
      if (this.#own().length < QUOTES_MIN) await this.#quoteAll(brain);
      const held = new Set(this.#held());
      for (const [symbol, side] of sides)
        if (!held.has(symbol)) this.#fault({ kind: 'manual-order', apiKey: API_KEY, symbol, side, quantity: SIZES[symbol].position });
      return held.size === SYMBOLS.length && this.#own().length >= QUOTES_MIN && (await calm());
    });
  }

  async #quoteAll(brain: GatewayClient): Promise<void> {
    for (const symbol of SYMBOLS)
      for (const side of ['buy', 'sell'] as const)
        for (let level = 1; level <= QUOTES_A_SIDE; level++) await this.#quote(brain, { symbol, side, bps: 20 * level });
  }

  async #stop({ brain, operator }: { readonly brain: GatewayClient; readonly operator: GatewayClient }): Promise<PanicRecord> {
    const [first, ...more] = SYMBOLS.map((symbol): Market => ({ symbol, midText: this.#mid(symbol) }));
    if (!first) throw new Error('Cannot panic without a market');
    const [asked, everything] = [this.#random.pick(ASKED), this.#random.chance(0.3)];
    const drawn = this.#options.faults ? drawPanicFaults(this.#random, [first, ...more]) : [];
    void this.#quote(brain, { symbol: 'BTCUSDT', side: 'buy', bps: 25 }); // on its way
    for (const { faults } of drawn) for (const fault of faults) this.#fault(fault);
    await this.#options.before?.(brain);
    const watch = new Watch(this.#parts.simulator, () => [this.#own().length, this.#held().length]);
    this.#ask(asked, { brain, operator, everything });
    const doneMs = await watch.untilDone(async () => (await headerOf(operator))?.emergency?.phase === 'done');
    return {
      ...{ seed: this.#options.seed, asked, everything, faults: drawn.map(({ name }) => name) },
      ...{ goneMs: watch.goneMs, flatMs: watch.flatMs, doneMs, forbiddenMs: watch.forbiddenMs() },
      violations: this.#violations(doneMs, everything),
    };
  }

  #ask(
    asked: (typeof ASKED)[number],
    to: { readonly brain: GatewayClient; readonly operator: GatewayClient; readonly everything: boolean },
  ): void {
    const { here } = this.#parts;
    const { everything } = to;
    if (asked === 'signal') here.gateway.emergencyStop({ reason: 'SIGUSR2', source: 'signal', everything });
    else if (asked === 'file') writeFileSync(join(here.folder, 'PANIC'), everything ? 'everything\n' : '');
    else void to[asked].request({ type: 'emergencyStop', reason: 'soak', everything });
  }

  /** The exchange's word, after the gateway's. */
  #violations(doneMs: number | null, everything: boolean): readonly string[] {
    const foreign = this.#open().filter(({ clientId }) => !isOurs(clientId)).length;
    return [
      ...(doneMs === null ? [`not done within ${DONE_MS} ms`] : []),
      ...(this.#own().length > 0 ? [`${this.#own().length} own orders are left`] : []),
      ...(this.#held().length > 0 ? [`positions are left: ${this.#held().join(', ')}`] : []),
      ...(everything && foreign > 0 ? [`${foreign} orders of others are left`] : []),
    ];
  }

  async #quote(
    brain: GatewayClient,
    { symbol, side, bps }: { readonly symbol: (typeof SYMBOLS)[number]; readonly side: 'buy' | 'sell'; readonly bps: number },
  ) {
    const instrument = this.#instrument(symbol);
    const mid = Number(this.#mid(symbol)) / Number(instrument.tickSize);
    const price = ticks(Math.round(mid * (1 + ((side === 'buy' ? -1 : 1) * bps) / 10_000)));
    const clientId = makeClientId({ role: 'quote', epoch: brain.welcome.brainEpoch, counter: ++this.#counter });
    const terms = { kind: 'limit', timeInForce: 'post-only', reduceOnly: false, ttlMs: 5_000 } as const;
    const order = {
      type: 'place',
      clientId,
      symbol,
      side,
      price: formatPrice(instrument, price),
      size: SIZES[symbol].quote,
      ...terms,
    } as const;
    await brain.request({ ...order, basedOn: await stampOf(brain) });
  }

  async #beat(brain: GatewayClient): Promise<void> {
    await brain.request({ type: 'heartbeat', processed: await stampOf(brain) });
  }

  #fault(fault: unknown): void {
    const started = this.#parts.simulator.inside.network.faults.start(Fault.parse(fault));
    if (!started.ok) throw new Error(`Cannot arm ${JSON.stringify(fault)}: ${started.error}`);
  }

  #instrument(symbol: string): Instrument {
    return this.#parts.simulator.exchange.market(symbol).instrument;
  }

  #mid(symbol: string): string {
    const view = this.#parts.simulator.exchange.market(symbol).published(null);
    const [bid, ask] = [view?.bids[0]?.[0], view?.asks[0]?.[0]];
    if (bid === undefined || ask === undefined) throw new Error(`${symbol} has no book`);
    return formatPrice(this.#instrument(symbol), ticks(Math.floor((bid + ask) / 2)));
  }

  #open() {
    return this.#parts.simulator.exchange.trader(API_KEY).orders.open(null);
  }

  #own() {
    return this.#open().filter(({ clientId }) => isOurs(clientId));
  }

  #held(): readonly string[] {
    const { account } = this.#parts.simulator.exchange.trader(API_KEY);
    return SYMBOLS.filter((symbol) => account.position(symbol).size !== 0);
  }
}

/** Looks at the exchange's own state every millisecond. */
class Watch {
  readonly #simulator: Simulator;
  readonly #look: () => readonly [own: number, held: number];
  readonly #from = performance.now();
  readonly #fromExchangeMs: number;
  goneMs: number | null = null;
  flatMs: number | null = null;

  constructor(simulator: Simulator, look: () => readonly [number, number]) {
    this.#simulator = simulator;
    this.#look = look;
    this.#fromExchangeMs = simulator.exchange.nowMs;
  }

  async untilDone(done: () => Promise<boolean>): Promise<number | null> {
    let looking = true;
    const watched = (async () => {
      for (; looking; await sleep(LOOK_MS)) this.#note();
    })();
    let doneMs: number | null = null;
    for (; doneMs === null && this.#passed() < DONE_MS; await sleep(ASK_MS)) if (await done()) doneMs = this.#passed();
    looking = false;
    await watched;
    this.#note();
    return doneMs;
  }

  /** The venue answered 429 to one request: none of any kind may leave before the time it names. */
  forbiddenMs(): PanicRecord['forbiddenMs'] {
    const spans = this.#simulator.inside.network.faults.parts.board.rows().flatMap(({ fault, lastMs }) => {
      if (lastMs === null || !('error' in fault) || !/^(rate-limited|too-many-orders)$/.test(String(fault.error))) return [];
      const at = lastMs - this.#fromExchangeMs;
      return [{ from: at, to: at + RETRY_AFTER_S * 1_000, ordersOnly: fault.error === 'too-many-orders' }];
    });
    const within = (untilMs: number | null, ordersToo: boolean): number =>
      Math.max(
        0,
        ...spans
          .filter(({ ordersOnly }) => ordersToo || !ordersOnly)
          .map(({ from, to }) => Math.min(to, untilMs ?? to) - Math.max(0, from)),
      );
    return { gone: within(this.goneMs, false), flat: within(this.flatMs, true) };
  }

  #note(): void {
    const [own, held] = this.#look();
    if (own > 0)
      this.goneMs = null; // one came after all
    else this.goneMs ??= this.#passed();
    if (held > 0) this.flatMs = null;
    else this.flatMs ??= this.#passed();
  }

  #passed(): number {
    return performance.now() - this.#from;
  }
}

type Connecting = { readonly path: string; readonly role: 'brain' | 'operator'; readonly config: Config };

async function connect({ path, role, config }: Connecting): Promise<GatewayClient> {
  const { environment } = config;
  const client = await GatewayClient.connect({ path, role, environment, name: 'soak', configHash: configHash(config) });
  if (!client.ok) throw new Error(client.error.sentence);
  return client.value;
}

async function headerOf(client: GatewayClient): Promise<Header | null> {
  const answer = await client.request({ type: 'query', what: 'status' });
  return answer?.type === 'data' ? Header.parse(answer.data) : null;
}

async function stampOf(client: GatewayClient): Promise<Stamp> {
  const header = await headerOf(client);
  return { epoch: header?.epoch ?? 0, seq: header?.seq ?? 0 };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + READY_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not seen within ${READY_MS} ms: ${what}`);
    await sleep(10);
  }
}
