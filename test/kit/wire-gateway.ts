/** A gateway's order side on the real adapter and the simulated exchange's wire, in one process on virtual time; no sockets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from '../../gateway/orders/desk.ts';
import { Recorder } from '../../gateway/io/recorder.ts';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { API_KEY, type FaultInput } from '../../scripts/soak/acts.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import type { VirtualClock } from '../../shared/clock.ts';
import { makeClientId } from '../../shared/client-id.ts';
import type { Command, Place } from '../../shared/command.ts';
import type { Config } from '../../shared/config.ts';
import { formatPrice } from '../../shared/instrument.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import type { SimOrder } from '../../shared/sim/exchange-events.ts';
import { parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { inMemory } from './in-memory.ts';
import { CONFIG } from './order-side.ts';
import { openTestSim, SECRET, type SimClient } from './sim-client.ts';
import { VirtualGateway } from './virtual-gateway.ts';

const SYMBOL = 'BTCUSDT';
const SLICE_MS = 25;
const BEAT_MS = 200;
export type WireOptions = { readonly config?: Config; readonly seed?: number; readonly tapes?: string };

const FUNDS = parseAtoms('10000') ?? ZERO_ATOMS;

export class WireGateway implements AsyncDisposable {
  readonly sim: SimClient;
  readonly gateway: VirtualGateway;
  brain: Client;
  readonly #clock: VirtualClock;
  readonly #dir: string;
  readonly #recorder: Recorder | null;
  #counter = 0;
  #beatAt = 0;

  private constructor(parts: Parts) {
    this.sim = parts.sim;
    this.gateway = parts.gateway;
    this.brain = parts.brain;
    this.#dir = parts.dir;
    this.#recorder = parts.recorder;
    this.#clock = parts.sim.simulator.inside.clock as VirtualClock;
  }

  /** With a known account and a live book. */
  static async open({ config = CONFIG, seed = 1, tapes }: WireOptions = {}): Promise<WireGateway> {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-wire-'));
    const accounts = [{ apiKey: API_KEY, secret: SECRET, balances: { USDT: FUNDS } }];
    const sim = await openTestSim({ seed, symbols: config.symbols, steppedFromMs: STEPPED_START_MS, accounts });
    const clock = sim.simulator.inside.clock as VirtualClock;
    const recorder = tapes === undefined ? null : openTape(tapes, { config, clock });
    const lines = recorder?.lines(inMemory(sim.simulator)) ?? inMemory(sim.simulator);
    const opening = openBinance({
      ...{ config, credentials: { apiKey: API_KEY, secret: SECRET }, clock, random: new Random(1), metrics: makeMetrics('test') },
      log: rootLog({ process: 'gateway', level: 'fatal', stream: { write: () => undefined } }),
      ...{ lines, endpoints: { rest: 'http://exchange', stream: 'ws://exchange' } },
    });
    const venue = await passWhile(clock, opening);
    if (!venue.ok) throw new Error(venue.error.sentence);
    recorder?.watch(venue.value);
    const options = { config, clock, venue: venue.value, recorder, ledgerFile: join(dir, 'ledger.sqlite') };
    const gateway = new VirtualGateway({ ...options, onError: () => undefined });
    await passWhile(clock, gateway.start());
    const wired = new WireGateway({ sim, gateway, brain: gateway.hello('brain'), dir, recorder });
    await wired.until(() => gateway.core.keeper.known && venue.value.market.book(SYMBOL).status === 'live');
    return wired;
  }

  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SLICE_MS) {
      this.#clock.advance(SLICE_MS);
      this.#beat();
      await nextTurn();
    }
  }

  /** Until it holds; throws when it does not in half a minute of virtual time. */
  async until(holds: () => boolean, limitMs = 30_000): Promise<void> {
    for (let passed = 0; !holds(); passed += SLICE_MS) {
      if (passed >= limitMs) throw new Error('It does not come to hold');
      await this.run(SLICE_MS);
    }
  }

  fault(fault: FaultInput): void {
    const read = readFault(fault);
    if (!read.ok) throw new Error(read.error);
    const { outbox, network } = this.sim.simulator.inside;
    outbox.step(() => network.faults.start(read.value));
  }

  /** The brain's line breaks, and another brain takes the lease. */
  reconnect(): void {
    this.gateway.closed(this.brain);
    this.brain = this.gateway.hello('brain');
  }

  send(command: Command) {
    return this.gateway.send(this.brain, command);
  }

  /** A place command with a new id; `behind`: ticks behind the best price of its side, below zero into the market. */
  place({ side, behind, size, timeInForce = 'post-only' }: Wish): Place {
    const { venue, identity, seqs } = this.gateway.core;
    const { book } = venue.market.book(SYMBOL);
    const instrument = venue.instruments.get(SYMBOL);
    const best = side === 'buy' ? book.bestBid : book.bestAsk;
    if (!instrument || best === null) throw new Error('There is no book');
    const price = formatPrice(instrument, ticks(side === 'buy' ? best - behind : best + behind));
    const clientId = makeClientId({ role: 'quote', epoch: this.brain.epoch, counter: ++this.#counter });
    const terms = { symbol: SYMBOL, side, kind: 'limit', timeInForce, price, size, reduceOnly: false } as const;
    return { id: 1, type: 'place', clientId, ...terms, basedOn: { epoch: identity.epoch, seq: seqs.seq }, ttlMs: 1_000 };
  }

  status(clientId: string): string | undefined {
    return this.gateway.core.keeper.ledger.order(clientId)?.order.status;
  }

  /** Lots by the exchange's own books, and by ours. */
  get positions(): readonly [exchange: number, ledger: number] {
    const trader = this.sim.simulator.exchange.trader(API_KEY);
    return [trader.account.position(SYMBOL).size, this.gateway.core.keeper.ledger.positions.row(SYMBOL).size];
  }

  /** Every order at the exchange that bears the id, ended ones too. */
  atExchange(clientId: string): readonly SimOrder[] {
    const all = this.sim.simulator.exchange.trader(API_KEY).orders.all(SYMBOL);
    return all.filter((order) => order.clientId === clientId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.#recorder?.[Symbol.asyncDispose]();
    await this.sim.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #beat(): void {
    const now = this.#clock.monoMs();
    if (now - this.#beatAt < BEAT_MS) return;
    this.#beatAt = now;
    const { identity, seqs } = this.gateway.core;
    this.send({ id: 1, type: 'heartbeat', processed: { epoch: identity.epoch, seq: seqs.seq } });
  }
}

type Parts = {
  readonly sim: SimClient;
  readonly gateway: VirtualGateway;
  readonly brain: Client;
  readonly dir: string;
  readonly recorder: Recorder | null;
};

const openTape = (folder: string, { config, clock }: { readonly config: Config; readonly clock: VirtualClock }): Recorder =>
  new Recorder({
    ...{ config, process: 'gateway', folder, clock, secrets: [API_KEY, SECRET], epoch: 1 },
    onFault: (fault) => {
      throw new Error(fault ?? 'The disk is back');
    },
  });

export type Wish = {
  readonly side: 'buy' | 'sell';
  readonly behind: number;
  readonly size: string;
  readonly timeInForce?: 'post-only' | 'gtc' | 'ioc';
};

async function passWhile<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  const waiting = { is: true };
  const done = promise.finally(() => {
    waiting.is = false;
  });
  while (waiting.is) {
    clock.advance(SLICE_MS);
    await nextTurn();
  }
  return done;
}
