/** Requests whose outcome nobody tells: whatever was executed and however the answer is lost, nothing is done twice, and both sides agree. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultInput } from '../../../scripts/soak/acts.ts';
import { WireGateway } from '../../kit/wire-gateway.ts';

type Request = { readonly method: 'POST' | 'PUT' | 'DELETE'; readonly path: string };
type Answer = readonly [name: string, executed: boolean, fault: (request: Request) => FaultInput];

const answers: readonly Answer[] = [true, false].flatMap((execute): Answer[] => [
  ['never', execute, (request) => ({ kind: 'hang', ...request, execute })],
  ['503, unknown', execute, (request) => ({ kind: 'error', ...request, execute, error: 'unknown-error' })],
  ['-1007', execute, (request) => ({ kind: 'error', ...request, execute, error: 'backend-timeout' })],
  ['a socket lost', execute, (request) => ({ kind: 'reset', ...request, execute })],
]);
/** Of a late request or answer the venue knows more than we do. */
const LATE: readonly Answer[] = [
  ['late, beyond the time-out', true, (request) => ({ kind: 'slow', ...request, byMs: 4_000 })],
  ['of a request late within the window', true, (request) => ({ kind: 'slow', ...request, byMs: 1_200, leg: 'request' })],
  ['of a request late beyond the window', false, (request) => ({ kind: 'slow', ...request, byMs: 3_500, leg: 'request' })],
];
const ANSWERS = [...answers, ...LATE];

const SIZE = '0.010';
const SIZE_LOTS = 10;
const ORDER = '/fapi/v1/order';
let wire: WireGateway;

beforeAll(async () => {
  wire = await WireGateway.open();
});
afterAll(async () => {
  await wire[Symbol.asyncDispose]();
});

const isSettled = (clientId: string): boolean => !['sent', 'canceling', 'amending', 'unknown', undefined].includes(wire.status(clientId));

/** Nothing is under way, and both sides say the same. */
async function calm(): Promise<void> {
  const { keeper, router } = wire.gateway.core;
  const open = () => keeper.ledger.openOrders();
  await wire.until(() => open().every(({ clientId }) => isSettled(clientId) && !router.isUnwanted(clientId)));
  await wire.until(() => wire.positions[0] === wire.positions[1]);
}

/** Flat, and nothing rests. */
async function clear(): Promise<void> {
  const { keeper } = wire.gateway.core;
  const isFlat = (): boolean => wire.positions.every((size) => size === 0);
  wire.fault({ kind: 'clear' });
  wire.send({ id: 1, type: 'cancelAll' });
  const held = !isFlat();
  if (held) wire.send({ id: 1, type: 'closePosition', symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
  await wire.until(() => keeper.ledger.openOrders().length === 0 && isFlat());
  if (held) await wire.run(2_500); // the ladder is done, and quoting is allowed again
}

async function rest(behind = 500): Promise<string> {
  const place = wire.place({ side: 'buy', behind, size: SIZE });
  expect(wire.send(place)).toMatchObject({ type: 'taken' });
  await wire.until(() => wire.status(place.clientId) === 'open');
  return place.clientId;
}

describe.each(ANSWERS)('with an answer %s (executed: %s)', (_name, executed, faultOf) => {
  test('a place that rests is found, or proved absent, and never sent again', async () => {
    const place = wire.place({ side: 'buy', behind: 500, size: SIZE });
    wire.fault(faultOf({ method: 'POST', path: ORDER }));
    wire.send(place);
    await wire.run(3_200);
    expect(wire.send({ ...place, basedOn: { ...place.basedOn, seq: wire.gateway.core.seqs.seq } })).toMatchObject({ type: 'taken' });
    await calm();
    expect([wire.status(place.clientId), wire.atExchange(place.clientId).length]).toEqual(executed ? ['open', 1] : ['rejected', 0]);
    await clear();
  });

  test('a place that takes at once is filled once', async () => {
    const place = wire.place({ side: 'buy', behind: -50, size: SIZE, timeInForce: 'gtc' });
    wire.fault(faultOf({ method: 'POST', path: ORDER }));
    wire.send(place);
    await calm();
    const filled = executed ? SIZE_LOTS : 0;
    expect(wire.positions).toEqual([filled, filled]);
    expect([wire.status(place.clientId), wire.atExchange(place.clientId).length]).toEqual(executed ? ['filled', 1] : ['rejected', 0]);
    await clear();
  });

  test('an amend leaves one order, at the price that the exchange has', async () => {
    const clientId = await rest();
    const wanted = wire.place({ side: 'buy', behind: 400, size: '0.020' });
    wire.fault(faultOf({ method: 'PUT', path: ORDER }));
    const { basedOn, ttlMs } = wanted;
    expect(wire.send({ id: 1, type: 'amend', clientId, price: wanted.price ?? '', size: wanted.size, basedOn, ttlMs })).toMatchObject({
      type: 'taken',
    });
    await calm();
    const [order, ...more] = wire.atExchange(clientId);
    expect([order?.size, more]).toEqual([executed ? 2 * SIZE_LOTS : SIZE_LOTS, []]);
    const row = wire.gateway.core.keeper.ledger.order(clientId);
    const status = order?.status === 'new' ? 'open' : 'canceled'; // what is in doubt for too long is pulled
    expect(row).toMatchObject({ amendTo: null, order: { status, price: order?.price, size: order?.size } });
    await clear();
  });

  test('a cancel is repeated until the order has ended', async () => {
    const clientId = await rest();
    wire.fault(faultOf({ method: 'DELETE', path: ORDER }));
    wire.send({ id: 1, type: 'cancel', clientId });
    await calm();
    expect([wire.status(clientId), wire.atExchange(clientId)[0]?.status]).toEqual(['canceled', 'canceled']);
    await clear();
  });

  test('a batch of places sends each once', async () => {
    const places = [500, 501].map((behind) => wire.place({ side: 'buy', behind, size: SIZE }));
    wire.fault(faultOf({ method: 'POST', path: ORDER }));
    wire.send({ id: 1, type: 'batch', commands: places });
    await calm();
    const ids = places.map(({ clientId }) => clientId);
    expect(ids.map((clientId) => wire.atExchange(clientId).length)).toEqual([executed ? 1 : 0, 1]);
    expect(ids.map((clientId) => wire.status(clientId))).toEqual(executed ? ['open', 'open'] : ['rejected', 'canceled']); // the doubt pulls the other
    await clear();
  });

  test('a batch of cancels ends every order', async () => {
    const ids = [await rest(500), await rest(501)];
    wire.fault(faultOf({ method: 'DELETE', path: '/fapi/v1/batchOrders' }));
    wire.send({ id: 1, type: 'cancelAll' });
    await calm();
    expect(ids.map((clientId) => [wire.status(clientId), wire.atExchange(clientId)[0]?.status])).toEqual([
      ['canceled', 'canceled'],
      ['canceled', 'canceled'],
    ]);
    await clear();
  });

  test('a stop covers the position once', async () => {
    const place = wire.place({ side: 'buy', behind: -50, size: SIZE, timeInForce: 'gtc' });
    wire.fault(faultOf({ method: 'POST', path: '/fapi/v1/algoOrder' }));
    wire.send(place);
    const { exchange } = wire.sim.simulator;
    const waiting = () => exchange.algos.open(exchange.trader('mmbot-sim-key'), 'BTCUSDT');
    await wire.until(() => waiting().some(({ size }) => size === SIZE_LOTS));
    await wire.run(9_000);
    expect(waiting().reduce((sum, { size }) => sum + (size ?? 0), 0)).toBe(SIZE_LOTS);
    await clear();
    await wire.until(() => waiting().length === 0);
  });
});
