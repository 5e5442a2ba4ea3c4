/** Readings of one symbol for the monitors, from one snapshot after the other. Unknown is null. Pure; state is plain data. */
import type { Instrument } from '../../shared/instrument.ts';
import type { Level } from '../strategy/strategy.ts';
import { type Fading, fade, fedMs, type Recent, rememberChange } from './windows.ts';

export type MarketSeen = {
  readonly nowMs: number;
  readonly instrument: Instrument;
  /** Null while the book is not live. */
  readonly bids: readonly Level[] | null;
  readonly asks: readonly Level[] | null;
  readonly bookAgeMs: number | null;
  readonly markTicks: number | null;
  /** Signed lots; null while not known. */
  readonly position: number | null;
  readonly fundingRate: number | null;
  /** Newest public trade since the snapshot before, ticks; null without one, and where no strategy reads trades. */
  readonly tradeTicks: number | null;
  /** Quote units; null while not known. */
  readonly equity: number | null;
};
export type MarketPulse = {
  readonly mids: Recent;
  /** Variance of the mid's return a second. */
  readonly fast: Fading;
  readonly slow: Fading;
  readonly depth: Fading;
  readonly trade: { readonly ticks: number; readonly atMs: number } | null;
  /** Sign of the position, and since when it has had it; wall time, so that it means the same after a restart. */
  readonly side: number;
  readonly sideSinceMs: number;
};
export const NO_PULSE: MarketPulse = { mids: [], fast: null, slow: null, depth: null, trade: null, side: 0, sideSinceMs: 0 };

export type SymbolReadings = Readonly<
  Record<
    | 'positionPercent'
    | 'positionAgeMinutes'
    | 'volatilityRatio'
    | 'spreadBps'
    | 'depthShare'
    | 'jumpBps'
    | 'bookAgeMs'
    | 'markGapBps'
    | 'tradeGapBps'
    | 'fundingPercent',
    number | null
  >
>;

const BPS = 10_000;
const JUMP_MS = 1_000;
const FAST_MS = 10_000;
const SLOW_MS = 600_000;
/** What is usual is not known before. */
const WARM_MS = 60_000;
const DEPTH_BPS = 10;
/** An older trade says nothing of now. */
const TRADE_MS = 1_000;

export function feel(before: MarketPulse, seen: MarketSeen): MarketPulse {
  const { nowMs, position } = seen;
  const side = position === null ? before.side : Math.sign(position);
  const trade = seen.tradeTicks === null ? before.trade : { ticks: seen.tradeTicks, atMs: nowMs };
  const held = { ...before, trade, ...(side === before.side ? {} : { side, sideSinceMs: nowMs }) };
  const mid = midOf(seen);
  if (mid === null) return held;
  const mids = rememberChange(before.mids, { value: mid, nowMs, keepMs: JUMP_MS });
  const variance = varianceOf(before.mids, { mid, nowMs });
  const slower = (fading: Fading, tauMs: number): Fading => (variance === null ? fading : fade(fading, { value: variance, nowMs, tauMs }));
  const depth = fade(before.depth, { value: depthOf(seen, mid), nowMs, tauMs: SLOW_MS });
  return { ...held, mids, fast: slower(before.fast, FAST_MS), slow: slower(before.slow, SLOW_MS), depth };
}

export function symbolReadings(pulse: MarketPulse, seen: MarketSeen): SymbolReadings {
  const mid = midOf(seen);
  const { nowMs, instrument, position, equity, markTicks, fundingRate } = seen;
  const price = markTicks ?? mid;
  const [bid, ask] = [seen.bids?.[0], seen.asks?.[0]];
  return {
    positionPercent:
      position === null || equity === null || price === null ? null : percentOfEquity(Math.abs(position) * price, { instrument, equity }),
    positionAgeMinutes: pulse.side === 0 ? 0 : (nowMs - pulse.sideSinceMs) / 60_000,
    volatilityRatio: ratioOf(pulse),
    spreadBps: mid === null || !bid || !ask ? null : ((ask.price - bid.price) / mid) * BPS,
    depthShare: mid === null ? null : depthShareOf(pulse, depthOf(seen, mid), instrument),
    jumpBps: mid === null ? null : jumpOf(pulse.mids, mid),
    bookAgeMs: seen.bookAgeMs,
    markGapBps: mid === null || markTicks === null ? null : gapBps(mid, markTicks),
    tradeGapBps: mid === null || pulse.trade === null || nowMs - pulse.trade.atMs > TRADE_MS ? null : gapBps(mid, pulse.trade.ticks),
    fundingPercent: fundingRate === null ? null : Math.abs(fundingRate) * 100,
  };
}

const gapBps = (mid: number, other: number): number => (Math.abs(mid - other) / other) * BPS;

export const NOT_KNOWN: SymbolReadings = {
  ...{ positionPercent: null, positionAgeMinutes: null, volatilityRatio: null, spreadBps: null, depthShare: null, jumpBps: null },
  ...{ bookAgeMs: null, markGapBps: null, tradeGapBps: null, fundingPercent: null },
};

/** Nothing is any share of an account that has nothing left. */
function percentOfEquity(tickLots: number, { instrument, equity }: { readonly instrument: Instrument; readonly equity: number }): number {
  const worth = tickLots * Number(instrument.tickSize) * Number(instrument.stepSize);
  return worth === 0 ? 0 : equity <= 0 ? Number.MAX_VALUE : (worth / equity) * 100;
}

function midOf({ bids, asks }: MarketSeen): number | null {
  const [bid, ask] = [bids?.[0], asks?.[0]];
  return bid && ask && bid.price < ask.price ? (bid.price + ask.price) / 2 : null;
}

/** Squared return a second since the view before; null without one. */
function varianceOf(mids: Recent, { mid, nowMs }: { readonly mid: number; readonly nowMs: number }): number | null {
  const last = mids.at(-1);
  if (!last || nowMs <= last[0]) return null;
  return (Math.log(mid / last[1]) ** 2 * 1_000) / (nowMs - last[0]);
}

function ratioOf({ fast, slow }: MarketPulse): number | null {
  if (fast === null || slow === null || fedMs(slow) < WARM_MS || slow.value === 0) return null;
  return Math.sqrt(fast.value / slow.value);
}

function jumpOf(mids: Recent, mid: number): number {
  let most = 0;
  for (const at of mids) most = Math.max(most, (Math.abs(mid - at[1]) / at[1]) * BPS);
  return most;
}

/** Null also where usually nothing can be had within reach: then nothing is missing. */
function depthShareOf({ depth }: MarketPulse, now: number, { minLots }: Instrument): number | null {
  return depth === null || fedMs(depth) < WARM_MS || depth.value < minLots ? null : now / depth.value;
}

/** Lots within reach of mid on the thinner side. */
function depthOf({ bids, asks }: MarketSeen, mid: number): number {
  const within = (mid * DEPTH_BPS) / BPS;
  const near = (levels: readonly Level[] | null): number => {
    let sum = 0;
    for (const { price, size } of levels ?? []) if (Math.abs(price - mid) <= within) sum += size;
    return sum;
  };
  return Math.min(near(bids), near(asks));
}
