/** Generated looks at a market: irregular times, a mid that wanders, trades in between, now and then trades that were missed. */
import fc from 'fast-check';
import type { TradeSeen } from '../../brain/strategy/strategy.ts';
import { lots, ticks, wallMs } from '../../shared/units.ts';

export type Look = { readonly atMs: number; readonly mid: number; readonly trades: readonly TradeSeen[] | null };

const START_MS = 1_700_000_000_000;

export const trade = (side: 'buy' | 'sell', size: number, over: { readonly price?: number; readonly atMs?: number } = {}): TradeSeen => ({
  price: ticks(over.price ?? 600_000),
  size: lots(size),
  aggressor: side,
  atMs: wallMs(over.atMs ?? START_MS),
});

const someTrade = fc.record({
  side: fc.constantFrom('buy' as const, 'sell' as const),
  size: fc.integer({ min: 1, max: 40 }),
  depth: fc.integer({ min: -3, max: 40 }),
  beforeMs: fc.integer({ min: 0, max: 500 }),
});

const someStep = fc.record({
  waitMs: fc.oneof(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 4_000 })),
  move: fc.integer({ min: -30, max: 30 }),
  trades: fc.option(fc.array(someTrade, { maxLength: 4 }), { freq: 12 }),
});

/** Up to 80 looks over up to five minutes. `depth`: ticks beyond mid at which a trade is made. */
export const someHistory: fc.Arbitrary<readonly Look[]> = fc.array(someStep, { minLength: 1, maxLength: 80, size: 'max' }).map((steps) => {
  let [atMs, mid] = [START_MS, 600_000.5];
  return steps.map(({ waitMs, move, trades }) => {
    atMs += waitMs;
    mid += move;
    const made = trades?.map(({ side, size, depth, beforeMs }) =>
      trade(side, size, { price: Math.round(side === 'buy' ? mid + depth : mid - depth), atMs: atMs - beforeMs }),
    );
    return { atMs, mid, trades: made ?? null };
  });
});

/** The state of an incremental signal after a whole history. */
export function after<S>(history: readonly Look[], update: (before: S | null, look: Look) => S): S {
  let state: S | null = null;
  for (const look of history) state = update(state, look);
  if (state === null) throw new Error('Cannot be after no look at all');
  return state;
}

/** What was seen since trades were last missed: the look that missed them, and those after it. */
export const sinceGap = (history: readonly Look[]): readonly Look[] =>
  history.slice(
    Math.max(
      0,
      history.findLastIndex(({ trades }) => trades === null),
    ),
  );

/** The same history as after a restart from the store. */
export const stored = <S>(state: S): S => JSON.parse(JSON.stringify(state));
