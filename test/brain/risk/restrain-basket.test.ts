import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Leg, restrainLeg } from '../../../brain/risk/restrain-basket.ts';
import { FREE, type Restraint, restraintOf } from '../../../brain/risk/restrain.ts';
import { TIERS } from '../../../shared/risk.ts';
import { lots } from '../../../shared/units.ts';
import { INSTRUMENT, qty, view } from '../../kit/brain.ts';
import { quote, wish } from '../../kit/runs.ts';

const COARSE = { ...INSTRUMENT, symbol: 'BTCUSDC', stepSize: '0.01' };
const PROBING: Restraint = { ...FREE, sizeShare: 0.25 };
const RESTRAINTS = [
  PROBING,
  ...TIERS.map((tier) => restraintOf({ at: 'open', tier, relapses: 0, sinceMs: 0, findings: [] }, { probeSizePercent: 25 })),
];
type Side = readonly [held: number, wanted: number | null];
/** Lots of 0.001 and lots of 0.01. */
const legsOf = (fine: Side, coarse: Side): readonly Leg[] =>
  [fine, coarse].map(([held, wanted], i) => ({
    view: view({ symbol: i === 0 ? 'BTCUSDT' : 'BTCUSDC', position: lots(held), ...(i === 0 ? {} : { instrument: COARSE }) }),
    wish: wish({ target: wanted === null ? null : { position: lots(wanted), slippageBps: 2 } }),
  }));
const targets = (legs: readonly Leg[], restraint: Restraint): readonly (number | null)[] =>
  legs.map(({ view: seen, wish: wanted }) =>
    seen && wanted ? (restrainLeg({ view: seen, wish: wanted }, { legs, restraint, widenFactor: 2 }).target?.position ?? null) : null,
  );

test.each<[string, Side, Side, readonly (number | null)[]]>([
  ['neither leg is entered', [0, 10], [0, -1], [null, null]],
  ['a first leg is hedged, and is not made larger', [10, 20], [0, -1], [null, -1]],
  ['the hedge is no larger than what it hedges', [10, null], [0, -3], [null, -1]],
  ['both legs are left', [10, 0], [-1, 0], [0, 0]],
  ['a leg that stands alone is brought back', [10, 0], [0, null], [0, null]],
  ['a leg that comes back needs no hedge', [10, 0], [0, -1], [0, null]],
  ['a hedge that went too far is brought back, and nothing is entered against it', [10, 20], [-2, -1], [null, -1]],
  ['what would turn goes flat first', [10, -10], [0, null], [0, null]],
  ['what would turn goes as far as it hedges', [10, -10], [1, null], [-10, null]],
  ['a rest below a step of the other is not hedged', [5, null], [0, -1], [null, null]],
])('restrainLeg(): %s, at every tier and while it probes', (_name, fine, coarse, want) => {
  for (const restraint of RESTRAINTS) expect(targets(legsOf(fine, coarse), restraint)).toEqual(want);
});

test('restrainLeg() lets a leg only come back while the other cannot be seen', () => {
  const [fine] = legsOf([10, 0], [0, null]);
  const [growing] = legsOf([-10, -20], [0, null]);
  const unseen: Leg = { view: null, wish: null };
  expect([targets([fine!, unseen], PROBING)[0], targets([growing!, unseen], PROBING)[0]]).toEqual([0, null]);
});

test('restrainLeg() quotes nothing that grows a leg', () => {
  const quotes = [quote('buy', '59990.00'), quote('sell', '60011.00')];
  const one = { view: view({ position: qty('0.004') }), wish: wish({ quotes }) };
  const left = restrainLeg(one, { legs: [one], restraint: { ...PROBING, sizeShare: 1 }, widenFactor: 2 });
  expect(left.quotes.map(({ side, size }) => [side, size])).toEqual([['sell', 4]]);
  expect(left.reason).toBe('breaker-probing');
});

test('restrainLeg() never makes the legs less even than they are, but on a way out that was asked for', () => {
  const leg = fc.tuple(fc.integer({ min: -30, max: 30 }), fc.option(fc.integer({ min: -30, max: 30 })));
  fc.assert(
    fc.property(leg, leg, (fine, coarse) => {
      const sides = [fine, coarse] as const;
      const after = targets(legsOf(fine, coarse), PROBING).map((target, i) => target ?? sides[i]?.[0] ?? 0);
      const [a = 0, b = 0] = after;
      const asked = ([held, wanted]: Side): number =>
        wanted === null ? held : wanted * held <= 0 ? 0 : Math.sign(held) * Math.min(Math.abs(held), Math.abs(wanted));
      expect(Math.abs(a + 10 * b)).toBeLessThanOrEqual(Math.abs(asked(fine) + 10 * asked(coarse)));
    }),
    { numRuns: 300 },
  );
});
