import { expect, test } from 'vitest';
import { Buckets } from '../../shared/buckets.ts';
import { figure, makeMetrics, type Sample, stateSet } from '../../shared/metrics.ts';
import { badNames, valuesOf } from '../kit/scrape.ts';

test('what is read at a scrape is of that moment: a row that is gone or not known is not told', async () => {
  const metrics = makeMetrics('test');
  let rows: readonly Sample[] = [
    [{ symbol: 'A' }, 1],
    [{ symbol: 'B' }, null],
  ];
  let single: number | null = 5;
  metrics.readGauge({ name: 'some_size', help: 'Some size', labels: ['symbol'], read: () => rows });
  metrics.readGauge({ name: 'plain_size', help: 'One size', read: () => [[{}, single]] });
  metrics.readCounter({ name: 'seen_total', help: 'What was seen', read: () => [[{}, single]] });
  const scrape = async () => valuesOf(await metrics.registry.metrics());
  const first = await scrape();
  expect([first.get('mmbot_some_size{symbol="A"}'), first.has('mmbot_some_size{symbol="B"}')]).toEqual([1, false]);
  expect([first.get('mmbot_plain_size'), first.get('mmbot_seen_total')]).toEqual([5, 5]);
  [rows, single] = [[[{ symbol: 'B' }, 2]], null];
  const second = await scrape();
  expect([second.has('mmbot_some_size{symbol="A"}'), second.get('mmbot_some_size{symbol="B"}')]).toEqual([false, 2]);
  expect([second.has('mmbot_plain_size'), second.has('mmbot_seen_total')]).toEqual([false, false]);
});

test('a histogram is read from its buckets, as text and as JSON', async () => {
  const metrics = makeMetrics('test');
  const buckets = new Buckets([0.1, 1]);
  metrics.readHistogram({ name: 'call_seconds', help: 'A call', labels: ['way'], read: () => [[{ way: 'x' }, buckets]] });
  for (const seconds of [0.05, 0.5, 7]) buckets.add(seconds);
  const seen = valuesOf(await metrics.registry.metrics());
  expect(['0.1', '1', '+Inf'].map((le) => seen.get(`mmbot_call_seconds_bucket{le="${le}",way="x"}`))).toEqual([1, 2, 3]);
  expect([seen.get('mmbot_call_seconds_sum{way="x"}'), seen.get('mmbot_call_seconds_count{way="x"}')]).toEqual([7.55, 3]);
  const json = (await metrics.registry.getMetricsAsJSON()).find(({ name }) => name === 'mmbot_call_seconds');
  expect(json).toMatchObject({ type: 'histogram', help: 'A call' });
});

test('stateSet() has a row for each state, and figure() leaves what is not known', () => {
  expect(stateSet('mode', { states: ['a', 'b'], holds: (one) => one === 'b', labels: { x: 'y' } })).toEqual([
    [{ x: 'y', mode: 'a' }, 0],
    [{ x: 'y', mode: 'b' }, 1],
  ]);
  expect([figure('1.50'), figure(null), figure(undefined)]).toEqual([1.5, null, null]);
});

test('badNames() finds names that break the conventions', async () => {
  const metrics = makeMetrics('test');
  metrics.counter('orders', 'Orders that were sent');
  metrics.gauge('waiting_total', 'Orders that wait');
  metrics.gauge('delay_ms', 'How late it is');
  metrics.histogram('call_time', 'One call and its answer');
  metrics.gauge('terse', 'x');
  expect(badNames(await metrics.registry.metrics())).toHaveLength(5);
});
