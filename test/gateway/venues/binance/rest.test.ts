import { describe, expect, test } from 'vitest';
import { CALLS } from '../../../../gateway/venues/binance/limits.ts';
import { signPayload } from '../../../../gateway/venues/binance/sign.ts';
import { Anything } from '../../../../gateway/venues/binance/wire.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { SECRET, answer, coded, RESET, REFUSED, LATE, ORDER, PLACE, scriptedRest } from '../../../kit/scripted-rest.ts';

describe('place()', () => {
  test('sends one signed request with everything in the query, and reads the order back', async () => {
    const { orders, sent, run } = scriptedRest(() => answer(ORDER));
    const result = await run(orders.place(PLACE));
    const [payload, signature] = (sent[0]?.path ?? '').slice('/fapi/v1/order?'.length).split('&signature=');
    expect(payload).toMatch(
      /^symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.020&timeInForce=GTX&price=61000.10&newClientOrderId=42&selfTradePreventionMode=EXPIRE_MAKER&newOrderRespType=RESULT&recvWindow=1500&timestamp=\d{13}$/,
    );
    expect(signature).toBe(signPayload(payload ?? '', SECRET));
    expect(result).toMatchObject({
      ok: true,
      value: { clientId: '42', venueId: '17', state: 'accepted', price: 610_001, size: 20, timeInForce: 'post-only' },
    });
  });

  test('sends a market order without price and time in force, and reduce-only in words', async () => {
    const { orders, sent, run } = scriptedRest(() => answer({ ...ORDER, type: 'MARKET', price: '0' }));
    const result = await run(orders.place({ ...PLACE, kind: 'market', price: null, reduceOnly: true }));
    expect(Object.fromEntries(sent[0]?.query ?? [])).toMatchObject({ type: 'MARKET', quantity: '0.020', reduceOnly: 'true' });
    expect(sent[0]?.query.has('price') || sent[0]?.query.has('timeInForce')).toBe(false);
    expect(result).toMatchObject({ ok: true, value: { price: null, orderKind: 'market' } });
  });

  test.each([
    ['a reset', RESET, 'unknown'],
    ['a refused connection', REFUSED, 'unreachable'],
    ['a time-out', LATE, 'unknown'],
    ['503 unknown', answer('Unknown error, please check your request or try again later.', 503), 'unknown'],
    ['an empty success', answer('', 200), 'unknown'],
    ['a page of a proxy', answer('<html>', 200), 'unknown'],
    ['an order that is not as documented', answer({ ...ORDER, origQty: 'much' }), 'unknown'],
    ['an order off its step', answer({ ...ORDER, price: '61000.15' }), 'unknown'],
    ['-1021', coded(-1021), 'clock'],
    ['-5022', coded(-5022), 'rejected'],
  ])('is never sent twice: %s is told as it is', async (_name, outcome, kind) => {
    const { orders, sent, run } = scriptedRest(() => outcome);
    expect(await run(orders.place(PLACE))).toMatchObject({ ok: false, error: { kind } });
    expect(sent).toHaveLength(1);
  });

  test('is refused for a symbol that is not configured, without a word to the venue', async () => {
    const { orders, sent, run } = scriptedRest(() => answer(ORDER));
    expect(await run(orders.place({ ...PLACE, symbol: 'XRPUSDT' }))).toMatchObject({
      ok: false,
      error: { kind: 'rejected', reason: 'symbol' },
    });
    expect(sent).toEqual([]);
  });
});

describe('amend()', () => {
  test.each([
    ['NEW', 'amended'],
    ['PARTIALLY_FILLED', 'amended'],
    ['CANCELED', 'canceled'],
  ])('reads status %s as %s', async (status, state) => {
    const { orders, sent, run } = scriptedRest(() => answer({ ...ORDER, status }));
    const result = await run(orders.amend({ symbol: 'BTCUSDT', clientId: '42', side: 'buy', price: ticks(610_000), size: lots(10) }));
    expect(result).toMatchObject({ ok: true, value: { state } });
    expect(sent[0]?.method).toBe('PUT');
    expect(Object.fromEntries(sent[0]?.query ?? [])).toMatchObject({
      side: 'BUY',
      quantity: '0.010',
      price: '61000.00',
      origClientOrderId: '42',
    });
  });
});

describe('safe calls', () => {
  test('are sent again after transport errors, at once and then 30, 100 and 300 ms later, each time signed anew', async () => {
    const { orders, sent, run } = scriptedRest((_request, n) =>
      n <= 4 ? ([RESET, REFUSED, RESET, RESET][n - 1] ?? RESET) : answer({ ...ORDER, status: 'CANCELED' }),
    );
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: true, value: { state: 'canceled' } });
    const waits = sent.slice(1).map((call, i) => Math.round((call.atMs - (sent[i]?.atMs ?? 0)) / 10) * 10);
    expect(waits).toEqual([0, 30, 100, 300]);
    expect(new Set(sent.map((call) => call.query.get('signature'))).size).toBeGreaterThan(1);
  });

  test('stay in doubt when an earlier try may have run, whatever the last one met', async () => {
    const { orders, run } = scriptedRest((_request, n) => (n === 1 ? RESET : REFUSED));
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({
      ok: false,
      error: { kind: 'unknown', sentence: 'ECONNREFUSED' },
    });
    const other = scriptedRest(() => REFUSED);
    expect(await other.run(other.orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({
      ok: false,
      error: { kind: 'unreachable' },
    });
  });

  test('are given up after the fourth resend', async () => {
    const { orders, sent, run } = scriptedRest(() => RESET);
    expect(await run(orders.queryOrder({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({
      ok: false,
      error: { kind: 'unknown', reason: 'connection-lost' },
    });
    expect(sent).toHaveLength(5);
  });

  test.each([
    ['a time-out', LATE],
    ['an error of the venue', answer('', 502)],
    ['an order that is not there', coded(-2011)],
  ])('are not sent again after %s', async (_name, outcome) => {
    const { orders, sent, run } = scriptedRest(() => outcome);
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: false });
    expect(sent).toHaveLength(1);
  });

  test('are sent once more with a fresh time after -1021', async () => {
    const { orders, sent, run } = scriptedRest((_request, n) => (n === 1 ? coded(-1021) : answer(ORDER)), { serverAheadMs: 90_000 });
    expect(await run(orders.queryOrder({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: true });
    const stamps = sent.map((call) => Number(call.query.get('timestamp')));
    expect((stamps[1] ?? 0) - (stamps[0] ?? 0)).toBeGreaterThanOrEqual(89_000);
  });
});

describe('an overloaded venue', () => {
  const GAPS = (sent: readonly { readonly atMs: number }[]) =>
    sent.slice(1).map(({ atMs }, i) => Math.round((atMs - (sent[i]?.atMs ?? 0)) / 10) * 10);
  const UNAVAILABLE = answer({ code: -1000, msg: 'Service Unavailable.' }, 503);
  test.each([
    ['a cancel', 'cancel', coded(-1008, 503), [200, 400, 800]],
    ['a cancel met by "Service Unavailable."', 'cancel', UNAVAILABLE, [200, 400, 800]],
    ['a read', 'queryOrder', coded(-1008, 503), [200, 400, 800]],
    ['a cancel in maintenance', 'cancel', coded(-1016, 503), []],
    ['a cancel of unknown fate', 'cancel', coded(-1001, 503), []],
  ] as const)('is asked again for %s', async (_name, what, outcome, gaps) => {
    const { orders, sent, run } = scriptedRest(() => outcome);
    await run(orders[what]({ symbol: 'BTCUSDT', clientId: '42' }));
    expect(GAPS(sent)).toEqual(gaps);
  });

  test.each([
    ['never for an order that opens', false, coded(-1008, 503), []],
    ['soon for an order that only reduces', true, coded(-1008, 503), [30, 100, 300]],
    ['never when the reducing order may live', true, answer('Request occur unknown error.', 503), []],
    ['never when its connection broke', true, RESET, []],
  ])('is asked again %s', async (_name, reduceOnly, outcome, gaps) => {
    const { orders, sent, run } = scriptedRest(() => outcome);
    await run(orders.place({ ...PLACE, reduceOnly }));
    expect(GAPS(sent)).toEqual(gaps);
  });
});

describe('cancelMany()', () => {
  test('splits into tens and answers id by id, in order', async () => {
    const ids = Array.from({ length: 23 }, (_, i) => String(i));
    const { orders, sent, run } = scriptedRest((request) => {
      const list = JSON.parse(new URL(request.path, 'http://venue').searchParams.get('origClientOrderIdList') ?? '[]') as string[];
      return answer(
        list.map((id) => (id === '7' ? { code: -2011, msg: 'Unknown order sent.' } : { ...ORDER, clientOrderId: id, status: 'CANCELED' })),
      );
    });
    const results = await run(orders.cancelMany({ symbol: 'BTCUSDT', clientIds: ids }));
    expect(sent).toHaveLength(3);
    expect(results.map((result) => (result.ok ? result.value.clientId : result.error.kind))).toEqual(
      ids.map((id) => (id === '7' ? 'gone' : id)),
    );
  });

  test('knows nothing of any id when the answer has another length', async () => {
    const { orders, run } = scriptedRest(() => answer([ORDER]));
    const results = await run(orders.cancelMany({ symbol: 'BTCUSDT', clientIds: ['1', '2'] }));
    expect(results.map((result) => (result.ok ? 'ok' : result.error.kind))).toEqual(['unknown', 'unknown']);
  });
});

describe('limits', () => {
  test.each([
    ['429', answer('', 429, { 'retry-after': '5' })],
    ['418', answer('', 418, { 'retry-after': '5' })],
  ])('after %s nothing leaves before Retry-After, cancels included', async (_name, outcome) => {
    const { clock, orders, sent, run } = scriptedRest((_request, n) => (n === 1 ? outcome : answer(ORDER)));
    await run(orders.queryOrder({ symbol: 'BTCUSDT', clientId: '42' }));
    clock.advance(4_900);
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({
      ok: false,
      error: { kind: 'rate-limited', reason: 'waiting' },
    });
    expect(sent).toHaveLength(1);
    clock.advance(200);
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: true });
  });

  test('a full order count stops places and lets cancels through', async () => {
    const { orders, sent, run } = scriptedRest((_request, n) => (n === 1 ? coded(-1015, 429) : answer(ORDER)));
    await run(orders.place(PLACE));
    expect(await run(orders.place(PLACE))).toMatchObject({ ok: false, error: { kind: 'rate-limited' } });
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: true });
    expect(sent.map((call) => call.method)).toEqual(['POST', 'DELETE']);
  });

  test('use is the larger of our count and the header, and begins anew with the window', async () => {
    const { clock, rest, run } = scriptedRest((_request, n) => answer({}, 200, n === 1 ? { 'x-mbx-used-weight-1m': '900' } : {}));
    rest.setLimits({ weight1m: 2_400, orders1m: 1_200, orders10s: 300 });
    const depth = { schema: Anything, parameters: [] };
    await run(rest.call(CALLS.depth, depth));
    await run(rest.call(CALLS.depth, depth));
    expect(rest.budgets().weight).toEqual({ used: 920, limit: 2_400 });
    clock.advance(60_000);
    expect(rest.budgets().weight).toEqual({ used: 0, limit: 2_400 });
  });
});

describe('windows', () => {
  const GET = { schema: Anything, parameters: [] };
  test('a request that the window has no room for is not sent; the next window takes it', async () => {
    const { clock, orders, rest, sent, run } = scriptedRest(() => answer(ORDER));
    rest.setLimits({ weight1m: 100, orders1m: 3, orders10s: 2 });
    for (let i = 0; i < 4; i++) await run(orders.place(PLACE));
    expect(sent).toHaveLength(2);
    clock.advance(10_000);
    for (let i = 0; i < 4; i++) await run(orders.place(PLACE));
    expect(sent).toHaveLength(3);
    expect(await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }))).toMatchObject({ ok: true });
    clock.advance(60_000);
    expect(await run(orders.place(PLACE))).toMatchObject({ ok: true });
  });

  test('market data leaves a fifth of the weight to cancels', async () => {
    const { orders, rest, sent, run } = scriptedRest(() => answer(ORDER));
    rest.setLimits({ weight1m: 100, orders1m: 1_200, orders10s: 300 });
    for (let i = 0; i < 6; i++) await run(rest.call(CALLS.depth, GET));
    expect(sent).toHaveLength(4);
    for (let i = 0; i < 25; i++) await run(orders.cancel({ symbol: 'BTCUSDT', clientId: '42' }));
    expect(sent).toHaveLength(4 + 20);
  });

  test('a count told late, of the window before, does not fill the new one', async () => {
    const told = { 'x-mbx-order-count-1m': '1200', 'x-mbx-order-count-10s': '300' };
    const { clock, rest, orders, run } = scriptedRest(() => {
      clock.advance(500);
      return answer(ORDER, 200, told);
    });
    clock.advance(60_000 - (rest.nowMs() % 60_000) - 200);
    await run(orders.place(PLACE));
    expect(rest.budgets()).toMatchObject({ orders1m: { used: 0 }, orders10s: { used: 0 } });
    clock.advance(1_000);
    await run(orders.place(PLACE));
    expect(rest.budgets()).toMatchObject({ orders1m: { used: 1_200 }, orders10s: { used: 300 } });
  });

  test('waitMs() tells to the millisecond how long the venue wants to hear nothing', async () => {
    const { clock, orders, rest, run } = scriptedRest(() => answer('', 418, { 'retry-after': '5' }));
    expect(rest.waitMs()).toBe(0);
    await run(orders.queryOrder({ symbol: 'BTCUSDT', clientId: '42' }));
    const left = rest.waitMs();
    expect(left).toBeGreaterThan(4_900);
    clock.advance(left - 1);
    expect(rest.waitMs()).toBe(1);
    clock.advance(1);
    expect(rest.waitMs()).toBe(0);
  });
});

test('amend() to what the order already is reads the order instead of failing (-5027)', async () => {
  const { orders, sent, run } = scriptedRest((request) => (request.method === 'PUT' ? coded(-5027) : answer(ORDER)));
  const result = await run(orders.amend({ symbol: 'BTCUSDT', clientId: '42', side: 'buy', price: ticks(610_001), size: lots(20) }));
  expect(result).toMatchObject({ ok: true, value: { state: 'amended', price: 610_001, size: 20 } });
  expect(sent.map(({ method }) => method)).toEqual(['PUT', 'GET']);
});

describe('syncClock()', () => {
  test('takes half the round trip off', async () => {
    const { clock, rest, run } = scriptedRest(() => answer({}), { serverAheadMs: 5_000, latencyMs: 40 });
    expect(await run(rest.syncClock())).toEqual({ ok: true, value: null });
    expect(Math.abs(rest.nowMs() - (clock.wallMs() + 5_000))).toBeLessThanOrEqual(1);
  });
});
