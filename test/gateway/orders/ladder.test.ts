import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  hasten,
  type LadderAction,
  type LadderKind,
  type LadderState,
  type LadderView,
  orderSent,
  startLadder,
  stepLadder,
} from '../../../gateway/orders/ladder.ts';
import type { OrderStatus } from '../../../shared/order.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { instrument } from '../../kit/orders.ts';

type Sent = Extract<LadderAction, { kind: 'place' }>;

/** A venue that fills, rejects, stays silent or lets rest by a script; it enforces reduce-only as the real one does. */
class Model {
  position: number;
  others: number;
  now = 0;
  state: LadderState;
  order: { status: OrderStatus; reason: string; left: number; sent: Sent } | null = null;
  read: LadderView['read'] = null;
  readFailedAt: LadderView['readFailedAt'] = null;
  /** Reads that fail, or hang, before one is answered. */
  readsLost: ('fails' | 'hangs')[] = [];
  readsAt: number[] = [];
  readonly sent: Sent[] = [];
  readonly seen: number[] = [];
  readonly #script: () => number;
  bookLive = true;

  constructor({ position, others = 0, ladder, script }: { position: number; others?: number; ladder: LadderKind; script: () => number }) {
    this.position = position;
    this.others = others;
    this.#script = script;
    this.state = startLadder({ symbol: 'BTCUSDT', reason: 'test', ladder }, monoMs(0));
  }

  get done(): boolean {
    return this.state.at === 'done';
  }

  turn(): void {
    this.now += 50;
    this.#live();
    const { state, actions } = stepLadder(this.state, this.#view());
    this.state = state;
    for (const action of actions) this.#perform(action);
    this.seen.push(this.position);
  }

  #view(): LadderView {
    return {
      now: monoMs(this.now),
      instrument: instrument(),
      ledgerSize: lots(this.position),
      read: this.read,
      readFailedAt: this.readFailedAt,
      best: this.bookLive ? { bid: ticks(599_999), ask: ticks(600_001) } : null,
      markTicks: 600_000,
      otherOrders: this.others,
      order: this.order && { status: this.order.status, reason: this.order.reason },
    };
  }

  #perform(action: LadderAction): void {
    if (action.kind === 'read-position') this.#read();
    if (action.kind === 'cancel-others') this.others = Math.max(0, this.others - 1);
    if (action.kind === 'cancel-own' && this.order) this.order.status = 'canceled';
    if (action.kind === 'place') this.#place(action);
  }

  #read(): void {
    this.readsAt.push(this.now);
    const lost = this.readsLost.shift();
    if (lost === undefined) this.read = { size: lots(this.position), at: monoMs(this.now) };
    if (lost === 'fails') this.readFailedAt = monoMs(this.now);
  }

  #place(sent: Sent): void {
    this.sent.push(sent);
    const answer = this.#script() % 6;
    this.order = { status: 'open', reason: '', left: sent.order.size, sent };
    this.state = orderSent(this.state, { clientId: String(this.sent.length), order: sent.order, rung: sent.rung, now: monoMs(this.now) });
    if (answer === 0) Object.assign(this.order, { status: 'rejected', reason: 'filter' });
    else if (answer === 1) this.order.status = 'unknown';
    else if (sent.rung !== 'maker') {
      this.#fill(answer === 2 ? Math.ceil(sent.order.size / 2) : answer === 3 ? 0 : sent.order.size);
      if (this.order.status === 'open') this.order.status = 'expired';
    }
  }

  /** Resting and silent orders may still fill. */
  #live(): void {
    if (this.order && (this.order.status === 'open' || this.order.status === 'unknown') && this.#script() % 4 === 0)
      this.#fill(1 + (this.#script() % 3));
  }

  #fill(wanted: number): void {
    if (!this.order) return;
    const room = this.order.sent.order.side === 'sell' ? Math.max(0, this.position) : Math.max(0, -this.position);
    const size = Math.min(wanted, this.order.left, room);
    this.position += this.order.sent.order.side === 'sell' ? -size : size;
    this.order.left -= size;
    if (this.order.left === 0) this.order.status = 'filled';
  }
}

const always = (answer: number) => () => answer;
const run = (model: Model, turns = 1_000): Model => {
  for (let i = 0; i < turns && !model.done; i++) model.turn();
  return model;
};

test('a taker ladder closes with one limited order where it fills', () => {
  const model = run(new Model({ position: 50, ladder: 'taker', script: always(5) }));
  expect(model).toMatchObject({ done: true, position: 0 });
  expect(model.sent).toMatchObject([{ rung: 'limit', order: { side: 'sell', timeInForce: 'ioc', size: 50, price: 599_399 } }]);
});

test('a maker-first ladder rests at best and takes after a while', () => {
  const model = run(new Model({ position: -50, ladder: 'maker-first', script: always(5) }));
  expect(model).toMatchObject({ done: true, position: 0 });
  expect(model.sent.map(({ rung }) => rung)).toEqual(['maker', 'limit']);
  expect(model.sent[0]).toMatchObject({ order: { side: 'buy', timeInForce: 'post-only', price: 599_999, size: 50 } });
});

test('hasten() lets a resting ladder take at once', () => {
  const model = new Model({ position: 50, ladder: 'maker-first', script: always(5) });
  while (model.sent.length === 0) model.turn();
  model.state = hasten(model.state);
  run(model, 20);
  expect(model).toMatchObject({ done: true, position: 0 });
});

test('an own order on the symbol is cancelled before anything is sent', () => {
  const model = new Model({ position: 10, others: 2, ladder: 'taker', script: always(5) });
  while (model.sent.length === 0) model.turn();
  expect(model.others).toBe(0);
});

test('without a book it goes to market, sliced to the market lot', () => {
  const model = new Model({ position: 300, ladder: 'taker', script: always(5) });
  model.bookLive = false;
  run(model);
  expect(model.sent.map(({ rung, order }) => [rung, order.size])).toEqual([
    ['market', 120],
    ['market', 120],
    ['market', 60],
  ]);
});

test('three limited tries that do not fill escalate to market, and a refused market order falls back to the limit', () => {
  const answers = [3, 3, 3, 0, 5];
  const model = new Model({ position: 10, ladder: 'taker', script: () => answers.shift() ?? 5 });
  run(model);
  expect(model.sent.map(({ rung }) => rung)).toEqual(['limit', 'limit', 'limit', 'market', 'limit']);
  expect(model).toMatchObject({ done: true, position: 0 });
});

test('a position that could not be read is asked for again soon, one that is not told at all a little later', () => {
  const model = new Model({ position: 10, ladder: 'taker', script: always(5) });
  model.readsLost = ['fails', 'fails', 'hangs'];
  run(model);
  expect(model).toMatchObject({ done: true, position: 0 });
  const waits = model.readsAt.slice(1, 4).map((at, i) => at - (model.readsAt[i] ?? 0));
  expect(waits).toEqual([250, 250, 1_000]);
});

test('a flat position needs no order', () => {
  expect(run(new Model({ position: 0, ladder: 'taker', script: always(5) }))).toMatchObject({ done: true, sent: [] });
});

test('a venue that refuses everything is not flooded', () => {
  const model = run(new Model({ position: 10, ladder: 'taker', script: always(0) }), 600); // 30 s
  expect(model.done).toBe(false);
  expect(model.sent.length).toBeLessThan(70);
});

test('whatever the venue does, no order is larger than the position, none overshoots, and it ends flat', () => {
  const script = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: -400, max: 400 }),
      fc.nat({ max: 3 }),
      fc.constantFrom<LadderKind>('taker', 'maker-first'),
      script,
      (position, others, ladder, answers) => {
        const queue = [...answers];
        const model = new Model({ position, others, ladder, script: () => queue.shift() ?? 5 });
        let before = position;
        for (let i = 0; i < 3_000 && !model.done; i++) {
          const count = model.sent.length;
          model.turn();
          if (model.sent.length > count) expect(model.sent.at(-1)?.order.size).toBeLessThanOrEqual(Math.abs(before));
          expect(Math.sign(model.position) === Math.sign(position) || model.position === 0).toBe(true);
          before = model.position;
        }
        expect(model).toMatchObject({ done: true, position: 0 });
      },
    ),
    { numRuns: 200 },
  );
});
