import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { type Answer, type Fields, sign, type Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

const FUNDS = parseAtoms('100000') ?? ZERO_ATOMS;
const KEYS = ['anna', 'bert', 'carl'];
const STEPS = 120;
const STREAMS = [
  '/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/ethusdt@depth@500ms/btcusdt@depth20',
  '/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade/btcusdt@markPrice@1s/btcusdt@kline_1m',
];

type Told = {
  /** Every answer: status, text, and the headers of the venue. */
  readonly rest: readonly string[];
  /** Every message of each socket: public, market, then each account's own. */
  readonly streams: readonly (readonly string[])[];
};

/** The same commands at the same simulated times, drawn from a seed of their own; everything the simulator said to them. */
async function trade({ seed, script = 5 }: { readonly seed: number; readonly script?: number }): Promise<Told> {
  const accounts = KEYS.map((apiKey) => ({ apiKey, secret: apiKey, balances: { USDT: FUNDS, USDC: FUNDS } }));
  const sim = await SteppedSim.open({ seed, accounts, symbols: ['BTCUSDT', 'ETHUSDT'], profile: 'fast', limitsEnforced: false });
  const rest: string[] = [];
  const call = async (key: string, [method, path, fields]: readonly [string, string, Fields]): Promise<Answer> => {
    const timestamp = await sim.client.now();
    const payload = new URLSearchParams({ timestamp: String(timestamp), ...texts(fields) }).toString();
    const answer = await sim.client.raw(method, `${path}?${payload}&signature=${sign(payload, key)}`, { apiKey: key });
    const headers = [...answer.headers].filter(([name]) => name.startsWith('x-mbx')).toSorted();
    rest.push(`${answer.status} ${answer.text} ${JSON.stringify(headers)}`);
    return answer;
  };
  const sockets: Socket[] = [];
  for (const path of STREAMS) sockets.push(await sim.socket(path));
  for (const key of KEYS) {
    const { body } = await sim.client.raw('POST', '/fapi/v1/listenKey', { apiKey: key });
    sockets.push(await sim.socket(`/private/ws/${body['listenKey']}`));
  }
  const random = new Random(script);
  for (let step = 0; step < STEPS; step++) {
    await sim.advance(random.int({ min: 1, max: 500 }));
    const symbol = random.pick(['BTCUSDT', 'ETHUSDT']);
    const depth = await sim.client.get(`/fapi/v1/depth?symbol=${symbol}&limit=20`);
    rest.push(depth.text);
    const levels = depth.body as { bids: [string, string][]; asks: [string, string][] };
    await call(random.pick(['anna', 'bert', 'carl']), act({ random, symbol, levels, step }));
  }
  await sim.settle();
  await sim.close();
  return { rest, streams: sockets.map(({ texts }) => texts) };
}

type Acting = {
  readonly random: Random;
  readonly symbol: string;
  readonly levels: { readonly bids: readonly [string, string][]; readonly asks: readonly [string, string][] };
  readonly step: number;
};

function act({ random, symbol, levels, step }: Acting): readonly [string, string, Fields] {
  const side = random.pick(['BUY', 'SELL']);
  const near = side === 'BUY' ? levels.bids : levels.asks;
  const price = near[random.int({ min: 0, max: 4 })]?.[0] ?? '';
  const order = { symbol, side, quantity: symbol === 'BTCUSDT' ? '0.020' : '0.300' };
  const limit = { ...order, type: 'LIMIT', price, newClientOrderId: `c${step}` };
  const named = { symbol, origClientOrderId: `c${random.int({ min: 0, max: step })}` };
  return random.pick<readonly [string, string, Fields]>([
    ['POST', '/fapi/v1/order', { ...limit, timeInForce: 'GTC' }],
    ['POST', '/fapi/v1/order', { ...limit, timeInForce: 'GTX' }],
    ['POST', '/fapi/v1/order', { ...order, type: 'MARKET', newOrderRespType: 'RESULT' }],
    ['POST', '/fapi/v1/order', { ...order, type: 'MARKET' }],
    ['PUT', '/fapi/v1/order', { ...named, side, price, quantity: '0.400' }],
    ['DELETE', '/fapi/v1/order', named],
    ['POST', '/fapi/v1/countdownCancelAll', { symbol, countdownTime: 2_000 }],
    ['GET', '/fapi/v1/openOrders', {}],
    ['GET', '/fapi/v3/account', {}],
    ['GET', '/fapi/v1/userTrades', { symbol }],
  ]);
}

const texts = (fields: Fields): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
const digest = ({ rest, streams }: Told): readonly string[] =>
  [rest, ...streams].map((lines) => createHash('sha256').update(lines.join('\n')).digest('hex'));

test('same seed and same commands at the same simulated times give the same bytes, on every route; another seed does not', async () => {
  const [first, again, other] = [await trade({ seed: 3 }), await trade({ seed: 3 }), await trade({ seed: 4 })];
  const fills = first.streams.slice(2).map((lines) => lines.filter((text) => text.includes('"x":"TRADE"')).length);
  expect(Math.min(...fills)).toBeGreaterThan(0);
  expect(first.streams.slice(0, 2).every((lines) => lines.length > 100)).toBe(true);
  expect(again.rest.findIndex((text, i) => text !== first.rest[i])).toBe(-1);
  expect(digest(again)).toEqual(digest(first));
  expect(digest(other).filter((hash, i) => hash === digest(first)[i])).toEqual([]);
});

test('time stands still until it is told to move, and moves by just so much', async () => {
  const sim = await SteppedSim.open();
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  const from = await sim.client.now();
  expect([await sim.client.now(), socket.texts.length]).toEqual([from, 0]);
  await sim.advance(1_000);
  expect([(await sim.client.now()) - from, socket.texts.length]).toEqual([1_000, 1]);
  const { body } = await sim.client.admin('/sim/advance', { toMs: from + 60_000 });
  await sim.settle();
  expect([body['nowMs'], socket.texts.length]).toEqual([from + 60_000, 60]);
  expect((await sim.client.admin('/sim/advance', { toMs: from })).status).toBe(400);
  expect((await sim.client.admin('/sim/advance', { ms: -1 })).status).toBe(400);
  await sim.close();
});
