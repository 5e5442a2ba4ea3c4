import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { contentOf } from '../../../gateway/account/statement.ts';
import { type GridChange, regridCorrection, regridFill, regridOrder, regridPosition, regridStop } from '../../../gateway/account/regrid.ts';
import type { BookedFill, CorrectionRow, LedgerOrder, PositionRow } from '../../../gateway/account/rows.ts';
import type { StopRow } from '../../../gateway/orders/stop-book.ts';
import type { OrderStatus } from '../../../shared/order.ts';
import { atoms, lots, ticks, wallMs } from '../../../shared/units.ts';
import { at, fill, id, instrument, NO_ARCHIVE, request } from '../../kit/orders.ts';

const grid = (tickSize: string, stepSize: string) => ({ tickSize, stepSize });
const between = (from: ReturnType<typeof grid>, to: ReturnType<typeof grid>): GridChange => ({ from, to });
const BASE = grid('0.1', '0.001');

type OrderOf = { readonly price?: number | null; readonly size?: number; readonly filled?: number; readonly status?: OrderStatus };
function order({ price = 600_000, size = 10, filled = 0, status = 'open' }: OrderOf = {}): LedgerOrder {
  const asked = request({ price: price === null ? null : ticks(price), size: lots(size), kind: price === null ? 'market' : 'limit' });
  const state = { orders: [], positions: [], fillSeq: 0, loose: [] };
  const ledger = new Ledger({ instruments: new Map([['BTCUSDT', instrument()]]), archive: NO_ARCHIVE, state });
  const [row] = ledger.take(asked, at(1)).orders;
  if (!row) throw new Error('no row');
  return { ...row, order: { ...row.order, status, filled: lots(filled) }, statedFilled: lots(filled) };
}
const booked = (price: number, size: number, tradeId = '7'): BookedFill => ({
  ...fill({ price: ticks(price), size: lots(size), tradeId }),
  n: 1,
});
const stop = (trigger: number, size: number, status: StopRow['status'] = 'resting'): StopRow => ({
  ...{ clientId: id(9), symbol: 'BTCUSDT', side: 'sell', trigger: ticks(trigger), size: lots(size), status, changedAt: at(1).mono },
  ...{ venueId: null, childId: '', reason: '', sentAt: at(1).mono, sentWallMs: at(1).wall },
});
const held = (baseline: number, size: number): PositionRow => ({
  ...{ symbol: 'BTCUSDT', baseline: lots(baseline), sinceTradeId: '5', size: lots(size), cost: atoms(7n), realized: atoms(8n) },
  ...{ fees: { USDT: atoms(9n) }, funding: atoms(1n), volume: atoms(2n), fills: 3, lastTradeId: '6' },
});
const correction = (from: number, to: number): CorrectionRow => ({
  ...{
    kind: 'position',
    symbol: 'BTCUSDT',
    from: lots(from),
    to: lots(to),
    entryPrice: '60000.1',
    reason: 'no-fill-explains-it',
    atMs: wallMs(1),
  },
});

describe('regridOrder()', () => {
  test.each<[what: string, before: OrderOf, to: ReturnType<typeof grid>, after: object, exact: boolean]>([
    ['a finer tick', { price: 600_001 }, grid('0.01', '0.001'), { status: 'open', price: 6_000_010, size: 10 }, true],
    ['a coarser tick that divides', { price: 600_005 }, grid('0.5', '0.001'), { status: 'open', price: 120_001, size: 10 }, true],
    ['a coarser tick that does not', { price: 600_001 }, grid('0.5', '0.001'), { status: 'unknown', price: null, size: 10 }, false],
    ['one that has ended', { price: 600_001, status: 'canceled' }, grid('0.5', '0.001'), { status: 'canceled', price: null }, false],
    ['a market order', { price: null }, grid('0.5', '0.001'), { status: 'open', price: null, size: 10 }, true],
    ['a step that divides', { size: 20, filled: 10 }, grid('0.1', '0.01'), { status: 'open', size: 2, filled: 1 }, true],
    ['a step that does not', { size: 25, filled: 19 }, grid('0.1', '0.01'), { status: 'unknown', size: 3, filled: 1 }, false],
  ])('%s', (_what, before, to, after, exact) => {
    const made = regridOrder(order(before), between(BASE, to));
    expect(made).toMatchObject({ row: { order: after }, exact });
  });

  test('what an amend asks for counts in a row that is in doubt, and the content is no other request', () => {
    const amending: LedgerOrder = { ...order({ status: 'amending' }), amendTo: { price: ticks(600_001), size: lots(50) } };
    const { row } = regridOrder(amending, between(BASE, grid('0.5', '0.001')));
    expect(row).toMatchObject({ order: { status: 'unknown', price: null, size: 50 }, amendTo: null });
    const odd = regridOrder(order({ price: 600_001 }), between(BASE, grid('0.5', '0.001'))).row;
    expect(odd.content).toMatch(/\(tick 0.1, step 0.001\)$/);
    expect(regridOrder(odd, between(grid('0.5', '0.001'), BASE)).row.content).toBe(odd.content);
    const even = regridOrder(order({ price: 600_005 }), between(BASE, grid('0.5', '0.001'))).row;
    expect(even.content).toBe(contentOf(request({ price: ticks(120_001) })));
  });
});

test.each([
  ['a fill with an id', '7', '7'],
  ['a forced close named by its total', 'v1@30', 'v1@3'],
  ['one whose total cannot be said', 'v1@35', 'v1@35/0.001'],
  ['one that could not be said before', 'v1@3/0.5', 'v1@3/0.5'],
])('regridFill() names %s', (_what, before, after) => {
  expect(regridFill(booked(600_000, 10, before), between(BASE, grid('0.1', '0.01'))).row.tradeId).toBe(after);
});

test('positions, stops and corrections: exact, or left to the venue', () => {
  const coarser = between(BASE, grid('0.5', '0.01'));
  expect(regridPosition(held(-10, 30), coarser)).toEqual({ ...held(-10, 30), baseline: -1, size: 3 });
  expect(regridPosition(held(-10, 35), coarser)).toBeNull();
  expect(regridStop(stop(590_005, 20), coarser)).toMatchObject({ row: { status: 'resting', trigger: 118_001, size: 2 }, exact: true });
  expect(regridStop(stop(590_004, 21), coarser)).toMatchObject({ row: { status: 'unknown', trigger: 118_001, size: 3 }, exact: false });
  expect(regridStop(stop(590_004, 21, 'triggered'), coarser)).toMatchObject({ row: { status: 'triggered' }, exact: false });
  expect(regridCorrection(correction(-10, 20), coarser)).toMatchObject({ from: -1, to: 2, entryPrice: '60000.1' });
  expect(regridCorrection(correction(-10, 25), coarser)).toBeNull();
  const ofOrder: CorrectionRow = {
    ...{ kind: 'order', symbol: 'BTCUSDT', clientId: id(1), from: 'unknown', to: 'canceled', reason: 'not-found', atMs: wallMs(1) },
  };
  expect(regridCorrection(ofOrder, coarser)).toBe(ofOrder);
});

const STEPS = ['0.001', '0.005', '0.01', '0.05', '0.1', '0.5', '1', '10'] as const;
const anyGrid = fc.tuple(fc.constantFrom(...STEPS), fc.constantFrom(...STEPS)).map(([tick, step]) => grid(tick, step));
const count = fc.integer({ min: 1, max: 10_000_000 });

test('there and back is the same row where the way there was exact, and always is for a fill', async () => {
  await fc.assert(
    fc.property(anyGrid, anyGrid, count, count, (from, to, price, size) => {
      const [there, back] = [between(from, to), between(to, from)];
      const bought = order({ price, size });
      const made = regridOrder(bought, there);
      if (made.exact) expect(regridOrder(made.row, back)).toEqual({ row: bought, exact: true });
      else expect(made.row.order.status).toBe('unknown');
      const traded = booked(price, size);
      expect(regridFill(regridFill(traded, there).row, back)).toEqual({ row: traded, exact: true });
      const rests = regridStop(stop(price, size), there);
      if (rests.exact) expect(regridStop(rests.row, back).row).toEqual(stop(price, size));
      const position = held(-size, size);
      const moved = regridPosition(position, there);
      if (moved) expect(regridPosition(moved, back)).toEqual(position);
    }),
  );
});

test('an order in doubt counts at least what it may still fill', async () => {
  await fc.assert(
    fc.property(anyGrid, anyGrid, count, count, (from, to, size, part) => {
      const filled = part % (size + 1);
      const { order: after } = regridOrder(order({ size, filled, price: 1_000 }), between(from, to)).row;
      const rest = (size - filled) * Number(from.stepSize);
      expect((after.size - after.filled) * Number(to.stepSize)).toBeGreaterThanOrEqual(rest * (1 - 1e-9));
    }),
  );
});
