import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Client } from '../../../gateway/orders/desk.ts';
import { openBinance } from '../../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../../scripts/sim/faults/fault.ts';
import type { FaultInput } from '../../../scripts/soak/acts.ts';
import { STEPPED_START_MS } from '../../../scripts/sim/stepper.ts';
import type { VirtualClock } from '../../../shared/clock.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import type { Config } from '../../../shared/config.ts';
import { formatPrice } from '../../../shared/instrument.ts';
import { rootLog } from '../../../shared/log.ts';
import { makeMetrics } from '../../../shared/metrics.ts';
import { Random } from '../../../shared/random.ts';
import { ticks } from '../../../shared/units.ts';
import { inMemory } from '../../kit/in-memory.ts';
import { CONFIG } from '../../kit/order-side.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../kit/sim-client.ts';
import { VirtualGateway } from '../../kit/virtual-gateway.ts';

const SYMBOL = 'BTCUSDT';
const ADOPT: Config = { ...CONFIG, gateway: { ...CONFIG.gateway, onStart: 'adopt' } };
const LEASE_MS = CONFIG.gateway.leaseMs;
const dir = mkdtempSync(join(tmpdir(), 'mmbot-heritage-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let runs = 0;

/** Lives of a gateway on one ledger file and one exchange in memory; each ends as by a kill. */
class Lives implements AsyncDisposable {
  readonly #sim: SimClient;
  readonly #clock: VirtualClock;
  readonly #ledgerFile = join(dir, `${runs++}.sqlite`);
  gateway!: VirtualGateway;
  #counter = 0;

  private constructor(sim: SimClient) {
    this.#sim = sim;
    this.#clock = sim.simulator.inside.clock as VirtualClock;
  }

  static async start(config: Config = ADOPT): Promise<Lives> {
    const lives = new Lives(await openTestSim({ steppedFromMs: STEPPED_START_MS, historyDays: 0 }));
    await lives.begin(config);
    return lives;
  }

  async begin(config: Config = ADOPT, { knownMs = 1_000 } = {}): Promise<void> {
    let begun = false;
    void this.#open(config).then(() => {
      begun = true;
    });
    while (!begun) await this.run(5);
    await this.run(knownMs);
  }

  async kill(): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
  }

  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5) {
      this.#clock.advance(5);
      await nextTurn();
    }
  }

  /** A quote on each side, two hundred ticks off the best, where nobody takes it. */
  async quote(brain: Client): Promise<readonly string[]> {
    const { identity, seqs, venue } = this.gateway.core;
    const { book } = venue.market.book(SYMBOL);
    const instrument = venue.instruments.get(SYMBOL);
    if (!instrument) throw new Error('no instrument');
    const ids: string[] = [];
    for (const [side, price] of [
      ['buy', (book.bestBid ?? 0) - 200],
      ['sell', (book.bestAsk ?? 0) + 200],
    ] as const) {
      const clientId = makeClientId({ role: 'quote', epoch: brain.epoch, counter: ++this.#counter });
      const terms = {
        kind: 'limit',
        timeInForce: 'post-only',
        price: formatPrice(instrument, ticks(price)),
        size: '0.010',
        reduceOnly: false,
      } as const;
      const basedOn = { epoch: identity.epoch, seq: seqs.seq };
      expect(
        this.gateway.send(brain, {
          id: 1,
          type: 'place',
          clientId,
          symbol: SYMBOL,
          side,
          tag: `inner-${side}`,
          ...terms,
          basedOn,
          ttlMs: 500,
        }),
      ).toMatchObject({ type: 'taken' });
      ids.push(clientId);
    }
    await this.run(50);
    expect(this.atVenue()).toEqual(ids);
    return ids;
  }

  amend(brain: Client, clientId: string) {
    const { keeper, identity, seqs, venue } = this.gateway.core;
    const row = keeper.ledger.order(clientId);
    const instrument = venue.instruments.get(SYMBOL);
    if (!row || row.order.price === null || !instrument) throw new Error(`${clientId} is not there`);
    const price = formatPrice(instrument, ticks(row.order.price + (row.side === 'buy' ? -10 : 10)));
    const basedOn = { epoch: identity.epoch, seq: seqs.seq };
    return this.gateway.send(brain, { id: 1, type: 'amend', clientId, price, size: '0.010', basedOn, ttlMs: 500 });
  }

  beat(brain: Client): void {
    const { identity, seqs } = this.gateway.core;
    this.gateway.send(brain, { id: 1, type: 'heartbeat', processed: { epoch: identity.epoch, seq: seqs.seq } });
  }

  fault(fault: FaultInput): void {
    const read = readFault(fault);
    if (!read.ok) throw new Error(read.error);
    const { outbox, network } = this.#sim.simulator.inside;
    outbox.step(() => network.faults.start(read.value));
  }

  /** Client ids of our orders, by the exchange's own word. */
  atVenue(): readonly string[] {
    return this.#sim.simulator.exchange
      .trader(KEY)
      .orders.open(SYMBOL)
      .map(({ clientId }) => clientId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#sim.close();
  }

  async #open(config: Config): Promise<void> {
    const { http, socket } = inMemory(this.#sim.simulator);
    const venue = await openBinance({
      ...{ config, credentials: { apiKey: KEY, secret: SECRET }, clock: this.#clock, random: new Random(1) },
      ...{ log: rootLog({ process: 'test', level: 'silent' }), metrics: makeMetrics('test'), lines: { http, socket } },
      endpoints: { rest: 'http://exchange', stream: 'ws://exchange' },
    });
    if (!venue.ok) throw new Error(venue.error.sentence);
    const onError = (message: string): void => {
      throw new Error(message);
    };
    this.gateway = new VirtualGateway({ config, clock: this.#clock, venue: venue.value, ledgerFile: this.#ledgerFile, onError });
    await this.gateway.start();
  }
}

test('cancel: what a dead gateway left is gone before anybody may quote', async () => {
  await using lives = await Lives.start(CONFIG);
  await lives.quote(lives.gateway.hello('brain'));
  await lives.kill();
  await lives.begin(CONFIG);
  expect(lives.atVenue()).toEqual([]);
});

test('adopt: quotes outlive the gateway, the next lease holds them, and its brain moves them as its own', async () => {
  await using lives = await Lives.start();
  const quotes = await lives.quote(lives.gateway.hello('brain'));
  await lives.kill();
  await lives.begin();
  expect(lives.atVenue()).toEqual(quotes);
  const brain = lives.gateway.hello('brain');
  expect(lives.gateway.heritage.oldest()).toBeLessThan(brain.epoch);
  expect(lives.amend(brain, quotes[0] ?? '')).toMatchObject({ type: 'taken' });
  for (let t = 0; t < 2 * LEASE_MS; t += 500) {
    lives.beat(brain);
    await lives.run(500);
  }
  expect(lives.atVenue()).toEqual(quotes);
  expect(lives.gateway.core.keeper.ledger.order(quotes[0] ?? '')?.order.status).toBe('open');
});

test('adopt: tag and count of amends of a quote are told to the next brain as they were, whoever died', async () => {
  await using lives = await Lives.start();
  const first = lives.gateway.hello('brain');
  const [buy = '', sell = ''] = await lives.quote(first);
  lives.amend(first, buy);
  await lives.run(50);
  lives.amend(first, buy);
  await lives.run(50);
  await lives.kill();
  await lives.begin();
  const brain = lives.gateway.hello('brain');
  lives.amend(brain, buy);
  await lives.run(50);
  const told = (clientId: string) => lives.gateway.send(brain, { id: 1, type: 'query', what: 'order', clientId });
  expect(told(buy)).toMatchObject({ data: { order: { tag: 'inner-buy', amends: 3, status: 'open' } } });
  expect(told(sell)).toMatchObject({ data: { order: { tag: 'inner-sell', amends: 0, status: 'open' } } });
});

test('adopt: with no brain in time they are taken back within the lease', async () => {
  await using lives = await Lives.start();
  await lives.quote(lives.gateway.hello('brain'));
  await lives.kill();
  await lives.begin(ADOPT, { knownMs: LEASE_MS - 200 });
  expect(lives.atVenue()).toHaveLength(2);
  await lives.run(300);
  expect(lives.atVenue()).toEqual([]);
});

test('adopt: a brain that holds an inheritance and shows no progress loses it with the lease', async () => {
  await using lives = await Lives.start();
  await lives.quote(lives.gateway.hello('brain'));
  await lives.kill();
  await lives.begin(ADOPT, { knownMs: 500 });
  const brain = lives.gateway.hello('brain');
  for (let t = 0; t <= LEASE_MS; t += 500) {
    lives.gateway.send(brain, { id: 1, type: 'heartbeat', processed: null });
    await lives.run(500);
  }
  expect(lives.atVenue()).toEqual([]);
});

test('adopt: what no longer fits the limits goes as soon as they can be asked, the rest stays', async () => {
  await using lives = await Lives.start();
  const [buy, sell] = await lives.quote(lives.gateway.hello('brain'));
  await lives.kill();
  const limits = {
    ...ADOPT.limits,
    default: { ...(ADOPT.limits.default as NonNullable<Config['limits']['default']>), maxPosition: '0.005' },
  };
  await lives.begin({ ...ADOPT, limits });
  expect(lives.atVenue()).toEqual([]);
  expect([buy, sell].map((id) => lives.gateway.core.keeper.ledger.order(id ?? '')?.order.status)).toEqual(['canceled', 'canceled']);
});

test('adopt: an order with something under way when the gateway died is not kept', async () => {
  await using lives = await Lives.start();
  const brain = lives.gateway.hello('brain');
  const [buy = '', sell = ''] = await lives.quote(brain);
  lives.fault({ kind: 'hang', method: 'PUT', path: '/fapi/v1/order', execute: true }); // done, and nobody tells
  lives.fault({ kind: 'withhold-event', symbol: SYMBOL, execution: 'amended', ms: null });
  expect(lives.amend(brain, buy)).toMatchObject({ type: 'taken' });
  await lives.kill();
  await lives.begin();
  expect(lives.atVenue()).toEqual([sell]);
});

test('adopt: a dead brain leaves its quotes to the next one, whose lease may not be changed by a third', async () => {
  await using lives = await Lives.start();
  const first = lives.gateway.hello('brain');
  const quotes = await lives.quote(first);
  lives.gateway.closed(first);
  await lives.run(300);
  const second = lives.gateway.hello('brain');
  expect(second.epoch).toBeGreaterThan(first.epoch);
  expect(lives.atVenue()).toEqual(quotes);
  expect(lives.amend(second, quotes[0] ?? '')).toMatchObject({ type: 'taken' });
  expect(lives.amend(first, quotes[1] ?? '')).toMatchObject({ type: 'refused', code: 'no-lease' });
  const again = makeClientId({ role: 'quote', epoch: first.epoch, counter: 99 });
  const { identity, seqs } = lives.gateway.core;
  const basedOn = { epoch: identity.epoch, seq: seqs.seq };
  const terms = {
    symbol: SYMBOL,
    side: 'buy',
    kind: 'limit',
    timeInForce: 'post-only',
    price: '60000.00',
    size: '0.010',
    reduceOnly: false,
  } as const;
  expect(lives.gateway.send(second, { id: 1, type: 'place', clientId: again, ...terms, basedOn, ttlMs: 500 })).toMatchObject({
    code: 'stale-epoch',
  });
  await lives.run(50);
  expect(lives.gateway.send(second, { id: 1, type: 'cancel', clientId: quotes[1] ?? '' })).toMatchObject({ type: 'taken' });
  await lives.run(50);
  expect(lives.atVenue()).toEqual(quotes.slice(0, 1));
});
