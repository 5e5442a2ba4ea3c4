import { expect, test } from 'vitest';
import { KEY } from '../kit/sim-client.ts';
import { TwoProcesses } from '../kit/two-processes.ts';

const quoting = (all: TwoProcesses) => all.until('two quotes', async () => (await all.openIds(KEY)).length === 2);

test('a gateway asked to stop proves its end at the exchange: with Redis dead, its stream silent, cancels that hang and are refused, and frozen when it was asked', async () => {
  await using all = await TwoProcesses.open([KEY]);
  const config = all.config('ends', KEY);
  const gateway = await all.start('gateway', config).ready();
  const brain = all.start('brain', config);
  await quoting(all);
  await all.fault({ kind: 'silence', route: 'private', ms: 60_000 });
  await all.fault({ kind: 'error', method: 'DELETE', path: '/fapi/v1/*rder*', error: 'internal-error', count: 2 });
  await all.fault({ kind: 'hang', method: 'DELETE', path: '/fapi/v1/*rder*' });
  await all.redis.kill();
  gateway.signal('SIGSTOP');
  gateway.signal('SIGTERM');
  gateway.signal('SIGCONT');
  expect([await gateway.exited, await all.openIds(KEY)]).toEqual([0, []]);
  expect(gateway.log).toMatch(/Verified at the exchange: no order of ours is open/);

  brain.signal('SIGINT');
  brain.signal('SIGTERM'); // a second one ends nothing, it is only less patient
  expect([await brain.exited, brain.lastWords]).toEqual([
    1,
    expect.stringMatching(/NOT proved that its quotes are gone \(no gateway answers\)/),
  ]);
});

test('an exchange that is gone: asked twice, it says within seconds what may be open, and fails; the brain has its proof while the gateway lives', async () => {
  await using all = await TwoProcesses.open([KEY]);
  const config = all.config('gone', KEY);
  const gateway = await all.start('gateway', config).ready();
  const brain = all.start('brain', config);
  await quoting(all);
  expect(await brain.kill('SIGTERM')).toBe(0);
  expect([await all.openIds(KEY), brain.log]).toEqual([[], expect.stringMatching(/Its quotes are gone by the gateway's word/)]);
  await all.sim.close();
  const from = performance.now();
  gateway.signal('SIGTERM');
  await all.until('it is stopping', async () => gateway.log.includes('Shutting down')); // two signals at once are one
  gateway.signal('SIGTERM');
  expect([await gateway.exited, gateway.lastWords]).toEqual([
    1,
    expect.stringMatching(
      /^NOT verified \(the exchange (could not be read: .*|does not answer)\): no order of ours is known to be open; .* \(by the ledger\)$/,
    ),
  ]);
  expect(performance.now() - from).toBeLessThan(6_000);
});
