import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Side } from '../../../shared/sim/market.ts';
import { QUEUE_MODELS, type QueueFill, QueueModel, type QueueModelName } from '../../../shared/sim/queue.ts';
import { type Lots, lots, ticks } from '../../../shared/units.ts';

/** One bid for 10 lots at 100 behind 50. */
function bidBehind50(model: QueueModelName = 'risk-averse'): QueueModel {
  const queue = new QueueModel({ model });
  queue.place({ id: 'a', side: 'buy', price: ticks(100), size: lots(10), visibleAhead: lots(50) });
  return queue;
}

const sell = (queue: QueueModel, size: number, price = 100): readonly QueueFill[] =>
  queue.onTrade({ price: ticks(price), size: lots(size), aggressor: 'sell' });
const fill = (id: string, size: number, price = 100): QueueFill => ({ id, size: lots(size), price: ticks(price) });

test('QueueModel fills only after the line ahead has traded', () => {
  const queue = bidBehind50();
  expect(sell(queue, 30)).toEqual([]);
  expect(queue.aheadOf('a')).toBe(20);
  expect(sell(queue, 20)).toEqual([]);
  expect(sell(queue, 4)).toEqual([fill('a', 4)]);
  expect(sell(queue, 100)).toEqual([fill('a', 6)]);
  expect(queue.aheadOf('a')).toBeNull();
  expect(sell(queue, 100)).toEqual([]);
});

test('QueueModel fills partly when one trade passes the line', () => {
  expect(sell(bidBehind50(), 53)).toEqual([fill('a', 3)]);
});

test('QueueModel fills whole, at its own limit, when the market trades through', () => {
  expect(sell(bidBehind50(), 1, 99)).toEqual([fill('a', 10)]);
});

test.each([
  ['a trade above a bid', { price: ticks(101), size: lots(500), aggressor: 'sell' }],
  ['a buyer at the price of a bid', { price: ticks(100), size: lots(500), aggressor: 'buy' }],
] as const)('QueueModel is not moved by %s', (_name, trade) => {
  const queue = bidBehind50();
  expect(queue.onTrade(trade)).toEqual([]);
  expect(queue.aheadOf('a')).toBe(50);
});

test('QueueModel treats asks as the mirror image', () => {
  const queue = new QueueModel();
  queue.place({ id: 'x', side: 'sell', price: ticks(100), size: lots(10), visibleAhead: lots(5) });
  queue.place({ id: 'y', side: 'sell', price: ticks(102), size: lots(10), visibleAhead: lots(5) });
  expect(queue.onTrade({ price: ticks(100), size: lots(8), aggressor: 'buy' })).toEqual([fill('x', 3)]);
  expect(queue.onTrade({ price: ticks(103), size: lots(1), aggressor: 'buy' })).toEqual([fill('x', 7), fill('y', 10, 102)]);
});

test('QueueModel serves own orders at one price in their order, strangers between them first', () => {
  const queue = new QueueModel();
  queue.place({ id: 'a', side: 'buy', price: ticks(100), size: lots(2), visibleAhead: lots(5) });
  queue.place({ id: 'b', side: 'buy', price: ticks(100), size: lots(1), visibleAhead: lots(8) });
  expect(sell(queue, 10)).toEqual([fill('a', 2)]); // 5 strangers, a, 3 strangers
  expect(queue.aheadOf('b')).toBe(0);
  expect(sell(queue, 1)).toEqual([fill('b', 1)]);
});

test('QueueModel risk-averse: unexplained decreases happen behind us, but nobody stands behind more than is there', () => {
  const queue = bidBehind50();
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(80) });
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(60) });
  expect(queue.aheadOf('a')).toBe(50);
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(20) });
  expect(queue.aheadOf('a')).toBe(20);
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(90) });
  expect(queue.aheadOf('a')).toBe(20);
});

test('QueueModel proportional: cancels are spread evenly over the line, trades are not counted twice', () => {
  const queue = bidBehind50('proportional');
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(100) });
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(80) });
  expect(queue.aheadOf('a')).toBe(40); // a fifth of the line left, a fifth of what was ahead
  sell(queue, 10);
  expect(queue.aheadOf('a')).toBe(30);
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(70) }); // explained by the trade
  expect(queue.aheadOf('a')).toBe(30);
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(35) });
  expect(queue.aheadOf('a')).toBe(15);
});

/** 50 ahead, 50 behind, or 50 ahead and 150 behind; then so many of the line cancel. */
test.each([
  ['risk-averse', 100, 40, 50],
  ['proportional', 100, 40, 30],
  ['log-proportional', 100, 40, 30],
  ['square-proportional', 100, 40, 30],
  ['risk-averse', 200, 40, 50],
  ['proportional', 200, 40, 40], // a quarter of the line stands ahead, a quarter of the cancels
  ['log-proportional', 200, 40, 33], // log(51) against log(151): 44 %
  ['square-proportional', 200, 40, 46], // 1 against 9
  ['square-proportional', 200, 199, 1], // what is left behind us is used up first, the rest comes from before us
] as const)('QueueModel %s: of a line of %d, %d cancel, then %d stand ahead', (model, visible, canceled, ahead) => {
  const queue = bidBehind50(model);
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(visible) });
  queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(visible - canceled) });
  expect(queue.aheadOf('a')).toBe(ahead);
});

test('QueueModel: the more a model believes in cancels ahead, the sooner it fills', () => {
  const filled = QUEUE_MODELS.map((model) => {
    const queue = bidBehind50(model);
    let sum = 0;
    for (let visible = 200; visible > 0; visible -= 20) {
      queue.onDepth({ side: 'buy', price: ticks(100), visible: lots(visible) });
      sum += sell(queue, 3).reduce((total, { size }) => total + size, 0);
    }
    return sum;
  });
  const [averse = 0, proportional = 0, logarithmic = 0, square = 0] = filled;
  expect(averse).toBeLessThanOrEqual(square);
  expect(square).toBeLessThanOrEqual(proportional);
  expect(proportional).toBeLessThanOrEqual(logarithmic);
  expect(averse).toBeLessThan(logarithmic);
});

test('QueueModel forgets a canceled order and refuses a used id', () => {
  const queue = bidBehind50();
  expect(() => queue.place({ id: 'a', side: 'buy', price: ticks(99), size: lots(1), visibleAhead: lots(0) })).toThrow('"a"');
  expect(queue.cancel('a')).toBe(true);
  expect(queue.cancel('a')).toBe(false);
  expect(sell(queue, 1_000, 90)).toEqual([]);
});

type Step =
  | { readonly kind: 'place'; readonly side: Side; readonly price: number; readonly size: Lots; readonly ahead: Lots }
  | { readonly kind: 'trade'; readonly side: Side; readonly price: number; readonly size: Lots }
  | { readonly kind: 'depth'; readonly side: Side; readonly price: number; readonly size: Lots };

test.each(QUEUE_MODELS)('QueueModel %s never overfills, never fills a line out of order', (model) => {
  const common = {
    side: fc.constantFrom<Side>('buy', 'sell'),
    price: fc.integer({ min: 98, max: 102 }),
    size: fc.integer({ min: 1, max: 40 }).map(lots),
  };
  const step = fc.oneof(
    fc.record({ kind: fc.constant('place' as const), ...common, ahead: fc.integer({ min: 0, max: 60 }).map(lots) }),
    fc.record({ kind: fc.constant('trade' as const), ...common }),
    fc.record({ kind: fc.constant('depth' as const), ...common }),
  );
  const run = fc.property(fc.array<Step>(step, { maxLength: 60 }), (steps) => {
    const queue = new QueueModel({ model });
    const placed: { id: string; side: Side; price: number; left: number }[] = [];
    steps.forEach((one, i) => {
      if (one.kind === 'place') {
        queue.place({ id: `${i}`, side: one.side, price: ticks(one.price), size: one.size, visibleAhead: one.ahead });
        placed.push({ id: `${i}`, side: one.side, price: one.price, left: one.size });
      } else if (one.kind === 'depth') queue.onDepth({ side: one.side, price: ticks(one.price), visible: one.size });
      else {
        for (const { id, size, price } of queue.onTrade({ price: ticks(one.price), size: one.size, aggressor: one.side })) {
          const order = placed.find((other) => other.id === id);
          if (!order) throw new Error(`fills ${id}, which was never placed`);
          expect(price).toBe(order.price);
          expect(order.side).not.toBe(one.side);
          expect(placed.filter((other) => other.side === order.side && other.price === order.price && other.left > 0)[0]?.id).toBe(id);
          order.left -= size;
          expect(order.left).toBeGreaterThanOrEqual(0);
        }
      }
    });
    for (const { id, left } of placed) expect(queue.aheadOf(id) !== null).toBe(left > 0);
  });
  fc.assert(run, { numRuns: 300 });
});
