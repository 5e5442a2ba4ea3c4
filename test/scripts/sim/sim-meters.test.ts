import { expect, test } from 'vitest';
import { badNames, valuesOf } from '../../kit/scrape.ts';
import { openTestSim } from '../../kit/sim-client.ts';

test('GET /sim/metrics tells answers, streams and time of the simulator', async () => {
  const sim = await openTestSim({ historyDays: 0 });
  await sim.get('/fapi/v1/time');
  await sim.get('/fapi/v1/no-such-thing');
  const page = await fetch(`http://127.0.0.1:${sim.simulator.port}/sim/metrics`);
  const text = await page.text();
  const seen = valuesOf(text);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  expect(badNames(text)).toEqual([]);
  expect(seen.get('mmbot_sim_answers_total{status="200"}')).toBe(1);
  expect(seen.get('mmbot_sim_streams{route="private"}')).toBe(0);
  expect(seen.get('mmbot_sim_time_seconds')).toBeGreaterThan(1_000_000_000);
  await sim.close();
});
