/** Whether an order that rests would be let through now: the guard is asked about it as if it were placed again in its own place. */
import type { Refusal } from '../../shared/command.ts';
import type { LedgerOrder } from '../account/rows.ts';
import { lots } from '../../shared/units.ts';
import type { Closer } from './closer.ts';
import { type Core, isBrains, ownOpen } from './core.ts';
import { checkOrder } from './guard.ts';
import { guardView } from './guard-view.ts';
import type { Stops } from './stop.ts';

export type RestingParts = { readonly core: Core; readonly closer: Closer; readonly stops: Stops };

/** The rules are asked about an order that rests: its decision is as old as the newest snapshot. */
const ANY_AGE_MS = 60_000;

/** The first rule it breaks; null when it fits. */
export function refusalOf(row: LedgerOrder, { core, closer, stops }: RestingParts): Refusal | null {
  const { symbol, clientId, side, kind, timeInForce, reduceOnly } = row;
  const { price, size } = row.amendTo ?? row.order; // as it will stand
  const request = { symbol, clientId, side, kind, timeInForce, reduceOnly, price, size: lots(Math.max(size, row.order.size)) };
  const basedOn = { epoch: core.identity.epoch, seq: core.seqs.seq };
  const [closing, stopMissing] = [closer.isClosing(symbol), stops.isMissing(symbol)];
  const ofStops = { closing, stopMissing, stops: stops.closingLots(symbol) };
  const view = guardView(core, { request, basedOn, ttlMs: ANY_AGE_MS, ...ofStops, pace: null });
  return view === null ? 'unknown-symbol' : (checkOrder({ request, replaces: row, view })?.code ?? null);
}

/** Rules about sending more, not about what rests. */
export const OF_SENDING: ReadonlySet<Refusal> = new Set(['budget', 'rejections']);

/** A strategy's orders that would not be let through any more; one that cannot be judged now is among them. */
export function unfitOrders(parts: RestingParts): readonly string[] {
  const orders = ownOpen(parts.core).filter((row) => isBrains(row) && !row.reduceOnly);
  return orders.flatMap((row) => {
    const refusal = refusalOf(row, parts);
    return refusal === null || OF_SENDING.has(refusal) ? [] : [row.clientId];
  });
}
