/** The gateway as a process: options, configuration, what to open in which order, signals and exit codes. */
import { join } from 'node:path';
import { parseArgs } from './io/arguments.ts';
import { type Clock, parseClockSpec, systemClock } from '../shared/clock.ts';
import { accountHash, type Config, configHash, configWarnings } from '../shared/config.ts';
import { type Credentials, type Loaded, loadConfig, loadCredentials } from '../shared/config-file.ts';
import { type Log, rootLog } from '../shared/log.ts';
import { makeMetrics, type Metrics } from '../shared/metrics.ts';
import { Random } from '../shared/random.ts';
import { keysOf } from '../shared/snapshot.ts';
import { EXIT, exitOf } from './exit-code.ts';
import { type Gateway, openGateway } from './io/gateway.ts';
import { gridSentence } from './io/ledger-grid.ts';
import { mirroredEpoch } from './io/epoch-mirror.ts';
import { Epochs, epochsAtVenue, readEpoch } from './io/epochs.ts';
import { LedgerStore } from './io/ledger-store.ts';
import { openMetricsServer } from '../shared/io/metrics-server.ts';
import { openRunDir, type RunDir } from './io/run-dir.ts';
import { openVenue } from './venues/io/open.ts';
import type { Venue } from './venues/venue.ts';

/** Parts that real money needs and that are not built yet. */
const MISSING_FOR_MAINNET = [
  'loss budgets and the breaker',
  'reconciliation proved under faults',
  'monitors on the side of the brain',
  'the checks of doctor',
];

type Prepared = { readonly loaded: Loaded; readonly credentials: Credentials; readonly clock: Clock; readonly speed: number };
/** One line (or more) for a person, and the exit code. */
class Ended extends Error {
  readonly code: number;
  constructor(code: number, lines: readonly string[]) {
    super(lines.join('\n'));
    this.code = code;
  }
}

function prepare(args: readonly string[]): Prepared {
  const options = parseArgs(args);
  const loaded = loadConfig(options.config);
  if (!loaded.ok) throw new Ended(EXIT.usage, loaded.error);
  const { environment } = loaded.value.config;
  const spec = options.clock === undefined ? undefined : parseClockSpec(options.clock);
  if (spec === null) throw new Ended(EXIT.usage, [`--clock: ${options.clock}: allowed is ORIGIN_MS@REAL_MSxSPEED`]);
  if (spec && environment !== 'sim')
    throw new Ended(EXIT.usage, [`--clock: only in sim: environment is ${environment} in ${loaded.value.file}`]);
  refuseUnsafe(loaded.value.config, { live: options.live });
  const credentials = loadCredentials(loaded.value, process.env);
  if (!credentials.ok) throw new Ended(EXIT.usage, [credentials.error]);
  return { loaded: loaded.value, credentials: credentials.value, clock: systemClock(spec), speed: spec?.speed ?? 1 };
}

function refuseUnsafe({ environment }: Config, { live }: { readonly live: boolean }): void {
  if (environment !== 'mainnet') return;
  const why = `${live ? '' : 'real money needs --live as well; '}not built yet: ${MISSING_FOR_MAINNET.join('; ')}`;
  throw new Ended(EXIT.refused, [`environment mainnet: refused: ${why}`]);
}

async function run(args: readonly string[]): Promise<number> {
  const prepared = prepare(args);
  const { config } = prepared.loaded;
  const log = rootLog({ process: 'gateway', level: config.log.level });
  dieOfBugs(log);
  const metrics = makeMetrics('gateway');
  using runDir = takeRunDir(prepared);
  using store = new LedgerStore({
    ...{ path: runDir.ledger, clock: prepared.clock },
    onGrid: (news) => log[Object.keys(news.offGrid).length > 0 ? 'error' : 'warn']({ news }, `Ledger rescaled: ${gridSentence(news)}`),
  });
  if (store.fault) log.error({ fault: store.fault }, 'Ledger unavailable: new orders will be refused');
  await using venue = await takeVenue(prepared, { log, metrics, runDir });
  return await serve(prepared, { log, metrics, runDir, store, venue });
}

type Parts = { readonly log: Log; readonly metrics: Metrics; readonly runDir: RunDir; readonly store: LedgerStore; readonly venue: Venue };

async function serve({ loaded, credentials, clock, speed }: Prepared, parts: Parts): Promise<number> {
  const { config } = loaded;
  const { log, runDir } = parts;
  const epochs = await openEpochs(loaded, { clock, parts });
  const epoch = epochs.grantAnyway();
  const { environment } = config;
  const identity = { epoch, environment, accountHash: accountHash(credentials.apiKey), configHash: configHash(config) };
  const fatal = Promise.withResolvers<Ended>();
  const onFatal = (sentence: string, code: number): void => fatal.resolve(new Ended(code, [sentence]));
  const signal = nextSignal();
  const opened = await openGateway({ config, identity, clock, speed, onFatal, epochs, ...parts });
  if (!opened.ok) throw new Ended(opened.error.code, [opened.error.sentence]);
  await using gateway = opened.value;
  await using metricsServer = await takeMetrics(config, { gateway, metrics: parts.metrics });
  const { brainSocket: socketPath, operatorSocket: operatorPath } = runDir;
  const metricsPort = metricsServer?.port ?? null;
  log.info({ environment, epoch, symbols: config.symbols, socketPath, operatorPath, metricsPort }, 'Gateway ready');
  for (const warning of configWarnings(config)) log.warn({ warning }, 'Configuration');
  process.send?.({ kind: 'ready', socketPath, operatorPath, metricsPort, epoch });
  const end = await Promise.race([signal, fatal.promise]);
  process.once('SIGINT', () => gateway.hurry());
  process.once('SIGTERM', () => gateway.hurry());
  const verified = await gateway.stop();
  if (end instanceof Ended) throw end;
  log.info({ verified, ...gateway.counts() }, 'Gateway stopped');
  return verified ? EXIT.done : EXIT.failed;
}

function takeRunDir({ loaded, credentials }: Prepared): RunDir {
  const { environment, gateway } = loaded.config;
  const opened = openRunDir({
    ...{ runDir: loaded.runDir, environment, socketPath: gateway.socketPath },
    accountHash: accountHash(credentials.apiKey),
    runtimeDir: process.env['XDG_RUNTIME_DIR'],
  });
  if (!opened.ok) throw new Ended(opened.error.kind === 'locked' ? EXIT.refused : EXIT.usage, [opened.error.sentence]);
  return opened.value;
}

async function takeVenue(
  { loaded, credentials, clock, speed }: Prepared,
  { log, metrics, runDir }: Pick<Parts, 'log' | 'metrics' | 'runDir'>,
): Promise<Venue> {
  const random = new Random(process.pid ^ Date.now());
  const { config } = loaded;
  const opened = await openVenue({ config, credentials, clock, speed, random, log, metrics, accountDir: runDir.path });
  if (opened.ok) return opened.value;
  throw new Ended(exitOf(opened.error), [opened.error.sentence]);
}

async function takeMetrics(config: Config, { gateway, metrics }: { readonly gateway: Gateway; readonly metrics: Metrics }) {
  const { metricsPort } = config.gateway;
  if (metricsPort === null) return null;
  for (const name of Object.keys(gateway.counts())) {
    const gauge = metrics.gauge(
      `gateway_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      `Count of ${name} in this run`,
    );
    Object.assign(gauge, { collect: () => gauge.set(gateway.counts()[name] ?? 0) });
  }
  const opened = await openMetricsServer({ port: metricsPort, key: 'gateway.metricsPort', metrics, problems: () => gateway.problems() });
  if (!opened.ok) throw new Ended(EXIT.unreachable, [opened.error]);
  return opened.value;
}

/** Where no file of ours tells which epochs were used, Redis and the venue have to, before the first id is made. */
async function openEpochs({ config }: Loaded, { clock, parts }: { readonly clock: Clock; readonly parts: Parts }): Promise<Epochs> {
  const { store, runDir, venue, log } = parts;
  const path = join(runDir.path, 'epoch');
  if (store.lastEpoch() > 0 || readEpoch(path) > 0) return new Epochs({ store, path, clock, seen: [] });
  const mirrored = await mirroredEpoch({ url: config.redis.url, key: keysOf(config.redis.prefix).epoch, log });
  const used = await epochsAtVenue(venue);
  if (!used.ok) throw new Ended(EXIT.unreachable, [`Cannot tell which client ids were used before: ${used.error}`]);
  return new Epochs({ store, path, clock, seen: [mirrored, ...used.value] });
}

/** A parent that is gone counts as a signal: nobody would stop us later. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(name, () => resolve(name));
  });
}

/** What only a bug can do: one line, and the next start reconciles. */
function dieOfBugs(log: Log): void {
  const die = (error: unknown): void => {
    log.fatal(
      { error: error instanceof Error ? { message: error.message, stack: error.stack } : String(error) },
      'Gateway dies of an unexpected error',
    );
    process.exit(EXIT.failed);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Ended ? error.code : EXIT.failed;
}
if (process.connected) process.disconnect?.();
process.exit();
