import { expect, test } from 'vitest';
import { KEYS, TestRun } from '../kit/run.ts';

/** Config of these tests: short enough to wait for. */
const DEAD_MAN_MS = 5_000;
const LEASE_MS = 2_000;
/** Five missed ticks and half a second. */
const REDIS_MS = 500 + 500;
/** What a busy machine may add between an act of ours and our own look at it. */
const LOOK_MS = 150;
const RECOVERY_MS = 10_000;
const CONFIG = { gateway: { leaseMs: LEASE_MS, deadManMs: DEAD_MAN_MS, deadManRefreshMs: 1_000 } };

const openIds = async (run: TestRun): Promise<string[]> => (await run.exchange()).openOrders.map((order) => order.clientOrderId);

/** Milliseconds until none of the orders that rest now rests any more. */
async function untilGone(run: TestRun, { act, limitMs }: { readonly act: () => void; readonly limitMs: number }): Promise<number> {
  const before = new Set(await openIds(run));
  expect(before.size).toBeGreaterThan(0);
  const from = performance.now();
  act();
  await run.until('the quotes gone', async () => (await openIds(run)).every((id) => !before.has(id)), limitMs + LOOK_MS);
  return performance.now() - from;
}

/** Everything agrees at the end, and the restarts are told. */
async function expectAgreement(run: TestRun, restarts: Readonly<Record<string, number>>): Promise<void> {
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts });
  expect(code).toBe(0);
}

test('brain: frozen, its quotes are gone within the lease and half a second; killed, it quotes again within 10 s and all agrees', async () => {
  await using run = await TestRun.start({ config: CONFIG });
  await run.untilQuoting();
  const frozen = run.pid('brain');
  await untilGone(run, { act: () => process.kill(frozen, 'SIGSTOP'), limitMs: LEASE_MS + 500 });
  await run.until('no quotes while frozen', async () => (await openIds(run)).length === 0, 500);
  process.kill(frozen, 'SIGCONT');
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  await untilGone(run, { act: () => process.kill(run.pid('brain'), 'SIGKILL'), limitMs: LEASE_MS + 500 });
  await run.until('a new brain', () => run.pid('brain') !== frozen, RECOVERY_MS);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  await expectAgreement(run, { brain: 1 });
});

test('gateway: frozen, its quotes are gone within the dead-man time; killed, its successor takes over within 10 s and all agrees', async () => {
  await using run = await TestRun.start({ config: CONFIG });
  await run.untilQuoting();
  const frozen = run.pid('gateway');
  await untilGone(run, { act: () => process.kill(frozen, 'SIGSTOP'), limitMs: DEAD_MAN_MS + 500 });
  process.kill(frozen, 'SIGCONT');
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  const epoch = (await run.header())?.epoch;
  const killedAt = performance.now();
  await untilGone(run, { act: () => process.kill(frozen, 'SIGKILL'), limitMs: DEAD_MAN_MS + 500 });
  await run.until('snapshots of a new epoch', async () => ((await run.header())?.epoch ?? epoch) !== epoch, RECOVERY_MS);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_MS);
  await expectAgreement(run, { gateway: 1 });
});

test('Redis: frozen, quotes are gone within five ticks and half a second; killed, all comes back within 10 s and agrees', async () => {
  await using run = await TestRun.start({ config: CONFIG });
  await run.untilQuoting();
  const frozen = run.pid('redis');
  await untilGone(run, { act: () => process.kill(frozen, 'SIGSTOP'), limitMs: REDIS_MS });
  process.kill(frozen, 'SIGCONT');
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  const killedAt = performance.now();
  process.kill(frozen, 'SIGKILL');
  await run.until('a new Redis', () => run.pid('redis') !== frozen, RECOVERY_MS);
  await run.until('snapshots again', async () => (await run.read(KEYS.book('BTCUSDT')))?.status === 'live', RECOVERY_MS);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_MS);
  await expectAgreement(run, { redis: 1 });
});
