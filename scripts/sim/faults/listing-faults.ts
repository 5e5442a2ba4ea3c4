/** Changes of a listing while it is traded: other filters, trading halted and resumed. */
import * as z from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import type { FilterChange } from '../../../shared/sim/listing.ts';

const decimal = z.string().regex(/^\d+(\.\d+)?$/);

export const LISTING_FAULTS = [
  /** Steps may only become coarser than those the symbol opened with; resting orders of accounts stay. */
  z.strictObject({
    kind: z.literal('filters'),
    symbol: z.string(),
    ...{ tickSize: decimal.optional(), stepSize: decimal.optional(), minNotional: decimal.optional() },
    ...{ minPrice: decimal.optional(), maxPrice: decimal.optional(), minQty: decimal.optional(), maxQty: decimal.optional() },
    ...{ maxMarketQty: decimal.optional(), maxOpenOrders: z.int().positive().optional() },
  }),
  /** Anything but TRADING expires the open orders and refuses new ones. */
  z.strictObject({
    kind: z.literal('trading-status'),
    symbol: z.string(),
    status: z.enum(['TRADING', 'PENDING_TRADING', 'PRE_DELIVERING', 'DELIVERING', 'DELIVERED', 'PRE_SETTLE', 'SETTLING', 'CLOSE']),
  }),
] as const;
const ListingFault = z.discriminatedUnion('kind', [...LISTING_FAULTS]);
export type ListingFault = z.infer<typeof ListingFault>;

export function changeListing(exchange: Exchange, fault: ListingFault): Result<unknown, string> {
  if (fault.kind === 'trading-status') {
    exchange.setTradingStatus(fault.symbol, fault.status);
    return ok({});
  }
  const { kind: _, symbol, ...change } = fault;
  const problem = exchange.setFilters(
    symbol,
    Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as FilterChange,
  );
  return problem === null ? ok({}) : err(problem);
}
