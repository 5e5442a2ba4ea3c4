/** One contract, every venue: the adapter against the simulator's account, and the paper venue against the simulator's public streams. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StopEntry } from '../../../gateway/venues/venue.ts';
import { lots, type Ticks, ticks } from '../../../shared/units.ts';
import { contractConfig, type Kind, OpenVenue, openContractSim, SYMBOL, testFolder } from '../../kit/venue-contract.ts';

const KINDS: readonly Kind[] = ['live', 'paper'];

describe.each(KINDS)('the %s venue', (kind) => {
  const folder = testFolder();
  let open: OpenVenue;
  let ids = 100;
  const id = (): string => String(++ids);

  beforeAll(async () => {
    const sim = await openContractSim();
    open = await OpenVenue.open(sim, contractConfig(kind, sim.simulator.port), folder.path);
  });
  afterAll(async () => {
    await open[Symbol.asyncDispose]();
    await open.sim.close();
    folder[Symbol.dispose]();
  });

  /** Somebody else takes every bid down to that price. */
  const sweep = (to: Ticks) => open.sim.place({ side: 'SELL', timeInForce: 'IOC', price: (to / 10).toFixed(1), quantity: '200' });
  const position = async (): Promise<number> => {
    const account = await open.venue.orders.account();
    if (!account.ok) throw new Error(account.error.sentence);
    return account.value.positions[0]?.size ?? Number.NaN;
  };
  const stops = (): StopEntry => {
    if (!open.venue.stops) throw new Error('The venue holds no stops');
    return open.venue.stops;
  };

  test('an order rests, is amended, canceled, and found by either name', async () => {
    const from = open.events.length;
    const request = open.order(id());
    const placed = await open.venue.orders.place(request);
    expect(placed).toMatchObject({
      ok: true,
      value: { kind: 'order', state: 'accepted', orderKind: 'limit', timeInForce: 'post-only', filled: 0 },
    });
    const { clientId } = request;
    expect(await open.venue.orders.openOrders()).toMatchObject({ ok: true, value: [{ clientId, state: 'accepted' }] });
    const amended = await open.venue.orders.amend({
      symbol: SYMBOL,
      clientId,
      side: 'buy',
      price: ticks((request.price ?? 0) - 100),
      size: lots(30),
    });
    expect(amended).toMatchObject({ ok: true, value: { state: 'amended', size: 30, price: (request.price ?? 0) - 100 } });
    expect(await open.venue.orders.cancel({ symbol: SYMBOL, clientId })).toMatchObject({
      ok: true,
      value: { state: 'canceled', size: 30 },
    });
    const found = await open.venue.orders.queryOrder({ symbol: SYMBOL, clientId });
    expect(found).toMatchObject({ ok: true, value: { state: 'canceled', clientId, size: 30, reduceOnly: false } });
    const { venueId } = found.ok ? found.value : { venueId: '' };
    expect(venueId).toMatch(/^\d{19}$/); // beyond 2^53: it must have travelled as text
    expect(await open.venue.orders.orderOf({ symbol: SYMBOL, venueId })).toEqual(found);
    expect(await open.venue.orders.openOrders()).toEqual({ ok: true, value: [] });
    expect(await open.venue.orders.recentIds(SYMBOL)).toMatchObject({ ok: true, value: expect.arrayContaining([clientId]) });
    await open.until('the end', () => open.words(from).includes('order canceled'));
    expect(open.words(from)).toEqual(['order accepted', 'order amended', 'order canceled']);
  });

  test.each([
    ['post-only that would take', () => ({ price: open.ask }), { kind: 'rejected', reason: 'post-only-would-take' }],
    ['reduce-only without a position', () => ({ reduceOnly: true }), { kind: 'rejected', reason: 'reduce-only-refused' }],
    ['more than the margin allows', () => ({ size: lots(4_000) }), { kind: 'rejected', reason: 'insufficient-margin' }],
    [
      'a price far off the mark',
      () => ({ side: 'sell', price: ticks(Math.round(open.bid / 2)) }),
      { kind: 'rejected', reason: 'price-band' },
    ],
    [
      'fill or kill beyond the level',
      () => ({ price: open.ask, size: lots(3_000), timeInForce: 'fok' }),
      { kind: 'rejected', reason: 'fok-not-fillable' },
    ],
    ['a size of less than the smallest', () => ({ size: lots(0) }), { kind: 'rejected', reason: 'filter' }],
    ['a symbol that is not configured', () => ({ symbol: 'ETHUSDT' }), { kind: 'rejected', reason: 'symbol' }],
  ] as const)('%s is refused, and nothing is told of it', async (_name, over, error) => {
    const from = open.events.length;
    expect(await open.venue.orders.place(open.order(id(), over()))).toMatchObject({ ok: false, error });
    expect(open.words(from)).toEqual([]);
  });

  test('an id that is open is not taken twice; one that never was is gone', async () => {
    const request = open.order(id());
    expect(await open.venue.orders.place(request)).toMatchObject({ ok: true });
    expect(await open.venue.orders.place({ ...request, size: lots(30) })).toMatchObject({
      ok: false,
      error: { kind: 'unknown', reason: 'duplicate-id' },
    });
    const { clientId } = request;
    const results = await open.venue.orders.cancelMany({ symbol: SYMBOL, clientIds: ['1', clientId] });
    expect(results).toMatchObject([
      { ok: false, error: { kind: 'gone' } },
      { ok: true, value: { clientId, state: 'canceled' } },
    ]);
    const missing = { symbol: SYMBOL, clientId: '2' };
    expect(await open.venue.orders.queryOrder(missing)).toMatchObject({ ok: false, error: { kind: 'gone', reason: 'not-found' } });
    expect(await open.venue.orders.cancel(missing)).toMatchObject({ ok: false, error: { kind: 'gone', reason: 'not-found' } });
    expect(await open.venue.orders.orderOf({ symbol: SYMBOL, venueId: '3' })).toMatchObject({ ok: false, error: { kind: 'gone' } });
    const amend = { ...missing, side: 'buy', price: open.bid, size: lots(2) } as const;
    expect(await open.venue.orders.amend(amend)).toMatchObject({ ok: false });
  });

  test('an immediate order that reaches nobody expires with its reason', async () => {
    const from = open.events.length;
    const placed = await open.venue.orders.place(open.order(id(), { timeInForce: 'ioc' }));
    expect(placed).toMatchObject({ ok: true, value: { filled: 0 } });
    await open.until('the end', () => open.words(from).includes('order expired'));
    expect(open.words(from)).toEqual(['order accepted', 'order expired']);
    expect(open.events.at(-1)).toMatchObject({ reason: 'ioc-remainder', filled: 0 });
  });

  test('a market order takes the book: notice, order, account and fill in that order, and all accounts of it agree', async () => {
    const [from, before] = [open.events.length, await position()];
    const clientId = id();
    const request = {
      symbol: SYMBOL,
      clientId,
      side: 'buy',
      kind: 'market',
      timeInForce: 'gtc',
      price: null,
      size: lots(10),
      reduceOnly: false,
    } as const;
    expect(await open.venue.orders.place(request)).toMatchObject({ ok: true, value: { orderKind: 'market', price: null, clientId } });
    await open.until('the last fill', () => open.words(from).includes('order filled'));
    const told = open.events.slice(from);
    const fills = told.filter((event) => event.kind === 'fill').filter(({ fee }) => fee !== null);
    const parts = fills.flatMap((_, n) => [
      'balance',
      'position',
      'fill',
      n === fills.length - 1 ? 'order filled' : 'order partially-filled',
    ]);
    expect(open.words(from)).toEqual([...fills.map(() => 'notice'), 'order accepted', ...parts]);
    expect(fills.reduce((sum, { size }) => sum + size, 0)).toBe(10);
    expect(fills.every((fill) => !fill.maker && fill.clientId === clientId && fill.feeAsset === 'USDT' && (fill.fee ?? 0n) > 0n)).toBe(
      true,
    );
    const account = await open.venue.orders.account();
    const lastOf = (wanted: string) => told.findLast(({ kind: each }) => each === wanted);
    expect(account).toMatchObject({ ok: true, value: { hedgeMode: false, leverage: { [SYMBOL]: 20 }, openOrders: [] } });
    if (!account.ok) return;
    const { positions, balances } = account.value;
    expect(positions[0]?.size).toBe(before + 10);
    expect(lastOf('position')).toMatchObject({ size: positions[0]?.size, entryPrice: positions[0]?.entryPrice });
    expect(lastOf('balance')).toMatchObject({ asset: 'USDT', wallet: balances.find(({ asset }) => asset === 'USDT')?.wallet });
    const trades = await open.venue.orders.trades({ symbol: SYMBOL, fromTradeId: fills[0]?.tradeId ?? null });
    expect(trades.ok && trades.value.map(({ tradeId, price, size, fee }) => ({ tradeId, price, size, fee }))).toEqual(
      fills.map(({ tradeId, price, size, fee }) => ({ tradeId, price, size, fee })),
    );
  });

  test('a resting order fills as maker, at its price, when the public trades through it', async () => {
    const request = open.order(id(), { price: ticks(open.bid - 20) });
    expect(await open.venue.orders.place(request)).toMatchObject({ ok: true, value: { state: 'accepted' } });
    const from = open.events.length;
    await sweep(ticks((request.price ?? 0) - 40));
    await open.until('its last fill', () => open.words(from).includes('order filled'));
    const fills = open.events
      .slice(from)
      .filter((event) => event.kind === 'fill')
      .filter(({ fee }) => fee !== null);
    expect(fills.reduce((sum, { size }) => sum + size, 0)).toBe(20);
    expect(fills.every(({ maker, price }) => maker && price === request.price)).toBe(true);
    expect(open.words(from).slice(0, 5)).toEqual(['notice', 'balance', 'position', 'fill', open.words(from)[4]]);
  });

  test('a reduce-only order closes the position and no more', async () => {
    await open.until('a live book after the sweep', () => open.venue.market.book(SYMBOL).status === 'live');
    const held = await position();
    expect(held).toBeGreaterThan(0);
    const from = open.events.length;
    const close = { symbol: SYMBOL, side: 'sell', kind: 'market', timeInForce: 'gtc', price: null, reduceOnly: true } as const;
    expect(await open.venue.orders.place({ ...close, clientId: id(), size: lots(held + 50) })).toMatchObject({ ok: true });
    await open.until('flat', () => open.words(from).includes('order filled'));
    expect(await position()).toBe(0);
    expect(open.events.findLast((event) => event.kind === 'position')).toMatchObject({ size: 0, entryPrice: '0' });
    expect(await open.venue.orders.place({ ...close, clientId: id(), size: lots(1) })).toMatchObject({
      ok: false,
      error: { kind: 'rejected', reason: 'reduce-only-refused' },
    });
  });

  test('the countdown cancels what is open, unless it was disarmed', async () => {
    const from = open.events.length;
    const kept = open.order(id());
    await open.venue.orders.place(kept);
    expect(await open.venue.orders.armDeadMan({ symbol: SYMBOL, ms: 30_000 })).toEqual({ ok: true, value: null });
    expect(await open.venue.orders.armDeadMan({ symbol: SYMBOL, ms: 0 })).toEqual({ ok: true, value: null });
    expect(await open.venue.orders.queryOrder({ symbol: SYMBOL, clientId: kept.clientId })).toMatchObject({ value: { state: 'accepted' } });
    expect(await open.venue.orders.armDeadMan({ symbol: SYMBOL, ms: 100 })).toEqual({ ok: true, value: null });
    await open.until('the cancel', () => open.words(from).includes('order canceled'));
    expect(open.events.at(-1)).toMatchObject({ kind: 'order', clientId: kept.clientId, state: 'canceled' });
  });

  test('a stop waits at the venue, is listed, and is canceled once; one that is reached already is refused', async () => {
    const stop = {
      symbol: SYMBOL,
      clientId: id(),
      side: 'sell',
      trigger: ticks(open.bid - 5_000),
      size: lots(10),
      working: 'mark',
    } as const;
    const from = open.events.length;
    expect(await stops().placeStop(stop)).toMatchObject({
      ok: true,
      value: { kind: 'stop', state: 'waiting', trigger: stop.trigger, reduceOnly: true },
    });
    expect(await stops().openStops()).toMatchObject({ ok: true, value: [{ clientId: stop.clientId, size: 10 }] });
    const beyond = { ...stop, clientId: id(), trigger: ticks(open.ask + 5_000) };
    expect(await stops().placeStop(beyond)).toMatchObject({ ok: false, error: { kind: 'rejected', reason: 'would-trigger' } });
    expect(await stops().cancelStop(stop)).toEqual({ ok: true, value: null });
    expect(await stops().queryStop(stop)).toMatchObject({ ok: true, value: { state: 'canceled' } });
    expect(await stops().cancelStop(stop)).toMatchObject({ ok: false, error: { kind: 'gone' } });
    expect(await stops().openStops()).toEqual({ ok: true, value: [] });
    expect(await stops().recentStopIds(SYMBOL)).toMatchObject({ ok: true, value: expect.arrayContaining([stop.clientId]) });
    await open.until('its end', () => open.words(from).includes('stop canceled'));
    expect(open.words(from)).toEqual(['stop waiting', 'stop canceled']);
  });

  test('what was told adds up to what the account holds', async () => {
    const account = await open.venue.orders.account();
    const fills = open.events.filter((event) => event.kind === 'fill').filter(({ fee }) => fee !== null);
    const net = fills.reduce((sum, { side, size }) => sum + (side === 'buy' ? size : -size), 0);
    const money = fills.reduce((sum, { fee, realizedPnl }) => sum + (realizedPnl ?? 0n) - (fee ?? 0n), 0n);
    expect(account).toMatchObject({ ok: true, value: { positions: [{ size: net }], openOrders: [] } });
    const usdt = account.ok ? account.value.balances.find(({ asset }) => asset === 'USDT') : undefined;
    expect(usdt).toMatchObject({ wallet: 1_000_000_000_000n + money, available: 1_000_000_000_000n + money });
  });
});
