import { describe, expect, test } from 'vitest';
import { CallTimes, type Sender } from '../../../gateway/publish/call-times.ts';
import type { OnWritten, OrderRequest, VenueOrder, VenueResult } from '../../../gateway/venues/venue.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';

const REQUEST: OrderRequest = {
  symbol: 'BTCUSDT',
  clientId: '1',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'gtc',
  price: ticks(100),
  size: lots(2),
  reduceOnly: false,
};
type State = VenueOrder['state'];
const order = (state: State, clientId = '1'): VenueOrder => ({
  ...{ kind: 'order', symbol: 'BTCUSDT', clientId, venueId: '7', state, side: 'buy', price: ticks(100), size: lots(2), filled: lots(0) },
  ...{ reduceOnly: false, reason: '', atMs: wallMs(0), orderKind: 'limit', timeInForce: 'gtc' },
});
const fill = (): AccountEvent => ({
  ...{ kind: 'fill', symbol: 'BTCUSDT', clientId: '1', venueId: '7', tradeId: '1', side: 'buy', price: ticks(100), size: lots(1) },
  ...{ maker: true, fee: null, feeAsset: null, realizedPnl: null, atMs: wallMs(0) },
});
const fault = (kind: 'unknown' | 'rejected'): VenueResult<VenueOrder> => ({ ok: false, error: { kind, reason: '', sentence: '' } });

const BUDGETS = { weight: { used: 0, limit: 1 }, orders1m: { used: 0, limit: 1 }, orders10s: { used: 0, limit: 1 } };

/** A venue whose answers the test gives by hand. */
function bench(speed = 1) {
  const clock = new VirtualClock();
  const observed: [string, string, number][] = [];
  const times = new CallTimes({ clock, speed, observe: (...what) => observed.push(what) });
  const sent: { readonly written: OnWritten; readonly answer: (result: VenueResult<VenueOrder>) => Promise<void> }[] = [];
  const send = (_request: unknown, written: OnWritten = () => undefined): Promise<VenueResult<VenueOrder>> => {
    const { promise, resolve } = Promise.withResolvers<VenueResult<VenueOrder>>();
    sent.push({
      written,
      answer: async (result) => {
        resolve(result);
        await promise;
      },
    });
    return promise;
  };
  const orders: Sender = { place: send, amend: send, cancel: send, cancelMany: () => Promise.resolve([]), budgets: () => BUDGETS };
  const last = () => {
    const one = sent.at(-1);
    if (!one) throw new Error('Nothing was sent');
    return one;
  };
  return { clock, observed, times, timed: times.over(orders), last };
}

describe('CallTimes', () => {
  test('times a call from its bytes to its answer and to its event, whichever comes first, by the way it left', async () => {
    const { clock, times, timed, last, observed } = bench();
    const written: unknown[] = [];
    void timed.place(REQUEST, (...args) => written.push(args));
    clock.advance(5); // queued before it leaves
    last().written(clock.monoMs(), 'websocket');
    clock.advance(2);
    times.onAccount(order('accepted'));
    clock.advance(1);
    await last().answer({ ok: true, value: order('accepted') });
    expect(written).toEqual([[5, 'websocket']]);
    const { rest, websocket } = times.percentiles();
    expect(websocket).toMatchObject({ acknowledged: { p50: 3_000, n: 1 }, told: { p50: 2_000, n: 1 }, written: { n: 0 } });
    expect(rest.acknowledged.n + rest.told.n).toBe(0);
    expect(observed).toEqual([
      ['told', 'websocket', 0.002],
      ['acknowledged', 'websocket', 0.003],
    ]);
  });

  test('counts a refusal as an answer, and silence not', async () => {
    const { clock, times, timed, last } = bench();
    for (const result of [fault('rejected'), fault('unknown')]) {
      void timed.place(REQUEST);
      last().written(clock.monoMs());
      await last().answer(result);
    }
    expect(times.percentiles().rest.acknowledged.n).toBe(1);
  });

  test('a call that was never written counts nowhere', async () => {
    const { times, timed, last } = bench();
    void timed.place(REQUEST);
    await last().answer(fault('rejected'));
    times.onAccount(order('accepted'));
    expect(times.percentiles().rest).toMatchObject({ acknowledged: { n: 0 }, told: { n: 0 } });
  });

  test.each<[call: 'amend' | 'cancel', event: AccountEvent, counts: number]>([
    ['amend', order('amended'), 1],
    ['amend', order('canceled'), 1],
    ['amend', order('partially-filled'), 0],
    ['amend', fill(), 0],
    ['cancel', order('canceled'), 1],
    ['cancel', order('filled'), 1],
    ['cancel', order('amended'), 0],
    ['cancel', order('canceled', '2'), 0],
    ['cancel', fill(), 0],
  ])('of %s tells only an event that is about it: %o', (call, event, counts) => {
    const { clock, times, timed, last } = bench();
    void (call === 'amend' ? timed.amend({ ...REQUEST, price: ticks(101) }) : timed.cancel(REQUEST));
    last().written(clock.monoMs());
    times.onAccount(event);
    times.onAccount(event);
    expect(times.percentiles().rest.told.n).toBe(counts);
  });

  test('a cancel that is written twice is timed from the second time', async () => {
    const { clock, times, timed, last } = bench();
    void timed.cancel(REQUEST);
    last().written(clock.monoMs(), 'websocket');
    clock.advance(100);
    last().written(clock.monoMs(), 'rest');
    clock.advance(4);
    await last().answer({ ok: true, value: order('canceled') });
    expect(times.percentiles()).toMatchObject({ rest: { acknowledged: { p50: 4_000, n: 1 } }, websocket: { acknowledged: { n: 0 } } });
  });

  test('gives real time at any speed, and forgets the oldest of a thousand calls that nobody tells of', () => {
    const { clock, times, timed, last, observed } = bench(20);
    times.written(40, 'rest');
    expect(observed).toEqual([['written', 'rest', 0.002]]);
    for (let n = 0; n <= 1_000; n++) {
      void timed.place({ ...REQUEST, clientId: String(n) });
      last().written(clock.monoMs());
    }
    for (const clientId of ['0', '1', '1000']) times.onAccount(order('accepted', clientId));
    expect(times.percentiles().rest.told.n).toBe(2);
  });
});
