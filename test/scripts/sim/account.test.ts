/** Account endpoints and events on the wire, seen by a plain client. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { atoms, lots, parseAtoms, ZERO_ATOMS, wallMs } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { expectSameShape } from '../../kit/schema.ts';
import { type Fields, KEY, type Message, type Socket } from '../../kit/sim-client.ts';
import { fundingGap } from '../../../gateway/account/funding-gap.ts';
import { fundingPage } from '../../../gateway/venues/binance/decode-rest.ts';
import { Income } from '../../../gateway/venues/binance/wire.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

/** Ten seconds before a funding time. */
const START_MS = 1_699_977_590_000;
const HOUR_MS = 3_600_000;

let sim: SteppedSim;
let user: Socket;
let market: Socket;
beforeEach(async () => {
  sim = await SteppedSim.open({ steppedFromMs: START_MS, symbols: ['BTCUSDT', 'BTCUSDC'], limitsEnforced: false });
  user = await sim.user();
  market = await sim.socket('/market/ws/btcusdt@forceOrder');
});
afterEach(() => sim.close());

const call = async (method: string, path: string, fields: Fields = {}) => (await sim.client.signed(method, `/fapi${path}`, fields)).body;
const rows = async (path: string, fields: Fields = {}) => (await sim.client.signed('GET', `/fapi${path}`, fields)).rows;
const code = async (path: string, fields: Fields): Promise<unknown> => (await call('POST', path, fields))['code'];
const buy = (quantity: string, fields: Fields = {}) => sim.client.place({ type: 'MARKET', quantity, ...fields });
const trader = () => sim.client.simulator.exchange.trader(KEY);
const exchange = () => sim.client.simulator.exchange;
const events = (name: string, reason: string | null = null): readonly Message[] =>
  user.messages().filter((message) => message['e'] === name && (reason === null || (message['a'] as Message)['m'] === reason));
const BTC = { symbol: 'BTCUSDT' };

/** What no rule of the venue would allow: all margin but this leaves under the position. */
function leave(rest: string): void {
  const { account } = trader();
  const amount = atoms((parseAtoms(rest) ?? ZERO_ATOMS) - account.wallet('USDT'));
  account.credit({ type: 'transfer', asset: 'USDT', amount, symbol: null, tradeId: null, atMs: exchange().nowMs });
}

describe('modes', () => {
  test('position mode: no change, open orders, positions, and what it shows when it changed', async () => {
    expect(await code('/v1/positionSide/dual', { dualSidePosition: 'false' })).toBe(-4059);
    await sim.client.place();
    expect(await code('/v1/positionSide/dual', { dualSidePosition: 'true' })).toBe(-4067);
    await call('DELETE', '/v1/allOpenOrders', BTC);
    await buy('0.010');
    expect(await code('/v1/positionSide/dual', { dualSidePosition: 'true' })).toBe(-4068);
    await buy('0.010', { side: 'SELL' });
    expect(await code('/v1/positionSide/dual', { dualSidePosition: 'true' })).toBe(200);
    expect([await call('GET', '/v1/positionSide/dual'), (await call('GET', '/v1/accountConfig'))['dualSidePosition']]).toEqual([
      { dualSidePosition: true },
      true,
    ]);
    await buy('0.010', { positionSide: 'LONG' });
    await buy('0.004', { positionSide: 'SHORT', side: 'SELL' });
    const shown = await rows('/v3/positionRisk');
    expect(shown.map(({ positionSide, positionAmt }) => [positionSide, positionAmt])).toEqual([
      ['LONG', '0.010'],
      ['SHORT', '-0.004'],
    ]);
    expect((await rows('/v1/adlQuantile')).map(({ adlQuantile }) => Object.keys(adlQuantile as Message))).toEqual([
      ['LONG', 'SHORT', 'HEDGE'],
      ['LONG', 'SHORT', 'HEDGE'],
    ]);
  });

  test('margin type and asset mode exclude each other, and are refused with open orders and positions', async () => {
    const isolate = (marginType: string) => code('/v1/marginType', { ...BTC, marginType });
    expect(await isolate('CROSSED')).toBe(-4046);
    await sim.client.place();
    expect(await isolate('ISOLATED')).toBe(-4047);
    expect(await code('/v1/multiAssetsMargin', { multiAssetsMargin: 'true' })).toBe(-4170);
    await call('DELETE', '/v1/allOpenOrders', BTC);
    await buy('0.010');
    expect(await isolate('ISOLATED')).toBe(-4048);
    await buy('0.010', { side: 'SELL' });
    expect(await isolate('ISOLATED')).toBe(200);
    expect(await code('/v1/multiAssetsMargin', { multiAssetsMargin: 'true' })).toBe(-4167);
    expect(await isolate('CROSSED')).toBe(200);
    expect(await code('/v1/multiAssetsMargin', { multiAssetsMargin: 'true' })).toBe(200);
    expect(await code('/v1/multiAssetsMargin', { multiAssetsMargin: 'true' })).toBe(-4171);
    expect(await isolate('ISOLATED')).toBe(-4168);
    await sim.settle();
    expect(events('ACCOUNT_UPDATE', 'MARGIN_TYPE_CHANGE')).toHaveLength(2);
    expect(events('ACCOUNT_CONFIG_UPDATE').map(({ ai }) => ai)).toEqual([{ j: true }]);
    const total = (await call('GET', '/v3/account'))['totalWalletBalance'];
    expect(Number(total)).toBeGreaterThan(19_990); // both kinds of dollars, less fees
  });

  test('leverage by bracket: range, cap of the position, margin, and the notional it allows', async () => {
    const lever = (leverage: number) => call('POST', '/v1/leverage', { ...BTC, leverage });
    expect((await lever(126))['code']).toBe(-4028);
    expect(await lever(100)).toEqual({ leverage: 100, maxNotionalValue: '600000', symbol: 'BTCUSDT' });
    expect((await buy('10.000'))['body']['code']).toBe(-2027);
    await buy('1.000');
    expect((await lever(125))['code']).toBe(-2027);
    expect((await lever(5))['code']).toBe(-2028);
    expect(await rows('/v1/symbolConfig', BTC)).toEqual([
      { symbol: 'BTCUSDT', marginType: 'CROSSED', isAutoAddMargin: false, leverage: 100, maxNotionalValue: '600000' },
    ]);
    expect((await sim.client.place({ quantity: '9.000', price: '63000' })).body['code']).toBe(-2027);
  });

  test('isolated margin is added and taken away within what is free', async () => {
    const move = (amount: string, type: number) => call('POST', '/v1/positionMargin', { ...BTC, amount, type });
    expect((await move('10', 1))['code']).toBe(-4049);
    await code('/v1/marginType', { ...BTC, marginType: 'ISOLATED' });
    expect((await move('10', 1))['code']).toBe(-4054);
    await buy('0.100');
    expect((await move('-1', 1))['code']).toBe(-4055);
    expect((await move('1000000', 1))['code']).toBe(-4050);
    expect((await move('100', 2))['code']).toBe(-4051);
    expect(await move('100.5', 1)).toEqual({ amount: 100.5, code: 200, msg: 'Successfully modify position margin.', type: 1 });
    await sim.settle();
    const [told] = events('ACCOUNT_UPDATE', 'MARGIN_TRANSFER');
    expect((told!['a'] as { B: Message[]; P: Message[] }).B[0]).toMatchObject({ a: 'USDT', bc: '-100.5' });
    const [row] = await rows('/v3/positionRisk', BTC);
    expect(Number(row?.['isolatedWallet'])).toBeGreaterThan(400);
    expect((await rows('/v1/positionMargin/history', BTC)).map(({ amount, type, deltaType }) => [amount, type, deltaType])).toEqual([
      ['100.5', 1, 'USER_ADJUST'],
    ]);
  });
});

test('version 3 shows what is open alone, version 2 everything; totals speak of USDT, the asset rows of each', async () => {
  expect([await rows('/v3/positionRisk'), (await call('GET', '/v3/account'))['positions']]).toEqual([[], []]);
  expect((await rows('/v2/positionRisk')).map(({ symbol, marginType, leverage }) => [symbol, marginType, leverage])).toEqual([
    ['BTCUSDT', 'cross', '20'],
    ['BTCUSDC', 'cross', '20'],
  ]);
  await buy('0.100', { symbol: 'BTCUSDC' });
  const account = await call('GET', '/v3/account');
  expect([account['totalWalletBalance'], account['totalInitialMargin']]).toEqual(['10000', '0']);
  const [usdt, usdc] = account['assets'] as [Message, Message];
  expect([usdt['initialMargin'], Number(usdc['initialMargin']) > 300, Number(usdc['walletBalance']) < 10_000]).toEqual(['0', true, true]);
  expect(Number((await rows('/v3/balance'))[1]?.['availableBalance'])).toBeLessThan(9_700);
  expect((await rows('/v3/positionRisk')).map(({ symbol }) => symbol)).toEqual(['BTCUSDC']);
  const v2 = await call('GET', '/v2/account');
  expect([(v2['positions'] as unknown[]).length, v2['multiAssetsMargin'], v2['canTrade']]).toEqual([2, false, true]);
});

test('open orders take from the available balance and are not told as an account event', async () => {
  await sim.client.place({ quantity: '0.100', price: '60000' });
  expect((await rows('/v3/balance'))[0]).toMatchObject({ balance: '10000', availableBalance: '9700' });
  expect((await rows('/v3/positionRisk'))[0]).toMatchObject({ positionAmt: '0.000', openOrderInitialMargin: '300', bidNotional: '6000' });
  await sim.settle();
  expect(events('ACCOUNT_UPDATE')).toEqual([]);
});

test('the cash book tells fees, profit, funding and transfers, filtered by type, symbol, time and page', async () => {
  await buy('0.100');
  await sim.advance(12_000);
  await buy('0.100', { side: 'SELL' });
  exchange().transfer(trader(), 'USDT', parseAtoms('-5') ?? ZERO_ATOMS);
  const all = await rows('/v1/income');
  expect(new Set(all.map(({ incomeType }) => incomeType))).toEqual(new Set(['COMMISSION', 'FUNDING_FEE', 'REALIZED_PNL', 'TRANSFER']));
  const sum = all.reduce((total, { income }) => total + Number(income), 0);
  expect(Number((await rows('/v3/balance'))[0]?.['balance'])).toBeCloseTo(10_000 + sum, 8);
  expect(new Set(all.map(({ tranId }) => tranId)).size).toBe(all.length);
  const [transfer] = await rows('/v1/income', { incomeType: 'TRANSFER' });
  expect(transfer).toMatchObject({ symbol: '', income: '-5.00000000', asset: 'USDT', tradeId: '' });
  const trades = await rows('/v1/userTrades', BTC);
  const fees = await rows('/v1/income', { incomeType: 'COMMISSION', symbol: 'BTCUSDT' });
  expect(fees.map(({ tradeId }) => tradeId)).toEqual(trades.map(({ id }) => String(id)));
  expect(await rows('/v1/income', { page: 2, limit: 1 })).toEqual(all.slice(1, 2));
  expect(await rows('/v1/income', { endTime: START_MS - 1 })).toEqual([]);
  await sim.client.admin('/sim/advance', { ms: 1 });
  expect((await sim.client.signed('GET', '/fapi/v1/income', { startTime: 2, endTime: 1 })).body['code']).toBe(-1023);
});

test('funding: the same rate in premiumIndex, the stream of marks, the history and the fee', async () => {
  const marks = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  await buy('0.100');
  await sim.advance(9_500);
  const index = (await sim.client.get('/fapi/v1/premiumIndex?symbol=BTCUSDT')).body;
  const last = marks.messages().at(-1);
  expect([last?.['r'], last?.['T']]).toEqual([index['lastFundingRate'], index['nextFundingTime']]);
  expect(index['nextFundingTime']).toBe(START_MS + 10_000);
  await sim.advance(1_000);
  const history = (await sim.client.get('/fapi/v1/fundingRate?symbol=BTCUSDT&limit=1')).rows;
  expect(history).toMatchObject([{ symbol: 'BTCUSDT', fundingTime: START_MS + 10_000, rateType: 'Regular' }]);
  const { fundingRate, markPrice } = history[0] ?? {};
  const [told] = events('ACCOUNT_UPDATE', 'FUNDING_FEE');
  const { B, P, S } = told!['a'] as { B: Message[]; P: Message[]; S: string };
  expect([P, S]).toEqual([[], 'BTCUSDT']);
  expect(Number(B[0]?.['bc'])).toBeCloseTo(-0.1 * Number(markPrice) * Number(fundingRate), 6);
  const next = (await sim.client.get('/fapi/v1/premiumIndex?symbol=BTCUSDT')).body['nextFundingTime'];
  expect(next).toBe(START_MS + 10_000 + 8 * HOUR_MS);
  expect((await sim.client.get('/fapi/v1/fundingInfo')).rows[0]).toMatchObject({ symbol: 'BTCUSDT', fundingIntervalHours: 8 });
  const { payments } = fundingPage(Income.parse(await rows('/v1/income', { incomeType: 'FUNDING_FEE' })));
  const amount = parseAtoms(String(B[0]?.['bc'])) ?? ZERO_ATOMS;
  const toMs = START_MS + HOUR_MS;
  for (const symbol of [S, '']) {
    const row = { asset: 'USDT', amount, told: symbol, symbol, atMs: wallMs(Number(told!['T'])) };
    expect(fundingGap({ listed: payments, booked: [row], toMs }).missing).toEqual([]); // list and stream tell the same payment
  }
  expect(fundingGap({ listed: payments, booked: [], toMs }).missing).toMatchObject([{ symbol: S, amount }]);
});

test('a liquidation on the wire: orders expire, CALCULATED fills under an autoclose id, the public event, the query, the trades', async () => {
  await sim.client.signed('POST', '/fapi/v1/leverage', { ...BTC, leverage: 50 });
  await buy('1.000');
  await sim.client.place({ newClientOrderId: 'resting' });
  leave('250');
  await sim.advance(3_000);
  const orders = events('ORDER_TRADE_UPDATE').map(({ o }) => o as Message);
  expect(orders.find(({ c, x }) => c === 'resting' && x === 'EXPIRED')).toMatchObject({ X: 'EXPIRED', er: '5' });
  const fills = orders.filter(({ x }) => x === 'CALCULATED');
  expect(fills.length).toBeGreaterThan(0);
  for (const fill of fills)
    expect(fill).toMatchObject({ o: 'LIQUIDATION', X: 'NEW', S: 'SELL', n: '0', c: expect.stringMatching(/^autoclose-\d+$/) });
  const trades = (await rows('/v1/userTrades', BTC)).map(({ id }) => id);
  expect(fills.every(({ t }) => trades.includes(t as never))).toBe(true);
  expect(await rows('/v3/positionRisk')).toEqual([]);
  expect(await rows('/v1/forceOrders', { autoCloseType: 'LIQUIDATION' })).toMatchObject([
    { status: 'FILLED', origQty: '1.000', timeInForce: 'IOC' },
  ]);
  expect(await rows('/v1/forceOrders', { autoCloseType: 'ADL' })).toEqual([]);
  expect((await rows('/v1/income', { incomeType: 'INSURANCE_CLEAR' })).length).toBe(1);
  expect(events('ACCOUNT_UPDATE', 'INSURANCE_CLEAR')).toHaveLength(1);
  await sim.advance(1_000);
  expect(market.messages()[0]).toMatchObject({ e: 'forceOrder', o: { s: 'BTCUSDT', S: 'SELL', q: '1.000' } });
});

test('auto-deleveraging on the wire', async () => {
  await buy('0.100');
  exchange().adl(trader(), 'BTCUSDT', lots(40));
  await sim.settle();
  const fill = events('ORDER_TRADE_UPDATE')
    .map(({ o }) => o as Message)
    .at(-1);
  expect(fill).toMatchObject({ c: 'adl_autoclose', x: 'CALCULATED', o: 'LIQUIDATION', l: '0.040', n: '0', S: 'SELL' });
  expect((await rows('/v3/positionRisk'))[0]).toMatchObject({ positionAmt: '0.060' });
  expect(await rows('/v1/forceOrders')).toMatchObject([{ clientOrderId: 'adl_autoclose', timeInForce: 'GTC' }]);
});

test('settings and figures that stand still', async () => {
  expect(await call('GET', '/v1/feeBurn')).toEqual({ feeBurn: true });
  expect(await code('/v1/feeBurn', { feeBurn: 'false' })).toBe(200);
  expect(await call('GET', '/v1/feeBurn')).toEqual({ feeBurn: false });
  expect((await rows('/v1/rateLimit/order')).map(({ interval, limit }) => [interval, limit])).toEqual([
    ['MINUTE', 1_200],
    ['SECOND', 300],
  ]);
  expect(await call('GET', '/v1/apiTradingStatus')).toMatchObject({ indicators: {} });
  expect(await call('GET', '/v1/commissionRate', { symbol: 'BTCUSDC' })).toMatchObject({
    makerCommissionRate: '0',
    takerCommissionRate: '0.0005',
  });
  const brackets = (await call('GET', '/v1/leverageBracket', BTC))['brackets'] as Message[];
  expect(brackets[1]).toEqual({
    bracket: 2,
    initialLeverage: 100,
    notionalCap: 600_000,
    notionalFloor: 50_000,
    maintMarginRatio: 0.005,
    cum: 50,
  });
  expect(await rows('/v1/leverageBracket')).toHaveLength(2);
});

describe('events have the fields and types of the recorded ones', () => {
  const file = (name: string): readonly Message[] | null => {
    const path = recorded(`userdata/${name}`);
    return path === null
      ? null
      : readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Message);
  };

  test('deposit, withdrawal and funding fee', async () => {
    const lines = file('binance-usdcm_ETHUSDC_2026-04-21.jsonl');
    if (!lines) return;
    const sample = (name: string) => lines.filter((line) => line['case'] === name).map(({ event }) => event);
    await buy('0.100');
    exchange().transfer(trader(), 'USDT', parseAtoms('5') ?? ZERO_ATOMS);
    exchange().transfer(trader(), 'USDT', parseAtoms('-5') ?? ZERO_ATOMS);
    await sim.advance(11_000);
    expectSameShape({ recorded: sample('transfer_in'), ours: events('ACCOUNT_UPDATE', 'DEPOSIT') });
    expectSameShape({ recorded: sample('transfer_out'), ours: events('ACCOUNT_UPDATE', 'WITHDRAW') });
    const argued = { '+ a.S: string': 'since 2026-08-07 (reference sheet 2026-11, section 0); the sample is older' };
    expectSameShape({ recorded: sample('funding_fee'), ours: events('ACCOUNT_UPDATE', 'FUNDING_FEE'), argued });
  });

  test('margin call and configuration', async () => {
    const lines = file('unicorn-fy_samples.jsonl');
    if (!lines) return;
    const sample = (name: string) => lines.filter((line) => line['test'] === name).map(({ msg }) => msg);
    await sim.client.signed('POST', '/fapi/v1/leverage', { ...BTC, leverage: 75 });
    await buy('1.000');
    leave('320');
    await sim.advance(2_000);
    expectSameShape({ recorded: sample('test_margin_call_futures'), ours: events('MARGIN_CALL') });
    expectSameShape({ recorded: sample('test_account_config_update_leverage_futures'), ours: events('ACCOUNT_CONFIG_UPDATE') });
  });
});
