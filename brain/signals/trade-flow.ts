/** Who takes, and how much: volumes of public trades by the side that took, forgotten by half-life. */
import type { TradeSeen } from '../strategy/strategy.ts';
import { decayOf } from './decay.ts';

/** Lots, each times 2^(-age/halfLife) at `atMs`. Before `sinceMs` nothing is known. */
export type TradeFlow = { readonly buys: number; readonly sells: number; readonly sinceMs: number; readonly atMs: number };
type Look = { readonly trades: readonly TradeSeen[] | null; readonly atMs: number; readonly halfLifeMs: number };

/** Trades that were missed (null) begin it anew: a sum with a hole is no sum. */
export function tradeFlow(before: TradeFlow | null, { trades, atMs, halfLifeMs }: Look): TradeFlow {
  if (before === null || trades === null) return { buys: 0, sells: 0, sinceMs: atMs, atMs };
  const kept = decayOf({ elapsedMs: atMs - before.atMs, halfLifeMs });
  let [buys, sells] = [before.buys * kept, before.sells * kept];
  for (const { aggressor, size, atMs: tradedMs } of trades) {
    const weight = size * decayOf({ elapsedMs: atMs - tradedMs, halfLifeMs });
    if (aggressor === 'buy') buys += weight;
    else sells += weight;
  }
  return { buys, sells, sinceMs: before.sinceMs, atMs };
}

/** 1 when all took by buying, -1 when all by selling, 0 when balanced or nobody took; null before anything was watched. */
export function flowRatio({ buys, sells, sinceMs, atMs }: TradeFlow): number | null {
  if (atMs === sinceMs) return null;
  return buys + sells === 0 ? 0 : (buys - sells) / (buys + sells);
}

/** Lots a second, mean over the half-life's memory; the time before `sinceMs` does not count as quiet. Null at its very begin. */
export function flowRate({ buys, sells, sinceMs, atMs }: TradeFlow, halfLifeMs: number): number | null {
  const known = 1 - decayOf({ elapsedMs: atMs - sinceMs, halfLifeMs });
  return known <= 0 ? null : ((buys + sells) * Math.LN2 * 1_000) / (halfLifeMs * known);
}
