/** The names that the pages of metrics of all processes can have, without starting one. */
import { BrainMeters } from '../../brain/io/brain-meters.ts';
import { OutcomeLog } from '../../brain/io/outcome-log.ts';
import { RiskDesk } from '../../brain/io/risk-desk.ts';
import { meterMessages, meterWatchdog } from '../../scripts/watchdog/meters.ts';
import { Buckets } from '../../shared/buckets.ts';
import { collectNodeMetrics } from '../../shared/io/node-metrics.ts';
import { systemClock } from '../../shared/clock.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics, type Metrics } from '../../shared/metrics.ts';
import { MeteredGateway } from './gateway-meters.ts';
import { Desk } from './runs.ts';

export async function allMetricNames(): Promise<ReadonlySet<string>> {
  const pages = [(await MeteredGateway.open()).metrics, brainMetrics(), watchdogMetrics()];
  const objects = pages.flatMap(({ registry }) => registry.getMetricsAsArray());
  return new Set(objects.flatMap(({ name, type }) => (String(type) === 'histogram' || isHistogram(name) ? partsOf(name) : [name])));
}

const isHistogram = (name: string): boolean => /^mmbot_\w+_seconds$|^nodejs_gc_duration_seconds$/.test(name);
const partsOf = (name: string): readonly string[] => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];

function brainMetrics(): Metrics {
  const metrics = makeMetrics('brain');
  const log = rootLog({ process: 'brain', level: 'error', stream: { write: () => undefined } });
  new BrainMeters(metrics, {
    state: () => new Desk([]).state,
    problems: () => [],
    connected: () => true,
    leased: () => true,
    snapshotAgeMs: () => 1,
    runs: () => ['mm'],
    poller: () => ({ roundTrip: new Buckets(), failures: 0, unusual: 0 }),
  });
  new OutcomeLog({ log, metrics });
  new RiskDesk({ clock: systemClock(), log, metrics, request: () => Promise.resolve(null), symbols: ['BTCUSDT'], ofSymbols: true });
  return metrics;
}

function watchdogMetrics(): Metrics {
  const metrics = makeMetrics('watchdog');
  collectNodeMetrics(metrics);
  meterMessages(metrics, ['phone']);
  meterWatchdog(metrics, { silentMs: () => 0, acts: () => 0, venueFailures: () => 0 });
  return metrics;
}
