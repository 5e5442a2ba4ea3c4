import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY, openTestSim, sign, type SimClient } from '../../kit/sim-client.ts';
import { type RawAnswer, rawHttp } from '../../kit/raw-http.ts';

let sim: SimClient;
let orders = 0;
beforeAll(async () => {
  sim = await openTestSim({ limitsEnforced: false });
});
afterAll(() => sim.close());

/** A signed placing that rests far from the market, over a connection of its own. */
async function place(clientId: string): Promise<RawAnswer> {
  const order = 'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=62000';
  const payload = `${order}&newClientOrderId=${clientId}&recvWindow=60000&timestamp=${await sim.now()}`;
  const target = `/fapi/v1/order?${payload}&signature=${sign(payload)}`;
  return rawHttp({ port: sim.simulator.port, method: 'POST', target, apiKey: KEY });
}

const isThere = async (clientId: string): Promise<boolean> =>
  (await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId })).status === 200;
const fired = async (kind: string): Promise<number> =>
  (await sim.admin('/sim/faults')).rows
    .filter(({ fault }) => (fault as { kind: string }).kind === kind)
    .reduce((sum, row) => sum + Number(row['fired']), 0);

const ON_ORDER = { method: 'POST', path: '/fapi/v1/order' } as const;
type Want = {
  readonly status: number | null;
  readonly body: RegExp;
  readonly end?: 'reset';
  readonly accepted: boolean;
  readonly retryAfter?: string;
};
type Row = readonly [name: string, fault: Readonly<Record<string, unknown>> & { readonly kind: string }, want: Want];

const error = (name: string, want: Want, execute = false): Row => [
  `${name}${execute ? ', executed' : ''}`,
  { kind: 'error', error: name, ...(execute ? { execute } : {}) },
  want,
];
const both = (name: string, want: Omit<Want, 'accepted'>): readonly Row[] => [
  error(name, { ...want, accepted: false }),
  error(name, { ...want, accepted: true }, true),
];

test.each<Row>([
  error('rate-limited', { status: 429, body: /"code":-1003.*Too many requests/, accepted: false, retryAfter: '5' }),
  error('too-many-orders', { status: 429, body: /"code":-1015/, accepted: false, retryAfter: '5' }),
  error('overloaded', { status: 503, body: /"code":-1008/, accepted: false }),
  error('unavailable', { status: 503, body: /^\{"msg":"Service Unavailable\."\}$/, accepted: false }),
  error('shutting-down', { status: 503, body: /"code":-1016/, accepted: false }),
  error('forbidden', { status: 403, body: /^<html>/, accepted: false }),
  ...both('unknown-error', { status: 503, body: /"Unknown error, please check your request or try again later\."/ }),
  ...both('internal-error', {
    status: 503,
    body: /"code":-1001,"msg":"Internal error; unable to process your request\. Please try again\."/,
  }),
  ...both('occur-unknown-error', { status: 503, body: /"Request occur unknown error\."/ }),
  ...both('backend-timeout', { status: 408, body: /"code":-1007/ }),
  ...both('bad-gateway', { status: 502, body: /^<html>/ }),
  ...both('gateway-timeout', { status: 504, body: /^<html>/ }),
  ['reset before the answer', { kind: 'reset', bytes: 0 }, { status: null, body: /^$/, end: 'reset', accepted: true }],
  ['reset, not executed', { kind: 'reset', execute: false }, { status: null, body: /^$/, end: 'reset', accepted: false }],
  ['reset mid-response', { kind: 'reset', bytes: 20 }, { status: 200, body: /^\{"orderId":\d{1,19}$/, end: 'reset', accepted: true }],
  ['truncated JSON', { kind: 'truncate' }, { status: 200, body: /^\{"orderId":.*[^}]$/, accepted: true }],
  ['garbage', { kind: 'garbage', status: 200 }, { status: 200, body: /^<html>/, accepted: true }],
  ['garbage, not executed', { kind: 'garbage', execute: false }, { status: 502, body: /^<html>/, accepted: false }],
  ['empty body', { kind: 'empty' }, { status: 502, body: /^$/, accepted: true }],
  ['empty body, not executed', { kind: 'empty', execute: false, status: 200 }, { status: 200, body: /^$/, accepted: false }],
])('%s is what a plain client reads, once, and the order was or was not accepted', async (_name, fault, want) => {
  const [before, clientId, next] = [await fired(fault.kind), `o${++orders}`, `o${++orders}`];
  expect((await sim.admin('/sim/fault', { ...fault, ...ON_ORDER })).status).toBe(200);
  const answer = await place(clientId);
  expect([answer.status, answer.end]).toEqual([want.status, want.end ?? 'whole']);
  expect(answer.body).toMatch(want.body);
  expect(answer.headers['retry-after']).toBe(want.retryAfter);
  expect([await isThere(clientId), await fired(fault.kind)]).toEqual([want.accepted, before + 1]);
  expect((await place(next)).status).toBe(200);
});

test.each([true, false])('hang never answers, and the order was accepted: %s', async (execute) => {
  const [before, clientId] = [await fired('hang'), `o${++orders}`];
  await sim.admin('/sim/fault', { kind: 'hang', ...ON_ORDER, execute });
  const hanging = place(clientId);
  await expect.poll(() => fired('hang')).toBe(before + 1);
  expect(await isThere(clientId)).toBe(execute);
  expect(await Promise.race([hanging, sim.now().then(() => 'no answer')])).toBe('no answer');
});

test('an error that says not executed cannot be asked for as executed', async () => {
  const answer = await sim.admin('/sim/fault', { kind: 'error', error: 'rate-limited', execute: true });
  expect([answer.status, answer.body]).toEqual([400, { problem: 'execute: a call that is answered rate-limited is never executed' }]);
});

test('-1008 spares orders that only close', async () => {
  await sim.place({ type: 'MARKET', side: 'BUY', timeInForce: '', price: '' });
  await sim.admin('/sim/fault', { kind: 'error', error: 'overloaded', ...ON_ORDER, count: 10 });
  expect((await sim.place()).body['code']).toBe(-1008);
  const closing = { type: 'MARKET', side: 'SELL', reduceOnly: 'true', timeInForce: '', price: '' };
  expect((await sim.place(closing)).status).toBe(200);
  expect((await sim.admin('/sim/fault', { kind: 'clear' })).body).toEqual({ cleared: 1 });
  expect((await sim.place()).status).toBe(200);
});

test('faults pick calls by a pattern of the path and by the key, and one in so many by chance', async () => {
  await sim.admin('/sim/fault', { kind: 'error', error: 'unavailable', path: '/fapi/v1/*Orders', apiKey: KEY, count: 2 });
  expect((await sim.signed('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT' })).status).toBe(503);
  expect((await sim.get('/fapi/v1/ping')).status).toBe(200);
  expect((await sim.signed('GET', '/fapi/v1/openOrders')).status).toBe(503);
  expect((await sim.signed('GET', '/fapi/v1/openOrders')).status).toBe(200);
  await sim.admin('/sim/fault', { kind: 'error', error: 'unavailable', path: '/fapi/v1/ping', probability: 0.3 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => sim.get('/fapi/v1/ping')));
  const failed = answers.filter(({ status }) => status === 503).length;
  expect(failed).toBeGreaterThan(30);
  expect(failed).toBeLessThan(90);
  await sim.admin('/sim/fault', { kind: 'clear' });
});
