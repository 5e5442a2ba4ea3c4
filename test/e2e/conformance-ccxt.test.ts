/** ccxt, unmodified, trades a day on the simulator: ordinary options point its URLs there. */
import type { OrderSide } from 'ccxt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FUNDS, TradingDay } from '../kit/conformance.ts';
import { type CcxtClient, follow, known, type Library, loadCcxt, openCcxt, type Placed } from '../kit/conformance-ccxt.ts';

const SYMBOL = 'BTC/USDT:USDT';
const OTHERS = ['ETH/USDT:USDT', 'BTC/USDC:USDC'];
const FAR = 0.97;

vi.setConfig({ testTimeout: 20_000 });

let day: TradingDay;
let ccxt: Library;
let client: CcxtClient;

const touch = async (): Promise<{ bid: number; ask: number; tick: number }> => {
  const { bids, asks } = await client.fetchOrderBook(SYMBOL, 5);
  return { bid: bids[0]?.[0] ?? 0, ask: asks[0]?.[0] ?? 0, tick: client.market(SYMBOL).precision.price ?? 0 };
};

const priced = (price: number): number => Number(client.priceToPrecision(SYMBOL, price));
const limit = (side: OrderSide, amount: number, price: number, params = {}): Promise<Placed> =>
  known(client.createOrder(SYMBOL, 'limit', side, amount, priced(price), params));
const market = (side: OrderSide, amount: number, params = {}): Promise<Placed> =>
  known(client.createOrder(SYMBOL, 'market', side, amount, undefined, params));
const stop = (type: string, amount: number, params = {}): Promise<Placed> =>
  known(client.createOrder(SYMBOL, type, 'sell', amount, undefined, { reduceOnly: true, ...params }));

let streams: ReturnType<typeof openStreams>;
function openStreams() {
  return {
    book: follow(() => client.watchOrderBook(SYMBOL)),
    trades: follow(() => client.watchTrades(SYMBOL)),
    ticker: follow(() => client.watchTicker(SYMBOL)),
    best: follow(async () => Object.values(await client.watchBidsAsks([SYMBOL]))),
    mark: follow(() => client.watchMarkPrice(SYMBOL)),
    bars: follow(() => client.watchOHLCV(SYMBOL, '1m')),
    orders: follow(() => client.watchOrders()),
    fills: follow(() => client.watchMyTrades()),
    balance: follow(() => client.watchBalance()),
    positions: follow(() => client.watchPositions([SYMBOL])),
  };
}

beforeAll(async () => {
  day = await TradingDay.open();
  ccxt = await loadCcxt();
  client = openCcxt(ccxt, day.http);
  await client.loadHttpProxyAgent(); // what ccxt wants done once before plain ws:
});
afterAll(async () => {
  await client.close();
  await day[Symbol.asyncDispose]();
});

test('sync: clock, markets, filters and leverage tiers', async () => {
  expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(1_000);
  const markets = await client.loadMarkets();
  expect(Object.keys(markets).sort()).toEqual([SYMBOL, ...OTHERS].sort());
  expect(markets[SYMBOL]).toMatchObject({
    swap: true,
    linear: true,
    active: true,
    settle: 'USDT',
    precision: { price: 0.1, amount: 0.001 },
    limits: { amount: { min: 0.001, max: 1000 }, cost: { min: 50 } },
  });
  const tiers = (await client.fetchLeverageTiers([SYMBOL]))[SYMBOL] ?? [];
  expect(tiers.length).toBeGreaterThan(3);
  expect(tiers.map(({ minNotional }) => minNotional)).toEqual([0, ...tiers.slice(0, -1).map(({ maxNotional }) => maxNotional)]);
});

test('market data over REST', async () => {
  const book = await client.fetchOrderBook(SYMBOL, 100);
  expect(book.bids.length).toBeGreaterThan(20);
  expect(book.bids[0]?.[0]).toBeLessThan(book.asks[0]?.[0] ?? 0);
  const ticker = await client.fetchTicker(SYMBOL);
  expect(ticker.high).toBeGreaterThanOrEqual(ticker.last ?? Number.NaN);
  expect(ticker.low).toBeLessThanOrEqual(ticker.last ?? Number.NaN);
  expect(Object.keys(await client.fetchTickers([SYMBOL, ...OTHERS])).length).toBe(3);
  const best = (await client.fetchBidsAsks([SYMBOL]))[SYMBOL];
  expect(best?.bid).toBeLessThan(best?.ask ?? 0);
  expect((await client.fetchLastPrices([SYMBOL]))[SYMBOL]?.price).toBeCloseTo(ticker.last ?? 0, -3);
  const bars = await client.fetchOHLCV(SYMBOL, '1m', undefined, 5);
  expect(bars.map(([at = 0]) => at - (bars[0]?.[0] ?? 0))).toEqual([0, 1, 2, 3, 4].map((n) => n * 60_000));
  expect((await client.fetchFundingRate(SYMBOL)).fundingTimestamp).toBe(day.fundingMs);
  expect((await client.fetchFundingRateHistory(SYMBOL, undefined, 3)).map(({ timestamp }) => (timestamp ?? 0) % 3_600_000)).toEqual([
    0, 0, 0,
  ]);
  expect((await client.fetchMarkPrice(SYMBOL)).markPrice).toBeCloseTo(ticker.last ?? 0, -3);
  expect((await client.fetchOpenInterest(SYMBOL)).openInterestAmount).toBeGreaterThan(0);
  for (const ohlcv of [client.fetchMarkOHLCV(SYMBOL, '1m', undefined, 2), client.fetchIndexOHLCV(SYMBOL, '1m', undefined, 2)])
    expect((await ohlcv).map((bar) => bar.length)).toEqual([6, 6]);
});

test('the account and its settings', async () => {
  const balance = await client.fetchBalance();
  expect([balance['USDT'], balance['USDC']]).toEqual(['USDT', 'USDC'].map(() => ({ free: 10_000, used: 0, total: 10_000 })));
  expect((await client.setLeverage(10, SYMBOL))['leverage']).toBe(10);
  expect((await client.fetchLeverage(SYMBOL)).longLeverage).toBe(10);
  await client.setMarginMode('isolated', SYMBOL);
  expect((await client.fetchMarginMode(SYMBOL)).marginMode).toBe('isolated');
  await client.setMarginMode('cross', SYMBOL);
  await expect(client.setMarginMode('cross', SYMBOL)).rejects.toThrow(ccxt.MarginModeAlreadySet); // -4046
  expect((await client.fetchMarginMode(SYMBOL)).marginMode).toBe('cross');
  expect((await client.fetchPositionMode(SYMBOL)).hedged).toBe(false);
  await expect(client.setPositionMode(false, SYMBOL)).rejects.toThrow(ccxt.OperationRejected);
  expect(await client.fetchTradingFee(SYMBOL)).toMatchObject({ maker: 0.0002, taker: 0.0005 });
  expect(await client.fetchPositions([SYMBOL])).toEqual([]);
});

test('streams begin: book, trades, tickers, mark price, bars', async () => {
  streams = openStreams();
  const seen = await Promise.all([
    streams.book.first(({ nonce }) => nonce !== undefined),
    streams.trades.first(({ symbol }) => symbol === SYMBOL),
    streams.ticker.first(({ last }) => last !== undefined),
    streams.mark.first(({ markPrice }) => markPrice !== undefined),
    streams.bars.first((bar) => bar[4] !== undefined),
  ]);
  expect(seen.length).toBe(5);
  const trades = await client.fetchTrades(SYMBOL, undefined, 10);
  expect(streams.trades.all.map(({ id }) => id)).toContain(trades.at(-1)?.id);
});

test('post-only, amend, cancel', async () => {
  const { bid, ask } = await touch();
  const placed = await limit('buy', 0.01, bid * FAR, { postOnly: true, clientOrderId: 'day-1' });
  expect(placed).toMatchObject({
    status: 'open',
    clientOrderId: 'day-1',
    amount: 0.01,
    filled: 0,
    postOnly: true,
    price: priced(bid * FAR),
  });
  const amended = await client.editOrder(placed.id, SYMBOL, 'limit', 'buy', 0.02, priced(bid * 0.96));
  expect(amended).toMatchObject({ id: placed.id, status: 'open', amount: 0.02, price: priced(bid * 0.96) });
  await expect(client.editOrder(placed.id, SYMBOL, 'limit', 'buy', 0.02, priced(bid * 0.96))).rejects.toThrow(/-5027/);
  expect((await client.fetchOpenOrders(SYMBOL)).map(({ id }) => id)).toEqual([placed.id]);
  await expect(limit('buy', 0.01, ask * 1.001, { postOnly: true })).rejects.toThrow(ccxt.InvalidOrder); // -5022
  await expect(limit('buy', 0.01, bid * FAR, { postOnly: true, clientOrderId: 'day-1' })).rejects.toThrow(/-4116/);
  expect(await client.cancelOrder(placed.id, SYMBOL)).toMatchObject({ id: placed.id, status: 'canceled' });
  await expect(client.cancelOrder(placed.id, SYMBOL)).rejects.toThrow(ccxt.OrderNotFound);
  expect(await client.fetchOrder(placed.id, SYMBOL)).toMatchObject({ status: 'canceled', amount: 0.02, filled: 0 });
  await streams.orders.first(({ id, status }) => id === placed.id && status === 'canceled');
});

test('IOC and FOK', async () => {
  const { bid, ask } = await touch();
  const ioc = await limit('buy', 0.005, ask * 1.0005, { timeInForce: 'IOC' });
  expect(ioc).toMatchObject({ status: 'closed', filled: 0.005, timeInForce: 'IOC' });
  expect(await limit('buy', 0.005, bid * FAR, { timeInForce: 'IOC' })).toMatchObject({ status: 'expired', filled: 0 });
  const fok = await limit('sell', 0.005, bid * 0.9995, { timeInForce: 'FOK' });
  expect(fok).toMatchObject({ status: 'closed', filled: 0.005 });
  await expect(limit('buy', 0.005, bid * FAR, { timeInForce: 'FOK' })).rejects.toThrow(/-5021/);
});

test('a quote of ours is filled in part, and the streams tell it', async () => {
  const { bid } = await touch();
  const own = 0.2;
  const quote = await limit('buy', own, bid, { postOnly: true });
  await day.fillInPart({ symbol: 'BTCUSDT', own, filled: async () => (await client.fetchOrder(quote.id, SYMBOL)).filled ?? 0 });
  const told = await streams.orders.first(({ id, filled }) => id === quote.id && (filled ?? 0) > 0);
  expect(told).toMatchObject({ symbol: SYMBOL, side: 'buy', amount: own, price: bid });
  const fill = await streams.fills.first(({ order }) => order === quote.id);
  expect(fill).toMatchObject({ symbol: SYMBOL, side: 'buy', takerOrMaker: 'maker', price: bid, fee: { currency: 'USDT' } });
  expect(fill.fee?.cost).toBeCloseTo((fill.cost ?? 0) * 0.0002, 8);
  await client.cancelOrder(quote.id, SYMBOL);
  const filled = (await client.fetchOrder(quote.id, SYMBOL)).filled;
  await streams.positions.first(({ symbol, contracts }) => symbol === SYMBOL && contracts === filled);
  expect((await client.fetchPositions([SYMBOL]))[0]).toMatchObject({
    side: 'long',
    contracts: filled,
    entryPrice: bid,
    marginMode: 'cross',
  });
});

test('batches: place, amend, cancel', async () => {
  const { bid } = await touch();
  const wanted = [0.97, 0.96, 0.95].map((share) => ({
    symbol: SYMBOL,
    type: 'limit' as const,
    side: 'buy' as const,
    amount: 0.01,
    price: priced(bid * share),
  }));
  const placed = await Promise.all(
    (await client.createOrders(wanted.map((order) => ({ ...order, params: {} })))).map((order) => known(Promise.resolve(order))),
  );
  expect(placed.map(({ status, price }) => [status, price])).toEqual(wanted.map(({ price }) => ['open', price]));
  const amended = await client.editOrders(
    placed.map(({ id }, i) => ({ id, ...wanted[i], symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.02, params: {} })),
  );
  expect(amended.map(({ amount }) => amount)).toEqual([0.02, 0.02, 0.02]);
  const canceled = await client.cancelOrders(
    placed.map(({ id }) => id),
    SYMBOL,
  );
  expect(canceled.map(({ status }) => status)).toEqual(['canceled', 'canceled', 'canceled']);
  expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
});

test('stops rest with the algo service and one of them triggers', async () => {
  const { bid } = await touch();
  const conditional = { trigger: true };
  await market('buy', 0.05);
  const [held] = await client.fetchPositions([SYMBOL]);
  const loss = await stop('STOP_MARKET', 0.01, { stopPrice: priced(bid * 0.9) });
  const profit = await stop('TAKE_PROFIT_MARKET', 0.01, { stopPrice: priced(bid * 1.1) });
  const trailing = await stop('TRAILING_STOP_MARKET', 0.01, { trailingPercent: 5 });
  expect([loss.triggerPrice, profit.triggerPrice]).toEqual([priced(bid * 0.9), priced(bid * 1.1)]);
  const open = await client.fetchOpenOrders(SYMBOL, undefined, undefined, conditional);
  expect(open.map(({ id }) => id).sort()).toEqual([loss.id, profit.id, trailing.id].sort());
  expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
  expect(await client.fetchOrder(loss.id, SYMBOL, conditional)).toMatchObject({ id: loss.id, status: 'open' });
  await client.cancelOrder(loss.id, SYMBOL, conditional);
  await client.cancelAllOrders(SYMBOL, conditional);
  expect(await client.fetchOpenOrders(SYMBOL, undefined, undefined, conditional)).toEqual([]);

  await stop('STOP_MARKET', 0.01, { stopPrice: priced(bid - 5) });
  const triggered = (): boolean =>
    streams.orders.all.some(({ side, amount, status }) => side === 'sell' && amount === 0.01 && status === 'closed');
  while (!triggered()) await day.trade('BTCUSDT', 'SELL', 1);
  const [after] = await client.fetchPositions([SYMBOL]);
  expect((held?.contracts ?? 0) - (after?.contracts ?? 0)).toBeCloseTo(0.01, 8);
});

test('order entry and reads over the WebSocket API', async () => {
  const { bid } = await touch();
  const { id } = await known(client.createOrderWs(SYMBOL, 'limit', 'buy', 0.01, priced(bid * FAR), { postOnly: true }));
  expect(await client.editOrderWs(id, SYMBOL, 'limit', 'buy', 0.02, priced(bid * FAR))).toMatchObject({ id, amount: 0.02, status: 'open' });
  expect(await client.fetchOrderWs(id, SYMBOL)).toMatchObject({ id, amount: 0.02, status: 'open' });
  expect(await client.cancelOrderWs(id, SYMBOL)).toMatchObject({ id, status: 'canceled' });
  await expect(client.createOrderWs(SYMBOL, 'limit', 'buy', 0.01, priced(bid * 1.01), { postOnly: true })).rejects.toThrow(/-5022/);
  expect((await client.fetchBalanceWs())['USDC']).toMatchObject({ total: 10_000 });
  expect((await client.fetchOrderBookWs(SYMBOL, 5)).bids.length).toBe(5);
});

test('the contract margined in USDC: its own wallet, makers without a fee', async () => {
  const symbol = 'BTC/USDC:USDC';
  const { bids } = await client.fetchOrderBook(symbol, 5);
  const own = 0.1;
  const { id } = await known(client.createOrder(symbol, 'limit', 'buy', own, bids[0]?.[0], { postOnly: true }));
  await day.fillInPart({ symbol: 'BTCUSDC', own, filled: async () => (await client.fetchOrder(id, symbol)).filled ?? 0 });
  await client.cancelOrder(id, symbol);
  const { filled } = await client.fetchOrder(id, symbol);
  expect((await client.fetchMyTrades(symbol)).map(({ fee }) => fee?.cost)).toEqual(expect.arrayContaining([0]));
  const closed = await known(client.createOrder(symbol, 'market', 'sell', filled ?? 0, undefined, { reduceOnly: true }));
  const fill = await streams.fills.first(({ order }) => order === closed.id);
  expect(fill.fee?.currency).toBe('USDC');
  expect(fill.fee?.cost).toBeCloseTo((fill.cost ?? 0) * 0.0005, 8);
});

test('funding is paid at its hour', async () => {
  await day.crossFunding();
  await streams.balance.first(({ info }) => info?.a?.m === 'FUNDING_FEE' || (info?.e === 'ACCOUNT_UPDATE' && info.a.m === 'FUNDING_FEE'));
  const history = await client.fetchFundingHistory(SYMBOL);
  expect(history.map(({ timestamp, code }) => [timestamp, code])).toEqual([[day.fundingMs, 'USDT']]);
  expect(history[0]?.amount).not.toBe(0);
});

test('close: reduce-only, and what the client holds is what the exchange holds', async () => {
  const [held] = await client.fetchPositions([SYMBOL]);
  await expect(market('buy', 0.01, { reduceOnly: true })).rejects.toThrow(/-2022/);
  const part = await market('sell', 0.01, { reduceOnly: true });
  const rest = await market('sell', 1, { reduceOnly: true });
  expect((part.filled ?? 0) + (rest.filled ?? 0)).toBeCloseTo(held?.contracts ?? 0, 8);
  await streams.positions.first(({ contracts }) => contracts === 0);
  expect(await client.fetchPositions([SYMBOL])).toEqual([]);

  const truth = await day.account();
  expect(truth.openOrders).toEqual([]);
  expect(truth.positions.map(({ positionAmt }) => Number(positionAmt)).filter((size) => size !== 0)).toEqual([]);
  const wallets = Object.fromEntries(truth.balances.map(({ asset, balance }) => [asset, Number(balance)]));
  const local = await streams.balance.first((balance) => balance['USDT']?.total === wallets['USDT']);
  expect([local['USDC']?.total, local['USDC']?.total === 10_000]).toEqual([wallets['USDC'], false]);
  const ledger = await client.fetchLedger('USDT');
  const moved = ledger.reduce((sum, { direction, amount }) => sum + (direction === 'in' ? 1 : -1) * (amount ?? 0), 0);
  expect(Number(FUNDS) + moved).toBeCloseTo(wallets['USDT'] ?? 0, 6);
  const trades = [...(await client.fetchMyTrades(SYMBOL)), ...(await client.fetchMyTrades('BTC/USDC:USDC'))];
  expect(trades.length).toBe(truth.tradesCount);
  expect(streams.fills.all.map(({ id }) => id).sort()).toEqual(trades.map(({ id }) => id).sort());
});

test("the client's own book is the published one", async () => {
  const seen = streams.book.all.length;
  await streams.book.first(() => streams.book.all.length > seen + 5);
  const { nonce, bids, asks } = structuredClone({ ...streams.book.all.at(-1) });
  const truth = await day.book('BTCUSDT', nonce);
  const numbers = (levels: readonly (readonly [string, string])[]): unknown => levels.map(([price, size]) => [Number(price), Number(size)]);
  expect([bids, asks]).toEqual([numbers(truth.bids), numbers(truth.asks)]);
});
