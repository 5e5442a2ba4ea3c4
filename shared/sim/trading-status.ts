/** Whether a symbol trades, in the venue's own words (exchangeInfo `status`; reference sheet 2026-11, section 4), and what it refuses otherwise. */
import type { Reject } from './order-checks.ts';

export type TradingStatus =
  | 'TRADING'
  | 'PENDING_TRADING'
  | 'PRE_DELIVERING'
  | 'DELIVERING'
  | 'DELIVERED'
  | 'PRE_SETTLE'
  | 'SETTLING'
  | 'CLOSE';

/** What a new order is told on a symbol that does not trade; null when it does. */
export function checkStatus(status: TradingStatus, { closing }: { readonly closing: boolean }): Reject | null {
  if (status === 'TRADING') return null;
  if (status === 'CLOSE' || status === 'DELIVERED') return { kind: 'symbol-closed' };
  return { kind: closing || status === 'PENDING_TRADING' ? 'symbol-not-trading' : 'symbol-not-opening' };
}
