import { expect, test } from 'vitest';
import { ArbitrageRun, SIZE } from '../kit/arbitrage-run.ts';

const REFUSED = { kind: 'reply', method: 'POST', path: '/fapi/v1/order', execute: false, status: 400 } as const;

test('one coin in two books: dear in one it is sold there and bought in the other, held hedged, and unwound when the price is usual again', async () => {
  await using run = await ArbitrageRun.open();
  expect([run.held, run.reasons.at(-1)]).toEqual([{ BTCUSDT: '0.000', BTCUSDC: '0.000' }, 'arb-no-edge']);
  run.makeDear();
  await run.until('both legs', () => run.reasons.at(-1) === 'arb-holding');
  expect(run.held).toEqual({ BTCUSDT: SIZE, BTCUSDC: `-${SIZE}` });
  await run.run(2_000);
  expect([run.held, run.reasons.at(-1)]).toEqual([{ BTCUSDT: SIZE, BTCUSDC: `-${SIZE}` }, 'arb-holding']);
  run.makeUsual();
  await run.until('flat', () => run.reasons.includes('arb-closed'));
  await run.run(1_000);
  expect([run.held, run.resting]).toEqual([{ BTCUSDT: '0.000', BTCUSDC: '0.000' }, 0]);
  expect(run.reasons.filter((reason) => reason.startsWith('arb-'))).toEqual(
    expect.arrayContaining(['arb-entering', 'arb-hedging', 'arb-holding', 'arb-leaving-target', 'arb-closed']),
  );
});

test('a leg that is refused until the deadline: the other is unwound, and nothing is left', async () => {
  await using run = await ArbitrageRun.open();
  run.makeDear();
  await run.until('the first leg', () => Object.values(run.held).some((size) => Number(size) !== 0));
  run.fault({
    ...REFUSED,
    count: 4,
    body: '{"code":-4131,"msg":"The counterparty\'s best price does not meet the PERCENT_PRICE filter limit."}',
  });
  await run.until('the deadline', () => run.reasons.includes('arb-leaving-hedge-late'));
  run.makeUsual();
  await run.until('flat', () => Object.values(run.held).every((size) => Number(size) === 0));
  await run.run(2_000);
  expect([run.held, run.resting]).toEqual([{ BTCUSDT: '0.000', BTCUSDC: '0.000' }, 0]);
});
