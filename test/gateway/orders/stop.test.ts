import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lots, ticks } from '../../../shared/units.ts';
import { CONFIG, live, OrderSide, place, withBrain } from '../../kit/order-side.ts';
import { fill, id, position, report } from '../../kit/orders.ts';
import { fault } from '../../kit/scripted-venue.ts';

/** Two percent from the scripted entry price of 60000. */
const TRIGGER = 588_000;

/** A side that holds a long of twenty lots, protected. */
async function holding(): Promise<OrderSide> {
  const side = new OrderSide();
  side.venue.position = 20;
  await begin(side);
  return side;
}

async function begin(side: OrderSide, ms = 500): Promise<void> {
  await side.venue.start({
    onAccount: (event) => side.watch.onAccount(event),
    onBookLive: (symbol, isLive, reason) => side.watch.onBookLive(symbol, { live: isLive, reason }),
    onTrade: () => undefined,
  });
  await side.run(ms);
}

const count = (side: OrderSide, what: string): number => side.venue.stops.calls.filter((call) => call === what).length;

test('protectFirst() reads what rests and what is held, and places the stop before any stream is open', async () => {
  const side = new OrderSide();
  side.venue.position = -20;
  await Promise.all([side.stops.protectFirst(2_000), side.run(200)]);
  expect(side.venue.events).toBeNull();
  expect(side.venue.stops.waiting()).toMatchObject([{ side: 'buy', trigger: 612_000, size: 20, reduceOnly: true }]);
  expect(side.stops.shown('BTCUSDT')).toEqual({ status: 'resting', trigger: 612_000, size: 20, foreign: 0 });
});

test('protectFirst() lets the start go on when the venue does not answer, and the stop comes later', async () => {
  const side = new OrderSide();
  side.venue.position = 20;
  side.venue.stops.answers.list.push(...Array.from({ length: 12 }, () => fault('unreachable')));
  await Promise.all([side.stops.protectFirst(500), side.run(600)]);
  expect(side.venue.stops.waiting()).toEqual([]);
  await side.run(3_000);
  expect(side.venue.stops.waiting()).toHaveLength(1);
});

test('a position gets its stop, which is in the ledger before it leaves; closed by the ladder, the stop is cancelled', async () => {
  const side = await holding();
  expect(side.venue.stops.waiting()).toMatchObject([{ side: 'sell', trigger: TRIGGER, size: 20 }]);
  expect([...side.stopRows.values()]).toMatchObject([{ status: 'resting', size: 20 }]);
  side.closer.start({ symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
  await side.run(2_000);
  expect(side.venue.position).toBe(0);
  expect(side.venue.stops.waiting()).toEqual([]);
  expect(side.stops.shown('BTCUSDT')).toEqual({ status: 'none', trigger: null, size: 0, foreign: 0 });
  expect([...side.stopRows.values()]).toMatchObject([{ status: 'ended', reason: 'canceled' }]);
});

test('it takes in what resting quotes may bring; grown further, the new one is confirmed before the old one is cancelled', async () => {
  const { side, brain } = await withBrain();
  side.venue.position = 0;
  expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken' });
  await live(side, brain, 100);
  const [order] = [...side.venue.open.keys()];
  side.venue.fillOrder(order ?? '', { size: 4, told: true });
  await live(side, brain, 300);
  expect(side.venue.stops.waiting()).toMatchObject([{ size: 10 }]); // four held, six may come
  side.venue.fillOrder(order ?? '', { size: 6, told: true });
  await live(side, brain, 300);
  expect(side.venue.stops.calls.filter((call) => call !== 'list')).toEqual(['place']);
});

test('an outcome that is not known is asked for and never sent again while it may live', async () => {
  const side = new OrderSide();
  side.venue.position = 20;
  side.venue.stops.answers.place.push(fault('unknown', 'time-out'));
  side.venue.stops.reachesAnyway = true;
  await begin(side);
  expect([count(side, 'place'), count(side, 'query')]).toEqual([1, 1]);
  expect(side.stops.shown('BTCUSDT')).toMatchObject({ status: 'resting', size: 20 });
});

test('one that never arrived is placed anew after a second, and is believed gone only when it can come no more', async () => {
  const side = new OrderSide();
  side.venue.position = 20;
  side.venue.stops.answers.place.push(fault('unknown', 'time-out'));
  await begin(side, 1_500);
  expect(side.venue.stops.waiting()).toHaveLength(1);
  const lost = [...side.stopRows.values()].find(({ status }) => status === 'unknown');
  expect(lost).toBeDefined();
  await side.run(12_000);
  expect(side.stopRows.get(lost?.clientId ?? '')).toMatchObject({ status: 'ended', reason: 'not-found' });
  expect(side.venue.stops.waiting()).toHaveLength(1);
});

test('a trigger the price has passed starts the close ladder', async () => {
  const side = new OrderSide();
  side.venue.position = 20;
  side.venue.stops.answers.place.push(fault('rejected', 'would-trigger'));
  await begin(side, 2_500);
  expect(side.jobs).toEqual([]);
  expect(side.facts).toContain('Close ladder started');
  expect(side.venue.position).toBe(0);
});

test('refused again and again it is tried later and later; meanwhile the position may not grow, and what would is pulled', async () => {
  const { side, brain } = await withBrain();
  side.venue.stops.answers.place.push(...Array.from({ length: 6 }, () => fault('rejected', 'open-order-limit')));
  side.send(brain, place(side, brain, { size: '0.030' }));
  await live(side, brain, 100);
  const [order] = [...side.venue.open.keys()];
  side.venue.fillOrder(order ?? '', { size: 10, told: true });
  await live(side, brain, 1_000);
  expect(count(side, 'place')).toBeLessThanOrEqual(3);
  expect(side.stops.isMissing('BTCUSDT')).toBe(false);
  await live(side, brain, 2_500);
  expect(side.stops.isMissing('BTCUSDT')).toBe(true);
  expect(side.status(order ?? '')).toBe('canceled');
  const grow = place(side, brain, { clientId: id(2, { epoch: brain.epoch }) });
  expect(side.send(brain, grow)).toMatchObject({ type: 'refused', code: 'stop-missing' });
  const shrink = place(side, brain, { clientId: id(3, { epoch: brain.epoch }), side: 'sell', price: '60001.00' });
  expect(side.send(brain, shrink)).toMatchObject({ type: 'taken' });
  await live(side, brain, 20_000);
  expect(side.stops.isMissing('BTCUSDT')).toBe(false);
  expect(side.venue.stops.waiting()).toHaveLength(1);
});

test('the venue that sees no position to reduce is asked for its view of it', async () => {
  const side = new OrderSide();
  side.venue.position = 20;
  await begin(side, 0);
  side.venue.stops.answers.place.push(fault('rejected', 'reduce-only-refused'));
  const reads = side.venue.count('account');
  await side.run(1_000);
  expect(side.venue.count('account')).toBeGreaterThan(reads);
  expect(side.venue.stops.waiting()).toHaveLength(1);
});

test('cancelAll and pause leave it; the emergency stop flattens first, then it goes', async () => {
  const side = await holding();
  const operator = side.client('operator');
  side.send(operator, { id: 1, type: 'cancelAll' });
  side.send(operator, { id: 2, type: 'pause', reason: 'lunch' });
  await side.run(500);
  expect(side.venue.stops.waiting()).toHaveLength(1);
  side.send(operator, { id: 3, type: 'emergencyStop', reason: 'test' });
  expect(side.venue.stops.waiting()).toHaveLength(1);
  await side.run(2_000);
  expect([side.venue.position, side.venue.stops.waiting().length]).toEqual([0, 0]);
  expect(side.stops.settled).toBe(true);
});

test('triggered, its order is ours from the first word of it on, and no second one is placed while it fills', async () => {
  const side = await holding();
  const [stop] = side.venue.stops.waiting();
  const clientId = stop?.clientId ?? '';
  const child = { clientId, venueId: 'v900', side: 'sell', price: null, size: lots(20), reduceOnly: true } as const;
  side.venue.tell(report({ ...child, atMs: side.venue.nowMs() }));
  side.venue.tell(fill({ ...child, price: ticks(587_990), size: lots(20), tradeId: '9000', atMs: side.venue.nowMs() }));
  side.venue.position = 0;
  side.venue.tell(report({ ...child, state: 'filled', filled: lots(20), atMs: side.venue.nowMs() }));
  side.venue.tell(side.venue.stops.become(clientId, { state: 'finished', childId: 'v900' })); // later than its fill
  await side.run(500);
  expect(side.core.keeper.ledger.order(clientId)).toMatchObject({ role: 'stop', order: { status: 'filled', filled: 20 } });
  expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(0);
  expect(side.facts).not.toContain('Ledger doubt');
  expect([count(side, 'place'), side.stops.settled]).toEqual([1, true]);
});

test('triggered while we were dead, its order and fill are found by the next run and booked as the stop', async () => {
  const before = await holding();
  const rows = [...before.stopRows.values()];
  const [row] = rows;
  const clientId = row?.clientId ?? '';
  const side = new OrderSide(CONFIG, rows);
  side.venue.stops.all.set(clientId, { ...before.venue.stops.become(clientId, { state: 'finished', childId: 'v900' }) });
  const common = { clientId, venueId: 'v900', side: 'sell', price: null, reduceOnly: true } as const;
  side.venue.others.push({
    ...report({ ...common, state: 'filled', size: lots(20), filled: lots(20) }),
    orderKind: 'market',
    timeInForce: 'ioc',
  });
  await Promise.all([side.stops.protectFirst(1_000), side.run(500)]);
  expect(side.core.keeper.ledger.order(clientId)).toMatchObject({ role: 'stop', side: 'sell', statedFilled: 20 });
  expect(side.stopRows.get(clientId)).toMatchObject({ status: 'ended', reason: 'triggered' });
  const now = side.core.keeper.now();
  side.core.keeper.ledger.adoptBaseline({ report: position(), sinceTradeId: null, now });
  const change = side.core.keeper.ledger.fill(
    fill({ ...common, clientId: '', price: ticks(587_990), size: lots(20), tradeId: '9000' }),
    side.core.keeper.now(),
  );
  expect(change).toMatchObject({ newFills: [{ clientId }], doubts: [] });
});

test('a restart takes up the stop that rests; an orphan of ours is cancelled when flat; those of others are shown and left alone', async () => {
  const before = await holding();
  const side = new OrderSide(CONFIG, [...before.stopRows.values()]);
  side.venue.position = 20;
  for (const stop of before.venue.stops.waiting()) side.venue.stops.all.set(stop.clientId, stop);
  const other = { symbol: 'BTCUSDT', side: 'sell', trigger: ticks(500_000), size: lots(7), reduceOnly: true } as const;
  side.venue.stops.add({ ...other, clientId: 'web_stop' });
  const orphan = side.venue.stops.add({ ...other, clientId: id(7, { role: 'stop', epoch: 9 }) });
  await begin(side, 1_000);
  expect(count(side, 'place')).toBe(0);
  expect(side.venue.stops.all.get(orphan.clientId)).toMatchObject({ state: 'canceled' });
  expect(side.stops.shown('BTCUSDT')).toEqual({ status: 'resting', trigger: TRIGGER, size: 20, foreign: 1 });
  side.closer.start({ symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
  await side.run(2_000);
  expect(side.venue.stops.waiting()).toMatchObject([{ clientId: 'web_stop' }]);
});

test('one cancelled by a person is missed at the next reading, and placed again', async () => {
  const side = await holding();
  const [stop] = side.venue.stops.waiting();
  await side.run(1_500);
  side.venue.stops.become(stop?.clientId ?? '', { state: 'canceled' });
  expect(await side.stops.sync()).toBe(true);
  await side.run(500);
  expect(side.venue.stops.waiting()).toHaveLength(1);
  expect(count(side, 'place')).toBe(2);
});

test('a cancel whose outcome is not known is asked for', async () => {
  const side = await holding();
  side.venue.stops.answers.cancel.push(fault('unknown', 'time-out'));
  side.closer.start({ symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
  await side.run(3_000);
  expect(side.venue.stops.waiting()).toEqual([]);
  expect(side.stops.settled).toBe(true);
});

test('at zero percent nothing is placed, and nothing is missing', async () => {
  const { gateway } = CONFIG;
  const side = new OrderSide({ ...CONFIG, gateway: { ...gateway, disasterStop: { ...gateway.disasterStop, symbols: { BTCUSDT: 0 } } } });
  side.venue.position = 20;
  await begin(side, 5_000);
  expect([count(side, 'place'), side.stops.isMissing('BTCUSDT')]).toEqual([0, false]);
});

const FAULTS = [fault('unknown', 'time-out'), fault('rejected', 'filter'), fault('busy'), fault('unreachable'), fault('gone')] as const;
const CALLS = ['place', 'place', 'cancel', 'query', 'list'] as const;
type Call = (typeof CALLS)[number];
type Turn =
  | { readonly kind: 'buy'; readonly size: number }
  | { readonly kind: 'close' | 'by-hand' }
  | { readonly kind: 'fault'; readonly call: Call; readonly fault: (typeof FAULTS)[number]; readonly reaches: boolean }
  | { readonly kind: 'stream'; readonly state: 'live' | 'lost' };
const anyFault = fc.record({
  kind: fc.constant('fault' as const),
  call: fc.constantFrom(...CALLS),
  fault: fc.constantFrom(...FAULTS),
  reaches: fc.boolean(),
});
const turns = fc.array<Turn>(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('buy' as const), size: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 7, arbitrary: anyFault },
    { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'by-hand' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stream' as const), state: fc.constantFrom('live' as const, 'lost' as const) }) },
  ),
  { minLength: 4, maxLength: 14 },
);

function perform(side: OrderSide, turn: Turn): void {
  const { venue } = side;
  switch (turn.kind) {
    case 'buy':
      venue.manualBuy(turn.size);
      venue.tell({ kind: 'position', symbol: 'BTCUSDT', size: lots(venue.position), entryPrice: '60000', atMs: venue.nowMs() });
      return;
    case 'close':
      side.closer.start({ symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
      return;
    case 'by-hand':
      for (const { clientId } of venue.stops.waiting().slice(0, 1)) venue.stops.become(clientId, { state: 'canceled' });
      return;
    case 'fault':
      venue.stops.answers[turn.call].push(turn.fault);
      venue.stops.reachesAnyway = turn.reaches;
      return;
    case 'stream':
      venue.tell({ kind: 'stream', state: turn.state, reason: 'test' });
  }
}

test('whatever fails, in the end what is held is covered, what is not held has no stop, and no id is used twice', async () => {
  await fc.assert(
    fc.asyncProperty(turns, async (script) => {
      const side = new OrderSide();
      side.venue.position = 20;
      await begin(side);
      for (const turn of script) {
        perform(side, turn);
        await side.run(turn.kind === 'fault' ? 0 : 1_200, 50);
      }
      side.venue.tell({ kind: 'stream', state: 'live', reason: 'test' });
      for (const answers of Object.values(side.venue.stops.answers)) answers.splice(0);
      await side.run(45_000, 100);
      const waiting = side.venue.stops.waiting();
      const covered = waiting.reduce((sum, { size }) => sum + size, 0);
      expect(waiting.every((stop) => stop.side === 'sell')).toBe(true);
      expect(covered).toBeGreaterThanOrEqual(side.venue.position);
      expect(covered).toBeLessThanOrEqual(Math.max(2 * side.venue.position, 1));
      if (side.venue.position === 0) expect(waiting).toEqual([]);
      expect(side.stops.isMissing('BTCUSDT')).toBe(false);
      expect(side.stops.settled).toBe(true);
    }),
    { numRuns: 60 },
  );
});
