import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderIndex } from '../../../gateway/account/order-index.ts';
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import { hasEnded, ORDER_STATUSES } from '../../../shared/order.ts';
import { lots } from '../../../shared/units.ts';
import { at, id, ledger, request } from '../../kit/orders.ts';

const rowOf = (n: number, over: Partial<LedgerOrder> & { readonly status: LedgerOrder['order']['status'] }): LedgerOrder => {
  const [row] = ledger().take(request({ clientId: id(n), symbol: n % 2 === 0 ? 'BTCUSDT' : 'ETHUSDT' }), at(0)).orders;
  if (!row) throw new Error('The ledger took nothing in');
  return { ...row, ...over, order: { ...row.order, status: over.status } };
};
const acts = fc.array(
  fc.record({
    n: fc.integer({ min: 0, max: 7 }),
    status: fc.constantFrom(...ORDER_STATUSES),
    statedFilled: fc.integer({ min: 0, max: 2 }).map(lots),
    gone: fc.boolean(),
  }),
  { maxLength: 40 },
);

test('it says the same as a search through all orders, whatever was put in and taken out', () => {
  fc.assert(
    fc.property(acts, (list) => {
      const [index, plain] = [new OrderIndex(), new Map<string, LedgerOrder>()];
      for (const { n, status, statedFilled, gone } of list) {
        const row = rowOf(n, { status, statedFilled });
        if (gone) index.delete(row.clientId);
        else index.set(row);
        if (gone) plain.delete(row.clientId);
        else plain.set(row.clientId, row);
      }
      const rows = [...plain.values()];
      const moves = (row: LedgerOrder): boolean => !hasEnded(row.order.status) || row.statedFilled > row.order.filled;
      for (const symbol of [undefined, 'BTCUSDT', 'ETHUSDT', 'SOLUSDT']) {
        const of = rows.filter((row) => symbol === undefined || row.symbol === symbol);
        expect(new Set(index.values(symbol))).toEqual(new Set(of));
        expect(new Set(index.moving(symbol))).toEqual(new Set(of.filter(moves)));
      }
      for (let n = 0; n <= 7; n++) expect(index.get(id(n))).toBe(plain.get(id(n)));
    }),
    { numRuns: 100 },
  );
});
