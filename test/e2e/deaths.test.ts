import { expect, test } from 'vitest';
import { KEYS, TestRun } from '../kit/run.ts';

const LEASE_MS = 2_000;
const DEAD_MAN_MS = 5_000;
/** Processes need time to start again on a busy machine; the contract is under 10 s. */
const RECOVERY_MS = 10_000;

const quotesGone = (run: TestRun) => async (): Promise<boolean> => (await run.exchange()).openOrders.length === 0;

test('kill -9 of the brain: its quotes are gone within the lease and half a second, then it quotes again', async () => {
  await using run = await TestRun.start({ args: ['--seconds', '30'] });
  await run.untilQuoting();
  const [killedAt, pid] = [performance.now(), run.pid('brain')];
  process.kill(pid, 'SIGKILL');
  await run.until('no quotes, or quotes of a new brain', async () => (await quotesGone(run)()) || run.pid('brain') !== pid, LEASE_MS + 500);
  await run.until('a new brain', () => run.pid('brain') !== pid, RECOVERY_MS);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_MS);
  const { summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { brain: 1 } });
});

test('kill -9 of the gateway: quotes are gone within the dead-man time or by its successor, which quotes again; positions agree', async () => {
  await using run = await TestRun.start({
    args: ['--seconds', '35'],
    config: { gateway: { deadManMs: DEAD_MAN_MS, deadManRefreshMs: 1_000 } },
  });
  await run.untilQuoting();
  const before = new Set((await run.exchange()).openOrders.map((order) => order.clientOrderId));
  expect(before.size).toBeGreaterThan(0);
  const [killedAt, epoch] = [performance.now(), (await run.header())?.epoch];
  process.kill(run.pid('gateway'), 'SIGKILL');
  await run.until(
    'none of the old quotes',
    async () => (await run.exchange()).openOrders.every((order) => !before.has(order.clientOrderId)),
    DEAD_MAN_MS + 500,
  );
  await run.until(
    'a snapshot of a new epoch',
    async () => {
      const header = await run.header();
      return header !== null && header.epoch !== epoch;
    },
    RECOVERY_MS,
  );
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_MS);
  const { summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { gateway: 1 } });
});

test('kill -9 of Redis: quotes are gone within half a second of five missed ticks, then all comes back', async () => {
  await using run = await TestRun.start({ args: ['--seconds', '30'] });
  await run.untilQuoting();
  const killedAt = performance.now();
  process.kill(run.pid('redis'), 'SIGKILL');
  await run.until('no quotes at the exchange', quotesGone(run), 1_500);
  await run.until('snapshots again', async () => (await run.read(KEYS.book('BTCUSDT')))?.status === 'live', RECOVERY_MS);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_MS);
  const { summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { redis: 1 } });
});
