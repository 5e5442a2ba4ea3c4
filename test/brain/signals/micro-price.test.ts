import { describe, expect, test } from 'vitest';
import { type MicroPrice, microPrice, microPriceOf } from '../../../brain/signals/micro-price.ts';
import type { Level } from '../../../brain/strategy/strategy.ts';
import { Random } from '../../../shared/random.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { stored } from '../../kit/market-history.ts';

const level = (price: number, size: number): Level => ({ price: ticks(price), size: lots(size) });
/** Strengths -4 to 4: bids larger when positive. Imbalance 0.1, 0.3, 0.5, 0.7, 0.9 of 200 lots together. */
const book = (mid2: number, { strength, sign }: State): { bid: Level; ask: Level } => {
  const more = 100 + 20 * strength + 10;
  return { bid: level((mid2 - 1) / 2, sign > 0 ? more : 200 - more), ask: level((mid2 + 1) / 2, sign > 0 ? 200 - more : more) };
};
type State = { readonly strength: number; readonly sign: 1 | -1 };

/**
 * A market that is mirror-symmetric by construction: the stronger the imbalance, the likelier mid moves with it by a tick (then the book
 * is weak on either side), else the imbalance strengthens or weakens, and a weak one may turn over.
 */
const MOVE = [0.01, 0.03, 0.05, 0.08, 0.12];
function nextOf(random: Random, { strength, sign }: State): { readonly state: State; readonly move: number } {
  if (random.chance(MOVE[strength]!)) return { state: { strength: 0, sign: random.chance(0.5) ? 1 : -1 }, move: sign };
  const stronger = random.chance(0.5);
  if (!stronger && strength === 0) return { state: { strength, sign: sign > 0 ? -1 : 1 }, move: 0 };
  return { state: { strength: Math.max(0, Math.min(4, strength + (stronger ? 1 : -1))), sign }, move: 0 };
}

/**
 * What mid is expected to move from each strength, by hand: g = m + (1 - m) (half g of stronger + half g of weaker), where after a move
 * the sign is either way alike and so worth nothing, and weaker than the weakest is the mirror, worth -g0. Repeated until it stands.
 */
function expected(): readonly number[] {
  let g = [0, 0, 0, 0, 0];
  for (let i = 0; i < 5_000; i++)
    g = MOVE.map((m, s) => m + (1 - m) * (0.5 * g[Math.min(4, s + 1)]! + 0.5 * (s === 0 ? -g[0]! : g[s - 1]!)));
  return g;
}

function run(looks: number, mirror = false): MicroPrice {
  const random = new Random(9);
  let [state, at2, micro]: [State, number, MicroPrice | null] = [{ strength: 0, sign: 1 }, 1_200_001, null];
  for (let i = 0; i < looks; i++) {
    const shown = mirror ? { ...state, sign: state.sign > 0 ? (-1 as const) : (1 as const) } : state;
    micro = microPrice(micro, { ...book(mirror ? 2_400_002 - at2 : at2, shown), atMs: i * 100 });
    const { state: next, move } = nextOf(random, state);
    [state, at2] = [next, at2 + 2 * move];
  }
  return micro!;
}

describe('microPrice() on a market whose moves are known', () => {
  const micro = run(60_001);
  test('finds what mid is expected to move from each imbalance', () => {
    const want = expected();
    expect(want.map((one) => one.toFixed(3))).toEqual(['0.120', '0.343', '0.526', '0.659', '0.732']);
    for (const [cell, one] of want.entries()) expect(Math.abs(micro.adjustment![cell]! - one)).toBeLessThan(0.12);
  });

  test('and the mirrored market has the mirrored price, to the last bit', () => {
    const mirrored = run(60_001, true);
    expect(mirrored.adjustment).toEqual(micro.adjustment);
    expect(microPriceOf(mirrored)! - 600_000.5).toBe(600_000.5 - microPriceOf(micro)!);
  });

  test('knows nothing of a spread that it has not seen, and adds nothing there', () => {
    expect(micro.adjustment!.slice(5)).toEqual([0, 0, 0, 0, 0]);
    const wide = microPrice(micro, { bid: level(600_000, 90), ask: level(600_004, 10), atMs: micro.solvedMs });
    expect(microPriceOf(wide)).toBe(600_002);
  });

  test('goes on from the store as if it had never stopped', () => {
    const again = { bid: level(600_000, 90), ask: level(600_001, 10), atMs: 6_000_100 };
    expect(microPrice(stored(micro), again)).toEqual(microPrice(micro, again));
  });
});

test('microPriceOf() is unknown before it has seen enough', () => {
  expect(microPriceOf(run(600))).toBeNull();
  expect(microPriceOf(run(701))).not.toBeNull();
});

test('microPriceOf() adds nothing to a balanced book', () => {
  const micro = microPrice(run(1_001), { bid: level(600_000, 50), ask: level(600_001, 50), atMs: 100_100 });
  expect(microPriceOf(micro)).toBe(600_000.5);
});
