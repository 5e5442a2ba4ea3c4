import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coveredLots, type PlannedStop, planStops, type StopView } from '../../../gateway/orders/stop-plan.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { instrument } from '../../kit/orders.ts';

/** Market orders of at most 120 lots, so that larger positions need several stops. */
const BTC = instrument();
const NOW = 100_000;
const ENTRY = '60000';
/** Two percent below 600000 ticks. */
const TRIGGER = ticks(588_000);

const stop = (clientId: string, size: number, over: Partial<PlannedStop> = {}): PlannedStop => ({
  clientId,
  side: 'sell',
  trigger: TRIGGER,
  size: lots(size),
  status: 'resting',
  changedAt: monoMs(NOW - 60_000),
  ...over,
});
const view = (position: number, stops: readonly PlannedStop[] = [], over: Partial<StopView> = {}): StopView => ({
  now: monoMs(NOW),
  instrument: BTC,
  position: lots(position),
  reach: lots(position),
  known: true,
  entryPrice: ENTRY,
  markTicks: 600_000,
  percent: 2,
  stops,
  ...over,
});
const place = (size: number, over: object = {}) => ({ kind: 'place', side: 'sell', trigger: TRIGGER, size, ...over });
const cancel = (...clientIds: string[]) => ({ kind: 'cancel', clientIds });
const young = { changedAt: monoMs(NOW - 100) };

test.each<[string, StopView, object | null]>([
  ['places one for a new long, rounded towards the entry', view(10, [], { entryPrice: '60000.07' }), place(10, { trigger: 588_001 })],
  ['places one for a new short, on the other side', view(-10), place(10, { side: 'buy', trigger: 612_000 })],
  [
    'places it on the mark while no entry price is known',
    view(10, [], { entryPrice: null, markTicks: 500_000 }),
    place(10, { trigger: 490_000 }),
  ],
  ['waits while neither is known', view(10, [], { entryPrice: null, markTicks: null }), null],
  ['places without a mark', view(10, [], { markTicks: null }), place(10)],
  ['starts the close when the mark has passed the trigger already', view(10, [], { markTicks: 588_000 }), { kind: 'close' }],
  ['starts the close of a short the same way', view(-10, [], { markTicks: 612_000 }), { kind: 'close' }],
  ['leaves one alone that covers', view(10, [stop('a', 10)]), null],
  ['leaves one alone that is a little too large', view(9, [stop('a', 10)]), null],
  ['answers growth at once, with what resting orders may bring', view(12, [stop('a', 10, young)], { reach: lots(15) }), place(15)],
  [
    'keeps the old one while both together are what the orders may bring',
    view(12, [stop('a', 10), stop('b', 15, young)], { reach: lots(20) }),
    null,
  ],
  ['adds what resting orders may bring when it is calm', view(12, [stop('a', 12)], { reach: lots(20) }), place(20)],
  ['cancels the old one when the new one is confirmed', view(12, [stop('a', 10), stop('b', 15, young)]), cancel('a')],
  ['waits for the answer to a placement', view(12, [stop('a', 10), stop('b', 15, { status: 'placing' })]), null],
  ['waits a moment for one whose outcome is unknown', view(12, [stop('b', 15, { status: 'unknown', ...young })]), null],
  ['places beside one that stays unknown', view(12, [stop('b', 15, { status: 'unknown' })]), place(12)],
  ['does not count one that was triggered', view(12, [stop('b', 15, { status: 'triggered' })]), place(12)],
  ['cuts one that is far too large when it is calm', view(4, [stop('a', 10)]), place(4)],
  ['lets a large one be while things move', view(4, [stop('a', 10, young)]), null],
  ['moves one whose price is off by more than a tenth of its distance', view(10, [stop('a', 10, { trigger: ticks(586_000) })]), place(10)],
  ['leaves one alone whose price is near', view(10, [stop('a', 10, { trigger: ticks(587_000) })]), null],
  ['keeps a far one until the near one covers', view(10, [stop('a', 10, { trigger: ticks(500_000) }), stop('b', 4, young)]), null],
  ['cancels the far one then', view(10, [stop('a', 10, { trigger: ticks(500_000) }), stop('b', 10, young)]), cancel('a')],
  ['splits by the largest market order', view(300), place(120)],
  ['goes on splitting', view(300, [stop('a', 120), stop('b', 120)]), place(60)],
  [
    'covers a position that turned over before it cancels the other side',
    view(-10, [stop('a', 10)]),
    place(10, { side: 'buy', trigger: 612_000 }),
  ],
  ['cancels the other side then', view(-10, [stop('a', 10), stop('b', 10, { side: 'buy', trigger: ticks(612_000) })]), cancel('a')],
  ['cancels all when flat', view(0, [stop('a', 10), stop('b', 5, { side: 'buy' })]), cancel('a', 'b')],
  ['cancels nothing while flat is not known', view(0, [stop('a', 10)], { known: false }), null],
  ['cancels nothing spare while the position is not known', view(10, [stop('a', 10), stop('b', 10)], { known: false }), null],
  ['but places what lacks', view(10, [], { known: false }), place(10)],
  ['wants none at zero percent, and cancels what rests', view(10, [stop('a', 10)], { percent: 0 }), cancel('a')],
  ['is content flat', view(0), null],
])('planStops() %s', (_name, from, want) => {
  expect(planStops(from)).toEqual(want);
});

test('coveredLots() counts what the venue confirmed on the side of the position', () => {
  const stops = [stop('a', 10), stop('b', 5, { status: 'placing' }), stop('c', 7, { side: 'buy' }), stop('d', 3, { status: 'canceling' })];
  expect([coveredLots(stops, lots(20)), coveredLots(stops, lots(-20))]).toEqual([10, 7]);
});

/** A venue that answers late; every step is performed as the driver does it. */
class Model {
  now = NOW;
  position = 0;
  /** Lots of resting orders on the side of the position. */
  orders = 0;
  entry = 60_000;
  known = true;
  stops = new Map<string, PlannedStop>();
  steps = 0;
  closed = 0;
  #ids = 0;

  turn(): void {
    this.now += 25;
    const step = planStops(this.view());
    if (step === null) return;
    this.steps++;
    if (step.kind === 'close') this.closed++;
    if (step.kind === 'place') this.#put(stop(`s${++this.#ids}`, step.size, { ...step, status: 'placing' }));
    for (const clientId of step.kind === 'cancel' ? step.clientIds : []) this.#become(clientId, 'canceling');
  }

  /** The venue answers all that is under way: carried out, or not. */
  answer(carriedOut: boolean): void {
    for (const { clientId, status } of this.stops.values()) {
      if (status === 'placing') this.#become(clientId, carriedOut ? 'resting' : 'ended');
      if (status === 'canceling') this.#become(clientId, carriedOut ? 'ended' : 'resting');
    }
  }

  view(): StopView {
    const live = [...this.stops.values()].filter(({ status }) => status !== 'ended');
    return view(this.position, live, {
      now: monoMs(this.now),
      reach: lots(Math.sign(this.position) * this.reach),
      entryPrice: String(this.entry),
      known: this.known,
    });
  }

  get reach(): number {
    return this.position === 0 ? 0 : Math.abs(this.position) + this.orders;
  }

  get covered(): number {
    return coveredLots(this.view().stops, lots(this.position));
  }

  get waiting(): number {
    return this.view().stops.length;
  }

  #become(clientId: string, status: PlannedStop['status']): void {
    const before = this.stops.get(clientId);
    if (before) this.#put({ ...before, status });
  }

  #put(next: PlannedStop): void {
    this.stops.set(next.clientId, { ...next, changedAt: monoMs(this.now) });
  }
}

const moves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('fill' as const), lots: fc.integer({ min: -60, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('orders' as const), lots: fc.integer({ min: 0, max: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('entry' as const), price: fc.integer({ min: 59_000, max: 61_000 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), carriedOut: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('known' as const), known: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 8_000 }) }) },
  ),
  { maxLength: 60 },
);

test('planStops() never gives cover away, has one step under way, and ends covered, not too large, and with nothing spare', () => {
  fc.assert(
    fc.property(moves, (script) => {
      const model = new Model();
      for (const move of script) {
        if (move.kind === 'fill') model.position += move.lots;
        if (move.kind === 'orders') model.orders = move.lots;
        if (move.kind === 'entry') model.entry = move.price;
        if (move.kind === 'known') model.known = move.known;
        if (move.kind === 'wait') model.now += move.ms;
        if (move.kind === 'answer') model.answer(move.carriedOut);
        const [before, need] = [model.covered, Math.abs(model.position)];
        model.turn();
        expect(model.covered).toBeGreaterThanOrEqual(Math.min(before, need));
        expect(model.view().stops.filter(({ status }) => status === 'placing').length).toBeLessThanOrEqual(1);
      }
      model.known = true;
      for (let i = 0; i < 60; i++) {
        model.now += 6_000;
        model.turn();
        model.answer(true);
      }
      const [settled, need] = [model.steps, Math.abs(model.position)];
      model.now += 60_000;
      model.turn();
      expect(model.steps).toBe(settled);
      expect(model.covered).toBeGreaterThanOrEqual(need);
      expect(model.covered).toBeGreaterThanOrEqual(model.reach);
      expect(model.covered).toBeLessThanOrEqual(Math.max(model.reach * 2, model.reach + 1));
      if (need === 0) expect(model.waiting).toBe(0);
      expect(model.closed).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('planStops() falls short of the position by no more than was filled since its last step was begun', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 30 }), (fills) => {
      const model = new Model();
      let sinceStep = 0;
      for (const size of fills) {
        model.position += size;
        sinceStep += size;
        const before = model.steps;
        model.turn(); // the answer to the step before is in: one round trip a fill
        if (model.steps > before) sinceStep = 0;
        model.answer(true);
        expect(model.position - model.covered).toBeLessThanOrEqual(sinceStep);
      }
    }),
  );
});
