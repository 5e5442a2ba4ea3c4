/** What a gateway is opened with. */
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { StartTimes } from '../../shared/io/start-times.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Identity } from '../orders/core.ts';
import type { Venue } from '../venues/venue.ts';
import type { EpochSource } from './epoch-source.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { Recorder } from './recorder.ts';
import type { RedisWriter } from './redis-writer.ts';
import type { RunDir } from './run-dir.ts';

export type GatewayOptions = {
  readonly config: Config;
  readonly identity: Identity;
  readonly clock: Clock;
  /** Simulated per real time. */
  readonly speed: number;
  readonly venue: Venue;
  readonly store: LedgerStore;
  readonly recorder?: Recorder | null;
  readonly epochs: EpochSource;
  readonly runDir: RunDir;
  readonly redis: RedisWriter;
  readonly times: StartTimes;
  /** Aborted in the instant in which the run is to end. */
  readonly ending: AbortSignal;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The ledger could not be opened at the start, and now it can: a gateway that begins anew has it. */
  readonly onLedgerBack: () => void;
  /** Limits that nothing but a person loosens: in force in a beginning before. */
  readonly ceiling?: Config['limits'] | null;
  /** Something no run goes on from: another gateway at our keys. */
  readonly onFatal: (sentence: string, code: number) => void;
};
