/** Counters of one run of the gateway, for metrics and its last line. */
import { usedOf } from '../orders/budget.ts';
import type { Core } from '../orders/core.ts';
import type { TickClock } from '../publish/tick-clock.ts';
import type { CommandServer } from './command-server.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { Place } from './place.ts';
import type { RedisWriter } from './redis-writer.ts';

export type Counted = {
  readonly core: Core;
  readonly redis: RedisWriter;
  readonly ticks: Pick<TickClock, 'late' | 'missed'>;
  readonly store: LedgerStore;
  readonly servers: readonly CommandServer[];
  readonly place: Place;
  readonly waiting: { readonly size: number };
};

export function countsOf({ core, redis, ticks, store, servers, place, waiting }: Counted): Readonly<Record<string, number>> {
  const { seqs, keeper } = core;
  const { skipped, failed, reconnects } = redis;
  const cut = servers.reduce((sum, server) => sum + server.cut.flood + server.cut.slow + server.cut['too-large'], 0);
  return {
    snapshots: seqs.seq,
    fills: keeper.ledger.fillSeq,
    ...{ ticksLate: ticks.late, ticksMissed: ticks.missed },
    redisSkipped: skipped,
    redisFailed: failed,
    redisReconnects: reconnects,
    ...{ clientsCut: cut, ledgerWaiting: store.waiting, ...keeper.doubtCounts() },
    ...{ stalls: place.stall.stalls, ordersWaiting: waiting.size, ...usedOf(core.venue.orders.budgets()) },
  };
}
