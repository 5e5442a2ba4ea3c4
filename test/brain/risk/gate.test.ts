import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderCommand, PlaceCommand, WorkingOrder } from '../../../brain/oms/working.ts';
import { approveCancels, type GateInput, gate } from '../../../brain/risk/gate.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';

import { INSTRUMENT, LIMITS, px, qty, SYMBOL, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const place = (over: Partial<PlaceCommand> = {}): PlaceCommand => ({
  kind: 'place',
  symbol: SYMBOL,
  clientId: id(7),
  side: 'buy',
  timeInForce: 'post-only',
  price: px('50000.00'),
  size: qty('0.050'),
  reduceOnly: false,
  reason: 'quoting',
  strategy: 'mm',
  ...over,
});
const pass = (commands: readonly OrderCommand[], over: Partial<GateInput> = {}) =>
  gate({ commands, instrument: INSTRUMENT, limits: LIMITS, position: lots(0), working: [], ...over });
const whys = (...args: Parameters<typeof pass>): string[] => pass(...args).held.map(({ why }) => why);

// limits: position 0.100, order 5000 USDT, 20 orders
test.each<[string, readonly OrderCommand[], Partial<GateInput>, readonly string[]]>([
  ['lets an order within all limits through', [place()], {}, []],
  ['lets an order of just the largest notional through', [place({ size: qty('0.100') })], {}, []],
  ['holds one lot more', [place({ size: qty('0.101') })], {}, ['order-notional']],
  ['lets the position grow to its limit', [place()], { position: qty('0.050') }, []],
  ['holds one lot more than that', [place({ size: qty('0.051') })], { position: qty('0.050') }, ['position-limit']],
  ['lets the other side have the room of the position', [place({ side: 'sell', size: qty('0.100') })], { position: qty('0.100') }, []],
  ['counts what rests', [place()], { working: [working({ size: qty('0.060') })] }, ['position-limit']],
  ['counts only what may still fill', [place()], { working: [working({ size: qty('0.060'), filled: qty('0.010') })] }, []],
  [
    'counts a canceling order as if it filled',
    [place()],
    { working: [working({ size: qty('0.060'), status: 'canceling' })] },
    ['position-limit'],
  ],
  [
    'counts an unknown order as if it filled',
    [place()],
    { working: [working({ size: qty('0.060'), status: 'unknown' })] },
    ['position-limit'],
  ],
  ['counts the commands of one turn together', [place(), place({ clientId: id(8) }), place({ clientId: id(9) })], {}, ['position-limit']],
  [
    'holds the order too many',
    [place()],
    { limits: { ...LIMITS, maxOpenOrders: 1 }, working: [working({ side: 'sell' })] },
    ['open-orders'],
  ],
  ['takes an absent limit for zero', [place({ size: lots(1) })], { limits: null }, ['order-notional']],
  [
    'lets what only reduces through without limits',
    [place({ side: 'sell', reduceOnly: true })],
    { limits: null, position: qty('0.050') },
    [],
  ],
  ['lets a cancel through without limits', [{ kind: 'cancel', symbol: SYMBOL, clientId: id(1) }], { limits: null }, []],
])('gate() %s', (_name, commands, over, want) => {
  expect(whys(commands, over)).toEqual(want);
});

test('gate() judges an amend by what it adds', () => {
  const order = working({ size: qty('0.060'), price: px('50000.00') });
  const amend = (size: string, price = '50000.00'): OrderCommand => ({
    kind: 'amend',
    symbol: SYMBOL,
    strategy: 'mm',
    clientId: order.clientId,
    price: px(price),
    size: qty(size),
  });
  expect(whys([amend('0.100')], { working: [order] })).toEqual([]);
  expect(whys([amend('0.100')], { working: [order], position: lots(1) })).toEqual(['position-limit']);
  expect(whys([amend('0.060')], { working: [order], position: qty('0.100') })).toEqual([]);
  expect(whys([amend('0.060', '90000.00')], { working: [order] })).toEqual(['order-notional']);
});

test('gate() never lets the worst case beyond the limit, whatever rests and whatever is asked', () => {
  const someSide = fc.constantFrom<Side>('buy', 'sell');
  const someSize = fc.integer({ min: 1, max: 80 });
  const resting = fc.array(fc.record({ side: someSide, size: someSize }), { maxLength: 3 });
  const asked = fc.array(fc.record({ side: someSide, size: someSize }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: -100, max: 100 }), resting, asked, (position, rest, ask) => {
      const orders = rest.map(
        ({ side, size }, n): WorkingOrder => working({ clientId: id(n), side, size: lots(size), price: ticks(1_000) }),
      );
      const commands = ask.map(({ side, size }, n) => place({ clientId: id(50 + n), side, size: lots(size), price: ticks(1_000) }));
      const { approved, held } = pass(commands, { position: lots(position), working: orders });
      expect(approved.length + held.length).toBe(commands.length);
      const sum = (side: Side): number =>
        [...orders, ...approved].reduce((total, one) => total + ('side' in one && one.side === side ? one.size : 0), 0);
      const before = (side: Side): number => orders.reduce((total, one) => total + (one.side === side ? one.size : 0), 0);
      if (approved.some((one) => 'side' in one && one.side === 'buy')) expect(position + sum('buy')).toBeLessThanOrEqual(100);
      else expect(sum('buy')).toBe(before('buy'));
      if (approved.some((one) => 'side' in one && one.side === 'sell')) expect(-position + sum('sell')).toBeLessThanOrEqual(100);
    }),
    { numRuns: 500 },
  );
});

test('approveCancels() lets every cancel through', () => {
  const cancels = [1, 2].map((n) => ({ kind: 'cancel', symbol: SYMBOL, clientId: id(n) }) as const);
  expect(approveCancels(cancels)).toEqual(cancels);
});
