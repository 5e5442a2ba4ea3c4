import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { simAccountDir } from '../../scripts/start/effective.ts';
import { TestRun } from '../kit/run.ts';

const RECOVERY_MS = 30_000;
/** The file and its log; what lies beside them is made anew. */
const FILES = ['ledger.sqlite', 'ledger.sqlite-wal'];

test('a ledger that cannot be opened at a start: nothing new is sent, with the reason; once it can be, the same process quotes on with all that it holds', async () => {
  await using run = await TestRun.start({ args: ['--seed', '11'] });
  await run.untilQuoting();
  const folder = simAccountDir(join(run.dir, 'run'));
  const move = (from: string, to: string): void => {
    for (const file of FILES) renameSync(join(folder, `${file}${from}`), join(folder, `${file}${to}`));
  };
  const before = run.pid('gateway');
  process.kill(before, 'SIGKILL'); // its successor is not there before this turn of ours is over
  move('', '.aside');
  mkdirSync(join(folder, 'ledger.sqlite'));
  await run.until('a gateway without a ledger', async () => (await run.header())?.reasons.includes('ledger-unavailable'), RECOVERY_MS);
  const without = run.pid('gateway');
  await run.until('no order of ours', async () => (await run.exchange()).openOrders.length === 0, RECOVERY_MS);
  rmdirSync(join(folder, 'ledger.sqlite'));
  move('.aside', '');
  await run.untilQuoting('BTCUSDT', RECOVERY_MS);
  expect([run.pid('gateway'), (await run.header())?.reasons]).toEqual([without, []]);
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect([code, summary]).toMatchObject([0, { ok: true, restarts: { gateway: 1 } }]);
});
