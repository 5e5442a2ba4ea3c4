/** Simulated days without sockets and without waiting: exchange, adapter and order side in one process, faults from a seed, a restart now and then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import type { Client } from '../../gateway/orders/desk.ts';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { type Act, ACT_KINDS, API_KEY, drawAct, type FaultInput, healing } from '../../scripts/soak/acts.ts';
import { auditFiles } from '../../scripts/soak/audit.ts';
import { beyondLimit, notInLedger, type OpenOrder } from '../../scripts/soak/invariants.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import { countBy } from '../../scripts/soak/history.ts';
import { causesOf } from '../../scripts/soak/log-lines.ts';
import type { BookSide } from '../../shared/book.ts';
import type { VirtualClock } from '../../shared/clock.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { queryJson } from '../../shared/sim/binance/order-json.ts';
import { type Lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { inMemory } from './in-memory.ts';
import { CONFIG } from './order-side.ts';
import { openTestSim, SECRET, type SimClient } from './sim-client.ts';
import { VirtualGateway } from './virtual-gateway.ts';

const SYMBOL = 'BTCUSDT';
const SLICE_MS = 25;
const BRAIN_MS = 200;
const AUDIT_MS = 1_000;
const QUOTE_SIZE = '0.010';
const INVENTORY_LOTS = 50;
const REPRICE_TICKS = 30;
const LEVELS = 20;
const RESUME_MS = 3_000;
const HEAL_MS = 60_000;
const FUNDS = parseAtoms('10000') ?? ZERO_ATOMS;
const LIMIT = Number(CONFIG.limits.default?.maxPosition ?? 0);
/** A process of its own is what nothing here has. */
const isPossible = (kind: string): boolean => ACT_KINDS.includes(kind) && !/^(kill|stall)-/.test(kind);

export type VirtualDayOptions = {
  readonly seed: number;
  readonly hours: number;
  /** Mean of simulated milliseconds between two faults. */
  readonly everyMs: number;
  /** Only these kinds; those that need processes are left out. */
  readonly kinds?: readonly string[];
  /** The gateway is killed and started again this often. */
  readonly restartMs: number;
};

/** Lives it through and tells what came of it. */
export async function liveVirtualDay(options: VirtualDayOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-day-'));
  const files = { exchangeFile: join(dir, 'exchange.sqlite'), ledgerFile: join(dir, 'ledger.sqlite') };
  const accounts = [{ apiKey: API_KEY, secret: SECRET, balances: { USDT: FUNDS } }];
  const sim = await openTestSim({ seed: options.seed, steppedFromMs: STEPPED_START_MS, accounts, state: files.exchangeFile });
  const day = new VirtualDay(sim, { ...options, ledgerFile: files.ledgerFile });
  try {
    await day.live();
  } finally {
    await day[Symbol.asyncDispose]();
    await sim.close();
  }
  const { orders, fills, corrections, violations } = auditFiles(files);
  rmSync(dir, { recursive: true, force: true });
  return { ...day.told(), orders: orders.length, fills, corrections, violations: [...day.violations, ...violations] };
}

class VirtualDay implements AsyncDisposable {
  readonly violations = new Set<string>();
  readonly #sim: SimClient;
  readonly #options: VirtualDayOptions & { readonly ledgerFile: string };
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #happened: string[] = [];
  readonly #log = new PassThrough();
  readonly #checks = { orders: 0, books: 0, sent: 0 };
  #gateway: VirtualGateway | null = null;
  #brain: Client | null = null;
  #counter = 0;
  #restarts = 0;

  constructor(sim: SimClient, options: VirtualDayOptions & { readonly ledgerFile: string }) {
    this.#sim = sim;
    this.#options = options;
    this.#clock = sim.simulator.inside.clock as VirtualClock;
    this.#random = new Random(options.seed).fork('virtual day');
    this.#log.resume();
  }

  async live(): Promise<void> {
    await this.#start();
    const timers = [this.#clock.every(BRAIN_MS, () => this.#think()), this.#clock.every(AUDIT_MS, () => this.#audit())];
    this.#nextFault();
    const { hours, restartMs } = this.#options;
    const endMs = this.#clock.monoMs() + hours * 3_600_000;
    for (let restartAt = this.#clock.monoMs() + restartMs; this.#clock.monoMs() < endMs; ) {
      await this.#run(SLICE_MS);
      if (this.#clock.monoMs() < restartAt) continue;
      restartAt += restartMs;
      this.#restarts++;
      await this.#gateway?.[Symbol.asyncDispose]();
      this.#gateway = null;
      await this.#start();
    }
    this.#over = true;
    for (const fault of healing([SYMBOL])) this.#fault(fault);
    this.#resume();
    await this.#run(HEAL_MS);
    this.#judge();
    for (const timer of timers) timer.cancel();
  }

  #over = false;

  told() {
    return { faults: countBy(this.#happened), checks: this.#checks, restarts: this.#restarts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#gateway = null;
  }

  /** Time passes in slices; what was answered in one is worked off before the next. */
  async #run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SLICE_MS) {
      this.#clock.advance(SLICE_MS);
      await nextTurn();
    }
  }

  /** As the supervisor does: tried again until the exchange lets it in. */
  async #start(): Promise<void> {
    let opened = false;
    const opening = (async () => {
      while (!(await this.#open())) await this.#clock.sleep(1_000);
      opened = true;
    })();
    while (!opened) await this.#run(SLICE_MS);
    await opening;
  }

  async #open(): Promise<boolean> {
    const log = rootLog({ process: 'gateway', level: 'fatal', stream: this.#log });
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
      ...{ config: CONFIG, credentials: { apiKey: API_KEY, secret: SECRET }, clock: this.#clock, random: this.#random.fork('venue'), log },
      ...{ metrics: makeMetrics('gateway'), lines: { http: watched, socket } },
      endpoints: { rest: 'http://exchange', stream: 'ws://exchange' },
    });
    if (!venue.ok) return false;
    const gateway = new VirtualGateway({
      ...{ config: CONFIG, clock: this.#clock, venue: venue.value, ledgerFile: this.#options.ledgerFile },
      onError: (message) => {
        if (!causesOf(message).some((kind) => this.#happened.includes(kind))) this.#blame(`error without a cause: ${message}`);
      },
    });
    await gateway.start();
    this.#gateway = gateway;
    [this.#brain, this.#counter] = [gateway.hello('brain'), 0];
    return true;
  }

  /** A quote at the best price of each side, moved when the market has moved. */
  #think(): void {
    const [gateway, brain] = [this.#gateway, this.#brain];
    if (!gateway || !brain) return;
    const { venue, keeper, seqs, identity } = gateway.core;
    const basedOn = { epoch: identity.epoch, seq: seqs.seq };
    gateway.send(brain, { id: 1, type: 'heartbeat', processed: basedOn });
    const view = venue.market.book(SYMBOL);
    const instrument = venue.instruments.get(SYMBOL);
    if (view.status !== 'live' || !instrument || !keeper.known) return;
    const quotes = keeper.ledger.openOrders().filter(({ role }) => role === 'quote');
    const { size } = keeper.ledger.positions.row(SYMBOL);
    for (const side of ['buy', 'sell'] as const) {
      const best = side === 'buy' ? view.book.bestBid : view.book.bestAsk;
      const [quote] = quotes.filter((order) => order.side === side);
      if (best === null) continue;
      if (quote && Math.abs((quote.order.price ?? best) - best) > REPRICE_TICKS)
        gateway.send(brain, { id: 1, type: 'cancel', clientId: quote.clientId });
      if (quote || (side === 'buy' ? size : -size) >= INVENTORY_LOTS) continue;
      const clientId = makeClientId({ role: 'quote', epoch: brain.epoch, counter: ++this.#counter });
      const price = formatPrice(instrument, best);
      const terms = { kind: 'limit', timeInForce: 'post-only', price, size: QUOTE_SIZE, reduceOnly: false } as const;
      gateway.send(brain, { id: 1, type: 'place', clientId, symbol: SYMBOL, side, ...terms, basedOn, ttlMs: 500 });
    }
  }

  /** The moment the bytes of a quote leave: on a live book, with a known account, or not at all. */
  #seeSent(target: string): void {
    if (!/^POST \/fapi\/v1\/(order|batchOrders)\?/.test(target) || /reduceOnly=true/.test(target) || !this.#gateway) return;
    this.#checks.sent++;
    const { venue, keeper } = this.#gateway.core;
    const { status, reason } = venue.market.book(SYMBOL);
    if (status !== 'live' || !keeper.known) this.#blame(`sent while the book was ${status} ${reason}, account known ${keeper.known}`);
  }

  #audit(): void {
    const gateway = this.#gateway;
    if (!gateway) return;
    const { keeper, venue } = gateway.core;
    const { exchange } = this.#sim.simulator;
    const trader = exchange.trader(API_KEY);
    const { instrument } = exchange.market(SYMBOL);
    const open = trader.orders.open(null).map((order) => queryJson(instrument, order) as unknown as OpenOrder);
    const position = Number(formatSize(instrument, trader.account.position(SYMBOL).size));
    for (const found of notInLedger(open, (id) => keeper.ledger.order(id) !== null)) this.#blame(found);
    for (const found of beyondLimit({ symbol: SYMBOL, position, open, limit: LIMIT })) this.#blame(found);
    this.#checks.orders++;
    const { status, book, lastUpdateId } = venue.market.book(SYMBOL);
    const truth = status === 'live' ? exchange.market(SYMBOL).published(lastUpdateId) : null;
    if (!truth) return;
    this.#checks.books++;
    const same = (ours: BookSide, theirs: readonly (readonly [Ticks, Lots])[]): boolean =>
      theirs.slice(0, LEVELS).every(([price, size], n) => ours.priceAt(n) === price && ours.sizeAt(n) === size);
    if (!same(book.bids, truth.bids) || !same(book.asks, truth.asks)) this.#blame(`the live book at ${lastUpdateId} is not the exchange's`);
  }

  #nextFault(): void {
    if (this.#over) return;
    this.#clock.after(this.#random.exponential(this.#options.everyMs), () => {
      if (!this.#over)
        this.#perform(drawAct(this.#random, { kinds: (this.#options.kinds ?? ACT_KINDS).filter(isPossible), symbols: [SYMBOL] }));
      this.#nextFault();
    });
  }

  #perform(act: Act): void {
    this.#happened.push(act.kind);
    if (act.does === 'cancel-own') {
      const [first] = this.#sim.simulator.exchange.trader(API_KEY).orders.open(SYMBOL);
      if (first) this.#fault({ kind: 'foreign-cancel', apiKey: API_KEY, symbol: SYMBOL, clientId: first.clientId });
    }
    if (act.does !== 'faults') return;
    for (const { afterMs, fault } of act.steps) this.#clock.after(afterMs, () => this.#fault(fault));
    if (act.resumes) this.#clock.after(2 * RESUME_MS, () => this.#resume());
  }

  /** What cannot be just now (no position to close by force) is passed over, as over the admin interface. */
  #fault(fault: FaultInput): void {
    const read = readFault(fault);
    if (!read.ok) throw new Error(`Cannot make fault: ${read.error}`);
    this.#sim.simulator.inside.outbox.step(() => this.#sim.simulator.inside.network.faults.start(read.value));
  }

  #resume(): void {
    const person = this.#gateway?.hello('operator');
    if (person) this.#gateway?.send(person, { id: 1, type: 'resume' });
  }

  /** All is healed: both sides say the same, and it quotes again. */
  #judge(): void {
    const gateway = this.#gateway;
    if (!gateway) throw new Error('There is no gateway at the end');
    const { keeper, venue } = gateway.core;
    const trader = this.#sim.simulator.exchange.trader(API_KEY);
    const [ours, theirs] = [keeper.ledger.positions.row(SYMBOL).size, trader.account.position(SYMBOL).size];
    if (ours !== theirs) this.#blame(`ledger position ${ours} lots, exchange ${theirs}`);
    if (venue.market.book(SYMBOL).status !== 'live' || !keeper.known) this.#blame('it does not recover');
    if (trader.orders.open(SYMBOL).length === 0) this.#blame('it does not quote again');
    const unknown = keeper.ledger.openOrders().filter(({ order }) => order.status === 'unknown');
    if (unknown.length > 0) this.#blame(`${unknown.length} orders are still unknown`);
  }

  #blame(sentence: string): void {
    if (this.violations.size < 50)
      this.violations.add(`at ${Math.round(this.#clock.monoMs())} ms: ${sentence}; faults before: ${this.#happened.slice(-6).join(' ')}`);
  }
}
