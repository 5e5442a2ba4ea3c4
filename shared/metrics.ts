/** A prom-client registry for one process. Names follow Prometheus conventions with units; label values come from bounded sets. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = {
  readonly registry: Registry;
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** Buckets in seconds, for latencies. */
  histogram(name: string, help: string, labels?: readonly string[]): Histogram;
};

const LATENCY_BUCKETS = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Every name gets the prefix `mmbot_`. */
export function makeMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const named = (name: string, help: string, labels: readonly string[]) => ({
    name: `mmbot_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    registry,
    counter: (name, help, labels = []) => new Counter(named(name, help, labels)),
    gauge: (name, help, labels = []) => new Gauge(named(name, help, labels)),
    histogram: (name, help, labels = []) => new Histogram({ ...named(name, help, labels), buckets: LATENCY_BUCKETS }),
  };
}
