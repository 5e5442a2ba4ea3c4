/** The venue that the configuration names, connected. The one place of the gateway that knows which venues there are. */
import { join } from 'node:path';
import type { Clock } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config.ts';
import type { Credentials } from '../../../shared/config-file.ts';
import type { Log } from '../../../shared/log.ts';
import type { Metrics } from '../../../shared/metrics.ts';
import type { Random } from '../../../shared/random.ts';
import type { Result } from '../../../shared/result.ts';
import { PAPER_STATE_FILE } from '../../../shared/socket-path.ts';
import type { Http, HttpOptions } from '../../io/http.ts';
import type { OpenSocket } from '../../io/websocket.ts';
import { openBinance } from '../binance/io/venue.ts';
import type { Venue, VenueFault } from '../venue.ts';

export type OpenVenueOptions = {
  readonly config: Config;
  /** Null: public data only. */
  readonly credentials: Credentials | null;
  readonly clock: Clock;
  /** Simulated per real time; 1 but in sim. */
  readonly speed: number;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Folder of the account's runtime state. */
  readonly accountDir: string;
  /** Once it is aborted nothing new leaves. */
  readonly ending: AbortSignal;
  /** Other ways to the venue than the plain ones. */
  readonly lines?: { readonly http: (options: HttpOptions) => Http; readonly socket: OpenSocket };
};

/** By `config.venue`; each opens only its public side when it is asked without a key. */
const ADAPTERS = { binance: openBinance } as const;

export async function openVenue(options: OpenVenueOptions): Promise<Result<Venue, VenueFault>> {
  const { config, accountDir } = options;
  const open = ADAPTERS[config.venue];
  if (config.environment !== 'paper') return open(options);
  const source = await open({ ...options, credentials: null });
  if (!source.ok) return source;
  const { openPaper } = await import('../paper/io/venue.ts'); // a simulator, which no other environment has a use for
  const paper = openPaper({ ...options, source: source.value, statePath: join(accountDir, PAPER_STATE_FILE) });
  if (!paper.ok) await source.value[Symbol.asyncDispose]();
  return paper;
}
