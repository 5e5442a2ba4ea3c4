/**
 * A prom-client registry for one process. Names follow Prometheus conventions with units; label values come from bounded sets. What happens
 * often is counted in plain fields and read when somebody scrapes; what is not known is left out, never zero.
 */
import type * as prom from 'prom-client';
import { Buckets } from './buckets.ts';
import { HistogramRead } from './histogram-read.ts';
import { Counter, Gauge, Registry } from './prom-client.ts';

export type Labels = Readonly<Record<string, string>>;
/** Null: not known now. */
export type Sample = readonly [labels: Labels, value: number | null];
/** `read` is called at each scrape. */
export type Read<T> = { readonly name: string; readonly help: string; readonly labels?: readonly string[]; readonly read: () => T };
/** A family of durations; each combination of label values is one. */
export type Distribution = { readonly with: (labels?: Labels) => Buckets };

export type Metrics = {
  readonly registry: prom.Registry;
  counter(name: string, help: string, labels?: readonly string[]): prom.Counter;
  gauge(name: string, help: string, labels?: readonly string[]): prom.Gauge;
  /** In seconds, for latencies. */
  histogram(name: string, help: string, labels?: readonly string[]): Distribution;
  readGauge(of: Read<readonly Sample[]>): void;
  readCounter(of: Read<readonly Sample[]>): void;
  readHistogram(of: Read<readonly (readonly [labels: Labels, buckets: Buckets])[]>): void;
};

/** Every name gets the prefix `mmbot_`; those of node itself (`process_…`, `nodejs_…`), where they are collected, have none. */
export function makeMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  const named = (name: string, help: string, labels: readonly string[] = []) => ({
    name: `mmbot_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    registry,
    counter: (...told) => new Counter(named(...told)),
    gauge: (...told) => new Gauge(named(...told)),
    histogram: (...told) => distribution((read) => new HistogramRead(named(...told), read)),
    readGauge: ({ name, help, labels, read }) => {
      new Gauge({
        ...named(name, help, labels),
        collect() {
          forget(this, labels);
          for (const [of, value] of read()) if (value !== null) this.set(of, value);
        },
      });
    },
    readCounter: ({ name, help, labels, read }) => {
      new Counter({
        ...named(name, help, labels),
        collect() {
          forget(this, labels);
          for (const [of, value] of read()) if (value !== null) this.inc(of, value);
        },
      });
    },
    readHistogram: ({ name, help, labels, read }) => void new HistogramRead(named(name, help, labels), read),
  };
}

/** One without labels is zero after a reset, which is a value. */
function forget(metric: prom.Gauge | prom.Counter, labels: readonly string[] = []): void {
  metric.reset();
  if (labels.length === 0) metric.remove();
}

function distribution(register: (read: () => readonly (readonly [Labels, Buckets])[]) => void): Distribution {
  const rows = new Map<string, readonly [Labels, Buckets]>();
  register(() => [...rows.values()]);
  return {
    with: (labels = {}) => {
      const key = JSON.stringify(labels);
      const known = rows.get(key) ?? ([labels, new Buckets()] as const);
      rows.set(key, known);
      return known[1];
    },
  };
}

/** A state set: one row for each state that there is, 1 for those that hold. */
export const stateSet = (
  label: string,
  {
    states,
    holds,
    labels = {},
  }: { readonly states: Iterable<string>; readonly holds: (state: string) => boolean; readonly labels?: Labels },
): readonly Sample[] => [...states].map((state): Sample => [{ ...labels, [label]: state }, holds(state) ? 1 : 0]);

/** A decimal of the contracts as a number for a graph; null stays unknown. */
export const figure = (decimal: string | null | undefined): number | null =>
  decimal === null || decimal === undefined ? null : Number(decimal);
