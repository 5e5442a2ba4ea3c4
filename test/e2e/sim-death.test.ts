import { expect, test } from 'vitest';
import { TestRun } from '../kit/run.ts';

const RECOVERY_MS = 15_000;
const CONFIG = { gateway: { leaseMs: 2_000, deadManMs: 5_000, deadManRefreshMs: 1_000 } };

/** Waits until the exchange itself shows orders of ours on both sides that it did not show before. */
async function untilQuotingAnew(run: TestRun, before: ReadonlySet<string>): Promise<void> {
  const look = async (): Promise<boolean> => {
    const { openOrders } = await run.exchange().catch(() => ({ openOrders: [] })); // it is just being started again
    const sides = openOrders.filter((order) => !before.has(order.clientOrderId)).map((order) => order.side);
    return sides.includes('BUY') && sides.includes('SELL');
  };
  await run.until('new quotes on both sides at the exchange', look, RECOVERY_MS);
}

test('the exchange killed while we quote: it goes on from its state, we recover, and all agrees at the end', async () => {
  await using run = await TestRun.start({ config: CONFIG, args: ['--speed', '2'] });
  await run.untilQuoting();
  const fills = async (): Promise<number> => (await run.exchange()).tradesCount;
  await run.until('a fill', async () => (await fills()) > 0, 40_000);
  const [killed, booked] = [run.pid('sim'), await fills()];
  const resting = new Set((await run.exchange()).openOrders.map((order) => order.clientOrderId));
  process.kill(killed, 'SIGKILL');
  await run.until('a new exchange', () => run.pid('sim') !== killed, RECOVERY_MS);
  await untilQuotingAnew(run, resting);
  expect(await fills()).toBeGreaterThanOrEqual(booked);
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { sim: 1, gateway: 0, brain: 0 } });
  expect(summary.fills).toBeGreaterThanOrEqual(booked);
  expect(code).toBe(0);
});
