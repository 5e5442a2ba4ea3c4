/** Whether an order is there to be amended, and to what: before any rule of the guard. */
import type { Amend, Refused } from '../../shared/command.ts';
import { parsePrice, parseSize } from '../../shared/instrument.ts';
import { hasEnded } from '../../shared/order.ts';
import type { Lots, Ticks } from '../../shared/units.ts';
import { isFilledUnbooked, type LedgerOrder } from '../account/rows.ts';
import type { Core } from './core.ts';
import { refuse } from './refuse.ts';

export type ReadAmend = { readonly row: LedgerOrder; readonly terms: { readonly price: Ticks; readonly size: Lots } };

export function readAmend({ venue, keeper, router }: Pick<Core, 'venue' | 'keeper' | 'router'>, amend: Amend): ReadAmend | Refused {
  const cannot = `Cannot amend order "${amend.clientId}":`;
  const row = keeper.ledger.order(amend.clientId);
  const instrument = row && venue.instruments.get(row.symbol);
  if (!row || !instrument) return refuse(amend, 'unknown-order', `${cannot} the ledger does not know it`);
  const { status, filled } = row.order;
  if (hasEnded(status)) return refuse(amend, 'order-ended', `${cannot} it is ${status}`);
  if (isFilledUnbooked(row)) return refuse(amend, 'order-busy', `${cannot} the venue says that it is filled, its fills are on their way`);
  if ((status !== 'open' && status !== 'partially-filled') || router.isUnwanted(row.clientId))
    return refuse(amend, 'order-busy', `${cannot} it is ${status}, and waits for the venue`);
  const [price, size] = [parsePrice(instrument, amend.price), parseSize(instrument, amend.size)];
  if (price === null || size === null || size <= filled)
    return refuse(amend, 'filter', `${cannot} price ${amend.price} or size ${amend.size} is off step or already filled`);
  return { row, terms: { price, size } };
}
