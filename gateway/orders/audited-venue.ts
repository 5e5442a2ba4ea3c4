/**
 * A venue behind the fence, whose every request about an order of ours is noted with its answer; all else it has passes through as it is. Every
 * order asks for its members a dozen times: they are taken over once, which they stand because a fenced venue's need no `this`.
 */
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import type { Lots, Ticks } from '../../shared/units.ts';
import type { RequestKind } from '../account/audit-rows.ts';
import type { OrderEntry, StopEntry, Venue, VenueResult } from '../venues/venue.ts';
import type { Asked, Audit } from './audit.ts';
import { type Fence, fenced } from './fence.ts';

export function auditedVenue(unfenced: Venue, { fence, audit }: { readonly fence: Fence; readonly audit: Audit }): Venue {
  const venue = fenced(unfenced, fence);
  const { orders, stops } = venue;
  return over(venue, {
    orders: over(orders, auditedOrders({ venue, orders, audit })),
    stops: stops && over(stops, auditedStops({ venue, stops, audit })),
  });
}

type OrderParts = { readonly venue: Venue; readonly orders: OrderEntry; readonly audit: Audit };

function auditedOrders({ venue, orders, audit }: OrderParts): Partial<OrderEntry> {
  const asking = askingFor(venue);
  const { placeMany, amendMany } = orders;
  return {
    place: (request, onWritten) => audit.asked(asking('place', request), () => orders.place(request, onWritten)),
    amend: (request, onWritten) => audit.asked(asking('amend', request), () => orders.amend(request, onWritten)),
    cancel: (order, onWritten) => audit.asked({ ...order, what: 'cancel', detail: nothing }, () => orders.cancel(order, onWritten)),
    queryOrder: (order) => audit.asked({ ...order, what: 'query', detail: nothing }, () => orders.queryOrder(order)),
    cancelMany: (order) => {
      const asked = order.clientIds.map((clientId): Asked => ({ clientId, symbol: order.symbol, what: 'cancel', detail: together }));
      return askedTogether(audit, { asked, send: () => orders.cancelMany(order) });
    },
    ...(placeMany && {
      placeMany: (requests) => {
        const asked = requests.map((request) => asking('place', request));
        return askedTogether(audit, { asked, send: () => placeMany.call(orders, requests) });
      },
    }),
    ...(amendMany && {
      amendMany: (requests) => {
        const asked = requests.map((request) => asking('amend', request));
        return askedTogether(audit, { asked, send: () => amendMany.call(orders, requests) });
      },
    }),
  };
}

type StopParts = { readonly venue: Venue; readonly stops: StopEntry; readonly audit: Audit };

function auditedStops({ venue, stops, audit }: StopParts): Partial<StopEntry> {
  const asking = askingFor(venue);
  return {
    placeStop: (request) => audit.asked(asking('place-stop', { ...request, price: request.trigger }), () => stops.placeStop(request)),
    cancelStop: (stop) => audit.asked({ ...stop, what: 'cancel-stop', detail: nothing }, () => stops.cancelStop(stop)),
    queryStop: (stop) => audit.asked({ ...stop, what: 'query-stop', detail: nothing }, () => stops.queryStop(stop)),
  };
}

type Terms = {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: string;
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly timeInForce?: string;
};

const askingFor =
  (venue: Venue) =>
  (what: RequestKind, terms: Terms): Asked => {
    const { clientId, symbol } = terms;
    return { clientId, symbol, what, detail: () => wordsOf(venue.instruments.get(symbol), terms) };
  };

function wordsOf(instrument: Instrument | undefined, { side, price, size, timeInForce }: Terms): string {
  if (!instrument) return `${side} ${size} lots`;
  const at = price === null ? 'market' : formatPrice(instrument, price);
  return `${side} ${formatSize(instrument, size)} at ${at}${timeInForce === undefined ? '' : `, ${timeInForce}`}`;
}

const nothing = (): string => '';
const together = (): string => 'with others';

type Together<T> = { readonly asked: readonly Asked[]; readonly send: () => Promise<readonly VenueResult<T>[]> };

/** One request about many orders, one answer for each. */
async function askedTogether<T>(audit: Audit, { asked, send }: Together<T>): Promise<readonly VenueResult<T>[]> {
  const answered = asked.map((one) => audit.begin(one));
  const results = await send();
  for (const [i, tell] of answered.entries()) tell(results[i]);
  return results;
}

/** The same with some members in the place of its own. */
const over = <T extends object>(target: T, own: Partial<T>): T => ({ ...target, ...own });
