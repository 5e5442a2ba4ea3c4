import { expect, test } from 'vitest';
import { Fence, fenced, type Standing } from '../../../gateway/orders/fence.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import type { OrderRequest } from '../../../gateway/venues/venue.ts';
import { ScriptedVenue } from '../../kit/scripted-venue.ts';
import { settle } from '../../kit/order-side.ts';

const request = (over: Partial<OrderRequest> = {}): OrderRequest => ({
  ...{ symbol: 'BTCUSDT', clientId: makeClientId({ role: 'quote', epoch: 1, counter: 1 }), side: 'buy', kind: 'limit' },
  ...{ timeInForce: 'post-only', price: ticks(599_990), size: lots(10), reduceOnly: false },
  ...over,
});
const stop = { symbol: 'BTCUSDT', clientId: '1', side: 'sell', trigger: ticks(580_000), size: lots(10), working: 'mark' } as const;

/** A venue behind a fence; `answer` is what the next proofs find, and proofs are counted. */
function side(answer: Standing = 'ours') {
  const venue = new ScriptedVenue(new VirtualClock());
  const place = { stalls: 0, answer, proofs: 0, release: null as (() => void) | null };
  const prove = async (): Promise<Standing> => {
    place.proofs++;
    await new Promise<void>((resolve) => {
      place.release = resolve;
    });
    return place.answer;
  };
  const fence = new Fence({ stalls: () => place.stalls, prove });
  const { orders, stops } = fenced(venue, fence);
  if (!stops) throw new Error('the scripted venue holds stops');
  return { venue, fence, place, orders, stops };
}

/** Everything that changes something at the venue, and whether it went through. */
async function sendAll({ orders, stops, venue, place }: ReturnType<typeof side>) {
  const sent = Promise.all([
    orders.place(request()),
    orders.amend({ ...request(), price: ticks(599_980) }),
    orders.place(request({ reduceOnly: true, timeInForce: 'ioc' })),
    orders.cancel(request()),
    orders.cancelMany({ symbol: 'BTCUSDT', clientIds: ['a', 'b'] }),
    orders.armDeadMan({ symbol: 'BTCUSDT', ms: 5_000 }),
    stops.placeStop(stop),
    stops.cancelStop(stop),
  ]);
  await settle();
  const before = venue.calls.length + venue.stops.calls.length;
  place.release?.();
  const results = (await sent).flat();
  return { before, fenced: results.filter((one) => !one.ok && one.error.reason === 'fenced').length, results };
}

test('while nothing is in doubt everything leaves in the turn it is asked for', async () => {
  const it = side();
  void it.orders.place(request());
  expect(it.venue.calls.map(({ what }) => what)).toEqual(['place']);
  expect(it.place.proofs).toBe(0);
});

test('after a stall not one byte leaves before the proof; then all but what could open has its turn', async () => {
  const it = side();
  it.place.stalls = 1;
  const { before, fenced: held, results } = await sendAll(it);
  expect([before, held, it.place.proofs]).toEqual([0, 2, 1]); // place and amend were decided on a world long gone
  expect(results.slice(0, 2).every((one) => !one.ok && one.error.kind === 'unreachable')).toBe(true);
  expect((await it.orders.place(request())).ok).toBe(true);
  expect(it.place.proofs).toBe(1);
});

test('a gateway whose place was taken takes back its own orders, and sends nothing else ever again', async () => {
  const it = side('lost');
  it.place.stalls = 1;
  const { before, fenced: held } = await sendAll(it);
  expect([before, held]).toEqual([0, 6]);
  expect([new Set(it.venue.calls.map(({ what }) => what)), it.venue.stops.calls]).toEqual([new Set(['cancel']), []]);
  it.place.answer = 'ours';
  it.fence.tick();
  expect([it.fence.standing, it.place.proofs]).toEqual(['lost', 1]);
});

test('where nobody tells, what protects goes; what opens waits until somebody does', async () => {
  const it = side('untold');
  it.place.stalls = 1;
  const { fenced: held } = await sendAll(it);
  expect(held).toBe(2);
  const refused = await it.orders.place(request());
  expect(refused).toMatchObject({ ok: false, error: { reason: 'fenced' } });
  it.place.answer = 'ours';
  it.place.release?.();
  await settle();
  expect((await it.orders.place(request())).ok).toBe(true);
});

test('a stall during the proof needs a proof of its own', async () => {
  const it = side();
  it.place.stalls = 1;
  it.fence.tick();
  it.place.stalls = 2;
  it.place.release?.();
  await settle();
  expect(await it.orders.place(request())).toMatchObject({ ok: false, error: { reason: 'fenced' } });
  it.place.release?.();
  await settle();
  expect([(await it.orders.place(request())).ok, it.place.proofs]).toEqual([true, 2]);
});

test('reads are never held up: they change nothing', async () => {
  const it = side('lost');
  it.fence.lose();
  expect((await it.orders.account()).ok).toBe(true);
  expect((await it.stops.openStops()).ok).toBe(true);
});
