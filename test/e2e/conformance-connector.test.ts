/** Binance's own connector, unmodified, trades a day on the simulator: REST, routed streams, user data and the WebSocket API. */
import type { DerivativesTradingUsdsFutures } from '@binance/derivatives-trading-usds-futures';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FUNDS, type TradingDay } from '../kit/conformance.ts';
import {
  Api,
  BUY,
  type ConnectorDay,
  FOK,
  GTX,
  IOC,
  LIMIT,
  listen,
  MARKET,
  openConnectorDay,
  RESULT,
  Rest,
  SELL,
  Streams,
} from '../kit/conformance-connector.ts';
import { type DepthEvent, type DepthSnapshot, sorted, stitch } from '../kit/plain-depth.ts';

const BTC = { symbol: 'BTCUSDT' };
const STREAM = { symbol: 'btcusdt' };

vi.setConfig({ testTimeout: 20_000 });

let opened: ConnectorDay;
let day: TradingDay;
let rest: DerivativesTradingUsdsFutures['restAPI'];
let api: Awaited<ReturnType<DerivativesTradingUsdsFutures['websocketAPI']['connect']>>;
let streams: Awaited<ReturnType<typeof openStreams>>;

/** The data of an answer; the connector hands integers beyond 2^53 over as bigint. */
const of = async <T>(answer: Promise<{ data: () => Promise<T> }>): Promise<T> => (await answer).data();

async function openStreams(client: DerivativesTradingUsdsFutures) {
  const { listenKey = '' } = await of(rest.startUserDataStream());
  const connection = await client.websocketStreams.connect();
  return {
    connection,
    depth: listen(
      connection.diffBookDepthStreams({ ...STREAM, updateSpeed: Streams.DiffBookDepthStreamsUpdateSpeedEnum.UPDATE_SPEED_100ms }),
    ),
    best: listen(connection.individualSymbolBookTickerStreams(STREAM)),
    partial: listen(connection.partialBookDepthStreams({ ...STREAM, levels: Streams.PartialBookDepthStreamsLevelsEnum.LEVELS_5 })),
    trades: listen(connection.aggregateTradeStreams(STREAM)),
    mark: listen(connection.markPriceStream({ ...STREAM, updateSpeed: Streams.MarkPriceStreamUpdateSpeedEnum.UPDATE_SPEED_1s })),
    bars: listen(connection.klineCandlestickStreams({ ...STREAM, interval: Streams.KlineCandlestickStreamsIntervalEnum.INTERVAL_1m })),
    ticker: listen(connection.individualSymbolTickerStreams(STREAM)),
    user: listen(connection.userData(listenKey)),
  };
}

async function bestBid(): Promise<number> {
  const { bids = [] } = await of(rest.orderBook({ ...BTC, limit: 5 }));
  return Number(bids[0]?.[0]);
}
const tick = (price: number): number => Number(price.toFixed(1));
const quote = (price: number, over: object = {}) => ({
  ...BTC,
  side: BUY,
  type: LIMIT,
  timeInForce: GTX,
  quantity: 0.01,
  price: tick(price),
  ...over,
});
const market = (side: typeof BUY | typeof SELL, quantity: number, over: object = {}) =>
  of(rest.newOrder({ ...BTC, side, type: MARKET, quantity, newOrderRespType: RESULT, ...over }));
const position = async (): Promise<number> => Number((await of(rest.positionInformationV3(BTC)))[0]?.positionAmt ?? 0);
const error = (code: number) => expect.objectContaining({ code });

beforeAll(async () => {
  opened = await openConnectorDay();
  ({ day } = opened);
  rest = opened.client.restAPI;
});
afterAll(async () => {
  await Promise.all([streams.connection.disconnect(), api.disconnect()]);
  await opened.close();
});

test('sync: clock, contracts, book, statistics', async () => {
  await of(rest.testConnectivity());
  expect(Math.abs(Number((await of(rest.checkServerTime())).serverTime) - Date.now())).toBeLessThan(1_000);
  const info = await of(rest.exchangeInformation());
  expect(info.symbols?.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT', 'BTCUSDC']);
  expect(info.rateLimits?.map(({ rateLimitType, limit }) => [rateLimitType, limit])).toEqual([
    ['REQUEST_WEIGHT', 2400],
    ['ORDERS', 1200],
    ['ORDERS', 300],
  ]);
  const { bids = [], asks = [] } = await of(rest.orderBook({ ...BTC, limit: 100 }));
  expect(Number(bids[0]?.[0])).toBeLessThan(Number(asks[0]?.[0]));
  const bars = await of(rest.klineCandlestickData({ ...BTC, interval: Rest.KlineCandlestickDataIntervalEnum.INTERVAL_1m, limit: 3 }));
  expect(bars.map((bar) => bar.length)).toEqual([12, 12, 12]);
  expect(await of(rest.markPrice(BTC))).toMatchObject({ symbol: 'BTCUSDT', nextFundingTime: day.fundingMs });
  expect(await of(rest.ticker24hrPriceChangeStatistics(BTC))).toMatchObject({ symbol: 'BTCUSDT', lastPrice: expect.any(String) });
  expect(await of(rest.symbolPriceTickerV2(BTC))).toMatchObject({ symbol: 'BTCUSDT', price: expect.any(String) });
  expect(Number((await of(rest.openInterest(BTC))).openInterest)).toBeGreaterThan(0);
});

test('the account, its settings and its limits', async () => {
  for (const { assets = [] } of [await of(rest.accountInformationV2()), await of(rest.accountInformationV3())])
    expect(assets.map(({ asset, walletBalance }) => [asset, Number(walletBalance)])).toEqual([
      ['USDT', 10_000],
      ['USDC', 10_000],
    ]);
  for (const rows of [await of(rest.futuresAccountBalanceV2()), await of(rest.futuresAccountBalanceV3())])
    expect(rows.map(({ asset, availableBalance }) => [asset, Number(availableBalance)])).toEqual([
      ['USDT', 10_000],
      ['USDC', 10_000],
    ]);
  expect(await of(rest.changeInitialLeverage({ ...BTC, leverage: 10 }))).toMatchObject({ leverage: 10, symbol: 'BTCUSDT' });
  const type = Rest.ChangeMarginTypeMarginTypeEnum;
  await of(rest.changeMarginType({ ...BTC, marginType: type.ISOLATED }));
  await of(rest.changeMarginType({ ...BTC, marginType: type.CROSSED }));
  await expect(rest.changeMarginType({ ...BTC, marginType: type.CROSSED })).rejects.toEqual(error(-4046));
  await expect(rest.changePositionMode({ dualSidePosition: 'false' })).rejects.toEqual(error(-4059));
  expect(await of(rest.getCurrentPositionMode())).toEqual({ dualSidePosition: false });
  expect(await of(rest.getCurrentMultiAssetsMode())).toEqual({ multiAssetsMargin: false });
  expect(await of(rest.symbolConfiguration(BTC))).toMatchObject([{ symbol: 'BTCUSDT', marginType: 'CROSSED', leverage: 10 }]);
  expect(await of(rest.userCommissionRate(BTC))).toMatchObject({ makerCommissionRate: '0.0002', takerCommissionRate: '0.0005' });
  expect(await of(rest.notionalAndLeverageBrackets(BTC))).toMatchObject({ symbol: 'BTCUSDT', brackets: expect.any(Array) });
  expect((await of(rest.queryUserRateLimit())).map(({ limit }) => limit)).toEqual([1200, 300]);
  expect((await rest.futuresAccountBalanceV3()).rateLimits).toMatchObject([{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE' }]);
});

test('the streams of all three routes begin', async () => {
  streams = await openStreams(opened.client);
  const { depth, best, partial, mark, bars, trades, ticker } = streams;
  const seen = await Promise.all([depth, best, partial, mark, bars, trades, ticker].map((feed) => feed.first(() => true)));
  expect(seen.map(({ s }) => s)).toEqual(seen.map(() => 'BTCUSDT'));
});

test('post-only, amend, cancel', async () => {
  const bid = await bestBid();
  const placed = await of(rest.newOrder(quote(bid * 0.97, { newClientOrderId: 'day-1' })));
  expect(placed).toMatchObject({ status: 'NEW', clientOrderId: 'day-1', origQty: '0.010', timeInForce: 'GTX', reduceOnly: false });
  const name = { ...BTC, origClientOrderId: 'day-1' };
  const amend = { ...name, side: Rest.ModifyOrderSideEnum.BUY, quantity: 0.02, price: tick(bid * 0.96), modifyId: 7 };
  expect(await of(rest.modifyOrder(amend))).toMatchObject({ orderId: placed.orderId, status: 'NEW', origQty: '0.020' });
  await expect(rest.modifyOrder(amend)).rejects.toEqual(error(-5027));
  await streams.user.first((event) => event.e === 'ORDER_TRADE_UPDATE' && event.o?.x === 'AMENDMENT' && event.o.M === '7');
  expect(await of(rest.getOrderModifyHistory(name))).toMatchObject([{ clientOrderId: 'day-1', amendment: { count: 1 } }]);
  expect(await of(rest.queryCurrentOpenOrder(name))).toMatchObject({ origQty: '0.020' });
  expect((await of(rest.currentAllOpenOrders(BTC))).map(({ clientOrderId }) => clientOrderId)).toEqual(['day-1']);
  await expect(rest.newOrder(quote(bid * 1.01))).rejects.toEqual(error(-5022));
  expect(await of(rest.cancelOrder({ ...BTC, orderId: placed.orderId ?? 0 }))).toMatchObject({ status: 'CANCELED' }); // a bigint goes back as it came
  await expect(rest.cancelOrder(name)).rejects.toEqual(error(-2011));
  expect(await of(rest.queryOrder(name))).toMatchObject({ status: 'CANCELED', executedQty: '0.000' });
});

test('IOC, FOK, and a quote that is filled in part', async () => {
  const bid = await bestBid();
  expect(await of(rest.newOrder(quote(bid * 1.001, { timeInForce: IOC, newOrderRespType: RESULT })))).toMatchObject({ status: 'FILLED' });
  await expect(rest.newOrder(quote(bid * 0.97, { timeInForce: FOK }))).rejects.toEqual(error(-5021));
  const own = 0.2;
  const name = { ...BTC, origClientOrderId: 'day-2' };
  await of(rest.newOrder(quote(await bestBid(), { quantity: own, newClientOrderId: 'day-2' })));
  await day.fillInPart({ ...BTC, own, filled: async () => Number((await of(rest.queryOrder(name))).executedQty) });
  await streams.user.first((event) => event.e === 'TRADE_LITE' && event.c === 'day-2' && event.m === true);
  await streams.user.first((event) => event.e === 'ORDER_TRADE_UPDATE' && event.o?.c === 'day-2' && event.o.X === 'PARTIALLY_FILLED');
  const { executedQty } = await of(rest.cancelOrder(name));
  expect(await position()).toBeCloseTo(0.01 + Number(executedQty), 8);
});

test('batches: place, amend, cancel by client id', async () => {
  const bid = await bestBid();
  const ids = ['batch-1', 'batch-2'];
  const batchOrders = ids.map((newClientOrderId, i) => ({ ...quote(bid * (0.97 - i / 100)), newClientOrderId }));
  expect((await of(rest.placeMultipleOrders({ batchOrders }))).map(({ status }) => status)).toEqual(['NEW', 'NEW']);
  const amends = ids.map((origClientOrderId) => ({ ...BTC, side: BUY, origClientOrderId, quantity: 0.02, price: tick(bid * 0.95) }));
  expect((await of(rest.modifyMultipleOrders({ batchOrders: amends }))).map(({ origQty }) => origQty)).toEqual(['0.020', '0.020']);
  const canceled = await of(rest.cancelMultipleOrders({ ...BTC, origClientOrderIdList: [...ids, 'nobody'] }));
  expect(canceled.map(({ status, code }) => status ?? code)).toEqual(['CANCELED', 'CANCELED', -2011]);
  await of(rest.autoCancelAllOpenOrders({ ...BTC, countdownTime: 0 }));
  expect(await of(rest.cancelAllOpenOrders(BTC))).toMatchObject({ code: 200 });
});

test('stops rest with the algo service and one of them triggers', async () => {
  const bid = await bestBid();
  const { STOP_MARKET, TAKE_PROFIT_MARKET } = Rest.NewAlgoOrderTypeEnum;
  const algo = (clientAlgoId: string, type: typeof STOP_MARKET | typeof TAKE_PROFIT_MARKET, triggerPrice: number) =>
    of(
      rest.newAlgoOrder({
        ...BTC,
        algoType: Rest.NewAlgoOrderAlgoTypeEnum.CONDITIONAL,
        side: Rest.NewAlgoOrderSideEnum.SELL,
        type,
        quantity: 0.01,
        triggerPrice: tick(triggerPrice),
        reduceOnly: Rest.NewAlgoOrderReduceOnlyEnum.TRUE,
        clientAlgoId,
      }),
    );
  await market(BUY, 0.05);
  const before = await position();
  expect(await algo('far', STOP_MARKET, bid * 0.9)).toMatchObject({ algoStatus: 'NEW', orderType: 'STOP_MARKET' });
  await algo('profit', TAKE_PROFIT_MARKET, bid * 1.1);
  expect((await of(rest.currentAllAlgoOpenOrders(BTC))).map(({ clientAlgoId }) => clientAlgoId).sort()).toEqual(['far', 'profit']);
  expect(await of(rest.queryAlgoOrder({ clientAlgoId: 'far' }))).toMatchObject({ algoStatus: 'NEW' });
  expect(await of(rest.cancelAlgoOrder({ clientAlgoId: 'far' }))).toMatchObject({ code: '200' });
  await of(rest.cancelAllAlgoOpenOrders(BTC));
  await expect(algo('late', STOP_MARKET, bid * 1.1)).rejects.toEqual(error(-2021));
  await algo('near', STOP_MARKET, bid - 5);
  while (!streams.user.all.some((event) => event.e === 'ALGO_UPDATE' && event.o?.caid === 'near' && event.o.X !== 'NEW'))
    await day.trade('BTCUSDT', 'SELL', 1);
  const child = await streams.user.first((event) => event.e === 'ORDER_TRADE_UPDATE' && event.o?.c === 'near' && event.o.X === 'FILLED');
  expect(child).toMatchObject({ o: { S: 'SELL', o: 'MARKET', z: '0.010', R: true } });
  await streams.user.first((event) => event.e === 'ALGO_UPDATE' && event.o?.caid === 'near' && event.o.X === 'FINISHED');
  expect(before - (await position())).toBeCloseTo(0.01, 8);
});

test('the WebSocket API: logon with an Ed25519 key, place, amend, query, cancel', async () => {
  api = await opened.client.websocketAPI.connect();
  expect((await api.sendSignedMessage('session.logon', {})).data).toMatchObject({ apiKey: 'logon-key' });
  const price = tick((await bestBid()) * 0.97);
  const terms = { ...BTC, side: Api.NewOrderSideEnum.BUY, type: Api.NewOrderTypeEnum.LIMIT, timeInForce: Api.NewOrderTimeInForceEnum.GTX };
  const placed = await api.newOrder({ ...terms, quantity: 0.01, price, newClientOrderId: 'ws-1' });
  expect(placed.data).toMatchObject({ status: 'NEW', clientOrderId: 'ws-1' });
  expect(placed.rateLimits?.map(({ rateLimitType }) => rateLimitType)).toContain('ORDERS');
  const name = { ...BTC, origClientOrderId: 'ws-1' };
  const amend = { ...name, side: Api.ModifyOrderSideEnum.BUY, quantity: 0.02, price };
  expect((await api.modifyOrder(amend)).data).toMatchObject({ origQty: '0.020' });
  expect((await api.queryOrder(name)).data).toMatchObject({ status: 'NEW', origQty: '0.020' });
  // unsigned: the session answers for it
  expect((await api.sendMessage('order.status', { ...name, timestamp: Date.now() })).data).toMatchObject({ clientOrderId: 'ws-1' });
  expect((await api.cancelOrder(name)).data).toMatchObject({ status: 'CANCELED' });
  await expect(api.cancelOrder(name)).rejects.toMatchObject({ code: -2011 });
  expect((await api.positionInformationV2(BTC)).data).toMatchObject([{ symbol: 'BTCUSDT' }]);
  expect((await api.futuresAccountBalanceV2()).data?.map(({ asset }) => asset)).toEqual(['USDT', 'USDC']);
  expect((await api.orderBook({ ...BTC, limit: 5 })).data).toMatchObject({ lastUpdateId: expect.any(Number), bids: expect.any(Array) });
});

test('funding is paid at its hour', async () => {
  await day.crossFunding();
  const paid = await streams.user.first((event) => event.e === 'ACCOUNT_UPDATE' && event.a?.m === 'FUNDING_FEE');
  expect(paid).toMatchObject({ a: { B: [{ a: 'USDT' }] } });
  const rows = await of(rest.getIncomeHistory({ ...BTC, incomeType: Rest.GetIncomeHistoryIncomeTypeEnum.FUNDING_FEE }));
  expect(rows).toMatchObject([{ symbol: 'BTCUSDT', incomeType: 'FUNDING_FEE', asset: 'USDT', time: day.fundingMs }]);
  expect((await of(rest.getFundingRateHistory({ ...BTC, limit: 1 })))[0]?.fundingTime).toBe(day.fundingMs);
});

test('close: what the client was told is what the exchange holds', async () => {
  const held = await position();
  await expect(market(BUY, 0.01, { reduceOnly: Rest.NewOrderReduceOnlyEnum.TRUE })).rejects.toEqual(error(-2022));
  expect(Number((await market(SELL, 1, { reduceOnly: Rest.NewOrderReduceOnlyEnum.TRUE })).executedQty)).toBeCloseTo(held, 8);
  expect(await of(rest.positionInformationV3(BTC))).toEqual([]);
  const truth = await day.account();
  expect(truth.openOrders).toEqual([]);
  const wallet = truth.balances.find(({ asset }) => asset === 'USDT')?.balance;
  const told = await streams.user.first((event) => event.e === 'ACCOUNT_UPDATE' && Number(event.a?.B?.[0]?.wb) === Number(wallet));
  expect(told).toMatchObject({ a: { P: [{ s: 'BTCUSDT', pa: expect.stringMatching(/^0(\.0+)?$/) }] } });
  const income = await of(rest.getIncomeHistory({ limit: 1_000 }));
  expect(Number(FUNDS) + income.reduce((sum, row) => sum + Number(row.income), 0)).toBeCloseTo(Number(wallet), 6);
  const trades = await of(rest.accountTradeList({ ...BTC, limit: 1_000 }));
  expect(trades.length).toBe(truth.tradesCount);
  const lite = streams.user.all.flatMap((event) => (event.e === 'TRADE_LITE' ? [Number(event.t)] : []));
  expect(lite.sort()).toEqual(trades.map(({ id }) => Number(id)).sort());
});

test('a book kept from its depth stream is the published one', async () => {
  const snapshot = JSON.parse(JSON.stringify(await of(rest.orderBook({ ...BTC, limit: 1_000 })))) as DepthSnapshot;
  await streams.depth.first(({ u }) => Number(u) > snapshot.lastUpdateId);
  const events = JSON.parse(JSON.stringify(streams.depth.all)) as DepthEvent[];
  const book = stitch(snapshot, events);
  if (book.at !== 'live') throw new Error(`Cannot compare: the book is ${book.at}`);
  const truth = await day.book('BTCUSDT', book.u);
  expect([sorted(book.bids, true), sorted(book.asks, false)]).toEqual([truth.bids, truth.asks]);
});
