import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillSplit, markSplit, newSplit, type PnlSplit, splitMoney } from '../../../brain/portfolio/pnl-split.ts';
import type { Side } from '../../../shared/order.ts';
import { type Atoms, atoms, formatAtoms, parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';

const atomsOf = (text: string): Atoms => parseAtoms(text) ?? ZERO_ATOMS;
const half = (price: string): bigint => 2n * atomsOf(price);
const fill = (side: Side, price: string, size: string) => ({ side, price: atomsOf(price), size: atomsOf(size) });
const money = (split: PnlSplit) => {
  const { spread, inventory } = splitMoney(split);
  return [formatAtoms(spread), formatAtoms(inventory)].map(Number);
};
const FLAT = newSplit(ZERO_ATOMS);

test('a maker round trip at an unmoved mid is all spread', () => {
  const bought = fillSplit(FLAT, { ...fill('buy', '99', '0.5'), mid: half('100') });
  expect(money(fillSplit(bought, { ...fill('sell', '101', '0.5'), mid: half('100') }))).toEqual([1, 0]);
});

test('what is held while the mid moves is inventory, and a taker pays the spread', () => {
  const bought = fillSplit(FLAT, { ...fill('buy', '101', '0.5'), mid: half('100') });
  expect(money(markSplit(bought, half('105')))).toEqual([-0.5, 2.5]);
});

test('an adopted position counts from the first mid on', () => {
  const first = markSplit(newSplit(atomsOf('-4')), half('100'));
  expect(money(first)).toEqual([0, 0]);
  expect(money(markSplit(first, half('101')))).toEqual([0, -4]);
});

/** Prices of two digits, sizes of three: what a venue trades in. */
const anyMid = fc.integer({ min: 100, max: 40_000_000 }).map((n) => BigInt(n) * 500_000n);
const anyStep = fc.oneof(
  anyMid.map((mid) => ({ kind: 'mark' as const, mid })),
  fc.record({
    kind: fc.constant('fill' as const),
    mid: anyMid,
    side: fc.constantFrom<Side>('buy', 'sell'),
    price: fc.integer({ min: 50, max: 20_000_000 }).map((n) => atoms(BigInt(n) * 1_000_000n)),
    size: fc.integer({ min: 1, max: 5_000 }).map((n) => atoms(BigInt(n) * 100_000n)),
  }),
);
const apply = (
  split: PnlSplit,
  step: { readonly kind: 'mark'; readonly mid: bigint } | ({ readonly kind: 'fill'; readonly mid: bigint } & ReturnType<typeof fill>),
) => (step.kind === 'mark' ? markSplit(split, step.mid) : fillSplit(split, step));

test('spread + inventory is cash plus position at the last mid, to the last atom, for every history', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      let [cash, position, mid] = [0n, 0n, 0n];
      for (const step of steps) {
        mid = step.mid;
        if (step.kind === 'mark') continue;
        const signed = step.side === 'buy' ? step.size : -step.size;
        cash -= 2n * signed * step.price;
        position += signed;
      }
      const split = steps.reduce(apply, FLAT);
      const { spread, inventory } = splitMoney(split);
      expect(spread + inventory).toBe((cash + position * mid) / 200_000_000n);
      expect(split.position).toBe(position.toString());
    }),
  );
});

test('state is plain JSON: written and read between any two steps it says the same', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), (steps) => {
      const through = steps.reduce((split, step) => JSON.parse(JSON.stringify(apply(split, step))) as PnlSplit, FLAT);
      expect(through).toEqual(steps.reduce(apply, FLAT));
    }),
  );
});
