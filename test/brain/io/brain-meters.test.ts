import { afterAll, beforeAll, expect, test } from 'vitest';
import { TIERS } from '../../../shared/risk.ts';
import { Rig, RigHome } from '../../kit/brain-rig.ts';
import { badNames, labelValues, valuesOf } from '../../kit/scrape.ts';
import { until } from '../../kit/scripted-gateway.ts';

let home: RigHome;
beforeAll(async () => {
  home = await RigHome.open();
});
afterAll(() => home[Symbol.asyncDispose]());

test('a scrape of the brain tells link, lease, turns, decisions and breakers; names keep to the conventions', async () => {
  await using rig = await Rig.start(home);
  const scrape = (): Promise<string> => rig.metrics.registry.metrics();
  const early = valuesOf(await scrape());
  expect([early.get('mmbot_brain_leased'), early.has('mmbot_snapshot_age_seconds')]).toEqual([0, false]);
  expect(rig.brain.ready()).toMatchObject({ ready: false, reasons: expect.arrayContaining(['snapshot-stale', 'no-lease']) });
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  const text = await scrape();
  const seen = valuesOf(text);
  expect(badNames(text)).toEqual([]);
  expect(rig.brain.ready()).toEqual({ ready: true, reasons: [], notes: [] });
  expect([seen.get('mmbot_brain_leased'), seen.get('mmbot_brain_link_up'), seen.get('mmbot_brain_turn_seconds_count')]).toEqual([1, 1, 1]);
  expect([seen.get('mmbot_brain_actions_total{kind="place"}'), seen.get('mmbot_brain_decisions_total{reason="quoting"}')]).toEqual([2, 1]);
  expect(seen.get('mmbot_brain_breaker{where="account",state="closed"}')).toBe(1);
  expect(seen.get('mmbot_redis_read_seconds_count')).toBeGreaterThan(0);
  expect(seen.get('mmbot_snapshot_age_seconds')).toBeLessThan(20);
  expect(labelValues(text, 'mmbot_brain_breaker', 'state')).toEqual(['closed', 'probing', ...TIERS]);
});

test('a gateway that is gone is told at once', async () => {
  await using rig = await Rig.start(home);
  await rig.tick();
  await rig.gateway.down();
  await until('the loss', () => rig.brain.problems().includes('no-gateway'));
  const seen = valuesOf(await rig.metrics.registry.metrics());
  expect([seen.get('mmbot_brain_link_up'), seen.get('mmbot_brain_blocked{reason="no-gateway"}')]).toEqual([0, 1]);
  expect(rig.brain.ready()).toMatchObject({ ready: false, reasons: expect.arrayContaining(['no-gateway', 'no-lease']) });
});
