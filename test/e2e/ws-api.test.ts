import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestRun } from '../kit/run.ts';

const CUTS = 3;
/** Everything that is quicker than the default. */
const FAST = { gateway: { orderEntry: 'websocket' }, brain: { feed: 'push' } };

const simUrl = (run: TestRun): string =>
  `http://127.0.0.1:${JSON.parse(readFileSync(join(run.dir, 'run/start/config.json'), 'utf8')).sim.port}`;

async function fault(run: TestRun, body: unknown): Promise<void> {
  const answer = await fetch(`${simUrl(run)}/sim/fault`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status, await answer.text()).toBe(200);
}

test('orders over the WebSocket API: cut again and again it comes back, refused for good the run goes on over REST, and all agrees', async () => {
  await using run = await TestRun.start({ args: ['--profile', 'fast'], config: FAST });
  const until = (route: string) => run.until(`orders over ${route}`, async () => (await run.header())?.health.orderEntry === route, 10_000);
  const ids = async (): Promise<string[]> => (await run.exchange()).openOrders.map((order) => order.clientOrderId);
  const untilNewQuote = async (): Promise<void> => {
    const before = new Set(await ids());
    await run.until('a new quote', async () => (await ids()).some((id) => !before.has(id)), 10_000);
  };

  await run.untilQuoting();
  await until('websocket');
  for (let cut = 0; cut < CUTS; cut++) {
    await fault(run, { kind: 'close', route: 'ws-api' });
    await untilNewQuote();
    await until('websocket');
  }
  await fault(run, { kind: 'refuse-upgrade', route: 'ws-api', status: 503, count: 1_000 });
  await fault(run, { kind: 'close', route: 'ws-api' });
  await until('fallback');
  await untilNewQuote();
  await untilNewQuote();

  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, restarts: { gateway: 0, brain: 0 }, orders: { openLeft: 0 } });
  expect(summary.position.ledger).toBe(summary.position.exchange);
  expect(code).toBe(0);
  expect(summary.latencyUs.calls?.websocket.acknowledged.n).toBeGreaterThan(CUTS);
  expect(summary.latencyUs.calls?.rest.acknowledged.n).toBeGreaterThan(0);
  expect(run.stderr).toMatch(/WebSocket API lost: orders leave over REST/);
});
