/** Metrics of the simulator, on `GET /sim/metrics`. Nothing but answers is counted before somebody asks for the first time. */
import { meterLoopLag } from '../../shared/io/loop-lag.ts';
import { type Metrics, makeMetrics, type Sample } from '../../shared/metrics.ts';
import type { Exchange } from '../../shared/sim/exchange.ts';
import type { Faults } from './faults/fault.ts';
import type { StreamHub } from './stream-hub.ts';

export type SimMeasured = {
  readonly exchange: Exchange;
  readonly hub: Pick<StreamHub, 'counts' | 'waitingBytes'>;
  readonly faults: Faults;
  readonly apiKeys: readonly string[];
};

export class SimMeters {
  /** REST answers by HTTP status: those that the venue knows. */
  readonly #answers = new Map<number, number>();
  readonly #measured: SimMeasured;
  #metrics: Promise<Metrics> | null = null;

  constructor(measured: SimMeasured) {
    this.#measured = measured;
  }

  answered(status: number): void {
    this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
  }

  async page(): Promise<{ readonly text: string; readonly type: string }> {
    this.#metrics ??= this.#open();
    const { registry } = await this.#metrics;
    return { text: await registry.metrics(), type: registry.contentType };
  }

  async #open(): Promise<Metrics> {
    const { collectNodeMetrics } = await import('../../shared/io/node-metrics.ts'); // slow to load, and seldom asked for
    const metrics = makeMetrics('sim');
    const { exchange, hub, faults, apiKeys } = this.#measured;
    const ofAll = (count: (apiKey: string) => number): readonly Sample[] => [[{}, apiKeys.reduce((sum, key) => sum + count(key), 0)]];
    metrics.readCounter({
      ...{ name: 'sim_answers_total', help: 'REST answers by HTTP status', labels: ['status'] },
      read: () => [...this.#answers].map(([status, n]): Sample => [{ status: String(status) }, n]),
    });
    metrics.readGauge({
      ...{ name: 'sim_streams', help: 'Open stream connections', labels: ['route'] },
      read: () => Object.entries(hub.counts()).map(([route, n]): Sample => [{ route }, n]),
    });
    metrics.readGauge({
      name: 'sim_stream_waiting_bytes',
      help: 'Most that waits at one socket for its reader',
      read: () => [[{}, hub.waitingBytes()]],
    });
    metrics.readGauge({
      ...{ name: 'sim_orders_open', help: 'Open orders of all accounts' },
      read: () => ofAll((key) => exchange.trader(key).orders.open(null).length),
    });
    metrics.readCounter({
      ...{ name: 'sim_trades_total', help: 'Own trades of all accounts' },
      read: () => ofAll((key) => exchange.trader(key).orders.trades(null).length),
    });
    metrics.readGauge({
      name: 'sim_faults',
      help: 'Faults that were asked for and are not over',
      read: () => [[{}, faults.parts.board.rows().length]],
    });
    metrics.readGauge({ name: 'sim_time_seconds', help: 'Simulated time, Unix seconds', read: () => [[{}, exchange.nowMs / 1_000]] });
    collectNodeMetrics(metrics);
    meterLoopLag(metrics);
    return metrics;
  }
}
