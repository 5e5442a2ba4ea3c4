import { expect, test } from 'vitest';
import { ANSWER, Command, REFUSALS, Stats } from '../../shared/command.ts';
import { BrainDoc, RunDoc } from '../../shared/brain-doc.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  KlineDoc,
  KlinesDoc,
  keysOf,
  OrdersDoc,
  PositionDoc,
  SCHEMA_VERSION,
  TradeDoc,
} from '../../shared/snapshot.ts';

const stamp = { epoch: 7, seq: 12 };
const order = {
  clientId: '4710000001000000231',
  role: 'quote',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  reduceOnly: false,
  status: 'partially-filled',
  price: '61000.10',
  size: '0.010',
  filled: '0.004',
  ageMs: 812.5,
  reason: '',
};
const DOCS = {
  header: [
    Header,
    {
      schema: SCHEMA_VERSION,
      ...stamp,
      venue: 'binance',
      environment: 'sim',
      accountHash: 'a'.repeat(12),
      configHash: 'b'.repeat(12),
      wallMs: 1.7e12,
      symbols: ['BTCUSDT'],
      mode: 'normal',
      reasons: [],
      health: { market: { state: 'live', ageMs: 12 }, account: { state: 'connecting', ageMs: null }, orderEntry: 'rest' },
      budgets: { weight: { used: 1, limit: 2_400 }, orders1m: { used: 1, limit: 1_200 }, orders10s: { used: 1, limit: 300 } },
      paused: false,
      closing: [],
      fillSeq: 0,
      brainEpoch: 0,
    },
  ],
  book: [
    BookDoc,
    {
      ...stamp,
      symbol: 'BTCUSDT',
      status: 'live',
      ageMs: 3,
      lastUpdateId: 5,
      topUpdateId: 5,
      exchangeMs: 1.7e12,
      bids: [['61000.10', '0.500']],
      asks: [['61000.20', '1.000']],
    },
  ],
  position: [
    PositionDoc,
    {
      ...stamp,
      symbol: 'BTCUSDT',
      known: true,
      size: '-0.010',
      entryPrice: '61000.123',
      markPrice: null,
      unrealizedPnl: '-0.5',
      leverage: 20,
      liquidationPrice: null,
      realizedPnl: '0',
      fees: '0.1',
      funding: '-0.01',
      fundingRate: '0.0001',
      nextFundingMs: 1.7e12,
    },
  ],
  orders: [OrdersDoc, { ...stamp, symbol: 'BTCUSDT', known: true, orders: [order] }],
  balance: [BalanceDoc, { ...stamp, known: true, assets: [{ asset: 'USDT', wallet: '10000', available: null, unrealized: '0' }] }],
  klines: [KlinesDoc, { ...stamp, symbol: 'BTCUSDT', interval: '5m', status: 'complete', bars: [[1.7e12, '1', '2', '0.5', '1.5', '10']] }],
  kline: [KlineDoc, { ...stamp, symbol: 'BTCUSDT', interval: '5m', bar: null }],
  fill: [
    FillDoc,
    {
      n: 1,
      symbol: 'BTCUSDT',
      clientId: order.clientId,
      role: 'quote',
      tradeId: '99',
      side: 'sell',
      price: '61000.10',
      size: '0.010',
      maker: true,
      fee: null,
      feeAsset: null,
      realizedPnl: null,
      wallMs: 1.7e12,
    },
  ],
  trade: [TradeDoc, { epoch: 3, n: 1, tradeId: '7', price: '61000.10', size: '0.010', aggressor: 'sell', wallMs: 1.7e12 }],
  run: [
    RunDoc,
    {
      ...{ run: 'mm-btc', strategy: 'market-making', symbol: 'BTCUSDT', reason: 'stepped-back', detail: { other: 'trend', from: '1' } },
      quotes: [{ side: 'buy', price: '61000.10', size: '0.010' }],
      signals: { mid: 61_000 },
      ...{ position: '-0.01', entryPrice: null, realizedPnl: '0.5', fees: { USDT: '0.1' }, funding: '-0.01' },
      why: [{ reason: 'quoting', detail: {}, count: 3, firstMs: 1, lastMs: 2 }],
    },
  ],
  brain: [
    BrainDoc,
    {
      brainEpoch: 8,
      processed: stamp,
      wallMs: 1.7e12,
      strategy: 'market-making',
      decisions: 100,
      fillSeq: 1,
      symbols: {
        BTCUSDT: {
          reason: 'quoting',
          quotes: [{ side: 'buy', price: '61000.10', size: '0.010' }],
          signals: { macd: 0.5, trend: 'up', bars: null },
          position: '0',
          takeProfits: 0,
          stopLosses: 0,
        },
      },
      risk: { state: 'ok', reasons: [] },
    },
  ],
} as const;
const GOOD = Object.entries(DOCS);

test.each(GOOD)('the schema of %s takes a good document and gives it back unchanged', (_name, [schema, document]) => {
  expect(schema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
});

test.each(GOOD)('the schema of %s refuses an extra field, and the absence of each', (_name, [schema, document]) => {
  expect(schema.safeParse({ ...document, extra: 1 }).success).toBe(false);
  for (const key of Object.keys(document)) {
    const { [key]: _left, ...rest } = document as Record<string, unknown>;
    expect(schema.safeParse(rest).success, `without ${key}`).toBe(false);
  }
});

test.each<[keyof typeof DOCS, object]>([
  ['header', { schema: SCHEMA_VERSION + 1 }],
  ['header', { mode: 'fine' }],
  ['header', { seq: -1 }],
  ['header', { epoch: 1.5 }],
  ['header', { environment: 'live' }],
  ['header', { wallMs: Number.NaN }],
  ['book', { status: 'ok' }],
  ['book', { bids: [[61_000.1, 0.5]] }],
  ['book', { bids: [['61000.10']] }],
  ['book', { asks: [['6.1e4', '1']] }],
  ['book', { ageMs: Number.POSITIVE_INFINITY }],
  ['position', { size: 0 }],
  ['position', { size: '1e-3' }],
  ['position', { entryPrice: '' }],
  ['position', { known: 'true' }],
  ['orders', { orders: [{ ...order, status: 'NEW' }] }],
  ['orders', { orders: [{ ...order, side: 'BUY' }] }],
  ['orders', { orders: [{ ...order, price: 61_000 }] }],
  ['balance', { assets: [{ asset: 'USDT', wallet: 'NaN', available: null, unrealized: null }] }],
  ['klines', { status: 'live' }],
  ['klines', { bars: [[1, '1', '1', '1', '1']] }],
  ['kline', { bar: [] }],
  ['fill', { n: 0 }],
  ['fill', { fee: 0.1 }],
  ['trade', { n: 0 }],
  ['trade', { aggressor: 'BUY' }],
  ['run', { fees: { USDT: 0.1 } }],
])('the schema of %s refuses %j', (name, over) => {
  const [schema, document] = DOCS[name];
  expect(schema.safeParse({ ...document, ...over }).success).toBe(false);
});

test('what came later may be missing: documents of earlier versions are read, and what they do not say is absent', () => {
  const [, brain] = DOCS.brain;
  const later = { ...brain, runs: [DOCS.run[1]], unassigned: { BTCUSDT: '0' } };
  expect([BrainDoc.parse(later), BrainDoc.parse(brain).runs]).toEqual([later, undefined]);
  const tagged = { ...order, strategy: 'mm-btc', amendTo: { price: '1', size: '2' } };
  const orders = { ...DOCS.orders[1], orders: [tagged] };
  expect(OrdersDoc.parse(orders)).toEqual(orders);
  const fill = { ...DOCS.fill[1], strategy: 'mm-btc' };
  expect(FillDoc.parse(fill)).toEqual(fill);
});

test('keysOf() names the keys of the contract', () => {
  const keys = keysOf('mm:binance');
  expect(keys.header).toBe('mm:binance:seq');
  expect([keys.owner, keys.balance, keys.fills, keys.brain]).toEqual(
    ['owner', 'balance', 'fills', 'brain'].map((name) => `mm:binance:${name}`),
  );
  expect([keys.book('B'), keys.position('B'), keys.entryPrice('B'), keys.orders('B'), keys.trades('B')]).toEqual(
    ['book', 'position', 'entry-price', 'orders', 'trades'].map((name) => `mm:binance:B:${name}`),
  );
  expect([keys.klines('B', '5m'), keys.kline('B', '5m')]).toEqual(['mm:binance:B:klines:5m', 'mm:binance:B:kline:5m']);
});

const fresh = { basedOn: stamp, ttlMs: 500 };
const place = {
  id: 1,
  type: 'place',
  clientId: '4710000001000000231',
  symbol: 'BTCUSDT',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  price: '61000.10',
  size: '0.010',
  reduceOnly: false,
  ...fresh,
};
const { price: _price, ...market } = { ...place, kind: 'market', timeInForce: 'ioc' };
const COMMANDS: readonly Readonly<Record<string, unknown>>[] = [
  { id: 0, type: 'hello', role: 'brain', schema: SCHEMA_VERSION, environment: 'sim', configHash: 'abc', name: 'brain' },
  { id: 0, type: 'hello', role: 'observer', schema: SCHEMA_VERSION, environment: 'sim' },
  place,
  { ...place, strategy: 'mm-btc' },
  market,
  { id: 2, type: 'amend', clientId: '1', price: '1', size: '2', ...fresh },
  { id: 3, type: 'cancel', clientId: '4710000001000000231' },
  { id: 4, type: 'cancelAll' },
  { id: 4, type: 'cancelAll', symbol: 'BTCUSDT' },
  { id: 5, type: 'closePosition', symbol: 'BTCUSDT', reason: 'stop-loss', ladder: 'taker' },
  { id: 6, type: 'batch', commands: [place, { id: 2, type: 'cancel', clientId: '1' }] },
  { id: 7, type: 'heartbeat', processed: null },
  { id: 8, type: 'query', what: 'fills', after: 0, limit: 200 },
  { id: 9, type: 'subscribe', what: 'snapshot' },
  { id: 10, type: 'emergencyStop', reason: 'panic', everything: true },
  { id: 11, type: 'pause' },
  { id: 12, type: 'resume' },
];

test.each(COMMANDS.map((command) => [command['type'], command] as const))('Command takes %s, and no extra field', (_type, command) => {
  expect(Command.parse(command)).toEqual(command);
  expect(Command.safeParse({ ...command, extra: 1 }).success).toBe(false);
});

test.each<[string, unknown]>([
  ['a run with a long name', { ...place, strategy: 'a'.repeat(17) }],
  ['no object', 'place'],
  ['null', null],
  ['no type', { id: 1 }],
  ['an unknown type', { id: 1, type: 'buy' }],
  ['no id', { type: 'resume' }],
  ['a negative id', { id: -1, type: 'resume' }],
  ['an id of text', { id: '1', type: 'resume' }],
  ['an id beyond 2^53', { id: 2 ** 60, type: 'resume' }],
  ['another schema', { id: 0, type: 'hello', role: 'brain', schema: 99, environment: 'sim' }],
  ['an unknown role', { id: 0, type: 'hello', role: 'root', schema: SCHEMA_VERSION, environment: 'sim' }],
  ['a client id of 20 digits', { ...place, clientId: '1'.repeat(20) }],
  ['a client id with letters', { ...place, clientId: 'abc' }],
  ['an empty client id', { ...place, clientId: '' }],
  ['a number as price', { ...place, price: 61_000 }],
  ['a negative price', { ...place, price: '-1' }],
  ['an exponent as size', { ...place, size: '1e3' }],
  ['a size of 1000 digits', { ...place, size: '1'.repeat(1_000) }],
  ['no freshness', { ...place, basedOn: undefined }],
  ['no time to live', { ...place, ttlMs: 0 }],
  ['an endless life', { ...place, ttlMs: 1e9 }],
  ['an unknown side', { ...place, side: 'BUY' }],
  ['a reason of a page', { id: 10, type: 'emergencyStop', reason: 'x'.repeat(201) }],
  ['an empty batch', { id: 6, type: 'batch', commands: [] }],
  ['a batch of 41', { id: 6, type: 'batch', commands: Array.from({ length: 41 }, () => place) }],
  ['a batch in a batch', { id: 6, type: 'batch', commands: [{ id: 6, type: 'batch', commands: [place] }] }],
  ['a resume in a batch', { id: 6, type: 'batch', commands: [{ id: 1, type: 'resume' }] }],
  ['a query of everything', { id: 8, type: 'query', what: 'keys' }],
  ['a query of 10000 fills', { id: 8, type: 'query', what: 'fills', limit: 10_000 }],
])('Command refuses %s', (_name, message) => {
  expect(Command.safeParse(message).success).toBe(false);
});

const WELCOME = { schema: SCHEMA_VERSION, environment: 'sim', accountHash: 'a', configHash: 'b', epoch: 1, brainEpoch: 2, leaseMs: 2_000 };
test.each<[string, object]>([
  ['welcome', { id: 0, type: 'taken', seq: 1, welcome: WELCOME }],
  ['taken', { id: 1, type: 'taken', seq: 5 }],
  ['refused', { id: 1, type: 'refused', code: 'collar', sentence: 'Too far' }],
  ['refused without id', { id: null, type: 'refused', code: 'bad-message', sentence: 'Not JSON' }],
  ['data', { id: 1, type: 'data', data: { any: ['thing'] } }],
  [
    'batch',
    {
      id: 1,
      type: 'batch',
      answers: [
        { id: 2, type: 'taken', seq: 5 },
        { id: 3, type: 'refused', code: 'filter', sentence: 's' },
      ],
    },
  ],
  ['snapshot', { type: 'snapshot', at: 1.5, base: 4, docs: { 'mm:binance:seq': {} } }],
])('ANSWER takes %s whole', (_name, answer) => {
  expect(ANSWER.parse(answer)).toEqual(answer);
});

test.each<[string, unknown]>([
  ['an unknown code', { id: 1, type: 'refused', code: 'no', sentence: 's' }],
  ['no seq', { id: 1, type: 'taken' }],
  ['no data', { id: 1, type: 'data' }],
])('ANSWER refuses %s', (_name, answer) => {
  expect(ANSWER.safeParse(answer).success).toBe(false);
});

test('REFUSALS are distinct, in kebab case', () => {
  expect(new Set(REFUSALS).size).toBe(REFUSALS.length);
  for (const code of REFUSALS) expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});

test('Stats refuses counts that are no whole numbers', () => {
  const latency = { p50: 1, p99: 2, n: 3 };
  const steps = { written: latency, acknowledged: latency, told: latency };
  const latencyUs = { frameToOrder: latency, command: latency, calls: { rest: steps, websocket: steps } };
  const startMs = { protected: 300, ready: null, quoting: null };
  const stats = { epoch: 1, snapshots: 10, symbols: {}, latencyUs, startMs, errors: [] };
  expect(Stats.safeParse(stats).success).toBe(true);
  expect(Stats.safeParse({ ...stats, snapshots: 1.5 }).success).toBe(false);
});
