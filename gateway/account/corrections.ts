/** The record of what a reconcile changed: one row for each change, with its reason, in the commit of the change itself. Pure. */
import type { Change, CorrectionRow, LedgerOrder, Now } from './rows.ts';

type Why = { readonly reason: string; readonly now: Now };
type Corrected = { readonly before: LedgerOrder | null; readonly after: LedgerOrder | null };

export function withCorrections(change: Change, rows: readonly CorrectionRow[]): Change {
  return rows.length === 0 ? change : { ...change, corrections: [...change.corrections, ...rows] };
}

/** Nothing when the reconcile only confirmed what we held. */
export function orderCorrections({ before, after }: Corrected, { reason, now }: Why): readonly CorrectionRow[] {
  if (after === null) return [];
  const [was, is] = [before?.order, after.order];
  if (was && was.status === is.status && was.price === is.price && was.size === is.size && was.filled === is.filled) return [];
  const { symbol, clientId } = after;
  return [{ kind: 'order', symbol, clientId, from: was?.status ?? 'none', to: is.status, reason, atMs: now.wall }];
}

/** Fills that nobody told before the venue's list of trades was read. */
export const fillCorrections = ({ newFills }: Change, { reason, now }: Why): readonly CorrectionRow[] =>
  newFills.map(({ symbol, clientId, tradeId }) => ({ kind: 'fill', symbol, clientId, tradeId, reason, atMs: now.wall }));
