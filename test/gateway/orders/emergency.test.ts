import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StopOrder } from '../../../gateway/orders/emergency.ts';
import type { Client } from '../../../gateway/orders/desk.ts';
import type { VenueOrder } from '../../../gateway/venues/venue.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { CONFIG, idOf, live, OrderSide, place, settle, withBrain } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

const ORDER: StopOrder = { reason: 'test', source: 'operator', everything: false };

/** Two quotes, one of them partly filled, so that there is something to cancel and something to close. */
async function trading() {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  side.send(brain, place(side, brain, { clientId: idOf(brain, 2), price: '59998.00' }));
  await settle();
  side.venue.fillOrder(idOf(brain, 1), { size: 4, told: true });
  expect([side.venue.open.size, side.venue.position]).toEqual([2, 4]);
  return { side, brain };
}

const foreign = (clientId: string): VenueOrder => ({
  ...{
    kind: 'order',
    symbol: 'BTCUSDT',
    clientId,
    venueId: `v-${clientId}`,
    side: 'buy',
    state: 'accepted',
    reduceOnly: false,
    reason: '',
  },
  ...{ price: ticks(500_000), size: lots(7), filled: lots(0), atMs: wallMs(1), orderKind: 'limit', timeInForce: 'gtc' },
});
const phase = (side: OrderSide) => side.emergency.shown()?.phase;

describe('asked for', () => {
  test.each([
    ['a brain', (side: OrderSide, brain: Client) => side.send(brain, { id: 1, type: 'emergencyStop', reason: 'test' })],
    ['an operator', (side: OrderSide) => side.send(side.client('operator', 7), { id: 1, type: 'emergencyStop', reason: 'test' })],
    ['a signal', (side: OrderSide) => side.emergency.trigger({ ...ORDER, source: 'signal' })],
    ['a file', (side: OrderSide) => side.emergency.trigger({ ...ORDER, source: 'file' })],
    ['a breaker', (side: OrderSide) => side.emergency.trigger({ ...ORDER, source: 'breaker' })],
  ])('by %s it refuses what is new at once, cancels, flattens, and is done by the word of the venue', async (_name, ask) => {
    const { side, brain } = await trading();
    ask(side, brain);
    expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 3) }))).toMatchObject({ type: 'refused' });
    expect(side.core.modes.stopped).toBe('test');
    const reads = side.venue.count('account');
    await side.run(400);
    expect([side.venue.open.size, side.venue.position, phase(side)]).toEqual([0, 0, 'done']);
    expect(side.venue.count('account')).toBeGreaterThan(reads);
    expect(side.emergency.shown()).toMatchObject({ reason: 'test', left: [], everything: false });
    expect(JSON.parse(side.savedEmergency ?? '')).toMatchObject({ done: true });
  });

  test('it is under way in the turn in which it is asked for: cancels have left, and what waits for the budget is dropped', async () => {
    const { side } = await trading();
    side.emergency.trigger(ORDER);
    expect(side.venue.count('cancel')).toBe(2);
    expect(side.emergency.shown()).toMatchObject({
      phase: 'canceling',
      left: expect.arrayContaining(['the venue has not confirmed it yet']),
    });
  });

  test('twice it goes on with the first; for more it widens; after its end it begins anew', async () => {
    const { side } = await trading();
    side.emergency.trigger(ORDER);
    side.emergency.trigger({ ...ORDER, reason: 'again' });
    expect(side.emergency.shown()).toMatchObject({ reason: 'test', everything: false });
    side.emergency.trigger({ ...ORDER, reason: 'wider', everything: true });
    expect(side.emergency.shown()).toMatchObject({ reason: 'wider', everything: true });
    await side.run(500);
    expect(phase(side)).toBe('done');
    side.venue.manualBuy(3);
    await side.run(500);
    expect([phase(side), side.venue.position]).toEqual(['done', 3]); // what a person does after it is his
    side.emergency.trigger(ORDER);
    await side.run(500);
    expect([phase(side), side.venue.position]).toEqual(['done', 0]);
  });

  test('the countdown at the venue is not pushed back any more', async () => {
    const { side, brain } = await trading();
    side.venue.answers.cancel.push(...Array.from({ length: 60 }, () => fault('busy')));
    await live(side, brain, 500);
    const armed = side.venue.count('arm');
    side.emergency.trigger(ORDER);
    await live(side, brain, CONFIG.gateway.deadManRefreshMs + 1_000);
    expect(side.venue.count('arm')).toBe(armed);
  });
});

describe('orders of others', () => {
  test('are left alone by default, and cancelled until the venue lists none when everything is meant', async () => {
    const { side } = await trading();
    side.venue.open.set('web_1', foreign('web_1'));
    side.emergency.trigger(ORDER);
    await side.run(400);
    expect([phase(side), [...side.venue.open.keys()]]).toEqual(['done', ['web_1']]);
    side.venue.answers.cancel.push(fault('unknown', 'time-out'), fault('busy'));
    side.emergency.trigger({ ...ORDER, everything: true });
    await side.run(300);
    expect(phase(side)).toBe('verifying');
    expect(side.emergency.shown()?.left).toEqual(['BTCUSDT: foreign order web_1']);
    await side.run(2_000);
    expect([phase(side), side.venue.open.size]).toEqual(['done', 0]);
  });

  test('conditional ones go too, and are verified like the rest', async () => {
    const side = await OrderSide.started();
    side.venue.stops.add({ symbol: 'BTCUSDT', clientId: 'person', side: 'buy', trigger: ticks(900_000), size: lots(1), reduceOnly: false });
    side.emergency.trigger(ORDER);
    await side.run(400);
    expect([phase(side), side.venue.stops.waiting().length]).toEqual(['done', 1]);
    side.emergency.trigger({ ...ORDER, everything: true });
    await side.run(1_000);
    expect([phase(side), side.venue.stops.waiting()]).toEqual(['done', []]);
  });
});

describe('in spite of', () => {
  test('an order on its way: the cancel overtakes it, and is sent again after its answer', async () => {
    const { side, brain } = await withBrain();
    side.venue.held = [];
    side.send(brain, place(side, brain));
    side.emergency.trigger(ORDER);
    expect(side.venue.count('cancel')).toBe(1); // did nothing: it is not there yet
    await side.run(100);
    for (const release of side.venue.held.splice(0)) release();
    await settle();
    expect(side.venue.open.size).toBe(0);
    await side.run(3_000);
    expect(phase(side)).toBe('done');
  });

  test('cancels without an answer: they are sent again without waiting for it, more and more seldom', async () => {
    const { side } = await trading();
    const { cancelMany } = side.venue.orders;
    let asked = 0;
    side.venue.orders.cancelMany = (order) => (asked++ < 2 ? new Promise(() => undefined) : cancelMany(order));
    side.emergency.trigger(ORDER);
    await side.run(350);
    expect([asked, side.venue.open.size]).toEqual([3, 0]);
    asked = Number.NEGATIVE_INFINITY;
    side.venue.orders.cancelMany = () => {
      asked = Math.max(asked, 0) + 1;
      return new Promise(() => undefined);
    };
    const next = await withBrain();
    next.side.venue.orders.cancel = () => {
      asked = Math.max(asked, 0) + 1;
      return new Promise(() => undefined);
    };
    next.side.send(next.brain, place(next.side, next.brain));
    await settle();
    next.side.emergency.trigger(ORDER);
    await next.side.run(10_000);
    expect(asked).toBeGreaterThan(9);
    expect(asked).toBeLessThan(15);
  });

  test('reads without an answer: others are begun beside them', async () => {
    const { side } = await trading();
    const { holdings } = side.venue.orders;
    let asked = 0;
    side.venue.orders.holdings = () => (asked++ < 2 ? new Promise(() => undefined) : holdings());
    side.emergency.trigger(ORDER);
    await side.run(1_500);
    expect([side.venue.position, phase(side)]).toEqual([0, 'done']);
  });

  test('a dead private stream: fills and ends are taken from answers and the list of trades', async () => {
    const { side } = await trading();
    side.venue.tell({ kind: 'stream', state: 'lost', reason: 'test' });
    await side.run(50);
    side.venue.events = null; // nothing is told from here on
    side.emergency.trigger(ORDER);
    await side.run(3_000);
    expect([side.venue.open.size, side.venue.position, side.closer.closing, phase(side)]).toEqual([0, 0, [], 'done']);
    expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(0);
  });

  test('weight that is used up: the position is closed on the word of the living stream, and verified when the venue lets us read', async () => {
    const { side } = await trading();
    side.venue.budgets = { ...side.venue.budgets, weight: { used: 2_400, limit: 2_400 } };
    side.venue.answers.account.push(...Array.from({ length: 12 }, () => fault('rate-limited', 'waiting')));
    side.emergency.trigger(ORDER);
    await side.run(200);
    expect(side.venue.position).toBe(0);
    expect(phase(side)).not.toBe('done');
    await side.run(20_000);
    expect(phase(side)).toBe('done');
  });

  test('a ledger that cannot be written: it holds in memory, and is saved when the disk is back', async () => {
    const { side } = await trading();
    side.fault = 'disk full';
    side.emergency.trigger(ORDER);
    await side.run(1_000);
    expect([side.venue.open.size, side.venue.position, side.savedEmergency]).toEqual([0, 0, null]);
    side.fault = null;
    await side.run(100);
    expect(JSON.parse(side.savedEmergency ?? '')).toMatchObject({ reason: 'test' });
  });

  test('an order of which nobody knows whether it arrived: done no sooner than it can come no more', async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown', 'time-out'));
    side.send(brain, place(side, brain));
    await settle();
    side.emergency.trigger(ORDER);
    await side.run(CONFIG.gateway.recvWindowMs - 100);
    expect(side.emergency.shown()).toMatchObject({
      phase: 'canceling',
      left: expect.arrayContaining([expect.stringContaining('1 own orders')]),
    });
    await side.run(2_000);
    expect(phase(side)).toBe('done');
  });

  test('an order of ours that the ledger does not hold: found at the venue and cancelled', async () => {
    const { side, brain } = await withBrain();
    side.venue.open.set(idOf(brain, 9), foreign(idOf(brain, 9)));
    side.emergency.trigger(ORDER);
    await side.run(1_000);
    expect([side.venue.open.size, phase(side)]).toEqual([0, 'done']);
  });
});

test('before the account was ever read: it is flattened, and the first reading adopts what is left as it is', async () => {
  const side = new OrderSide();
  side.venue.manualBuy(5);
  side.emergency.trigger(ORDER);
  await side.venue.start({ onAccount: (event) => side.watch.onAccount(event), onBookLive: () => undefined, onTrade: () => undefined });
  await side.run(6_000);
  expect([side.venue.position, phase(side)]).toEqual([0, 'done']);
  expect(side.core.keeper.ledger.positions.row('BTCUSDT')).toMatchObject({ size: 0 });
  expect(side.facts).not.toContain('Position corrected to the venue');
});

test('reads get rarer while something is left: they must not use up what cancels weigh', async () => {
  const { side } = await trading();
  side.venue.answers.cancel.push(...Array.from({ length: 1_000 }, () => fault('busy')));
  const before = side.venue.count('account');
  side.emergency.trigger(ORDER);
  await side.run(60_000, 100);
  expect(phase(side)).toBe('canceling');
  expect(side.venue.count('account') - before).toBeLessThan(25);
});

describe('across restarts', () => {
  const saved = (done: boolean) => JSON.stringify({ ...ORDER, sinceMs: 1, done });

  async function restarted(text: string) {
    const side = new OrderSide(CONFIG, [], { emergency: text });
    side.core.modes.stop('test');
    side.venue.position = 5;
    side.emergency.takeUp();
    await side.venue.start({ onAccount: (event) => side.watch.onAccount(event), onBookLive: () => undefined, onTrade: () => undefined });
    await side.run(1_500);
    return side;
  }

  test('one that was not done goes on', async () => {
    const side = await restarted(saved(false));
    expect([side.venue.position, phase(side)]).toEqual([0, 'done']);
  });

  test('one that was done leaves alone what was traded since, and nothing new is let through', async () => {
    const side = await restarted(saved(true));
    expect([side.venue.position, phase(side)]).toEqual([5, 'done']);
    const operator = side.client('operator');
    expect(side.send(operator, place(side, operator))).toMatchObject({ code: 'stopped' });
  });
});

describe('resume', () => {
  test('is for an operator on the socket of the operator alone, and lifts it', async () => {
    const { side, brain } = await trading();
    side.emergency.trigger(ORDER);
    await side.run(400);
    expect(side.send(brain, { id: 1, type: 'resume' })).toMatchObject({ code: 'not-allowed' });
    expect(side.send(side.client('operator', 2), { id: 1, type: 'resume' })).toMatchObject({ type: 'taken' });
    expect([side.emergency.shown(), side.core.modes.stopped, side.savedEmergency]).toEqual([null, null, null]);
  });

  test('is refused while the file that asked for it cannot be taken away, or the disk fails', async () => {
    const { side } = await trading();
    side.emergency.trigger(ORDER);
    await side.run(400);
    const operator = side.client('operator', 2);
    side.request = 'PANIC is there: remove it first';
    expect(side.send(operator, { id: 1, type: 'resume' })).toMatchObject({ sentence: expect.stringContaining('PANIC is there') });
    side.request = null;
    side.fault = 'disk full';
    expect(side.send(operator, { id: 2, type: 'resume' })).toMatchObject({ code: 'ledger-unavailable' });
    expect([phase(side), side.core.modes.stopped]).toEqual(['done', 'test']);
  });
});

const FAULTS = [
  fault('unknown', 'time-out'),
  fault('rejected', 'order-refused'),
  fault('busy'),
  fault('unreachable'),
  fault('gone'),
] as const;
const anyFaults = fc.array(fc.constantFrom(...FAULTS), { maxLength: 6 });

test('whatever fails, in the end it is flat, nothing of ours is left, and what it says is so', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ place: anyFaults, cancel: anyFaults, query: anyFaults, account: anyFaults }),
      fc.record({
        quotes: fc.integer({ min: 0, max: 3 }),
        filled: fc.integer({ min: 0, max: 9 }),
        foreign: fc.boolean(),
        inFlight: fc.boolean(),
      }),
      fc.record({
        everything: fc.boolean(),
        reaches: fc.boolean(),
        stream: fc.constantFrom('live', 'lost', 'silent'),
        bookLive: fc.boolean(),
      }),
      async (answers, before, { everything, reaches, stream, bookLive }) => {
        const { side, brain } = await withBrain();
        for (let i = 1; i <= before.quotes; i++) side.send(brain, place(side, brain, { clientId: idOf(brain, i), price: `5999${i}.00` }));
        await settle();
        if (before.quotes > 0 && before.filled > 0) side.venue.fillOrder(idOf(brain, 1), { size: before.filled, told: true });
        if (before.foreign) side.venue.open.set('web_1', foreign('web_1'));
        if (!bookLive) side.venue.status = 'stale';
        if (stream === 'lost') side.venue.tell({ kind: 'stream', state: 'lost', reason: 'test' });
        if (stream !== 'live') side.venue.events = null;
        Object.assign(side.venue.answers, {
          place: [...answers.place],
          cancel: [...answers.cancel],
          query: [...answers.query],
          account: [...answers.account],
        });
        side.venue.reachesAnyway = reaches;
        if (before.inFlight) side.send(brain, place(side, brain, { clientId: idOf(brain, 9), price: '59980.00' }));
        side.emergency.trigger({ ...ORDER, everything });
        await side.run(3_000, 50);
        for (const list of Object.values(side.venue.answers)) list.splice(0);
        await side.run(20_000, 100);
        expect(side.emergency.shown()).toMatchObject({ phase: 'done', left: [] });
        expect([side.venue.position, [...side.venue.open.keys()]]).toEqual([0, before.foreign && !everything ? ['web_1'] : []]);
        expect(side.venue.fills.every(({ clientId, side: way }) => clientId === idOf(brain, 1) || way === 'sell')).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
