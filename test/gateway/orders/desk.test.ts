import { describe, expect, test } from 'vitest';
import type { Client } from '../../../gateway/orders/desk.ts';
import type { Place } from '../../../shared/command.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { CONFIG, idOf, live, OrderSide, place, settle, withBrain } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

describe('place', () => {
  test('is in the ledger before the venue hears of it, and open after its answer', async () => {
    const { side, brain } = await withBrain();
    const rows = side.written.length;
    expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken', seq: side.core.seqs.seq + 1 });
    expect(side.written[rows]?.orders).toMatchObject([{ clientId: idOf(brain, 1), order: { status: 'sent' } }]);
    await settle();
    expect(side.status(idOf(brain, 1))).toBe('open');
  });

  test('keeps the run that it belongs to; the same id with another one is the same order', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain, { strategy: 'mm-btc' }));
    await settle();
    expect(side.core.keeper.ledger.order(idOf(brain, 1))?.strategy).toBe('mm-btc');
    expect(side.send(brain, place(side, brain, { strategy: 'other' }))).toMatchObject({ type: 'taken' });
    expect([side.core.keeper.ledger.order(idOf(brain, 1))?.strategy, side.venue.count('place')]).toEqual(['mm-btc', 1]);
  });

  test('the same id and content is answered from the ledger and never sent twice; other content is refused', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken' });
    expect(side.send(brain, place(side, brain, { size: '0.011' }))).toMatchObject({ code: 'id-reused' });
    expect(side.venue.count('place')).toBe(1);
  });

  test.each<[string, string, (side: OrderSide, brain: Client) => Partial<Place>]>([
    ['an unknown symbol', 'unknown-symbol', () => ({ symbol: 'DOGEUSDT' })],
    ['a price off tick', 'filter', () => ({ price: '59999.05' })],
    ['a size off step', 'filter', () => ({ size: '0.0101' })],
    ['an id of another role', 'bad-id', (_side, brain) => ({ clientId: idOf(brain, 1, 'close') })],
    ['an id that is not ours', 'bad-id', () => ({ clientId: '12345' })],
    [
      'an id of an older epoch',
      'stale-epoch',
      (_side, brain) => ({ clientId: makeClientId({ role: 'quote', epoch: brain.epoch - 1, counter: 1 }) }),
    ],
    ['a snapshot of another run', 'stale-snapshot', (side) => ({ basedOn: { epoch: 9, seq: side.core.seqs.seq } })],
  ])('with %s is refused: %s', async (_name, code, over) => {
    const { side, brain } = await withBrain();
    expect(side.send(brain, place(side, brain, over(side, brain)))).toMatchObject({ type: 'refused', code });
    expect(side.venue.count('place')).toBe(0);
  });

  test('is refused while the disk fails; cancel and close go on', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    side.venue.fillOrder(idOf(brain, 1), { size: 4, told: true });
    side.fault = 'disk full';
    expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'ledger-unavailable' });
    expect(side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) })).toMatchObject({ type: 'taken' });
    side.send(brain, { id: 3, type: 'closePosition', symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
    await live(side, brain, 1_000);
    expect([side.venue.position, side.venue.open.size, side.closer.closing.length]).toEqual([0, 0, 0]);
  });

  test('that waited through a stall is dropped; a cancel is not', async () => {
    const { side, brain } = await withBrain();
    expect(side.send(brain, place(side, brain), true)).toMatchObject({ code: 'stalled' });
    expect(side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) }, true)).toMatchObject({ code: 'unknown-order' });
  });
});

describe('answers of the venue', () => {
  test('a certain refusal ends the order with its reason', async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('rejected', 'post-only-would-take'));
    side.send(brain, place(side, brain));
    await settle();
    expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'post-only-would-take', order: { status: 'rejected' } });
  });

  test('an unanswered place that arrived is found by query and lives on', async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown'));
    side.venue.reachesAnyway = true;
    side.send(brain, place(side, brain));
    await settle();
    expect(side.status(idOf(brain, 1))).toBe('unknown');
    await live(side, brain, 300);
    expect([side.status(idOf(brain, 1)), side.venue.count('place')]).toEqual(['open', 1]);
  });

  test('an unanswered place that never arrived ends only when query, trades and time agree', async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown'));
    side.send(brain, place(side, brain));
    const settleMs = CONFIG.gateway.recvWindowMs + 3_000;
    await live(side, brain, settleMs - 300);
    expect(side.status(idOf(brain, 1))).toBe('unknown');
    await live(side, brain, 6_000);
    expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'not-found', order: { status: 'rejected' } });
    expect(side.venue.count('place')).toBe(1);
  });

  test("a place that never arrived ends even when a person's fill of the same side could have been its own", async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown'));
    side.send(brain, place(side, brain));
    await settle();
    side.venue.manualBuy(3);
    await live(side, brain, CONFIG.gateway.recvWindowMs + 12_000);
    expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'not-found', order: { status: 'rejected' } });
    expect(side.core.keeper.ledger.positions.row('BTCUSDT')).toMatchObject({ size: 3, fills: 1 });
    expect(side.venue.count('order-of')).toBe(1);
  });

  test('a place that filled unseen is booked from the trades, not dropped as not found', async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown'));
    side.venue.reachesAnyway = true;
    side.send(brain, place(side, brain));
    await settle();
    side.venue.fillOrder(idOf(brain, 1), { size: 10, told: false }); // and the venue answers "gone" from here on
    await live(side, brain, 12_000);
    expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(10);
    expect(side.status(idOf(brain, 1))).toBe('unknown'); // a fill that may be its own forbids the proof of absence
  });

  test('a cancel wanted while the place is on its way leaves right after the answer', async () => {
    const { side, brain } = await withBrain();
    side.venue.held = [];
    side.send(brain, place(side, brain));
    side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) });
    await settle();
    expect(side.venue.count('cancel')).toBe(0);
    for (const release of side.venue.held) release();
    await settle();
    expect(side.venue.calls.slice(-2).map(({ what }) => what)).toEqual(['place', 'cancel']);
    expect(side.status(idOf(brain, 1))).toBe('canceled');
  });

  test('a cancel that did not take is sent again until the order has ended', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    side.venue.answers.cancel.push(fault('busy'), fault('unreachable'));
    side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) });
    await live(side, brain, 1_500);
    expect([side.status(idOf(brain, 1)), side.venue.count('cancel')]).toEqual(['canceled', 3]);
  });

  test('an amend is taken over with its answer, and a second one waits for it', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    const amend = {
      id: 2,
      type: 'amend',
      clientId: idOf(brain, 1),
      price: '59998.00',
      size: '0.020',
      basedOn: side.basedOn,
      ttlMs: 500,
    } as const;
    expect(side.send(brain, amend)).toMatchObject({ type: 'taken' });
    expect(side.send(brain, amend)).toMatchObject({ code: 'order-busy' });
    await settle();
    expect(side.core.keeper.ledger.order(idOf(brain, 1))?.order).toMatchObject({ status: 'open', price: 599_980, size: 20 });
  });
});

describe('who may what', () => {
  test('nothing before hello', async () => {
    const side = await OrderSide.started();
    const client: Client = { id: 1, socket: 'brain', role: null, epoch: 0 };
    expect(side.send(client, { id: 1, type: 'query', what: 'status' })).toMatchObject({ code: 'no-hello' });
  });

  test('an observer only asks', async () => {
    const side = await OrderSide.started();
    const observer = side.client('observer');
    expect(side.send(observer, { id: 1, type: 'query', what: 'status' })).toMatchObject({ type: 'data' });
    expect(side.send(observer, { id: 2, type: 'cancelAll' })).toMatchObject({ code: 'not-allowed' });
  });

  test.each([
    ['environment', { environment: 'testnet' }, 'wrong-environment'],
    ['config', { configHash: '000000000000' }, 'wrong-config'],
    ['socket', { role: 'operator' as const }, 'not-allowed'],
  ])('hello with the wrong %s is refused', async (_name, over, code) => {
    const side = await OrderSide.started();
    const client: Client = { id: 1, socket: 'brain', role: null, epoch: 0 };
    const hello = {
      id: 0,
      type: 'hello',
      role: 'brain',
      schema: 1,
      environment: 'sim',
      configHash: side.core.identity.configHash,
    } as const;
    expect(side.send(client, { ...hello, ...over })).toMatchObject({ code });
    expect(client.role).toBeNull();
  });

  test('only an operator pauses and resumes', async () => {
    const { side, brain } = await withBrain();
    const operator = side.client('operator', 2);
    expect(side.send(brain, { id: 1, type: 'pause' })).toMatchObject({ code: 'not-allowed' });
    side.send(operator, { id: 2, type: 'pause', reason: 'lunch' });
    expect(side.send(brain, place(side, brain))).toMatchObject({ code: 'paused' });
    side.send(operator, { id: 3, type: 'resume' });
    expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken' });
  });

  test('a brain cannot cancel what an operator placed', async () => {
    const { side, brain } = await withBrain();
    const operator = side.client('operator', 2);
    side.send(operator, place(side, operator));
    await settle();
    expect(side.send(brain, { id: 1, type: 'cancel', clientId: idOf(operator, 1) })).toMatchObject({ code: 'not-allowed' });
  });
});

test('emergencyStop cancels, flattens and stays until an operator resumes', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.fillOrder(idOf(brain, 1), { size: 6, told: true });
  side.send(brain, { id: 2, type: 'emergencyStop', reason: 'test' });
  await live(side, brain, 1_500);
  expect([side.venue.position, side.venue.open.size, side.core.keeper.ledger.positions.row('BTCUSDT').size]).toEqual([0, 0, 0]);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'stopped' });
  side.send(side.client('operator', 2), { id: 3, type: 'resume' });
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ type: 'taken' });
});

test('closePosition blocks quoting, is idempotent, and is remembered until it is done', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.fillOrder(idOf(brain, 1), { size: 10, told: true });
  const close = { id: 2, type: 'closePosition', symbol: 'BTCUSDT', reason: 'take-profit', ladder: 'maker-first' } as const;
  for (let i = 0; i < 3; i++) side.send(brain, close);
  expect(side.jobs).toEqual([{ symbol: 'BTCUSDT', reason: 'take-profit', ladder: 'maker-first' }]);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'closing' });
  await live(side, brain, 8_000);
  expect([side.venue.position, side.jobs]).toEqual([0, []]);
});

test('a cancel is timed from its command to its bytes, as an order is', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  const before = side.core.latency.command.percentiles().n;
  side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) });
  await settle();
  expect([before, side.core.latency.command.percentiles().n]).toEqual([1, 2]);
});
