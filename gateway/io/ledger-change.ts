/** What of a change the disk must have at once, and what may wait for the next batch. Pure. */
import type { Change, LedgerOrder } from '../account/rows.ts';

export const isEmpty = ({ orders, fills, positions, corrections, funding = [] }: Change): boolean =>
  orders.length + fills.length + positions.length + corrections.length + funding.length === 0;

/** The row of one order whose bytes will leave next, and nothing else. */
export const isPlacement = ({ orders, fills, positions, corrections, funding = [] }: Change): boolean =>
  orders.length === 1 && orders.some(isLeaving) && fills.length + positions.length + corrections.length + funding.length === 0;

/** What no venue would tell again. */
export const isUrgent = ({ orders, corrections, funding = [] }: Change): boolean =>
  corrections.length + funding.length > 0 || orders.some(isLeaving);

const isLeaving = ({ order }: LedgerOrder): boolean => order.status === 'sent' || order.status === 'amending';
