/** Why a fill is on one side only. Each difference has one cause, found by what became of the same wish on the other side. Pure. */
import { type Fill, type Intent, intentOf, sameWish } from './intents.ts';

export const CAUSES = {
  queue: 'rested on both sides, and the place in line was another',
  latency: 'it came to the venue too late on the other side, or at another time',
  canceled: 'moved or cancelled in time on the other side',
  reject: 'refused or rejected on the other side',
  feed: 'the tape has a hole there: the market was not heard',
  drift: 'orders were others because of an earlier difference',
  decision: 'decided otherwise, with no difference before it',
  gateway: 'an order of the gateway itself: a stop at the exchange, a close',
  fee: 'the same fill at another fee',
  unexplained: 'none of these',
} as const;
export type Cause = keyof typeof CAUSES;

export type Told = { readonly fills: readonly Fill[]; readonly intents: readonly Intent[] };
export type Judging = {
  /** Of the fill, and of the other one. */
  readonly own: Told;
  readonly other: Told;
  /** Fills of the other side that have no partner either. */
  readonly unmatched: readonly Fill[];
  /** Since when both sides have not been the same at that moment. */
  readonly differsFrom: (atMs: number) => number;
  /** By how much what both sides sent shortly before came to the venue, or was decided, at another time. */
  readonly shiftedMs: (atMs: number) => number;
  readonly gaps: readonly number[];
  /** Within it two times are the same. */
  readonly jitterMs: number;
  /** Within it two decisions are of the same snapshot. */
  readonly turnMs: number;
};
/** `sentence` speaks of the other side as "there". */
export type Judged = { readonly cause: Cause; readonly sentence: string };

/** What a hole in the tape reaches. */
const GAP_MS = 5_000;

export function causeOf(fill: Fill, judging: Judging): Judged {
  const { own, other, gaps, jitterMs, turnMs } = judging;
  if (gaps.some((atMs) => fill.atMs >= atMs - GAP_MS && fill.atMs <= atMs + GAP_MS)) return judged('feed', 'a hole in the tape');
  if (fill.foreign) return judged('gateway', 'no order of a strategy');
  const parts = partsOf(fill, judging.unmatched, jitterMs);
  if (parts > 0) return judged('queue', `there in ${parts === 1 ? 'one part' : `${parts} parts`} of other size`);
  const wish = intentOf(own.intents, fill);
  if (!wish) return judged('unexplained', 'no command tells of its order');
  const same = sameWish(other.intents, wish, turnMs);
  if (!same) return withoutWish(fill, judging);
  if (same.trouble !== null) return judged('reject', `there ${same.trouble.replace(':', ': ')}`);
  if (same.fromMs === null) return judged('latency', 'there it never came to the venue');
  return resting(fill, same, judging);
}

/** Both had the wish, and on the other side it came to the venue. */
function resting(fill: Fill, same: Intent, { other, jitterMs }: Judging): Judged {
  const from = same.fromMs ?? 0;
  const ms = (n: number): string => `${n.toFixed(1)} ms`;
  if (from > fill.atMs) return judged('latency', `there it came ${ms(from - fill.atMs)} too late`);
  if (same.end !== 'filled' && same.toMs <= fill.atMs + jitterMs)
    return judged('canceled', `there ${same.end} ${ms(fill.atMs - same.toMs)} before`);
  const filled = other.fills.filter((one) => one.clientId === same.clientId && Number(one.price) === same.price);
  const [first] = filled;
  if (first && Math.abs(first.atMs - fill.atMs) > jitterMs)
    return judged('queue', `there filled ${ms(Math.abs(first.atMs - fill.atMs))} ${first.atMs > fill.atMs ? 'later' : 'earlier'}`);
  if (first) return judged('queue', `there ${filled.map(({ size }) => size).join(' + ')} of it was filled`);
  return judged('queue', 'there it rested and was not reached');
}

/** The market that both saw is the same: decisions differ after a difference, or where something was heard in another snapshot. */
function withoutWish(fill: Fill, { differsFrom, shiftedMs }: Judging): Judged {
  const beforeMs = fill.atMs - differsFrom(fill.atMs);
  const shifted = shiftedMs(fill.atMs - beforeMs);
  if (beforeMs > DRIFT_MS) return judged('drift', `apart for ${(beforeMs / 1_000).toFixed(1)} s`);
  if (shifted > 1) return judged('latency', `sent ${shifted.toFixed(1)} ms apart`);
  return judged('decision', 'not wanted there');
}

/** A difference that is older has had consequences. */
const DRIFT_MS = 1_500;

/** Other fills of the moment at that price that add up to it, or of which it is a part: how many. */
function partsOf(fill: Fill, unmatched: readonly Fill[], jitterMs: number): number {
  const near = unmatched.filter(
    (one) =>
      one.symbol === fill.symbol &&
      one.side === fill.side &&
      Number(one.price) === Number(fill.price) &&
      Math.abs(one.atMs - fill.atMs) <= jitterMs,
  );
  return near.length;
}

const judged = (cause: Cause, sentence: string): Judged => ({ cause, sentence });
