/** A whole gateway in this process, with its sockets, its ledger on disk and a Redis, as its own process would open it. */
import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import type { Gateway } from '../../gateway/io/gateway.ts';
import { openGateway } from '../../gateway/io/open-gateway.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { EpochSource } from '../../gateway/io/epoch-source.ts';
import { RedisWriter } from '../../gateway/io/redis-writer.ts';
import { openRunDir } from '../../gateway/io/run-dir.ts';
import { openVenue } from '../../gateway/venues/io/open.ts';
import { systemClock } from '../../shared/clock.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { accountHash, type Config, configHash } from '../../shared/config.ts';
import type { Credentials } from '../../shared/config-file.ts';
import { StartTimes } from '../../shared/io/start-times.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';

export type GatewayHereOptions = {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly dir: string;
  readonly seed: number;
};
export type GatewayHere = AsyncDisposable & {
  readonly gateway: Gateway;
  readonly brainSocket: string;
  readonly operatorSocket: string;
  /** Of the account. */
  readonly folder: string;
  /** What it has written so far. */
  readonly log: () => string;
};

const LOG_BYTES_MAX = 200_000;

/** Throws with a sentence when it cannot start. Disposed of, it dies as a kill would have it: nothing is cancelled. */
export async function openGatewayHere({ config, credentials, dir, seed }: GatewayHereOptions): Promise<GatewayHere> {
  const { environment } = config;
  const runDir = await openRunDir({
    runDir: join(dir, 'run'),
    environment,
    accountHash: accountHash(credentials.apiKey),
    socketPath: null,
    runtimeDir: undefined,
    account: null,
  });
  if (!runDir.ok) throw new Error(runDir.error.sentence);
  const [sink, told] = [new PassThrough(), { text: '' }];
  sink.setEncoding('utf8').on('data', (text: string) => {
    told.text = (told.text + text).slice(-LOG_BYTES_MAX);
  });
  const log = rootLog({ process: 'gateway', level: 'info', stream: sink });
  const [clock, metrics, random] = [systemClock(), makeMetrics('gateway'), new Random(seed)];
  const store = new LedgerStore({ path: runDir.value.ledger, clock });
  const common = { config, clock, speed: 1, log, metrics };
  const ending = new AbortController().signal;
  const venue = await openVenue({ ...common, credentials, random, accountDir: runDir.value.path, ending });
  if (!venue.ok) throw new Error(venue.error.sentence);
  const epochs = new EpochSource({ store, path: join(runDir.value.path, 'epoch'), clock, seen: [] });
  const epoch = epochs.grantAnyway();
  const identity = { epoch, environment, accountHash: accountHash(credentials.apiKey), configHash: configHash(config) };
  const onFatal = (sentence: string): void => log.fatal({ sentence }, 'Fatal');
  const { url, prefix } = config.redis;
  const redis = new RedisWriter({
    url,
    keys: keysOf(prefix),
    downMs: 5 * config.snapshot.intervalMs,
    epoch,
    instance: runDir.value.instance,
    log,
  });
  const times = new StartTimes({ log, metrics });
  const parts = {
    identity,
    venue: venue.value,
    store,
    runDir: runDir.value,
    redis,
    times,
    ending,
    epochs,
    onFatal,
    onLedgerBack: () => undefined,
  };
  const gateway = await openGateway({ ...common, ...parts });
  if (!gateway.ok) throw new Error(gateway.error.sentence);
  return {
    gateway: gateway.value,
    brainSocket: runDir.value.brainSocket,
    operatorSocket: runDir.value.operatorSocket,
    folder: runDir.value.path,
    log: () => told.text,
    [Symbol.asyncDispose]: async () => {
      await gateway.value[Symbol.asyncDispose]();
      await venue.value[Symbol.asyncDispose]();
      store[Symbol.dispose]();
      await redis[Symbol.asyncDispose]();
      await runDir.value[Symbol.asyncDispose]();
    },
  };
}
