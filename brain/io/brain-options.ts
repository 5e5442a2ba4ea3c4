/** What a brain is opened with. */
import type { Redis } from 'ioredis';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { StartTimes } from '../../shared/io/start-times.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Random } from '../../shared/random.ts';
import type { Run } from '../runs.ts';
import type { Stepped } from '../step.ts';
import type { Heard, Turn } from '../turn.ts';
import type { BrainStore } from './brain-store.ts';
import type { Prepare } from './reload.ts';
import type { Shadows } from './shadows.ts';

export type BrainOptions = {
  readonly config: Config;
  readonly runs: readonly Run[];
  readonly prepare: Prepare;
  readonly socketPath: string;
  readonly redis: Redis;
  readonly store: BrainStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly onFatal: (sentence: string, code: number) => void;
  readonly times: StartTimes;
  /** The first snapshot was acted on. */
  readonly onReady: () => void;
  /** Other parameters on the same snapshots, without a way to the gateway. */
  readonly shadows?: Shadows;
  readonly onTurn?: (turn: Turn, stepped: Stepped) => void;
  readonly onHeard?: (heard: Heard) => void;
};
