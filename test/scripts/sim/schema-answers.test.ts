/**
 * Answers about orders and accounts against the shapes that Binance's own connector declares (2026-09), both as a plain client reads them:
 * the same fields with the same JSON types. What differs stands beside the call with its reason, and nothing else may differ.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recorded } from '../../kit/data.ts';
import { declared } from '../../kit/declared.ts';
import { differencesOf, expectSameShape } from '../../kit/schema.ts';
import { type Answer, type Fields, KEY, openTestSim, type SimClient } from '../../kit/sim-client.ts';

const BTC = { symbol: 'BTCUSDT' };
const ORDER = { ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.010', price: '62000' };
const STOP = {
  ...BTC,
  algoType: 'CONDITIONAL',
  side: 'SELL',
  type: 'STOP_MARKET',
  quantity: '0.010',
  triggerPrice: '50000',
  reduceOnly: 'true',
};
const list = (...values: readonly object[]): string => JSON.stringify(values);

const TRAILING = 'trailing orders only, and they are conditional orders now: an ordinary order never has it';
const OLD_EXAMPLE = 'the declared example is older than 2026-06-30, when place, amend and cancel answers lost it';
const NO_ICEBERG = 'documented as null in every example; the declaration types a present one';
const OTHER_CALL = 'declared for the same order in the answer to another call, and shown there by the documented examples';
const READ_BY_CLIENTS = 'not declared, but ccxt reads it from this answer';
const ALGO_ROW = {
  '+ [].activatePrice: string': OTHER_CALL,
  '+ [].actualQty: string': OTHER_CALL,
  '+ [].actualType: string': OTHER_CALL,
  '+ [].callbackRate: string': OTHER_CALL,
  '~ [].icebergQuantity: string -> null': NO_ICEBERG,
};
const ORDER_ROW = { '- activatePrice: string': TRAILING, '- priceRate: string': TRAILING };
const ORDER_ROWS = { '- [].activatePrice: string': TRAILING, '- [].priceRate: string': TRAILING };
const ONE_WAY = 'the sides of the position mode in force; this account is in one-way mode';
const NO_INDICATORS = 'keyed by the symbols that have one: no quantitative rule is broken here';
const ADJUSTED = 'appears only for a user whose brackets were adjusted (Binance USD-M docs, leverageBracket)';

/** Declared shape, call, differences with their reasons. Calls are made in this order, on one account. */
const CALLS: readonly (readonly [
  region: string,
  call: readonly [method: string, path: string, fields?: Fields],
  argued?: Readonly<Record<string, string>>,
])[] = [
  ['new-order', ['POST', '/fapi/v1/order', { ...ORDER, newClientOrderId: 'one' }]],
  [
    'test-order',
    ['POST', '/fapi/v1/order/test', ORDER],
    {
      '- activatePrice: string': TRAILING,
      '- priceRate: string': TRAILING,
      '- avgPrice: string': OLD_EXAMPLE,
      '- cumQuote: string': OLD_EXAMPLE,
    },
  ],
  [
    'modify-order',
    ['PUT', '/fapi/v1/order', { ...BTC, side: 'BUY', quantity: '0.020', price: '62100', origClientOrderId: 'one', modifyId: 7 }],
  ],
  [
    'get-order-modify-history',
    ['GET', '/fapi/v1/orderAmendment', { ...BTC, origClientOrderId: 'one' }],
    { '+ [].priceMatch: string': 'in the documented example, not in the declaration' },
  ],
  ['query-order', ['GET', '/fapi/v1/order', { ...BTC, origClientOrderId: 'one' }], ORDER_ROW],
  ['query-current-open-order', ['GET', '/fapi/v1/openOrder', { ...BTC, origClientOrderId: 'one' }], ORDER_ROW],
  ['current-all-open-orders', ['GET', '/fapi/v1/openOrders', BTC], ORDER_ROWS],
  ['all-orders', ['GET', '/fapi/v1/allOrders', BTC], ORDER_ROWS],
  ['cancel-order', ['DELETE', '/fapi/v1/order', { ...BTC, origClientOrderId: 'one' }], ORDER_ROW],
  [
    'place-multiple-orders',
    ['POST', '/fapi/v1/batchOrders', { batchOrders: list({ ...ORDER, newClientOrderId: 'two' }, { ...ORDER, newClientOrderId: 'two' }) }],
  ],
  [
    'modify-multiple-orders',
    [
      'PUT',
      '/fapi/v1/batchOrders',
      {
        batchOrders: list(
          { ...BTC, side: 'BUY', origClientOrderId: 'two', quantity: '0.020', price: '62100', modifyId: 8 },
          { ...BTC, side: 'BUY', origClientOrderId: 'nobody', quantity: '0.020', price: '62100' },
        ),
      },
    ],
  ],
  ['cancel-multiple-orders', ['DELETE', '/fapi/v1/batchOrders', { ...BTC, origClientOrderIdList: '["two","nobody"]' }], ORDER_ROWS],
  ['auto-cancel-all-open-orders', ['POST', '/fapi/v1/countdownCancelAll', { ...BTC, countdownTime: 60_000 }]],
  ['cancel-all-open-orders', ['DELETE', '/fapi/v1/allOpenOrders', BTC]],
  ['change-initial-leverage', ['POST', '/fapi/v1/leverage', { ...BTC, leverage: 10 }]],
  ['change-margin-type', ['POST', '/fapi/v1/marginType', { ...BTC, marginType: 'ISOLATED' }]],
  ['new-order', ['POST', '/fapi/v1/order', { ...BTC, side: 'BUY', type: 'MARKET', quantity: '0.020', newOrderRespType: 'RESULT' }]],
  ['modify-isolated-position-margin', ['POST', '/fapi/v1/positionMargin', { ...BTC, amount: '1', type: 1 }]],
  ['get-position-margin-change-history', ['GET', '/fapi/v1/positionMargin/history', BTC]],
  [
    'new-algo-order',
    ['POST', '/fapi/v1/algoOrder', { ...STOP, clientAlgoId: 'stop' }],
    { '~ icebergQuantity: string -> null': NO_ICEBERG },
  ],
  ['current-all-algo-open-orders', ['GET', '/fapi/v1/openAlgoOrders', BTC], ALGO_ROW],
  [
    'query-algo-order',
    ['GET', '/fapi/v1/algoOrder', { clientAlgoId: 'stop' }],
    {
      ...Object.fromEntries(
        ['activatePrice', 'callbackRate', 'slPrice', 'slTriggerPrice', 'tpPrice', 'tpTriggerPrice'].map((name) => [
          `+ ${name}: string`,
          OTHER_CALL,
        ]),
      ),
      '~ icebergQuantity: string -> null': NO_ICEBERG,
    },
  ],
  ['query-all-algo-orders', ['GET', '/fapi/v1/allAlgoOrders', BTC], ALGO_ROW],
  ['cancel-algo-order', ['DELETE', '/fapi/v1/algoOrder', { clientAlgoId: 'stop' }]],
  ['cancel-all-algo-open-orders', ['DELETE', '/fapi/v1/algoOpenOrders', BTC]],
  ['account-information-v3', ['GET', '/fapi/v3/account']],
  [
    'account-information-v2',
    ['GET', '/fapi/v2/account'],
    Object.fromEntries(['breakEvenPrice', 'isolatedWallet', 'notional'].map((name) => [`+ positions[].${name}: string`, READ_BY_CLIENTS])),
  ],
  ['futures-account-balance-v3', ['GET', '/fapi/v3/balance']],
  ['futures-account-balance-v2', ['GET', '/fapi/v2/balance']],
  ['position-information-v3', ['GET', '/fapi/v3/positionRisk']],
  ['position-information-v2', ['GET', '/fapi/v2/positionRisk']],
  [
    'position-adl-quantile-estimation',
    ['GET', '/fapi/v1/adlQuantile'],
    Object.fromEntries(['HEDGE', 'LONG', 'SHORT'].map((side) => [`- [].adlQuantile.${side}: number`, ONE_WAY])),
  ],
  ['futures-account-configuration', ['GET', '/fapi/v1/accountConfig']],
  ['symbol-configuration', ['GET', '/fapi/v1/symbolConfig']],
  ['account-trade-list', ['GET', '/fapi/v1/userTrades', BTC]],
  ['get-income-history', ['GET', '/fapi/v1/income']],
  ['user-commission-rate', ['GET', '/fapi/v1/commissionRate', BTC]],
  ['get-current-position-mode', ['GET', '/fapi/v1/positionSide/dual']],
  ['get-current-multi-assets-mode', ['GET', '/fapi/v1/multiAssetsMargin']],
  ['get-bnb-burn-status', ['GET', '/fapi/v1/feeBurn']],
  ['toggle-bnb-burn-on-futures-trade', ['POST', '/fapi/v1/feeBurn', { feeBurn: 'true' }]],
  ['query-user-rate-limit', ['GET', '/fapi/v1/rateLimit/order']],
  ['notional-and-leverage-brackets-response1', ['GET', '/fapi/v1/leverageBracket'], { '- [].notionalCoef: number': ADJUSTED }],
  ['notional-and-leverage-brackets-response2', ['GET', '/fapi/v1/leverageBracket', BTC], { '- notionalCoef: number': ADJUSTED }],
  [
    'futures-trading-quantitative-rules-indicators',
    ['GET', '/fapi/v1/apiTradingStatus', BTC],
    Object.fromEntries(['ACCOUNT', 'BTCUSDT', 'ETHUSDT'].map((name) => [`- indicators.${name}: array`, NO_INDICATORS])),
  ],
  ['start-user-data-stream', ['POST', '/fapi/v1/listenKey']],
  ['keepalive-user-data-stream', ['PUT', '/fapi/v1/listenKey']],
];

let sim: SimClient;
const answers: Answer[] = [];

beforeAll(async () => {
  sim = await openTestSim();
  for (const [, [method, path, fields]] of CALLS)
    answers.push(await (path.endsWith('/listenKey') ? sim.raw(method, path, { apiKey: KEY }) : sim.signed(method, path, fields)));
});
afterAll(() => sim.close());

test.each(CALLS.map(([region, [method, path], argued = {}], i) => [`${method} ${path} #${i}`, region, argued, i] as const))(
  '%s answers in the declared shape of %s',
  (_name, region, argued, i) => {
    const { status, text, body } = answers[i] as Answer;
    expect(status, text).toBe(200);
    expect(differencesOf([declared(`rest-api/${/response\d$/.test(region) ? region : `${region}-response`}`)], [body])).toEqual(
      Object.keys(argued).toSorted(),
    );
  },
);

const BRACKETS = recorded('rest/leverageBrackets_usdm_202410.excerpt.json');

test.skipIf(BRACKETS === null)('brackets have the recorded fields', () => {
  const theirs = (JSON.parse(readFileSync(BRACKETS ?? '', 'utf8')) as Record<string, unknown>)['BTC/USDT:USDT'];
  const ours = answers[CALLS.findIndex(([region]) => region.endsWith('brackets-response2'))]?.body['brackets'];
  const QUOTED = 'the file was written by a client that quotes every number; the declared types are compared above';
  const names = ['bracket', 'cum', 'initialLeverage', 'maintMarginRatio', 'notionalCap', 'notionalFloor'];
  expectSameShape({
    recorded: [theirs],
    ours: [ours],
    argued: Object.fromEntries(names.map((name) => [`~ [].${name}: string -> number`, QUOTED])),
  });
});
