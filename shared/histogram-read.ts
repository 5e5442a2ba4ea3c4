/** A histogram of the registry whose numbers are read from plain buckets when somebody scrapes, and cost nothing until then. */
import type { HistogramConfiguration } from 'prom-client';
import type { Buckets } from './buckets.ts';
import { Histogram } from './prom-client.ts';

type Rows = readonly (readonly [labels: Readonly<Record<string, string>>, buckets: Buckets])[];

export class HistogramRead extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => Rows;

  constructor(of: HistogramConfiguration<string>, read: () => Rows) {
    super(of);
    [this.#name, this.#help, this.#read] = [of.name, of.help, read];
  }

  /** The registry, and `get`, take the numbers from here. */
  async getForPromString(): Promise<object> {
    const values = this.#read().flatMap(([labels, buckets]) => this.#lines(labels, buckets));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #lines(labels: Readonly<Record<string, string>>, buckets: Buckets): readonly object[] {
    const { upTo, sum, count } = buckets.read();
    const shared = { sharedLabels: {} };
    const line = (le: string, value: number) => ({ metricName: `${this.#name}_bucket`, labels: { le, ...labels }, value, ...shared });
    return [
      ...upTo.map((n, i) => line(String(buckets.bounds[i]), n)),
      line('+Inf', count),
      { metricName: `${this.#name}_sum`, labels, value: sum, ...shared },
      { metricName: `${this.#name}_count`, labels, value: count, ...shared },
    ];
  }
}
