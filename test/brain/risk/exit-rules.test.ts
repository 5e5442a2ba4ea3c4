import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueExit, isBrokenEven, isOverdue, isStopLoss, isTakeProfit, isTrailed, type Measured } from '../../../brain/risk/exit-rules.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';

/** Long 2 from 100; opening and closing cost 0.1 of the price. */
const long = (over: Partial<Measured & { price: number }> = {}): Measured & { price: number } => ({
  ...{ side: 1, entry: 100, size: 2, price: 100, heldMs: 0, trail: null, breakEven: null, feeShare: 0.001 },
  ...over,
});
const mirror = (measured: Measured & { price: number }): Measured & { price: number } => {
  const over = (price: number | null) => (price === null ? null : 2 * measured.entry - price);
  return {
    ...measured,
    side: -1,
    price: 2 * measured.entry - measured.price,
    trail: over(measured.trail),
    breakEven: over(measured.breakEven),
  };
};
const rules = (over: Partial<ExitParameters>): ExitParameters => ({ cooldownMs: 0, maxMarkAgeMs: 3_000, ...over });

type Priced = Partial<Measured & { price: number }>;
type Row = [name: string, parameters: Partial<ExitParameters>, fires: Priced, nearly: Priced];
const at = (price: number, over: Priced = {}): Priced => ({ price, ...over });

describe.each<[string, typeof isTakeProfit, Row[]]>([
  [
    'isTakeProfit()',
    isTakeProfit,
    [
      ['by percent of the entry price', { takeProfitPercent: 1 }, at(101), at(100.99)],
      ['by distance', { takeProfitDistance: '0.5' }, at(100.5), at(100.49)],
      ['by money of the whole position', { takeProfitAmount: '3' }, at(101.5), at(101.49)],
      ['by the nearest of them', { takeProfitPercent: 5, takeProfitDistance: '3', takeProfitAmount: '1' }, at(100.5), at(100.49)],
      ['by nothing when none is set', {}, {}, at(1_000)],
    ],
  ],
  [
    'isStopLoss()',
    isStopLoss,
    [
      ['by percent of the entry price', { stopLossPercent: 1 }, at(99), at(99.01)],
      ['by distance', { stopLossDistance: '0.5' }, at(99.5), at(99.51)],
      ['by money of the whole position', { stopLossAmount: '3' }, at(98.5), at(98.51)],
      ['by the nearest of them', { stopLossPercent: 1, stopLossDistance: '3', stopLossAmount: '100' }, at(99), at(99.01)],
      ['by nothing when none is set', {}, {}, at(1)],
    ],
  ],
  [
    'isTrailed()',
    isTrailed,
    [
      ['at the stop', {}, at(104, { trail: 104 }), at(104.01, { trail: 104 })],
      ['below it, as after a gap', {}, at(90, { trail: 104 }), at(500, { trail: 104 })],
      ['not before it began', {}, {}, at(1, { trail: null })],
    ],
  ],
  [
    'isBrokenEven()',
    isBrokenEven,
    [
      ['at the stop', {}, at(100.1, { breakEven: 100.1 }), at(100.11, { breakEven: 100.1 })],
      ['not before it was set', {}, {}, at(1, { breakEven: null })],
    ],
  ],
])('%s', (_rule, rule, rows) => {
  test.each(rows)('%s: fires, nearly fires, has recovered; a mirrored short the same', (_name, parameters, fires, nearly) => {
    const [close, wait] = [long(fires), long(nearly)];
    if (Object.keys(fires).length > 0) for (const one of [close, mirror(close)]) expect(rule(one, rules(parameters))).toBe(true);
    for (const one of [wait, mirror(wait), long()]) expect(rule(one, rules(parameters))).toBe(false);
  });
});

test.each<[string, Partial<Measured> & { price?: number | null }, ExitParameters['timeStop'], boolean]>([
  ['held long enough, at a loss', { heldMs: 1_000, price: 99 }, { maxHoldMs: 1_000, evenInProfit: false }, true],
  ['a moment too early', { heldMs: 999, price: 99 }, { maxHoldMs: 1_000, evenInProfit: false }, false],
  ['a profit that just pays the fees', { heldMs: 1_000, price: 100.1 }, { maxHoldMs: 1_000, evenInProfit: false }, true],
  ['a profit beyond the fees', { heldMs: 1_000, price: 100.11 }, { maxHoldMs: 1_000, evenInProfit: false }, false],
  ['a profit, closed all the same', { heldMs: 1_000, price: 120 }, { maxHoldMs: 1_000, evenInProfit: true }, true],
  ['a price that cannot be told', { heldMs: 9_000, price: null }, { maxHoldMs: 1_000, evenInProfit: false }, false],
  ['a price that cannot be told, closed all the same', { heldMs: 9_000, price: null }, { maxHoldMs: 1_000, evenInProfit: true }, true],
  ['a clock that went back', { heldMs: -5_000, price: 99 }, { maxHoldMs: 1_000, evenInProfit: true }, false],
  ['no such rule', { heldMs: 1e12, price: 99 }, undefined, false],
])('isOverdue() with %s', (_name, over, timeStop, want) => {
  const measured = { ...long(), ...over } as Measured;
  expect(isOverdue(measured, rules({ timeStop }))).toBe(want);
});

const ALL: ExitParameters = rules({
  takeProfitPercent: 1,
  stopLossPercent: 1,
  stopLossAmount: '5',
  trailing: { distance: '1' },
  breakEven: { afterPercent: 1 },
  timeStop: { maxHoldMs: 1_000, evenInProfit: true },
});

test.each<[string, Priced, ReturnType<typeof dueExit>]>([
  ['a loss before all else', { price: 98, trail: 99.5, breakEven: 100.1, heldMs: 5_000 }, 'stop-loss'],
  ['the trailing stop before break-even', { price: 100, trail: 100.5, breakEven: 100.1, heldMs: 5_000 }, 'trailing-stop'],
  ['break-even before time', { price: 100, breakEven: 100.1, heldMs: 5_000 }, 'break-even'],
  ['take-profit before time', { price: 101, heldMs: 5_000 }, 'take-profit'],
  ['time when nothing else', { price: 100.5, heldMs: 5_000 }, 'time-stop'],
  ['nothing', { price: 100.5, trail: 100.2, breakEven: 100.1 }, null],
])('dueExit() tells %s', (_name, over, want) => {
  expect(dueExit(long(over), ALL)).toBe(want);
  expect(dueExit(mirror(long(over)), ALL)).toBe(want);
});

test('dueExit() without a price judges time alone', () => {
  expect(dueExit({ ...long(), price: null, trail: 200, breakEven: 200 }, ALL)).toBeNull();
  expect(dueExit({ ...long(), price: null, heldMs: 1_000 }, ALL)).toBe('time-stop');
});

test('dueExit() is the same for a long and its mirrored short, at every price and with every mix of rules', () => {
  const decimal = fc.integer({ min: 1, max: 400 }).map((n) => (n / 100).toFixed(2));
  const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const parameters = fc.record({
    takeProfitPercent: maybe(fc.integer({ min: 1, max: 400 }).map((n) => n / 100)),
    stopLossPercent: maybe(fc.integer({ min: 1, max: 400 }).map((n) => n / 100)),
    takeProfitDistance: maybe(decimal),
    stopLossDistance: maybe(decimal),
    takeProfitAmount: maybe(decimal),
    stopLossAmount: maybe(decimal),
    timeStop: maybe(fc.record({ maxHoldMs: fc.constant(1_000), evenInProfit: fc.boolean() })),
  });
  const price = fc.integer({ min: 9_400, max: 10_600 }).map((n) => n / 100);
  const stop = fc.option(price, { nil: null });
  fc.assert(
    fc.property(parameters, fc.tuple(price, stop, stop), fc.integer({ min: 0, max: 2_000 }), (one, [now, trail, breakEven], heldMs) => {
      const measured = long({ price: now, trail, breakEven, heldMs });
      expect(dueExit(mirror(measured), rules(one))).toBe(dueExit(measured, rules(one)));
    }),
    { numRuns: 500 },
  );
});
