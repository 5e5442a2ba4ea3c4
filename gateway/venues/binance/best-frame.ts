/** Hot path: one message of best prices, text to whole ticks and lots. Binance USD-M docs, "Individual Symbol Book Ticker Streams" (reference sheet 2026-11, 6). */
import { lots, ticks } from '../../../shared/units.ts';
import type { BestPrices } from '../../market/top.ts';
import { type DepthScale, exactSteps } from './depth-frame.ts';

export type BestFrame = BestPrices & { readonly symbol: string };
/** The fields are checked below, one by one. */
type Fields = { e?: unknown; u?: unknown; s?: unknown; b?: unknown; B?: unknown; a?: unknown; A?: unknown };
type Message = { readonly data?: Fields | null } | null;

/** Whether a frame of a combined connection is one of best prices. */
export const isBest = (stream: string): boolean => stream.endsWith('@bookTicker');

/** One message of a combined connection; a sentence when it cannot be read: then it is as if it had not come. */
export function readBest(text: string, scales: ReadonlyMap<string, DepthScale>): BestFrame | string {
  const data = dataOf(text);
  const scale = typeof data?.s === 'string' ? scales.get(data.s) : undefined;
  if (!data || !scale || data.e !== 'bookTicker') return 'not the best prices of a known symbol';
  const { u } = data;
  const [bid, bidSize, ask, askSize] = [
    exactSteps(data.b, scale.price),
    exactSteps(data.B, scale.size),
    exactSteps(data.a, scale.price),
    exactSteps(data.A, scale.size),
  ];
  if (typeof u !== 'number' || !Number.isSafeInteger(u)) return 'best prices without an update id';
  if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) return 'best prices malformed or off their step';
  return {
    symbol: scale.symbol,
    updateId: u,
    bid: { price: ticks(bid), size: lots(bidSize) },
    ask: { price: ticks(ask), size: lots(askSize) },
  };
}

function dataOf(text: string): Fields | null {
  try {
    return (JSON.parse(text) as Message)?.data ?? null;
  } catch {
    return null;
  }
}
