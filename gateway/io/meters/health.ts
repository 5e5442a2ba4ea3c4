/** Metrics of the gateway itself: mode, reasons, Redis, ledger, clients, stalls. */
import type { Metrics, Sample } from '../../../shared/metrics.ts';
import { stateSet } from '../../../shared/metrics.ts';
import { Mode } from '../../../shared/snapshot.ts';
import { SYMBOL_REASONS, WHOLE_REASONS } from '../../orders/degraded.ts';
import type { Measured } from './measured.ts';

const CUTS = ['too-large', 'flood', 'slow'] as const;

export function meterHealth(metrics: Metrics, measured: Measured): void {
  const { core, header } = measured;
  metrics.readGauge({
    ...{ name: 'gateway_mode', help: 'What the gateway lets through: 1 for the mode that holds', labels: ['mode'] },
    read: () => {
      const now = header().mode; // made anew at each call, of all symbols
      return stateSet('mode', { states: Mode.options, holds: (mode) => now === mode });
    },
  });
  metrics.readGauge({
    ...{ name: 'gateway_reason', help: 'Why the whole gateway does not quote: 1 where it holds', labels: ['reason'] },
    read: () => {
      const holding = new Set(header().reasons);
      return stateSet('reason', { states: WHOLE_REASONS, holds: (reason) => holding.has(reason) });
    },
  });
  metrics.readGauge({
    ...{ name: 'gateway_symbol_reason', help: 'Why a symbol is not quoted: 1 where it holds', labels: ['symbol', 'reason'] },
    read: () => symbolReasons(header(), core.venue.instruments.keys()),
  });
  metrics.readGauge({ name: 'gateway_epoch', help: 'Number of this run of the gateway', read: () => [[{}, core.identity.epoch]] });
  metrics.readGauge({
    ...{ name: 'gateway_lease_held', help: '1 while a brain holds the lease' },
    read: () => [[{}, core.lease.epoch === 0 ? 0 : 1]],
  });
  metrics.readCounter({ name: 'snapshots_total', help: 'Snapshots made, to Redis and by push', read: () => [[{}, core.seqs.seq]] });
  metrics.readHistogram({
    ...{ name: 'snapshot_late_seconds', help: 'How long after its time a snapshot tick began' },
    read: () => [[{}, measured.ticks.lateness]],
  });
  metrics.readCounter({
    ...{ name: 'snapshot_ticks_missed_total', help: 'Snapshot ticks that a blocked process slept through' },
    read: () => [[{}, measured.ticks.missed]],
  });
  meterRedis(metrics, measured);
  meterProcess(metrics, measured);
}

function symbolReasons({ reasons }: { readonly reasons: readonly string[] }, symbols: Iterable<string>): readonly Sample[] {
  const holding = new Set(reasons);
  return [...symbols].flatMap((symbol) =>
    stateSet('reason', { states: SYMBOL_REASONS, holds: (reason) => holding.has(`${reason}:${symbol}`), labels: { symbol } }),
  );
}

function meterRedis(metrics: Metrics, { redis }: Measured): void {
  metrics.readHistogram({
    ...{ name: 'redis_write_seconds', help: 'Round trip of a snapshot to Redis' },
    read: () => [[{}, redis.roundTrip]],
  });
  metrics.readGauge({ name: 'redis_down', help: '1 while Redis acknowledges nothing', read: () => [[{}, redis.down ? 1 : 0]] });
  metrics.readCounter({
    ...{ name: 'redis_writes_lost_total', help: 'Snapshots that did not reach Redis', labels: ['why'] },
    read: () => [
      [{ why: 'busy' }, redis.skipped],
      [{ why: 'failed' }, redis.failed],
    ],
  });
  metrics.readCounter({ name: 'redis_reconnects_total', help: 'Returns of Redis after a loss', read: () => [[{}, redis.reconnects]] });
}

function meterProcess(metrics: Metrics, { core, store, stall, servers, alarms }: Measured): void {
  metrics.readGauge({
    name: 'ledger_unavailable',
    help: '1 while it takes no rows',
    read: () => [[{}, core.ledgerFault() === null ? 0 : 1]],
  });
  metrics.readGauge({ name: 'ledger_rows_waiting', help: 'Rows that wait for the disk', read: () => [[{}, store.waiting]] });
  metrics.readCounter({
    ...{ name: 'ledger_doubts_total', help: 'What the ledger and the venue told differently', labels: ['kind'] },
    read: () => Object.entries(core.keeper.doubts()).map(([kind, n]): Sample => [{ kind }, n]),
  });
  metrics.readCounter({ name: 'stalls_total', help: 'Times this process stood still for over 0.5 s', read: () => [[{}, stall.stalls]] });
  metrics.readCounter({
    ...{ name: 'clients_cut_total', help: 'Clients of the sockets that were cut off', labels: ['why'] },
    read: () => CUTS.map((why): Sample => [{ why }, servers.reduce((sum, { cut }) => sum + cut[why], 0)]),
  });
  metrics.readCounter({
    ...{ name: 'alarms_raised_total', help: 'Alarms raised for the watchdog to send', labels: ['code'] },
    read: () => [...alarms.counts].map(([code, n]): Sample => [{ code }, n]),
  });
}
