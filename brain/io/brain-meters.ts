/** Metrics of the brain: what is counted as it happens, and what is read from it at a scrape. */
import { Buckets } from '../../shared/buckets.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import { figure, type Metrics, type Sample, stateSet } from '../../shared/metrics.ts';
import { WHOLE_REASONS } from '../../shared/reasons.ts';
import type { BrainState } from '../step.ts';
import type { SnapshotPoller } from './snapshot-poller.ts';

export type BrainMeasured = {
  readonly state: () => BrainState;
  /** Coded, as `Brain.problems`. */
  readonly problems: () => readonly string[];
  readonly connected: () => boolean;
  readonly leased: () => boolean;
  /** Since the newest snapshot was seen, ms; null before the first. */
  readonly snapshotAgeMs: () => number | null;
  readonly runs: () => readonly string[];
  readonly poller: () => Pick<SnapshotPoller, 'roundTrip' | 'failures' | 'unusual'>;
};

const PARTS = ['spread', 'inventory', 'fees', 'funding'] as const;
const BLOCKED = [...WHOLE_REASONS, 'store-unreadable'];

export class BrainMeters {
  readonly #actions;
  readonly #refusals;
  readonly #turns = new Buckets();
  /** As last told. */
  #pnl: NonNullable<BrainDoc['pnl']> = {};

  constructor(metrics: Metrics, measured: BrainMeasured) {
    this.#actions = metrics.counter('brain_actions_total', 'Order commands decided on', ['kind']);
    this.#refusals = metrics.counter('brain_refusals_total', 'Commands that the gateway refused', ['code']);
    metrics.readHistogram({ name: 'brain_turn_seconds', help: 'One turn over all symbols and runs', read: () => [[{}, this.#turns]] });
    meterLinks(metrics, measured);
    meterReading(metrics, measured);
    meterExits(metrics, measured);
    metrics.readGauge({
      name: 'brain_pnl',
      help: 'Profit since counting began, by where it comes from; fees positive are paid',
      labels: ['symbol', 'part', 'asset'],
      read: () =>
        Object.entries(this.#pnl).flatMap(([symbol, doc]) =>
          PARTS.map((part): Sample => [{ symbol, part, asset: doc.asset }, figure(doc[part])]),
        ),
    });
    metrics.readGauge({
      name: 'brain_net_pnl',
      help: 'Sum of the parts of the profit',
      labels: ['symbol', 'asset'],
      read: () => Object.entries(this.#pnl).map(([symbol, { asset, total }]): Sample => [{ symbol, asset }, figure(total)]),
    });
  }

  sent(kind: string): void {
    this.#actions.inc({ kind });
  }

  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  /** Real milliseconds. */
  turned(ms: number): void {
    this.#turns.add(ms / 1_000);
  }

  tellPnl(pnl: NonNullable<BrainDoc['pnl']>): void {
    this.#pnl = pnl;
  }
}

function meterLinks(metrics: Metrics, measured: BrainMeasured): void {
  const bit = (holds: boolean): number => (holds ? 1 : 0);
  metrics.readGauge({ name: 'brain_link_up', help: '1 while connected to the gateway', read: () => [[{}, bit(measured.connected())]] });
  metrics.readGauge({ name: 'brain_leased', help: '1 while it may trade by its lease', read: () => [[{}, bit(measured.leased())]] });
  metrics.readGauge({
    name: 'brain_blocked',
    help: 'Why the whole brain does not trade: 1 where it holds',
    labels: ['reason'],
    read: () => {
      const holding = new Set(measured.problems());
      return stateSet('reason', { states: BLOCKED, holds: (reason) => holding.has(reason) });
    },
  });
  metrics.readGauge({
    name: 'brain_run_failed',
    help: '1 while a strategy stands still because it threw an error',
    labels: ['run'],
    read: () => {
      const holding = new Set(measured.problems());
      return stateSet('run', { states: measured.runs(), holds: (run) => holding.has(`strategy-failed:${run}`) });
    },
  });
}

function meterReading(metrics: Metrics, { snapshotAgeMs, poller }: BrainMeasured): void {
  metrics.readGauge({
    name: 'snapshot_age_seconds',
    help: 'Since the newest snapshot was seen',
    read: () => {
      const ageMs = snapshotAgeMs();
      return [[{}, ageMs === null ? null : ageMs / 1_000]];
    },
  });
  metrics.readHistogram({
    name: 'redis_read_seconds',
    help: 'Round trip of a snapshot from Redis',
    read: () => [[{}, poller().roundTrip]],
  });
  metrics.readCounter({
    name: 'redis_read_failures_total',
    help: 'Reads that Redis did not answer',
    read: () => [[{}, poller().failures]],
  });
  metrics.readCounter({
    name: 'snapshot_unusual_total',
    help: 'Documents of snapshots not in the usual form, left to the slower reader',
    read: () => [[{}, poller().unusual]],
  });
}

function meterExits(metrics: Metrics, { state }: BrainMeasured): void {
  metrics.readCounter({
    name: 'brain_hard_exits_total',
    help: 'Hard exits since the store of the brain began',
    labels: ['symbol', 'kind'],
    read: () =>
      Object.entries(state().symbols).flatMap(([symbol, { exits }]): readonly Sample[] => [
        [{ symbol, kind: 'take-profit' }, exits.takeProfits],
        [{ symbol, kind: 'stop-loss' }, exits.stopLosses],
      ]),
  });
}
