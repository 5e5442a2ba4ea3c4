import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyOrderEvent,
  type Doubt,
  hasEnded,
  type Move,
  ORDER_STATUSES,
  type Order,
  type OrderEvent,
  type OrderStatus,
  openLots,
} from '../../shared/order.ts';
import { lots, ticks } from '../../shared/units.ts';

const order = (over: Partial<Order> = {}): Order => ({
  status: 'open',
  price: ticks(100),
  size: lots(5),
  filled: lots(0),
  trades: [],
  ...over,
});
const fill = (tradeId: string, n: number): OrderEvent => ({ kind: 'fill', tradeId, price: ticks(100), size: lots(n) });
const restated = (n: number): OrderEvent => ({ kind: 'restated', price: ticks(101), size: lots(n) });

const MOVES = [
  'accepted',
  'canceled',
  'expired',
  'rejected',
  'timed-out',
  'cancel-sent',
  'cancel-failed',
  'amend-sent',
  'amend-failed',
  'revived',
] as const satisfies readonly Move[];

/** One row for each status, one column for each move, in the order of MOVES; `.` is illegal. */
const TABLE: Readonly<Record<OrderStatus, string>> = {
  sent: 'open canceled expired rejected unknown canceling . . . sent',
  open: 'open canceled expired . . canceling . amending . open',
  'partially-filled': 'open canceled expired . . canceling . amending . partially-filled',
  canceling: 'canceling canceled expired rejected unknown canceling open . canceling canceling',
  amending: 'amending canceled expired . unknown canceling . . open amending',
  unknown: 'open canceled expired rejected unknown unknown unknown . unknown unknown',
  filled: 'filled filled filled . filled . filled . filled unknown',
  canceled: 'canceled canceled canceled . canceled . canceled . canceled unknown',
  expired: 'expired expired expired . expired . expired . expired unknown',
  rejected: '. . . rejected rejected . rejected . . unknown',
};
const CELLS = ORDER_STATUSES.flatMap((status) => TABLE[status].split(' ').map((want, i) => [status, MOVES[i]!, want] as const));

test('the table of moves covers every status with every move', () => {
  expect(CELLS).toHaveLength(ORDER_STATUSES.length * MOVES.length);
});

test.each(CELLS)('applyOrderEvent() of %s on %s gives %s', (status, kind, want) => {
  const before = order({ status });
  const { order: after, doubts } = applyOrderEvent(before, { kind });
  if (want === '.') expect([after, doubts]).toEqual([before, ['illegal-move']]);
  else expect([after, doubts]).toEqual([{ ...before, status: want }, []]);
});

test.each(CELLS.filter(([, kind, want]) => want === 'open' && kind !== 'revived'))(
  'applyOrderEvent() of %s on %s keeps a fill in sight, partial or whole',
  (status, kind) => {
    expect(applyOrderEvent(order({ status, filled: lots(2) }), { kind }).order.status).toBe('partially-filled');
    expect(applyOrderEvent(order({ status, filled: lots(5) }), { kind }).order.status).toBe('filled');
  },
);

const FILLS: readonly (readonly [OrderStatus, OrderStatus, readonly Doubt[]])[] = [
  ['sent', 'partially-filled', []],
  ['open', 'partially-filled', []],
  ['partially-filled', 'partially-filled', []],
  ['canceling', 'canceling', []],
  ['amending', 'amending', []],
  ['unknown', 'unknown', []], // it lived when it filled; whether it still does only the venue can tell
  ['canceled', 'canceled', []],
  ['expired', 'expired', []],
  ['rejected', 'rejected', ['fill-after-end']],
];

test.each(FILLS)('applyOrderEvent() books a partial fill on %s and leaves it %s', (status, want, doubts) => {
  const applied = applyOrderEvent(order({ status }), fill('t1', 2));
  expect(applied).toEqual({ order: { ...order(), status: want, filled: 2, trades: ['t1'] }, doubts });
});

test.each(FILLS)('applyOrderEvent() ends %s with the last lot', (status, _want, doubts) => {
  expect(applyOrderEvent(order({ status, filled: lots(3) }), fill('t1', 2))).toMatchObject({
    order: { status: 'filled', filled: 5 },
    doubts,
  });
});

test.each(ORDER_STATUSES)('applyOrderEvent() books and flags a fill beyond the size on %s', (status) => {
  const applied = applyOrderEvent(order({ status, filled: lots(4) }), fill('t1', 2));
  expect(applied.order).toMatchObject({ status: 'filled', filled: 6 });
  expect(applied.doubts).toContain('overfill');
});

test.each(ORDER_STATUSES)('applyOrderEvent() counts a fill told twice once on %s', (status) => {
  const once = applyOrderEvent(order({ status }), fill('t1', 2)).order;
  expect(applyOrderEvent(once, fill('t1', 2))).toEqual({ order: once, doubts: [] });
});

test.each([
  ['an amend takes effect', order({ status: 'amending' }), 9, { status: 'open', size: 9, price: 101 }],
  ['an amend of a partly filled order', order({ status: 'amending', filled: lots(1) }), 9, { status: 'partially-filled', size: 9 }],
  ['an open order that shrank', order(), 3, { status: 'open', size: 3 }],
  ['one that shrank to its fills is done', order({ status: 'partially-filled', filled: lots(3) }), 3, { status: 'filled', size: 3 }],
  ['a canceling one stays so', order({ status: 'canceling' }), 3, { status: 'canceling', size: 3 }],
  ['an unknown one stays so', order({ status: 'unknown' }), 3, { status: 'unknown', size: 3 }],
  ['one that ended keeps its size', order({ status: 'canceled' }), 3, { status: 'canceled', size: 5, price: 100 }],
])('applyOrderEvent() restated: %s', (_name, before, size, want) => {
  expect(applyOrderEvent(before, restated(size))).toMatchObject({ order: want, doubts: [] });
});

test.each(ORDER_STATUSES)('openLots() of %s counts what may still fill', (status) => {
  const ended = ['filled', 'canceled', 'expired', 'rejected'].includes(status);
  expect(hasEnded(status)).toBe(ended);
  expect(openLots(order({ status, filled: lots(2) }))).toBe(ended ? 0 : 3);
  expect(openLots(order({ status, filled: lots(9) }))).toBe(0);
});

const anyEvent: fc.Arbitrary<OrderEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 4 })).map(([id, n]) => fill(id, n)) },
  { weight: 4, arbitrary: fc.constantFrom(...MOVES).map((kind) => ({ kind })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }).map(restated) },
);

test('applyOrderEvent() books exactly the distinct fills, whatever else is told in whatever order', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const model = new Map<string, number>();
      let now = order({ status: 'sent' });
      for (const event of events) {
        if (event.kind === 'fill' && !model.has(event.tradeId)) model.set(event.tradeId, event.size);
        now = applyOrderEvent(now, event).order;
        expect(now.filled).toBe([...model.values()].reduce((a, b) => a + b, 0));
        expect(now.trades).toEqual([...model.keys()]);
      }
    }),
  );
});

test('applyOrderEvent() never takes back an end, unless the venue was asked and contradicts it', () => {
  fc.assert(
    fc.property(fc.constantFrom<OrderStatus>('filled', 'canceled', 'expired', 'rejected'), fc.array(anyEvent), (status, events) => {
      let now = order({ status, filled: lots(status === 'filled' ? 5 : 0) });
      for (const event of events) {
        if (event.kind === 'revived') continue;
        now = applyOrderEvent(now, event).order;
        expect(hasEnded(now.status)).toBe(true);
      }
    }),
  );
});

test('applyOrderEvent() leaves `unknown` only by a word about the order itself', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      let now = order({ status: 'unknown' });
      for (const event of events) {
        const next = applyOrderEvent(now, event).order;
        const told = ['accepted', 'canceled', 'expired', 'rejected'].includes(event.kind) || next.filled >= next.size;
        if (now.status === 'unknown' && next.status !== 'unknown') expect(told).toBe(true);
        now = next;
      }
    }),
  );
});
