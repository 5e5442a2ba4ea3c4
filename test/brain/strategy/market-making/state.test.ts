import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marketMaking } from '../../../../brain/strategy/market-making.ts';
import { INITIAL, type MarketMakingState, readState } from '../../../../brain/strategy/market-making/state.ts';
import type { SymbolView } from '../../../../brain/strategy/strategy.ts';
import { stored } from '../../../kit/market-history.ts';
import { mmParameters } from '../../../kit/market-making.ts';
import { someViews } from '../../../kit/market-making-runs.ts';

/** Everything that can be remembered. */
const ALL = mmParameters({
  fairPrice: { model: 'stoikov-microprice' },
  spread: { model: 'glft' },
  volatility: { estimator: 'realized', samplesMin: 2 },
  pull: { jump: { bps: 5 }, burst: { factor: 3, baselineMs: 10_000 }, toxicFlow: { vpin: 0.5, buckets: 2, bucketNotional: 500 } },
});
function replay(views: readonly SymbolView[]): MarketMakingState {
  const strategy = marketMaking(ALL);
  return views.reduce((state, seen) => strategy.decide(seen, state).state, strategy.initial());
}

test('readState() gives back every state that a run can leave, and the one it begins with', () => {
  fc.assert(
    fc.property(someViews, (views) => {
      const state = stored(replay(views));
      expect(readState(state)).toEqual(state);
    }),
    { numRuns: 30 },
  );
  expect(readState(stored(INITIAL))).toEqual(INITIAL);
});

const { pulled: _, ...part } = INITIAL;
test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'state'],
  ['a part that is missing', part],
  ['a part of another version', { ...INITIAL, extra: 1 }],
  ['a number that is none', { ...INITIAL, grid: { tick: '0.1', step: 0.001 } }],
  ['a reason that is none', { ...INITIAL, pulled: { why: 'quoting', untilMs: 5 } }],
  ['a row without end', { ...INITIAL, senses: { ...INITIAL.senses, markouts: { waiting: [], done: new Array(301).fill(0) } } }],
])('readState() refuses %s', (_name, saved) => {
  expect(readState(saved)).toBeNull();
});
