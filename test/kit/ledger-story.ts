/** Stories of a few orders and their trades, told to a ledger in any order, twice, late and without fees at first; for properties of the store. */
import fc from 'fast-check';
import type { Ledger } from '../../gateway/account/ledger.ts';
import { type Change, joinChanges, type Now } from '../../gateway/account/rows.ts';
import { atoms, lots, ticks, wallMs } from '../../shared/units.ts';
import { at, fill, id, report, request } from './orders.ts';

export const ORDERS = 4;
/** Some hours apart, so that a story lasts days. */
export const TRADES = 12;
const APART_MS = 7 * 3_600_000;
const START_MS = 1_700_000_000_000;

export type Step =
  | { readonly kind: 'take' | 'accept' | 'cancel'; readonly order: number }
  | { readonly kind: 'fill' | 'fee'; readonly trade: number }
  | { readonly kind: 'funding'; readonly day: number }
  | { readonly kind: 'read' };

const order = fc.nat({ max: ORDERS - 1 });
const trade = fc.nat({ max: TRADES - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('take', 'accept', 'cancel'), order }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('fill', 'fee'), trade }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('funding'), day: fc.nat({ max: 3 }) }) },
);
export const anyStory = fc.array(step, { minLength: 1, maxLength: 40 });

/** The venue tells trades in the order in which they happened (told late they sum up otherwise), and none of an order that was not yet sent. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  let next = 0;
  const told = new Set<number>();
  return steps.flatMap((one): readonly Step[] => {
    if (one.kind === 'take' && told.has(one.order)) return [];
    const trade = next % TRADES;
    if ('order' in one) told.add(one.order);
    if (one.kind !== 'fill' && one.kind !== 'fee') return [one];
    next++;
    told.add(trade % ORDERS);
    return [{ kind: one.kind, trade }];
  });
}

export const storyNow = (i: number): Now => at(i * 1_000);

/** What the ledger makes of one step. */
export function tell(ledger: Ledger, { step: one, now }: { readonly step: Step; readonly now: Now }): Change {
  switch (one.kind) {
    case 'take':
      return ledger.order(id(one.order)) ? joinChanges([]) : ledger.take(request({ clientId: id(one.order), size: lots(30) }), now);
    case 'accept':
    case 'cancel':
      return ledger.report(reportOf(one.order, one.kind === 'accept' ? 'accepted' : 'canceled'), { now });
    case 'fill':
      return ledger.fill(tradeOf(one.trade, false), now);
    case 'fee':
      return ledger.fill(tradeOf(one.trade, true), now);
    case 'funding':
      return ledger.funding({
        ...{ kind: 'funding', symbol: 'BTCUSDT', asset: 'USDT', amount: atoms(BigInt(-7 - one.day)) },
        atMs: wallMs(START_MS + one.day * 86_400_000),
      });
    case 'read':
      return ledger.readTrades('BTCUSDT', String(100 + TRADES - 1));
    default:
      throw new Error(`Cannot tell: ${JSON.stringify(one satisfies never)}`);
  }
}

/** The orders of a story are those of the role `quote`; half of the trades sell. */
export const reportOf = (n: number, state: 'accepted' | 'canceled') =>
  report({ clientId: id(n), venueId: `v${n}`, state, size: lots(30), atMs: wallMs(START_MS) });

export const tradeOf = (n: number, whole: boolean) =>
  fill({
    ...{ clientId: id(n % ORDERS), venueId: `v${n % ORDERS}`, tradeId: String(100 + n), side: n % 3 === 0 ? 'sell' : 'buy' },
    ...{ price: ticks(600_000 + 13 * n), size: lots(1 + (n % 5)), atMs: wallMs(START_MS + n * APART_MS) },
    ...(whole ? { fee: atoms(BigInt(1_000 + n)), feeAsset: n % 4 === 0 ? 'BNB' : 'USDT' } : { fee: null, feeAsset: null }),
    realizedPnl: null,
  });
