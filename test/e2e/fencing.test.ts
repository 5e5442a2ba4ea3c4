import { expect, test } from 'vitest';
import { KEY } from '../kit/sim-client.ts';
import { TwoProcesses } from '../kit/two-processes.ts';

const OTHER = 'other-key';
/** Longer than the owner key in Redis lives. */
const FROZEN_MS = 2_200;

test('one gateway a folder, an account, a socket and a Redis prefix, also while it stands still; one that lost its place meanwhile takes back its quotes and sends nothing else', async () => {
  await using all = await TwoProcesses.open([KEY, OTHER]);
  const socketPath = `${all.dir}/shared.sock`;
  const config = all.config('first', KEY, { gateway: { socketPath } });
  const first = await all.start('gateway', config).ready();
  all.start('brain', config);
  await all.until('two quotes', async () => (await all.openIds(KEY)).length === 2);

  const rivals = {
    'runs for this account': config,
    'another run folder': all.config('second', KEY, { redis: { prefix: 'mm:second' } }),
    'listens at': all.config('third', OTHER, { redis: { prefix: 'mm:third' }, gateway: { socketPath } }),
    'writes to mm:binance:owner': all.config('fourth', OTHER),
  };
  const refusals = (rows: Partial<typeof rivals>) =>
    Promise.all(
      Object.entries(rows).map(async ([word, file]) => {
        const rival = all.start('gateway', file);
        return [word, await rival.exited, rival.lastWords] as const;
      }),
    );
  const told = (words: readonly string[]) => words.map((word) => [word, 4, expect.stringContaining(word)]);
  expect(await refusals(rivals)).toEqual(told(Object.keys(rivals)));

  first.signal('SIGSTOP');
  const frozenAt = performance.now();
  const { 'writes to mm:binance:owner': fourth, ...byLock } = rivals;
  expect(await refusals(byLock)).toEqual(told(Object.keys(byLock))); // the system keeps the locks of a process that stands still
  await all.until('its key in Redis ran out', async () => performance.now() - frozenAt > FROZEN_MS);
  const successor = await all.start('gateway', fourth).ready(); // which nobody can tell from a dead one's
  const before = await all.openIds(KEY);
  first.signal('SIGCONT');
  expect([await first.exited, first.lastWords]).toEqual([
    4,
    expect.stringMatching(/Another live gateway.*Verified at the exchange: no order of ours is open/),
  ]);
  expect((await all.openIds(KEY)).filter((id) => !before.includes(id))).toEqual([]);
  const { rows } = await all.sim.signed('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT' });
  expect(
    rows
      .filter(({ clientOrderId }) => !before.includes(String(clientOrderId)))
      .every(({ time }) => Number(time) < frozenAt + performance.timeOrigin),
  ).toBe(true);
  expect(await successor.kill('SIGTERM')).toBe(0);
});
