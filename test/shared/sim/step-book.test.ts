import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEVELS_MAX } from '../../../shared/book.ts';
import type { Level } from '../../../shared/sim/market.ts';
import { StepBook, type StepDiff } from '../../../shared/sim/step-book.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { TapeBook } from '../../kit/tape-book.ts';

const text = (levels: readonly number[]): Level[] =>
  levels.flatMap((price, n) => (n % 2 === 0 ? [[`${price}`, `${levels[n + 1]}`] as const] : []));
const steps = (levels: readonly Level[] | undefined) => levels?.map(([price, size]) => [Number(price), Number(size)]);
const diff = (first: number, last: number, previous: number): StepDiff => ({ first, last, previous, bids: [10, 9], asks: [] });

const levels = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 3 })), { maxLength: 6 })
  .map((pairs) => pairs.flat());
const step = fc.record({ bids: levels, asks: levels, fault: fc.constantFrom('none', 'none', 'none', 'repeat', 'gap', 'snapshot') });

test('StepBook says of every message what the book of decimal strings says, and shows the same levels, now and at every earlier state', () => {
  const run = fc.property(fc.array(step, { maxLength: 40 }), (drawn) => {
    const [ours, theirs] = [new StepBook({ statesMax: 8 }), new TapeBook({ statesMax: 8 })];
    let at = 0;
    for (const { bids, asks, fault } of drawn) {
      if (fault === 'snapshot' || at === 0) {
        const pairs = (flat: readonly number[], sign: number) =>
          [...new Map(text(flat))].filter(([, size]) => size !== '0').sort(([a], [b]) => sign * (Number(a) - Number(b)));
        const sides = { bids: pairs(bids, -1), asks: pairs(asks, 1) };
        const inSteps = (rows: readonly (readonly [string, string])[]) =>
          rows.map(([price, size]) => [ticks(Number(price)), lots(Number(size))] as const);
        at += 1;
        theirs.onSnapshot({ lastUpdateId: at, ...sides });
        ours.onSnapshot({ lastUpdateId: at, bids: inSteps(sides.bids), asks: inSteps(sides.asks) });
        continue;
      }
      if (fault !== 'repeat') at += 1;
      const ids = {
        first: fault === 'gap' ? at + 5 : at - 1,
        last: fault === 'gap' ? at + 6 : at,
        previous: fault === 'gap' ? at + 4 : at - 1,
      };
      if (fault === 'gap') at += 6;
      expect(ours.onDiff({ ...ids, bids, asks })).toBe(theirs.onDiff({ ...ids, bids: text(bids), asks: text(asks) }));
      expect([ours.lastUpdateId, ours.synced]).toEqual([theirs.lastUpdateId, theirs.synced]);
      for (let u = at - 9; u <= at; u++) {
        const state = theirs.at(u);
        expect(ours.at(u)).toEqual(state && { lastUpdateId: u, bids: steps(state.bids), asks: steps(state.asks) });
      }
      expect(ours.top(3)?.asks).toEqual(steps(theirs.top(3)?.asks));
    }
  });
  fc.assert(run, { numRuns: 60 });
});

test('StepBook.level() and sizeAt() tell single levels', () => {
  const book = new StepBook();
  expect([book.top(5), book.at(100), book.level('buy', 0)]).toEqual([null, null, null]);
  book.onSnapshot({ lastUpdateId: 100, bids: [[ticks(10), lots(1)]], asks: [[ticks(12), lots(3)]] });
  expect([book.level('buy', 0), book.level('buy', 1)]).toEqual([{ price: 10, size: 1 }, null]);
  expect([book.sizeAt('sell', ticks(12)), book.sizeAt('sell', ticks(13))]).toEqual([3, 0]);
  expect([book.onDiff(diff(99, 105, 98)), book.onDiff(diff(107, 110, 106)), book.synced]).toEqual(['applied', 'gap', false]);
});

test('StepBook keeps the levels nearest to the market when there are too many', () => {
  const book = new StepBook({ statesMax: 0 });
  book.onSnapshot({ lastUpdateId: 1, bids: [], asks: [] });
  const asks = Array.from({ length: LEVELS_MAX + 5 }, (_, n) => [n + 1, 1]).flat();
  book.onDiff({ first: 1, last: 2, previous: 1, bids: [], asks });
  expect([book.sizeAt('sell', ticks(LEVELS_MAX)), book.sizeAt('sell', ticks(LEVELS_MAX + 1))]).toEqual([1, 0]);
});
