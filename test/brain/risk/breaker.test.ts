import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BreakerState, CLOSED, type Finding, rankOf, stepBreaker } from '../../../brain/risk/breaker.ts';
import { TIERS, type Tier } from '../../../shared/risk.ts';

const P = { openMs: 1_000, openMsMax: 8_000, probeMs: 500 };
const finding = (tier: Tier): Finding => ({ monitor: 'jumpBps', where: 'BTCUSDT', reading: 120, threshold: 100, tier });
type Turn = readonly [nowMs: number, tiers: readonly Tier[], resumed?: boolean];
/** State names and events, turn by turn. */
function run(turns: readonly Turn[], from: BreakerState = CLOSED) {
  let state = from;
  const told = turns.map(([nowMs, tiers, resumed = false]) => {
    const turn = stepBreaker(state, { findings: tiers.map(finding), nowMs, resumed, parameters: P });
    state = turn.state;
    const name = state.at === 'open' ? state.tier : state.at;
    return turn.event ? `${name}!${turn.event.kind}` : name;
  });
  return { told, state };
}

test.each<[string, readonly Turn[], readonly string[]]>([
  [
    'opens at once to the strictest tier',
    [
      [0, []],
      [1, ['widen', 'pause']],
    ],
    ['closed', 'pause!opened'],
  ],
  [
    'gets stricter at once',
    [
      [0, ['widen']],
      [1, ['emergency']],
    ],
    ['widen!opened', 'emergency!stricter'],
  ],
  [
    'eases only after its time',
    [
      [0, ['pause']],
      [999, ['widen']],
      [1_000, ['widen']],
    ],
    ['pause!opened', 'pause', 'widen!eased'],
  ],
  [
    'counts its time from the last finding',
    [
      [0, ['pause']],
      [900, ['pause']],
      [1_899, []],
      [1_900, []],
    ],
    ['pause!opened', 'pause', 'pause', 'half-open!probing'],
  ],
  [
    'closes after a clean probe',
    [
      [0, ['pause']],
      [1_000, []],
      [1_499, []],
      [1_500, []],
    ],
    ['pause!opened', 'half-open!probing', 'half-open', 'closed!closed'],
  ],
  [
    'stays open twice as long after a relapse',
    [
      [0, ['pause']],
      [1_000, []],
      [1_100, ['pause']],
      [3_099, []],
      [3_100, []],
    ],
    ['pause!opened', 'half-open!probing', 'pause!opened', 'pause', 'half-open!probing'],
  ],
  [
    'does not end an emergency before a person has resumed',
    [
      [0, ['emergency']],
      [99_000, []],
      [99_001, [], true],
    ],
    ['emergency!opened', 'emergency', 'half-open!probing'],
  ],
  [
    'begins an emergency again where what had opened it is still there, and eases to what is',
    [
      [0, ['emergency']],
      [10, ['emergency'], true],
      [99_000, []],
      [99_001, ['widen'], true],
    ],
    ['emergency!opened', 'emergency', 'emergency', 'widen!eased'],
  ],
])('stepBreaker() %s', (_name, turns, want) => {
  expect(run(turns).told).toEqual(want);
});

test('stepBreaker() forgets relapses after a quiet hour', () => {
  const relapsed: BreakerState = { at: 'closed', relapses: 3, sinceMs: 0 };
  expect(run([[3_599_999, ['pause']]], relapsed).state).toMatchObject({ relapses: 3 });
  expect(run([[3_600_000, ['pause']]], relapsed).state).toMatchObject({ relapses: 0 });
});

test('stepBreaker() tells its findings with each event', () => {
  const { event } = stepBreaker(CLOSED, { findings: [finding('pause')], nowMs: 5, resumed: false, parameters: P });
  expect(event).toEqual({ kind: 'opened', tier: 'pause', findings: [finding('pause')] });
});

const anyTurns = fc.array(fc.tuple(fc.nat({ max: 3_000 }), fc.subarray([...TIERS]), fc.boolean()), { maxLength: 60 });

test('stepBreaker(): never less strict than what acts now; every change is an event; a restart between any two steps changes nothing', () => {
  fc.assert(
    fc.property(anyTurns, (turns) => {
      let [state, nowMs] = [CLOSED as BreakerState, 0];
      for (const [gapMs, tiers, resumed] of turns) {
        nowMs += gapMs;
        const before = JSON.parse(JSON.stringify(state)) as BreakerState;
        const turn = stepBreaker(before, { findings: tiers.map(finding), nowMs, resumed, parameters: P });
        const rank = turn.state.at === 'open' ? rankOf(turn.state.tier) : -1;
        for (const tier of tiers) expect(rank).toBeGreaterThanOrEqual(rankOf(tier));
        const name = (one: BreakerState) => (one.at === 'open' ? one.tier : one.at);
        expect(turn.event !== null).toBe(name(turn.state) !== name(before));
        if (before.at === 'open' && before.tier === 'emergency' && !resumed) expect(turn.state.at).toBe('open');
        state = turn.state;
      }
    }),
  );
});
