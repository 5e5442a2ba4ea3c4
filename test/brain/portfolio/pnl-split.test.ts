import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillSplit, markSplit, newSplit, type PnlSplit, splitMoney } from '../../../brain/portfolio/pnl-split.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { INSTRUMENT } from '../../kit/brain.ts';

const half = (price: number): number => 2 * price;
const money = (split: PnlSplit) => splitMoney(split, INSTRUMENT);
/** Tick 0.10 x lot 0.001. */
const ATOMS = INSTRUMENT.atomsPerTickLot;

test('a maker round trip at an unmoved mid is all spread', () => {
  const bought = fillSplit(newSplit(lots(0)), { side: 'buy', price: ticks(99), size: lots(10), mid: half(100) });
  const sold = fillSplit(bought, { side: 'sell', price: ticks(101), size: lots(10), mid: half(100) });
  expect(money(sold)).toEqual({ spread: 20n * ATOMS, inventory: 0n });
});

test('what is held while the mid moves is inventory, and a taker pays the spread', () => {
  const bought = fillSplit(newSplit(lots(0)), { side: 'buy', price: ticks(101), size: lots(10), mid: half(100) });
  const moved = markSplit(bought, half(105));
  expect(money(moved)).toEqual({ spread: -10n * ATOMS, inventory: 50n * ATOMS });
});

test('an adopted position counts from the first mid on', () => {
  const first = markSplit(newSplit(lots(-4)), half(100));
  expect(money(first)).toEqual({ spread: 0n, inventory: 0n });
  expect(money(markSplit(first, half(101)))).toEqual({ spread: 0n, inventory: -4n * ATOMS });
});

const anyMid = fc.integer({ min: 100, max: 400_000 });
const anyStep = fc.oneof(
  anyMid.map((mid) => ({ kind: 'mark' as const, mid })),
  fc.record({
    kind: fc.constant('fill' as const),
    mid: anyMid,
    side: fc.constantFrom<Side>('buy', 'sell'),
    price: fc.integer({ min: 50, max: 200_000 }).map(ticks),
    size: fc.integer({ min: 1, max: 5_000 }).map(lots),
  }),
);

test('spread + inventory is cash plus position at the last mid, to the last atom, for every history', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      let split = newSplit(lots(0));
      let [cash, position, mid] = [0n, 0n, 0n];
      for (const step of steps) {
        split = step.kind === 'mark' ? markSplit(split, step.mid) : fillSplit(split, step);
        mid = BigInt(step.mid);
        if (step.kind === 'mark') continue;
        const signed = BigInt(step.side === 'buy' ? step.size : -step.size);
        cash -= 2n * signed * BigInt(step.price);
        position += signed;
      }
      const { spread, inventory } = money(split);
      expect(spread + inventory).toBe(((cash + position * mid) * ATOMS) / 2n);
      expect(BigInt(split.position)).toBe(position);
    }),
  );
});

test('state is plain JSON: written and read between any two steps it says the same', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), (steps) => {
      const apply = (split: PnlSplit, step: (typeof steps)[number]) =>
        step.kind === 'mark' ? markSplit(split, step.mid) : fillSplit(split, step);
      const straight = steps.reduce(apply, newSplit(lots(0)));
      const through = steps.reduce((split, step) => JSON.parse(JSON.stringify(apply(split, step))) as PnlSplit, newSplit(lots(0)));
      expect(through).toEqual(straight);
    }),
  );
});
