import fc from 'fast-check';
import { expect, test } from 'vitest';
import { URGENCIES, type Urgency } from '../../../brain/oms/plan.ts';
import { type Rationed, ration, type Tokens } from '../../../brain/oms/ration.ts';
import { type MonoMs, monoMs } from '../../../shared/units.ts';

const asked = (...urgencies: readonly Urgency[]) => urgencies.map((urgency, n) => ({ urgency, n }));
const rules = { perSecond: 10, burst: 8 };
const at = (ms: number): MonoMs => monoMs(ms);

test('the most urgent leaves first, and what is equally urgent in its order', () => {
  const { leave } = ration(asked('rest', 'danger', 'rest', 'reduce', 'cancel'), { tokens: null, rules, now: at(0) });
  expect(leave.map(({ n }) => n)).toEqual([4, 3, 1, 0, 2]);
});

test('the rest leaves a quarter of the burst alone, which what stands too near may use up', () => {
  const first = ration(asked(...Array<Urgency>(9).fill('rest')), { tokens: null, rules, now: at(0) });
  expect([first.leave.length, first.wait.length]).toEqual([6, 3]);
  const then = ration(asked('danger', 'danger', 'danger'), { tokens: first.tokens, rules, now: at(0) });
  expect([then.leave.length, then.wait.length]).toEqual([2, 1]);
});

test('cancels and what reduces always leave, and are paid for afterwards', () => {
  const first = ration(asked(...Array<Urgency>(30).fill('cancel'), 'reduce'), { tokens: null, rules, now: at(0) });
  expect(first.leave).toHaveLength(31);
  const leaves = (now: number): number => ration(asked('danger'), { tokens: first.tokens, rules, now: at(now) }).leave.length;
  expect([leaves(800), leaves(899), leaves(900)]).toEqual([0, 0, 1]); // a debt of one burst at most
});

const turns = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), asks: fc.array(fc.constantFrom(...URGENCIES), { maxLength: 12 }) }),
  {
    maxLength: 30,
  },
);

test('no stretch of time lets out more of what must wait than a burst and the pace of that time', () => {
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), (list, perSecond, burst) => {
      let [tokens, now]: [Tokens, number] = [null, 0];
      const left: number[] = [];
      for (const { afterMs, asks } of list) {
        now += afterMs;
        const told: Rationed<{ readonly urgency: Urgency }> = ration(asked(...asks), { tokens, rules: { perSecond, burst }, now: at(now) });
        tokens = told.tokens;
        expect(told.leave.length + told.wait.length).toBe(asks.length);
        expect(told.wait.every(({ urgency }) => urgency === 'danger' || urgency === 'rest')).toBe(true);
        for (const { urgency } of told.leave) if (urgency === 'danger' || urgency === 'rest') left.push(now);
      }
      for (const [i, from] of left.entries())
        for (const [j, to] of left.entries())
          if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(burst + ((to - from) * perSecond) / 1_000 + 1e-6);
    }),
    { numRuns: 100 },
  );
});
