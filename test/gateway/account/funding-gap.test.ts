import { expect, test } from 'vitest';
import { fundingGap, LATE_MS, UNSURE_MS } from '../../../gateway/account/funding-gap.ts';
import type { FundingRow } from '../../../gateway/account/rows.ts';
import type { FundingPayment } from '../../../gateway/venues/venue.ts';
import { atoms, wallMs } from '../../../shared/units.ts';

const EIGHT = Date.UTC(2026, 10, 27, 8);
const HOUR = 3_600_000;
const listed = (id: string, amount: number, symbol = 'BTCUSDT', atMs = EIGHT): FundingPayment => ({
  ...{ kind: 'funding', id, symbol, asset: 'USDT', amount: atoms(BigInt(amount)), atMs: wallMs(atMs) },
});
const booked = (amount: number, told = '', atMs = EIGHT + 40): FundingRow => ({
  ...{ asset: 'USDT', amount: atoms(BigInt(amount)), told, symbol: told, atMs: wallMs(atMs) },
});
const gap = (payments: readonly FundingPayment[], rows: readonly FundingRow[], toMs = EIGHT + HOUR / 2) =>
  fundingGap({ listed: payments, booked: rows, toMs });
const missing = (...args: Parameters<typeof gap>) => gap(...args).missing.map(({ symbol, amount }) => [symbol, Number(amount)]);

test.each<[string, readonly FundingPayment[], readonly FundingRow[], readonly (readonly [string | null, number])[]]>([
  ['one that the stream told with its symbol is none', [listed('1', -5)], [booked(-5, 'BTCUSDT')], []],
  ['one that the stream told by its asset alone is none', [listed('1', -5)], [booked(-5)], []],
  ['one that was told at no time is one', [listed('1', -5)], [], [['BTCUSDT', -5]]],
  ['of two of one amount, one told: the other is', [listed('1', -5), listed('2', -5, 'ETHUSDT')], [booked(-5)], [['ETHUSDT', -5]]],
  [
    'the symbol finds its own before one without takes it',
    [listed('1', -5), listed('2', -5, 'ETHUSDT')],
    [booked(-5), booked(-5, 'BTCUSDT')],
    [],
  ],
  ['the same amount of another settlement does not count', [listed('1', -5)], [booked(-5, '', EIGHT - 8 * HOUR)], [['BTCUSDT', -5]]],
  ['of another asset neither', [listed('1', -5)], [{ ...booked(-5), asset: 'USDC' }], [['BTCUSDT', -5]]],
  ['several that were told as one sum are none', [listed('1', -5), listed('2', 3, 'ETHUSDT')], [booked(-2)], []],
  ['of a sum that is not theirs only the difference is', [listed('1', -5), listed('2', 3, 'ETHUSDT')], [booked(-4)], [[null, 2]]],
  ['what the list does not show stays as it is', [], [booked(-5)], []],
])('fundingGap() %s', (_name, payments, rows, want) => {
  expect(missing(payments, rows)).toEqual(want);
});

test('fundingGap() is closed by what it told', () => {
  const payments = [listed('1', -5), listed('2', 3, 'ETHUSDT'), listed('3', 7, 'BTCUSDT', EIGHT + HOUR)];
  const rows = [booked(-4)];
  const found = gap(payments, rows, EIGHT + 2 * HOUR).missing;
  const after = [...rows, ...found.map(({ amount, symbol, atMs }) => booked(Number(amount), symbol ?? '', atMs))];
  expect([found.length, missing(payments, after, EIGHT + 2 * HOUR)]).toEqual([2, []]);
});

test('fundingGap() waits for what the stream may still tell, and all from that settlement on is looked at again', () => {
  const payments = [listed('1', -5)];
  expect(gap(payments, [], EIGHT + LATE_MS - 1)).toEqual({ missing: [], doneToMs: EIGHT - HOUR / 2 });
  expect(gap(payments, [], EIGHT + LATE_MS)).toMatchObject({ missing: [{ amount: -5n }], doneToMs: EIGHT + LATE_MS });
  expect(gap(payments, [booked(-4, '', EIGHT)], EIGHT + LATE_MS).missing).toEqual([]);
  expect(missing(payments, [booked(-4, '', EIGHT)], EIGHT + UNSURE_MS)).toEqual([['BTCUSDT', -1]]);
});
