/**
 * The micro-price: mid plus what mid is expected to move, given the imbalance of the best sizes and the spread (Stoikov, "The
 * micro-price: a high-frequency estimator of future prices", Quantitative Finance 18, 2018). Looks form a Markov chain of states
 * (imbalance, spread); with P its transitions and r the mean move of mid in the next step, the adjustment is G = r + P r + P^2 r + ...,
 * so it solves (I - P) G = r. The paper's mirrored observations (imbalance turned over, move negated) are built in: a state and its
 * mirror are one cell with a sign, G changes sign with the mirror, and so the sum converges and knows no trend. P and r are counted from
 * the looks themselves and forgotten by half-life.
 */
import type { Level } from '../strategy/strategy.ts';
import { decayOf } from './decay.ts';
import { solve } from './solve.ts';

/** `cell` counts strength of imbalance (0 weakest) and width of the spread; `sign` 1 when bids are larger, -1 asks, 0 neither. */
type Seen = { readonly cell: number; readonly sign: -1 | 0 | 1; readonly mid: number; readonly spread: number };
export type MicroPrice = {
  readonly seen: Seen;
  /** Signed transitions from cell to cell, looks in each cell, signed moves of mid out of it (ticks). */
  readonly moved: readonly (readonly number[])[];
  readonly looks: readonly number[];
  readonly drift: readonly number[];
  /** Ticks to add in each cell, times the sign; null until enough is seen. */
  readonly adjustment: readonly number[] | null;
  readonly solvedMs: number;
};

const STRENGTHS = 5;
const CELLS = STRENGTHS * 2;
/** A move of more spreads than this counts as this many: one crash must not teach for an hour. */
const MOVE_MAX = 10;
const SOLVE_MS = 10_000;
const HALF_LIFE_MS = 1_800_000;
/** Cells seen less often are taken to tell nothing; before so many looks all are. */
const LOOKS_MIN_OF_CELL = 20;
const LOOKS_MIN = 600;

/** One look at the best bid and ask. */
type Look = { readonly bid: Level; readonly ask: Level; readonly atMs: number };

export function microPrice(before: MicroPrice | null, look: Look): MicroPrice {
  const { atMs } = look;
  const seen = seenOf(look);
  if (before === null) return { ...NOTHING, seen, solvedMs: atMs };
  const counted = step(before, seen);
  const sinceMs = atMs - counted.solvedMs;
  return sinceMs >= 0 && sinceMs < SOLVE_MS ? counted : { ...settle(counted, sinceMs), solvedMs: atMs };
}

/** Ticks, at most `MOVE_MAX` spreads from mid: where the tick is small it lies beyond the best prices. Null while too little is seen. */
export function microPriceOf({ adjustment, seen }: MicroPrice): number | null {
  if (adjustment === null) return null;
  const move = seen.sign * (adjustment[seen.cell] ?? 0);
  return seen.mid + within(move, MOVE_MAX * seen.spread);
}

const zeros = (): number[] => new Array<number>(CELLS).fill(0);
const NOTHING = { moved: Array.from({ length: CELLS }, zeros), looks: zeros(), drift: zeros(), adjustment: null };

function seenOf({ bid, ask }: Look): Seen {
  const both = bid.size + ask.size;
  const imbalance = both === 0 ? 0 : (bid.size - ask.size) / both;
  const strength = Math.min(STRENGTHS - 1, Math.floor(Math.abs(imbalance) * STRENGTHS));
  const spread = ask.price - bid.price;
  const sign = imbalance > 0 ? 1 : imbalance < 0 ? -1 : 0;
  return { cell: strength + (spread > 1 ? STRENGTHS : 0), sign, mid: (bid.price + ask.price) / 2, spread };
}

const within = (move: number, bound: number): number => Math.max(-bound, Math.min(bound, move));

/** From a balanced book it may go either way alike: it moves nothing. */
function step(state: MicroPrice, seen: Seen): MicroPrice {
  const { cell, sign, mid, spread } = state.seen;
  const move = sign * within(seen.mid - mid, MOVE_MAX * spread);
  const turned = sign * seen.sign;
  const { moved, looks, drift } = state;
  return {
    ...state,
    seen,
    moved: turned === 0 ? moved : moved.with(cell, (moved[cell] ?? []).with(seen.cell, (moved[cell]?.[seen.cell] ?? 0) + turned)),
    looks: looks.with(cell, (looks[cell] ?? 0) + 1),
    drift: move === 0 ? drift : drift.with(cell, (drift[cell] ?? 0) + move),
  };
}

function settle(state: MicroPrice, sinceMs: number): MicroPrice {
  const kept = decayOf({ elapsedMs: sinceMs, halfLifeMs: HALF_LIFE_MS });
  const fade = (row: readonly number[]): number[] => row.map((one) => one * kept);
  const { moved, looks, drift } = state;
  const adjustment = looks.reduce((sum, one) => sum + one, 0) < LOOKS_MIN ? null : adjustmentOf(state);
  return { ...state, adjustment, moved: moved.map(fade), looks: fade(looks), drift: fade(drift) };
}

/** (I - P) G = r over the cells seen often enough; the others stay at 0. */
function adjustmentOf({ moved, looks, drift }: MicroPrice): readonly number[] | null {
  const known = looks.map((one) => one >= LOOKS_MIN_OF_CELL);
  const matrix = moved.map((row, from) =>
    row.map((turned, to) => {
      const identity = from === to ? 1 : 0;
      return known[from] && known[to] ? identity - turned / (looks[from] ?? 1) : identity;
    }),
  );
  return solve(
    matrix,
    drift.map((sum, cell) => (known[cell] ? sum / (looks[cell] ?? 1) : 0)),
  );
}
