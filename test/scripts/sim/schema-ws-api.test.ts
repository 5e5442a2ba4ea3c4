/** Replies of the WebSocket API against the shapes that Binance's own connector declares (2026-09). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { declared } from '../../kit/declared.ts';
import { differencesOf } from '../../kit/schema.ts';
import { KEY, type Message, openTestSim, sign, type SimClient } from '../../kit/sim-client.ts';

const BTC = { symbol: 'BTCUSDT' };
const ORDER = { ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.010', price: '62000', newClientOrderId: 'one' };
const STOP = {
  ...BTC,
  algoType: 'CONDITIONAL',
  side: 'SELL',
  type: 'STOP_MARKET',
  quantity: '0.010',
  triggerPrice: '50000',
  clientAlgoId: 'stop',
};

const TRAILING = 'trailing orders only, and they are conditional orders now: an ordinary order never has it';
const OTHER_DOOR = 'declared for the same call over REST; both doors give one answer';
const TRAILING_FIELDS = { '- result.activatePrice: string': TRAILING, '- result.priceRate: string': TRAILING };
const BESIDE = 'declared beside the result, which no reply has; the documented example has it in the result';

type Argued = Readonly<Record<string, string>>;
/** Method, declared shape, parameters, differences with their reasons. Requests are sent in this order, on one account. */
const REQUESTS: readonly (readonly [
  method: string,
  region: string,
  params?: Readonly<Record<string, string | number>>,
  argued?: Argued,
])[] = [
  ['order.place', 'new-order', ORDER],
  [
    'order.modify',
    'modify-order',
    { ...BTC, side: 'BUY', quantity: '0.020', price: '62100', origClientOrderId: 'one', modifyId: 3 },
    { '+ result.pair: string': OTHER_DOOR },
  ],
  [
    'order.status',
    'query-order',
    { ...BTC, origClientOrderId: 'one' },
    { ...TRAILING_FIELDS, '+ rateLimits: array': 'every reply has it (reference sheet 2026-11, section 10)' },
  ],
  ['order.cancel', 'cancel-order', { ...BTC, origClientOrderId: 'one' }, TRAILING_FIELDS],
  [
    'algoOrder.place',
    'new-algo-order',
    STOP,
    {
      '+ result.activatePrice: string': OTHER_DOOR,
      '+ result.callbackRate: string': OTHER_DOOR,
      '~ result.icebergQuantity: string -> null': 'documented as null in every example; the declaration types a present one',
    },
  ],
  ['algoOrder.cancel', 'cancel-algo-order', { clientAlgoId: 'stop' }],
  ['order.place', 'new-order', { ...BTC, side: 'BUY', type: 'MARKET', quantity: '0.010' }],
  ['account.balance', 'futures-account-balance'],
  ['v2/account.balance', 'futures-account-balance-v2'],
  [
    'account.status',
    'account-information',
    {},
    {
      '+ result.feeBurn: boolean': OTHER_DOOR,
      '+ result.positions[].isolatedWallet: string': 'not declared, but ccxt reads it from this answer',
      '+ result.positions[].notional: string': 'not declared, but ccxt reads it from this answer',
    },
  ],
  [
    'v2/account.status',
    'account-information-v2',
    {},
    { '- result.assets[].marginAvailable: boolean': 'not declared for the same call over REST (v3 account)' },
  ],
  ['account.position', 'position-information'],
  ['v2/account.position', 'position-information-v2'],
  [
    'depth',
    'order-book',
    BTC,
    { '+ result.asks: array': BESIDE, '+ result.bids: array': BESIDE, '- asks: array': BESIDE, '- bids: array': BESIDE },
  ],
  ['ticker.price', 'symbol-price-ticker-response1', BTC],
  ['ticker.book', 'symbol-order-book-ticker-response1', BTC],
  ['userDataStream.start', 'start-user-data-stream'],
  ['userDataStream.ping', 'keepalive-user-data-stream'],
];

let sim: SimClient;
const replies: Message[] = [];

beforeAll(async () => {
  sim = await openTestSim();
  const socket = await sim.open('/ws-fapi/v1');
  for (const [id, [method, , params = {}]] of REQUESTS.entries()) {
    const isSigned = !/^(depth|ticker|userDataStream)/.test(method);
    const plain = { ...params, apiKey: KEY, ...(isSigned ? { timestamp: await sim.now() } : {}) };
    const payload = Object.entries(plain)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const { apiKey, ...open } = plain;
    const market = /^(depth|ticker)/.test(method);
    socket.send({ id: String(id), method, params: market ? open : { ...plain, ...(isSigned ? { signature: sign(payload) } : {}) } });
    replies.push(await socket.first((message) => message['id'] === String(id)));
  }
});
afterAll(() => sim.close());

test.each(REQUESTS.map(([method, region, , argued = {}], i) => [method, region, argued, i] as const))(
  '%s is answered in the declared shape of %s',
  (_method, region, argued, i) => {
    const reply = replies[i];
    expect(reply, JSON.stringify(reply)).toMatchObject({ status: 200 });
    const shape = declared(`websocket-api/${/response\d$/.test(region) ? region : `${region}-response`}`);
    expect(differencesOf([shape], [reply])).toEqual(Object.keys(argued).toSorted());
  },
);
