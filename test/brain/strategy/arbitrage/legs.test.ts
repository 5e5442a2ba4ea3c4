import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Legs, type LegView, noLegs, stepLegs } from '../../../../brain/strategy/arbitrage/legs.ts';

const LIMITS = { hedgeDeadlineMs: 1_000, cooldownMs: 5_000 };
const view = (over: Partial<LegView> = {}): LegView => ({
  nowMs: 10_000,
  a: 0,
  b: 0,
  tradable: true,
  enter: null,
  stillPays: true,
  leave: null,
  size: 10,
  ...over,
});
const PAYS = { enter: { direction: 'long-a', first: 'a' } } as const;
const entering = (over: Partial<Extract<Legs, { at: 'entering' }>> = {}): Legs => ({
  at: 'entering',
  direction: 'long-a',
  first: 'a',
  size: 10,
  sinceMs: 10_000,
  ...over,
});
const open: Legs = { at: 'open', direction: 'long-a', sinceMs: 10_000, unevenSinceMs: null };

test.each<[string, Legs, Partial<LegView>, { at: string; targets: [number | null, number | null]; reason: string }]>([
  ['waits without an edge', noLegs(0), {}, { at: 'flat', targets: [null, null], reason: 'arb-no-edge' }],
  [
    'waits while a book is dark',
    noLegs(0),
    { ...PAYS, tradable: false },
    { at: 'flat', targets: [null, null], reason: 'arb-not-tradable' },
  ],
  ['waits out its cool-down', noLegs(5_001), PAYS, { at: 'flat', targets: [null, null], reason: 'arb-cooling' }],
  ['takes the first leg alone', noLegs(5_000), PAYS, { at: 'entering', targets: [10, null], reason: 'arb-entering' }],
  [
    'takes the first leg of the other side',
    noLegs(0),
    { enter: { direction: 'long-a', first: 'b' } },
    { at: 'entering', targets: [null, -10], reason: 'arb-entering' },
  ],
  [
    'hedges what the first leg brought, and goes on with it',
    entering(),
    { a: 4 },
    { at: 'entering', targets: [10, -4], reason: 'arb-hedging' },
  ],
  [
    'hedges, and takes no more when it does not pay any more',
    entering(),
    { a: 4, stillPays: false },
    { at: 'entering', targets: [null, -4], reason: 'arb-hedging' },
  ],
  ['is open when both legs stand', entering(), { a: 10, b: -10 }, { at: 'open', targets: [null, null], reason: 'arb-holding' }],
  [
    'is content with a smaller even trade at the deadline',
    entering({ sinceMs: 9_000 }),
    { a: 4, b: -4 },
    { at: 'open', targets: [null, null], reason: 'arb-holding' },
  ],
  ['gives up a trade that brought nothing', entering({ sinceMs: 9_000 }), {}, { at: 'flat', targets: [null, null], reason: 'arb-missed' }],
  [
    'unwinds a leg that was not hedged in time',
    entering({ sinceMs: 9_000 }),
    { a: 4, b: -1 },
    { at: 'leaving', targets: [0, 0], reason: 'arb-leaving-hedge-late' },
  ],
  [
    'waits for the hedge until the deadline',
    entering({ sinceMs: 9_001 }),
    { a: 4, b: -1 },
    { at: 'entering', targets: [10, -4], reason: 'arb-hedging' },
  ],
  ['leaves a position on the wrong side', entering(), { a: -4 }, { at: 'leaving', targets: [0, null], reason: 'arb-leaving-wrong-side' }],
  ['holds', open, { a: 10, b: -10 }, { at: 'open', targets: [null, null], reason: 'arb-holding' }],
  ['leaves when told', open, { a: 10, b: -10, leave: 'target' }, { at: 'leaving', targets: [0, 0], reason: 'arb-leaving-target' }],
  ['gives an uneven trade the deadline', open, { a: 10, b: 0 }, { at: 'open', targets: [null, null], reason: 'arb-uneven' }],
  [
    'leaves an uneven trade after it',
    { ...open, unevenSinceMs: 9_000 },
    { a: 10, b: 0 },
    { at: 'leaving', targets: [0, null], reason: 'arb-leaving-uneven' },
  ],
  [
    'goes on leaving until both are flat',
    { at: 'leaving', sinceMs: 1, why: 'target' },
    { a: 2 },
    { at: 'leaving', targets: [0, null], reason: 'arb-leaving-target' },
  ],
  [
    'is flat in the end, and cools down',
    { at: 'leaving', sinceMs: 1, why: 'target' },
    {},
    { at: 'flat', targets: [null, null], reason: 'arb-closed' },
  ],
  [
    'takes leftovers for what they are',
    noLegs(0),
    { a: 3, ...PAYS },
    { at: 'leaving', targets: [0, null], reason: 'arb-leaving-leftover' },
  ],
])('stepLegs() %s', (_name, legs, over, want) => {
  const turn = stepLegs(legs, { view: view(over), limits: LIMITS });
  expect({ at: turn.legs.at, targets: [turn.targets.a, turn.targets.b], reason: turn.reason }).toEqual(want);
  expect(turn.urgent).toBe(want.at === 'leaving');
});

/** Each leg moves part of the way to its target, or not at all; sometimes somebody else moves it. */
const anyStep = fc.record({
  moveA: fc.integer({ min: 0, max: 3 }),
  moveB: fc.integer({ min: 0, max: 3 }),
  gapMs: fc.integer({ min: 10, max: 400 }),
  pays: fc.boolean(),
  leave: fc.boolean(),
  tradable: fc.boolean(),
});

test('stepLegs(): never more than one leg above the size unhedged, and unhedged for no longer than the deadline before it unwinds', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      let [legs, a, b, nowMs, unevenSince] = [noLegs(-10_000) as Legs, 0, 0, 0, null as number | null];
      for (const { moveA, moveB, gapMs, pays, leave, tradable } of steps) {
        nowMs += gapMs;
        const seen = view({ nowMs, a, b, tradable, stillPays: pays, leave: leave ? 'target' : null, enter: pays ? PAYS.enter : null });
        const turn = stepLegs(legs, { view: seen, limits: LIMITS });
        unevenSince = a + b === 0 ? null : (unevenSince ?? nowMs);
        if (unevenSince !== null && nowMs - unevenSince >= LIMITS.hedgeDeadlineMs) expect(turn.legs.at).toBe('leaving');
        legs = turn.legs;
        const towards = (held: number, target: number | null, by: number) =>
          target === null ? held : held + Math.sign(target - held) * Math.min(by, Math.abs(target - held));
        [a, b] = [towards(a, turn.targets.a, moveA), towards(b, turn.targets.b, moveB)];
        expect(Math.max(Math.abs(a), Math.abs(b))).toBeLessThanOrEqual(10);
      }
      expect(JSON.parse(JSON.stringify(legs))).toEqual(legs);
    }),
  );
});
