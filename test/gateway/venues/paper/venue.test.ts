/** The paper venue's account across lives, its settings, and its ways. */
import { setTimeout as sleep } from 'node:timers/promises';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { QUEUE_MODELS } from '../../../../shared/sim/queue.ts';
import { PAPER_STATE_FILE } from '../../../../shared/socket-path.ts';
import { Config } from '../../../../shared/config.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { contractConfig, OpenVenue, openContractSim, SYMBOL, testFolder } from '../../../kit/venue-contract.ts';
import type { SimClient } from '../../../kit/sim-client.ts';

let sim: SimClient;
beforeAll(async () => {
  sim = await openContractSim();
});
afterAll(() => sim.close());

type Paper = Partial<Config['paper']>;
const open = (dir: string, paper: Paper = {}, over: Partial<Config> = {}): Promise<OpenVenue> =>
  OpenVenue.open(sim, { ...contractConfig('paper', sim.simulator.port, paper), ...over }, dir);

const market = (clientId: string, side: 'buy' | 'sell', size: number) =>
  ({ symbol: SYMBOL, clientId, side, kind: 'market', timeInForce: 'ioc', price: null, size: lots(size), reduceOnly: false }) as const;

/** What a crash leaves: the files as they are at this moment, nothing closed. */
function crash(dir: string): string {
  const after = join(dir, 'after');
  mkdirSync(after);
  for (const suffix of ['', '-wal']) copyFileSync(join(dir, `${PAPER_STATE_FILE}${suffix}`), join(after, `${PAPER_STATE_FILE}${suffix}`));
  return after;
}

test('a crash loses nothing that was answered: money, position, trades, orders, stops; ids go on above those given', async () => {
  using folder = testFolder();
  await using first = await open(folder.path);
  const { orders, stops } = first.venue;
  await orders.place(market('1', 'buy', 10));
  const rest = await orders.place(first.order('2'));
  await stops?.placeStop({
    symbol: SYMBOL,
    clientId: '3',
    side: 'sell',
    trigger: ticks(first.bid - 5_000),
    size: lots(10),
    working: 'mark',
  });
  const [account, trades] = [await orders.account(), await orders.trades({ symbol: SYMBOL, fromTradeId: null })];
  const waiting = await stops?.openStops();
  await using second = await open(crash(folder.path));
  const again = second.venue.orders;
  const now = await again.account();
  if (!account.ok || !now.ok || !rest.ok || !trades.ok) throw new Error('an account could not be read');
  expect({ ...now.value, balances: now.value.balances.map(({ wallet }) => wallet), liquidationPrice: {} }).toEqual({
    ...account.value,
    balances: account.value.balances.map(({ wallet }) => wallet),
    liquidationPrice: {},
  });
  expect(now.value.positions).toMatchObject([{ size: 10 }]);
  expect(await again.trades({ symbol: SYMBOL, fromTradeId: null })).toEqual(trades);
  expect(await second.venue.stops?.openStops()).toEqual(waiting);
  const next = await again.place(second.order('4'));
  expect(next.ok && BigInt(next.value.venueId)).toBeGreaterThan(BigInt(rest.value.venueId));
  await again.place(market('5', 'sell', 10));
  const all = await again.trades({ symbol: SYMBOL, fromTradeId: null });
  const ids = all.ok ? all.value.map(({ tradeId }) => Number(tradeId)) : [];
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  expect(ids.length).toBeGreaterThan(trades.value.length);
  expect(await again.cancel({ symbol: SYMBOL, clientId: '2' })).toMatchObject({ ok: true, value: { state: 'canceled' } });
});

test('a countdown that fell due while nobody ran has cancelled what was open', async () => {
  using folder = testFolder();
  const first = await open(folder.path);
  await first.venue.orders.place(first.order('1'));
  await first.venue.orders.armDeadMan({ symbol: SYMBOL, ms: 1_500 });
  await first.venue[Symbol.asyncDispose]();
  expect(first.words()).not.toContain('order canceled');
  await sleep(1_600); // nobody runs, so nobody tells
  await using second = await open(folder.path);
  await second.until('the cancel', () => second.words().includes('order canceled'));
  expect(await second.venue.orders.account()).toMatchObject({ ok: true, value: { openOrders: [] } });
});

test('orders of a symbol that is no longer configured end; its positions and trades stay in the file', async () => {
  using folder = testFolder();
  const both = { symbols: ['ETHUSDT', 'BTCUSDT'] };
  const first = await open(folder.path, {}, both);
  const eth = { ...market('1', 'buy', 10), symbol: 'ETHUSDT' } as const;
  await first.until('the other book', () => first.venue.market.book('ETHUSDT').status === 'live');
  expect(await first.venue.orders.place(eth)).toMatchObject({ ok: true });
  const price = ticks((first.venue.market.book('ETHUSDT').book.bestBid ?? 0) - 1_000);
  expect(await first.venue.orders.place({ ...first.order('2'), symbol: 'ETHUSDT', price })).toMatchObject({ ok: true });
  await first.venue[Symbol.asyncDispose]();
  const second = await open(folder.path);
  expect(await second.venue.orders.account()).toMatchObject({
    ok: true,
    value: { openOrders: [], positions: [{ symbol: SYMBOL, size: 0 }] },
  });
  await second.venue[Symbol.asyncDispose]();
  await using third = await open(folder.path, {}, both);
  const account = await third.venue.orders.account();
  expect(account.ok && account.value.positions.map(({ symbol, size }) => [symbol, size])).toEqual([
    ['ETHUSDT', 10],
    [SYMBOL, 0],
  ]);
  expect(await third.venue.orders.queryOrder({ symbol: 'ETHUSDT', clientId: '2' })).toMatchObject({ value: { state: 'canceled' } });
});

test.each([
  ['latency', { orderLatency: 'uniform:9:1' }, /^paper\.orderLatency: allowed is none, fixed:MS/],
  ['event latency', { eventLatency: 'lognormal:0:1' }, /^paper\.eventLatency: allowed is/],
] as const)('a %s that is none is refused in one line', async (_name, paper, words) => {
  using folder = testFolder();
  await expect(open(folder.path, paper)).rejects.toThrow(words);
});

test('a file that is none of ours is refused in one line', async () => {
  using folder = testFolder();
  copyFileSync(import.meta.filename, join(folder.path, PAPER_STATE_FILE));
  await expect(open(folder.path)).rejects.toThrow(/^paper account .*paper\.sqlite: cannot be used/);
});

test('balances and fees are those of the configuration; an asset named later is paid in, one held is left alone', async () => {
  using folder = testFolder();
  const paper = { balances: { USDT: '500' }, fees: { makerBps: -1, takerBps: 10 } };
  const first = await open(folder.path, paper);
  const placed = await first.venue.orders.place(market('1', 'buy', 2));
  await first.until('its fill', () => first.words().includes('fill'));
  const fill = first.events.find((event) => event.kind === 'fill' && event.fee !== null);
  if (!placed.ok || fill?.kind !== 'fill') throw new Error('no fill');
  expect(fill.fee).toBe((BigInt(fill.price) * BigInt(fill.size) * 10_000n) / 1_000n); // 0.1 % of price x size, a tick x lot being 1e4 atoms
  await first.venue[Symbol.asyncDispose]();
  await using second = await open(folder.path, { ...paper, balances: { USDT: '900', USDC: '70' } });
  const account = await second.venue.orders.account();
  const wallets = account.ok ? Object.fromEntries(account.value.balances.map(({ asset, wallet }) => [asset, wallet])) : {};
  expect(wallets).toEqual({ USDT: 50_000_000_000n - (fill.fee ?? 0n), USDC: 7_000_000_000n });
});

/** A timer of node may come that much too soon. */
const EARLY_MS = 1.5;

test('orders, answers and events take as long as configured, and nothing overtakes', async () => {
  using folder = testFolder();
  await using slow = await open(folder.path, { orderLatency: 'fixed:40', eventLatency: 'fixed:60' });
  const from = performance.now();
  let writtenAt = 0;
  const placing = slow.venue.orders.place(slow.order('1'), (at) => {
    writtenAt = at;
  });
  const canceling = slow.venue.orders.cancel({ symbol: SYMBOL, clientId: '1' });
  expect(await placing).toMatchObject({ ok: true, value: { state: 'accepted' } });
  expect(performance.now() - writtenAt).toBeGreaterThanOrEqual(2 * (40 - EARLY_MS)); // there and back; it was written at once
  expect(await canceling).toMatchObject({ ok: true, value: { state: 'canceled' } });
  await slow.until('the events', () => slow.words().includes('order canceled'));
  expect(performance.now() - from).toBeGreaterThanOrEqual(40 + 60 - 2 * EARLY_MS);
  expect(slow.words().slice(-2)).toEqual(['order accepted', 'order canceled']);
});

test('the configuration names every queue model there is', () => {
  const names = QUEUE_MODELS.map((queueModel) => Config.shape.paper.parse({ queueModel }).queueModel);
  expect(names).toEqual([...QUEUE_MODELS]);
});
