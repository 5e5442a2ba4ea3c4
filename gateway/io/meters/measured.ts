/** What the metrics of a gateway are read from. */
import type { Header } from '../../../shared/snapshot.ts';
import type { Core } from '../../orders/core.ts';
import type { Alarms } from '../../publish/alarms.ts';
import type { TickClock } from '../../publish/tick-clock.ts';
import type { CommandServer } from '../command-server.ts';
import type { RedisWriter } from '../redis-writer.ts';
import type { Counters } from './counters.ts';

export type Measured = {
  readonly core: Core;
  readonly header: () => Header;
  readonly counters: Counters;
  readonly alarms: Pick<Alarms, 'counts'>;
  readonly redis: Pick<RedisWriter, 'roundTrip' | 'skipped' | 'failed' | 'reconnects' | 'down'>;
  readonly ticks: Pick<TickClock, 'lateness' | 'missed'>;
  readonly servers: readonly Pick<CommandServer, 'cut'>[];
  readonly store: { readonly waiting: number };
  readonly stall: { readonly stalls: number };
  readonly waiting: { readonly size: number };
};
