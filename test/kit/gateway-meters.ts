/** All metrics of a gateway over an order side in memory. */
import { meteredCalls } from '../../gateway/io/call-meter.ts';
import type { Measured } from '../../gateway/io/meters/measured.ts';
import { Counters } from '../../gateway/io/meters/counters.ts';
import { registerMeters } from '../../gateway/io/meters/register.ts';
import { Notices } from '../../gateway/io/notices.ts';
import { TickClock } from '../../gateway/publish/tick-clock.ts';
import { Publisher } from '../../gateway/publish/publisher.ts';
import { venueMeters } from '../../gateway/venues/binance/io/meters.ts';
import { Buckets } from '../../shared/buckets.ts';
import { VirtualClock } from '../../shared/clock.ts';
import { meterLoopLag } from '../../shared/io/loop-lag.ts';
import { StartTimes } from '../../shared/io/start-times.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { OrderSide } from './order-side.ts';

export class MeteredGateway {
  readonly side: OrderSide;
  readonly metrics = makeMetrics('gateway');
  readonly counters = new Counters();
  readonly redis = { roundTrip: new Buckets(), skipped: 0, failed: 0, reconnects: 0, down: false };
  readonly ticks = new TickClock({ clock: new VirtualClock(), periodMs: 100, speed: 1 });
  readonly stall = { stalls: 0 };
  /** How often the header was made. */
  headers = 0;
  readonly venue;
  readonly #publisher: Publisher;

  private constructor(side: OrderSide) {
    this.side = side;
    const { core, closer, stops } = side;
    this.#publisher = new Publisher({
      ...{ core, closer, stops, keys: keysOf('mm:test') },
      redisDown: () => this.redis.down,
      deadMan: () => null,
      safety: () => ({}),
      lastEpoch: () => 1,
      flush: () => undefined,
    });
    const log = rootLog({ process: 'gateway', level: 'error', stream: { write: () => undefined } });
    this.venue = venueMeters(this.metrics);
    meteredCalls({ clock: side.clock, speed: 1, metrics: this.metrics });
    new Notices({ log, metrics: this.metrics, clock: side.clock, identity: core.identity }); // of it only the names are wanted
    new StartTimes({ log, metrics: this.metrics });
    meterLoopLag(this.metrics)[Symbol.dispose]();
    core.keeper.listen({ onFills: () => undefined, onDoubts: () => undefined, onOrders: (orders) => this.counters.onOrders(orders) });
    registerMeters(this.metrics, this.measured());
  }

  measured(): Measured {
    const { core, alarms, desk } = this.side;
    return {
      ...{ core, alarms, counters: this.counters, redis: this.redis, ticks: this.ticks, stall: this.stall, waiting: desk.waiting },
      header: () => {
        this.headers++;
        return this.#publisher.header();
      },
      ...{ servers: [{ cut: { 'too-large': 1, flood: 2, slow: 3 } }], store: { waiting: 4 } },
    };
  }

  static async open(): Promise<MeteredGateway> {
    return new MeteredGateway(await OrderSide.started());
  }

  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
