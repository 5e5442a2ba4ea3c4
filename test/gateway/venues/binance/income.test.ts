import { expect, test } from 'vitest';
import { incomeJson } from '../../../../shared/sim/binance/income-json.ts';
import type { IncomeRow } from '../../../../shared/sim/income.ts';
import { atoms } from '../../../../shared/units.ts';
import { answer, scriptedRest } from '../../../kit/scripted-rest.ts';

const AT = Date.UTC(2026, 10, 27, 8);
const row = (id: number, over: Partial<IncomeRow> = {}): IncomeRow => ({
  ...{ type: 'funding', amount: atoms(-1_234n), asset: 'USDT', symbol: 'BTCUSDT', tradeId: null, atMs: AT, id, ...over },
});
const range = { fromMs: AT - 3_600_000.5, toMs: AT + 600_000 };

test('what was paid for funding is asked for by type and time, and read oldest first', async () => {
  const rows = [row(8, { atMs: AT + 5, asset: 'USDC', symbol: 'BTCUSDC', amount: atoms(7n) }), row(7)];
  const { orders, run, sent } = scriptedRest(() => answer(rows.map(incomeJson)));
  expect(await run(orders.fundingPaid(range))).toEqual({
    ok: true,
    value: {
      payments: [
        { kind: 'funding', id: `7 BTCUSDT ${AT}`, symbol: 'BTCUSDT', asset: 'USDT', amount: -1_234n, atMs: AT },
        { kind: 'funding', id: `8 BTCUSDC ${AT + 5}`, symbol: 'BTCUSDC', asset: 'USDC', amount: 7n, atMs: AT + 5 },
      ],
      isLast: true,
    },
  });
  const [asked] = sent;
  expect(asked?.path).toContain('/fapi/v1/income?');
  expect(['incomeType', 'startTime', 'endTime', 'limit'].map((name) => asked?.query.get(name))).toEqual([
    'FUNDING_FEE',
    String(AT - 3_600_001),
    String(AT + 600_000),
    '1000',
  ]);
});

test('a whole page is not the last; a number beyond what JSON holds is still one row', async () => {
  const many = Array.from({ length: 1_000 }, (_, n) => row(n));
  const { orders, run } = scriptedRest(() => answer(many.map(incomeJson)));
  expect(await run(orders.fundingPaid(range))).toMatchObject({ value: { isLast: false } });
  const text = JSON.stringify([row(1), row(2, { symbol: 'ETHUSDT' })].map(incomeJson)).replace(
    /"tranId":\d/g,
    '"tranId":9223372036854775807',
  );
  const large = scriptedRest(() => answer(text));
  const read = await large.run(large.orders.fundingPaid(range));
  expect(new Set(read.ok ? read.value.payments.map(({ id }) => id) : []).size).toBe(2);
});

test('no further back than the venue keeps it, and no amount that cannot be said exactly', async () => {
  const { orders, run, sent } = scriptedRest(() => answer([{ ...incomeJson(row(1)), income: '0.123456789' }]));
  expect(await run(orders.fundingPaid({ fromMs: 0, toMs: AT }))).toMatchObject({ ok: false });
  expect(sent[0]?.query.get('startTime')).toBe(String(AT - 89 * 86_400_000));
});
