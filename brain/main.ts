/** The brain as a process: options, configuration, where the gateway listens, signals and exit codes. It never sees a key. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, type CommanderError } from 'commander';
import { Redis } from 'ioredis';
import { redisAddress, redisLogin } from '../shared/io/redis-login.ts';
import { parseClockSpec, systemClock } from '../shared/clock.ts';
import { accountHash, type Config, SIM_CREDENTIALS } from '../shared/config.ts';
import { type Loaded, loadConfig } from '../shared/config-file.ts';
import { hidePassword } from '../shared/config-problem.ts';
import { Edits, watchConfig } from '../shared/io/config-watch.ts';
import { EndSignals } from '../shared/io/end-signals.ts';
import { meterLoopLag } from '../shared/io/loop-lag.ts';
import type { MetricsServer } from '../shared/io/metrics-server.ts';
import { StartTimes } from '../shared/io/start-times.ts';
import { processLog } from '../shared/log.ts';
import { type Metrics, makeMetrics } from '../shared/metrics.ts';
import { Random } from '../shared/random.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { accountDirs, brainSocketPath, findAccountDir } from '../shared/socket-path.ts';
import { Brain } from './io/brain.ts';
import { BrainStore } from './io/brain-store.ts';
import { openBrainTape } from './io/brain-tape.ts';
import { loadCustoms } from './io/custom.ts';
import type { Prepare } from './io/reload.ts';
import { Shadows } from './io/shadows.ts';
import { makeRuns } from './runs.ts';

const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;
const REDIS_WAIT_MS = 10_000;
/** The page of metrics waits so long for the hard exits to watch: loading it would hold them up. */
const PAGE_MS = 1_000;
const DIR_TRIES = 50;
const DIR_MS = 200;

class Ended extends Error {
  readonly code: number;
  constructor(code: number, lines: readonly string[]) {
    super(lines.join('\n'));
    this.code = code;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const signals = new EndSignals();
  const options = parseOptions(args);
  const edits = new Edits();
  watchConfig({ file: options.config, over: options.over, onEdit: edits.take }); // before it is read: no edit falls between
  const loaded = loadConfig(options.config, options.over);
  if (!loaded.ok) throw new Ended(EXIT.usage, loaded.error);
  const { config } = loaded.value;
  const spec = options.clock === undefined ? undefined : parseClockSpec(options.clock);
  if (spec === null) throw new Ended(EXIT.usage, [`--clock: ${options.clock}: allowed is ORIGIN_MS@REAL_MSxSPEED`]);
  const prepare: Prepare = async (wanted) => {
    const makers = await loadCustoms({ config: wanted, file: loaded.value.file });
    return makers.ok ? ok(makeRuns(wanted, makers.value)) : makers;
  };
  const customs = await loadCustoms({ config, file: loaded.value.file });
  if (!customs.ok) throw new Ended(EXIT.usage, customs.error);
  const runs = makeRuns(config, customs.value);
  const clock = systemClock(spec);
  const log = processLog('brain', config.log);
  const metrics = makeMetrics('brain');
  const accountDir = await takeAccountDir(loaded.value);
  const socketPath = takeValue(
    brainSocketPath({ accountDir, configured: config.gateway.socketPath, runtimeDir: process.env['XDG_RUNTIME_DIR'] }),
    EXIT.usage,
  );
  using store = new BrainStore(join(accountDir, 'brain.sqlite'));
  if (store.fault)
    log.error({ fault: store.fault }, 'Store unreadable: the breaker is open, nothing is opened until it is mended or removed');
  const redis = await takeRedis(config);
  const fatal = Promise.withResolvers<Ended>();
  const onFatal = (sentence: string, code: number): void => fatal.resolve(new Ended(code, [sentence]));
  const times = new StartTimes({ log, metrics });
  const ready = Promise.withResolvers<void>();
  const onReady = (): void => {
    times.reach('ready');
    ready.resolve();
    process.send?.({ kind: 'ready' });
  };
  const random = new Random(process.pid);
  await using tape = openBrainTape(config, { accountDir, clock, log });
  using shadows = new Shadows({ config, customs: customs.value, clock, log, path: join(accountDir, 'shadow.sqlite') });
  tape?.remembered(store, { symbols: config.symbols, runs });
  await using brain = new Brain({
    ...{ config, runs, prepare, socketPath, redis, store, clock, random, log, metrics, times, onFatal, onReady },
    ...{ shadows, onTurn: (turn, stepped) => tape?.turn(turn, stepped), onHeard: (heard) => tape?.heard(heard) },
  });
  edits.listen((edited) => void brain.edit(edited));
  const { metricsPort } = config.brain;
  if (metricsPort !== null) await Promise.race([ready.promise, sleep(PAGE_MS), signals.asked, fatal.promise]);
  const server = metricsPort === null ? null : await takeMetrics(metricsPort, { brain, metrics });
  const started = runs.map(({ id, strategy, symbols }) => ({ run: id, strategy: strategy.name, symbols }));
  log.info({ runs: started, metricsPort: server?.port ?? null }, 'Brain started');
  const end = await Promise.race([signals.asked, fatal.promise]);
  if (end instanceof Ended) throw end;
  signals.onAgain(() => brain.hurry());
  const { done, sentence } = await brain.stop();
  await server?.[Symbol.asyncDispose]();
  redis.disconnect();
  log[done ? 'info' : 'error']({ done, sentence }, 'Brain stopped');
  process.send?.({ kind: 'stopped', verified: done, sentence });
  if (!done) throw new Ended(EXIT.failed, [sentence]);
  return EXIT.done;
}

function parseOptions(args: readonly string[]): { readonly config: string; readonly over?: string; readonly clock?: string } {
  const program = new Command('brain')
    .description('Decides: reads snapshots from Redis, runs the strategy under hard exits, sends commands to the gateway. Holds no keys.')
    .option('--config <file>', 'configuration', 'config.json')
    .option('--over <file>', 'values of this run over the configuration')
    .option('--clock <spec>', 'simulated clock ORIGIN_MS@REAL_MSxSPEED, only in sim')
    .exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage))
    .allowExcessArguments(false);
  return program.parse([...args], { from: 'user' }).opts();
}

/** In the simulator the account is known to everybody; elsewhere the gateway's own folder names it, once it has started. */
async function takeAccountDir({ config, runDir }: Loaded): Promise<string> {
  if (config.environment === 'sim' && !config.credentials.sim) return join(runDir, `sim-${accountHash(SIM_CREDENTIALS.apiKey)}`);
  for (let i = 1; ; i++) {
    const found = findAccountDir({ runDir, environment: config.environment });
    if (found.ok) return found.value;
    if (accountDirs({ runDir, environment: config.environment }).length > 1) throw new Ended(EXIT.usage, [found.error]);
    if (i === DIR_TRIES) throw new Ended(EXIT.unreachable, [found.error]);
    await new Promise((resolve) => setTimeout(resolve, DIR_MS));
  }
}

/** Waits for Redis at the start only; later losses mend themselves. */
async function takeRedis({ redis: { url } }: Config): Promise<Redis> {
  const redis = new Redis(redisAddress(url), {
    ...redisLogin(),
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => 100,
  });
  redis.on('error', () => undefined); // told by age and by the time limit below
  const ready = await new Promise<Result<Redis, string>>((resolve) => {
    const timer = setTimeout(
      () => resolve(err(`Redis does not answer at ${hidePassword(url)}: start it, or correct redis.url`)),
      REDIS_WAIT_MS,
    );
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve(ok(redis));
    });
  });
  if (!ready.ok) redis.disconnect();
  return takeValue(ready, EXIT.unreachable);
}

async function takeMetrics(port: number, { brain, metrics }: { readonly brain: Brain; readonly metrics: Metrics }): Promise<MetricsServer> {
  meterLoopLag(metrics);
  const { openMetricsServer } = await import('../shared/io/metrics-server.ts'); // slow to load
  return takeValue(await openMetricsServer({ port, key: 'brain.metricsPort', metrics, ready: () => brain.ready() }), EXIT.unreachable);
}

function takeValue<T>(result: Result<T, string>, code: number): T {
  if (!result.ok) throw new Ended(code, [result.error]);
  return result.value;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Ended ? error.code : EXIT.failed;
}
process.exit();
