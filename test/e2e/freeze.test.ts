import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../shared/config-file.ts';
import { makeClientId } from '../../shared/client-id.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import { openOperator } from '../../scripts/lib/operator.ts';
import { KEYS, TestRun } from '../kit/run.ts';

const DEAD_MAN_MS = 5_000;
const LEASE_MS = 2_000;
const RECOVERY_MS = 10_000;
const CONFIG = { gateway: { leaseMs: LEASE_MS, deadManMs: DEAD_MAN_MS, deadManRefreshMs: 1_000 } };

const openIds = async (run: TestRun): Promise<string[]> => (await run.exchange()).openOrders.map((order) => order.clientOrderId);

/** A command that waits in the socket while the gateway stands still; its answer comes when it goes on. */
async function placeWhileFrozen(run: TestRun, { operator, counter, frozenMs }: Frozen) {
  const header = await run.header();
  const book = await run.read(KEYS.book('BTCUSDT'));
  const pid = run.pid('gateway');
  const clientId = makeClientId({ role: 'operator', epoch: operator.welcome.brainEpoch, counter });
  process.kill(pid, 'SIGSTOP');
  const answer = operator.request({
    ...{ type: 'place', clientId, symbol: 'BTCUSDT', side: 'buy', kind: 'limit', timeInForce: 'post-only' },
    price: `${Math.floor(Number(book.bids[0][0]) * 0.995)}.00`,
    size: '0.002',
    reduceOnly: false,
    basedOn: { epoch: header?.epoch ?? 0, seq: header?.seq ?? 0 },
    ttlMs: 10_000, // so that its age alone would not refuse it
  });
  await sleep(frozenMs);
  const idsWhileFrozen = await openIds(run);
  process.kill(pid, 'SIGCONT');
  return { clientId, idsWhileFrozen, answer: await answer };
}
type Frozen = { readonly operator: GatewayClient; readonly counter: number; readonly frozenMs: number };

test('a gateway frozen for 0.6 s, 3 s and beyond the countdown drops what waited, trades on nothing stale, and recovers by itself', async () => {
  await using run = await TestRun.start({ config: CONFIG });
  await run.untilQuoting();
  const loaded = loadConfig(join(run.dir, 'run/start/config.json'));
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  await using operator = await openOperator(loaded.value, 'freeze test');
  const epoch = (await run.header())?.epoch;

  const short = await placeWhileFrozen(run, { operator, counter: 1, frozenMs: 600 });
  expect(short.answer).toMatchObject({ type: 'refused', code: 'stalled' });
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);

  const longer = await placeWhileFrozen(run, { operator, counter: 2, frozenMs: 3_000 });
  expect(longer.answer).toMatchObject({ type: 'refused', code: 'stalled' });
  // the lease ran out meanwhile: what rests on the word of a brain that was not heard goes first
  await run.until('the old quotes gone', async () => (await openIds(run)).every((id) => !longer.idsWhileFrozen.includes(id)), 1_000);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);

  const longest = await placeWhileFrozen(run, { operator, counter: 3, frozenMs: DEAD_MAN_MS + 500 });
  expect(longest.idsWhileFrozen).toEqual([]); // the exchange's own countdown, with nobody of ours awake
  expect(longest.answer === null || (longest.answer.type === 'refused' && longest.answer.code === 'stalled')).toBe(true);
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);

  expect((await run.header())?.epoch).toBe(epoch);
  const placed = new Set(await openIds(run));
  for (const { clientId } of [short, longer, longest]) expect(placed.has(clientId)).toBe(false);
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { gateway: 0, brain: 0 } });
  expect(code).toBe(0);
});
