import { describe, expect, test } from 'vitest';
import { lots, ticks } from '../../../../shared/units.ts';
import { answer, coded, LATE, ORDER, PLACE, RESET, scriptedRest } from '../../../kit/scripted-rest.ts';

describe('placeMany() and amendMany()', () => {
  const asked = (n: number) => ({ ...PLACE, clientId: String(n) });
  const amend = (n: number) =>
    ({ symbol: 'BTCUSDT', clientId: String(n), side: 'buy', price: PLACE.price ?? ticks(0), size: lots(2) }) as const;
  const row = (n: number, over = {}) => ({ ...ORDER, clientOrderId: String(n), ...over });

  test('are one request, every value of its list a text, and answer order by order', async () => {
    const { orders, sent, run } = scriptedRest(() =>
      answer([row(1), { code: -5022, msg: 'Due to the order could not be executed as maker' }, row(3)]),
    );
    const results = await run(orders.placeMany([1, 2, 3].map(asked)));
    expect(results.map((result) => (result.ok ? result.value.clientId : result.error.reason))).toEqual(['1', 'post-only-would-take', '3']);
    expect([sent.length, sent[0]?.method]).toEqual([1, 'POST']);
    const list = JSON.parse(sent[0]?.query.get('batchOrders') ?? '[]') as object[];
    expect(list[1]).toMatchObject({
      symbol: 'BTCUSDT',
      newClientOrderId: '2',
      timeInForce: 'GTX',
      selfTradePreventionMode: 'EXPIRE_MAKER',
    });
    expect(list.flatMap((order) => Object.values(order)).every((value) => typeof value === 'string')).toBe(true);
  });

  test('an amend tells that it was one; nothing to change is read; one that ended says so', async () => {
    const { orders, sent, run } = scriptedRest((request) =>
      request.method === 'GET'
        ? answer(row(2))
        : answer([row(1), { code: -5027, msg: 'No need to modify the order.' }, row(3, { status: 'CANCELED' })]),
    );
    const results = await run(orders.amendMany([1, 2, 3].map(amend)));
    expect(results.map((result) => (result.ok ? result.value.state : result.error.kind))).toEqual(['amended', 'amended', 'canceled']);
    expect(sent.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  test.each([
    ['a time-out', LATE, 'unknown'],
    ['a broken connection, and are not sent again', RESET, 'unknown'],
    ['an answer of another length', answer([row(1)]), 'unknown'],
    ['a full order count', coded(-1015, 429), 'rate-limited'],
  ])('leave every order as it is after %s', async (_name, outcome, kind) => {
    const { orders, sent, run } = scriptedRest(() => outcome);
    const results = await run(orders.placeMany([1, 2].map(asked)));
    expect(results.map((result) => (result.ok ? 'ok' : result.error.kind))).toEqual([kind, kind]);
    expect(sent).toHaveLength(1);
  });

  test('cost five orders of ten seconds, one of the minute, and five of weight, whatever is in them', async () => {
    const { orders, rest, run } = scriptedRest(() => answer([row(1), row(2)]));
    await run(orders.placeMany([1, 2].map(asked)));
    const { weight, orders1m, orders10s } = rest.budgets();
    expect([weight.used, orders1m.used, orders10s.used]).toEqual([5, 1, 5]);
  });

  test('of a symbol that is not configured nothing leaves', async () => {
    const { orders, sent, run } = scriptedRest(() => answer([]));
    const results = await run(orders.placeMany([asked(1), { ...asked(2), symbol: 'ETHUSDT' }]));
    expect(results).toMatchObject([{ error: { reason: 'symbol' } }, { error: { reason: 'symbol' } }]);
    expect(sent).toEqual([]);
  });
});
