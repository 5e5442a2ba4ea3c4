/** The gateway as a process: options, configuration, what to open in which order, signals and exit codes. */
import { join } from 'node:path';
import { parseArgs } from './io/arguments.ts';
import { type Clock, parseClockSpec, systemClock } from '../shared/clock.ts';
import { accountHash, type Config, configHash, configWarnings } from '../shared/config.ts';
import { type Credentials, type Loaded, loadConfig } from '../shared/config-file.ts';
import { Edits, watchConfig } from '../shared/io/config-watch.ts';
import { EndSignals } from '../shared/io/end-signals.ts';
import { type StartMs, StartTimes } from '../shared/io/start-times.ts';
import { type Log, processLog } from '../shared/log.ts';
import { takeCredentials } from '../shared/io/take-credentials.ts';
import { makeMetrics, type Metrics } from '../shared/metrics.ts';
import { Random } from '../shared/random.ts';
import { ok } from '../shared/result.ts';
import { keysOf } from '../shared/snapshot.ts';
import { EXIT, exitOf } from './exit-code.ts';
import { Beginning, type Panics, panicSignals } from './io/beginning.ts';
import type { Gateway } from './io/gateway.ts';
import { openGateway } from './io/open-gateway.ts';
import { openMetrics } from './io/open-metrics.ts';
import { openRecorder, type Recorder } from './io/recorder.ts';
import { gridSentence } from './io/ledger-grid.ts';
import { mirroredEpoch } from './io/epoch-mirror.ts';
import { EpochSource, type EpochsOptions, epochsAtVenue, readEpoch } from './io/epoch-source.ts';
import { LedgerStore } from './io/ledger-store.ts';
import { RedisWriter } from './io/redis-writer.ts';
import { preflight, type Refusal, refuseEnvironment } from './io/preflight.ts';
import { accountOptions, openRunDir, type RunDir } from './io/run-dir.ts';
import { type Proof, proofSentence } from './orders/proof.ts';
import { openVenue } from './venues/io/open.ts';
import type { Venue } from './venues/venue.ts';

type Prepared = {
  readonly loaded: Loaded;
  readonly edits: Edits;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly speed: number;
};
/** One line (or more) for a person, and the exit code. */
class Ended extends Error {
  readonly code: number;
  constructor(code: number, lines: readonly string[]) {
    super(lines.join('\n'));
    this.code = code;
  }
}

async function prepare(args: readonly string[]): Promise<Prepared> {
  const options = parseArgs(args);
  const { over } = options;
  const edits = new Edits();
  watchConfig({ file: options.config, over, onEdit: edits.take }); // before it is read: no edit falls between
  const loaded = loadConfig(options.config, over);
  if (!loaded.ok) throw new Ended(EXIT.usage, loaded.error);
  const { environment } = loaded.value.config;
  const spec = options.clock === undefined ? undefined : parseClockSpec(options.clock);
  if (spec === null) throw new Ended(EXIT.usage, [`--clock: ${options.clock}: allowed is ORIGIN_MS@REAL_MSxSPEED`]);
  if (spec && environment !== 'sim')
    throw new Ended(EXIT.usage, [`--clock: only in sim: environment is ${environment} in ${loaded.value.file}`]);
  heed(refuseEnvironment(loaded.value.config, options));
  const credentials = await takeCredentials(loaded.value, process.env, { stdin: options.passphraseStdin });
  if (!credentials.ok) throw new Ended(EXIT.usage, [credentials.error]);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  heed(await preflight({ loaded: loaded.value, credentials: credentials.value, ...options, say }));
  return { loaded: loaded.value, edits, credentials: credentials.value, clock: systemClock(spec), speed: spec?.speed ?? 1 };
}

function heed(refusal: Refusal | null): void {
  if (refusal) throw new Ended(refusal.code, refusal.lines);
}

/** What outlives a beginning: the process begins anew where a ledger that could not be opened can be. */
type Lasting = {
  readonly signals: EndSignals;
  readonly log: Log;
  readonly panics: Panics;
  /** How often it has begun anew, and how far the beginnings before came. */
  returns: number;
  reached: StartMs | undefined;
  /** In force in the beginning before: the next one loosens nothing. */
  limits: Config['limits'] | null;
};
type End = number | 'ledger-back';

async function run(args: readonly string[]): Promise<number> {
  const signals = new EndSignals();
  const prepared = await prepare(args);
  const log = processLog('gateway', prepared.loaded.config.log);
  dieOfBugs(log);
  const lasting: Lasting = { signals, log, panics: panicSignals(), returns: 0, reached: undefined, limits: null };
  for (; ; lasting.returns++) {
    const end = await begin(prepared, lasting);
    if (end !== 'ledger-back') return end;
    log.warn({ returns: lasting.returns + 1 }, 'Ledger can be opened again: beginning anew with it');
  }
}

async function begin(prepared: Prepared, lasting: Lasting): Promise<End> {
  const { signals, log } = lasting;
  const { config } = prepared.loaded;
  const metrics = makeMetrics('gateway');
  await using runDir = await takeRunDir(prepared);
  using store = new LedgerStore({
    ...{ path: runDir.ledger, clock: prepared.clock, ...config.gateway.ledger, returns: lasting.returns },
    onOld: (version) => log.warn({ version }, 'Ledger of an earlier program: it is brought up to date now'),
    onGrid: (news) => log[Object.keys(news.offGrid).length > 0 ? 'error' : 'warn']({ news }, `Ledger rescaled: ${gridSentence(news)}`),
  });
  if (store.fault) log.error({ fault: store.fault }, 'Ledger unavailable: new orders will be refused until it can be opened');
  const files = { store, path: join(runDir.path, 'epoch'), clock: prepared.clock };
  const known = store.lastEpoch() > 0 || readEpoch(files.path) > 0 ? new EpochSource({ ...files, seen: [] }) : null;
  const first = known?.grantAnyway() ?? null;
  const redisOf = (epoch: number): RedisWriter => openRedis(config, { epoch, instance: runDir.instance, log });
  await using early = first === null ? null : redisOf(first); // beside the venue: a start is short
  await using recorder = openRecorder({ ...prepared.loaded, ...prepared, runDir, log, epoch: first });
  await using venue = await takeVenue(prepared, { log, metrics, runDir, signals, recorder });
  recorder?.watch(venue);
  const epochs = known ?? (await unknownEpochs(prepared.loaded, { files, venue, log }));
  const epoch = first ?? epochs.grantAnyway();
  await using late = early === null ? redisOf(epoch) : null;
  const redis = early ?? late ?? redisOf(epoch);
  if (signals.ending.aborted)
    throw new Ended(EXIT.failed, ['Stopped before anything was sent; what an earlier run left was not looked at']);
  return await serve(prepared, { epoch, epochs, lasting, signals, log, metrics, runDir, store, redis, venue, recorder });
}

type Parts = {
  readonly lasting: Lasting;
  readonly epoch: number;
  readonly epochs: EpochSource;
  readonly signals: EndSignals;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly runDir: RunDir;
  readonly store: LedgerStore;
  readonly redis: RedisWriter;
  readonly venue: Venue;
  readonly recorder: Recorder | null;
};

async function serve({ loaded, edits, credentials, clock, speed }: Prepared, { lasting, ...parts }: Parts): Promise<End> {
  const { config } = loaded;
  const { log, metrics, runDir, epoch, signals } = parts;
  const { environment } = config;
  const identity = { epoch, environment, accountHash: accountHash(credentials.apiKey), configHash: configHash(config) };
  const fatal = Promise.withResolvers<Ended>();
  const onFatal = (sentence: string, code: number): void => {
    fatal.resolve(new Ended(code, [sentence]));
    signals.end();
  };
  const back = Promise.withResolvers<'ledger-back'>();
  const onLedgerBack = (): void => back.resolve('ledger-back');
  using beginning = new Beginning(signals.ending);
  const { ending } = beginning;
  const times = new StartTimes({ log, metrics, ...(lasting.reached ? { reached: lasting.reached } : {}) });
  const opened = await openGateway({
    config,
    identity,
    clock,
    speed,
    onFatal,
    onLedgerBack,
    times,
    ending,
    ceiling: lasting.limits,
    ...parts,
  });
  if (!opened.ok) throw new Ended(opened.error.code, [opened.error.sentence]);
  await using gateway = opened.value;
  edits.listen((edited) => gateway.edit(edited.ok ? ok(edited.value.config) : edited));
  lasting.panics.to((reason) => gateway.emergencyStop({ reason, source: 'signal', everything: false }));
  await using metricsServer = await takeMetrics(config, { gateway, metrics }).catch(async (problem) => {
    await gateway.stop(); // a brain may be quoting already
    throw problem;
  });
  const { brainSocket: socketPath, operatorSocket: operatorPath } = runDir;
  const metricsPort = metricsServer?.port ?? null;
  if (!signals.ending.aborted) {
    log.info({ environment, epoch, symbols: config.symbols, socketPath, operatorPath, metricsPort }, 'Gateway ready');
    for (const warning of configWarnings(config)) log.warn({ warning }, 'Configuration');
    process.send?.({ kind: 'ready', socketPath, operatorPath, metricsPort, epoch });
  }
  const end = await Promise.race([signals.asked, fatal.promise, back.promise]);
  lasting.reached = times.ms;
  if (end === 'ledger-back') {
    lasting.panics.to(null);
    lasting.limits = gateway.limitsInForce;
    await gateway[Symbol.asyncDispose](); // deaf from this turn on; disposing of it twice does no harm
    return end; // as a kill would end it, at a moment when nothing is under way: the next one takes back what is left
  }
  signals.onAgain(() => gateway.hurry());
  return tellEnd(await gateway.stop(), { end, log, gateway });
}

/** What was proved, or is left, in the log and for the supervisor; an end that is not proved is a failure, with its line on stderr. */
function tellEnd(
  proof: Proof,
  { end, log, gateway }: { readonly end: string | Ended; readonly log: Log; readonly gateway: Gateway },
): number {
  const sentence = proofSentence(proof);
  log[proof.verified ? 'info' : 'error']({ sentence, ...proof, ...gateway.counts() }, 'Gateway stopped');
  process.send?.({ kind: 'stopped', verified: proof.verified, sentence });
  if (end instanceof Ended) throw new Ended(end.code, [`${end.message}. ${sentence}`]);
  if (!proof.verified) throw new Ended(EXIT.failed, [sentence]);
  return EXIT.done;
}

function openRedis(
  { redis: { url, prefix }, snapshot }: Config,
  parts: { readonly epoch: number; readonly instance: string; readonly log: Log },
): RedisWriter {
  return new RedisWriter({ url, keys: keysOf(prefix), downMs: 5 * snapshot.intervalMs, ...parts });
}

async function takeRunDir({ loaded, credentials }: Prepared): Promise<RunDir> {
  const { socketPath } = loaded.config.gateway;
  const runtimeDir = process.env['XDG_RUNTIME_DIR'];
  const opened = await openRunDir({ ...accountOptions(loaded, credentials), socketPath, runtimeDir });
  if (!opened.ok) throw new Ended(opened.error.kind === 'locked' ? EXIT.refused : EXIT.usage, [opened.error.sentence]);
  return opened.value;
}

async function takeVenue(
  { loaded, credentials, clock, speed }: Prepared,
  { log, metrics, runDir, signals, recorder }: Pick<Parts, 'log' | 'metrics' | 'runDir' | 'signals' | 'recorder'>,
): Promise<Venue> {
  const random = new Random(process.pid ^ Date.now());
  const { config } = loaded;
  const { ending } = signals;
  const lines = recorder ? { lines: recorder.lines() } : {};
  const opened = await openVenue({ config, credentials, clock, speed, random, log, metrics, ending, ...lines, accountDir: runDir.path });
  if (opened.ok) return opened.value;
  throw new Ended(exitOf(opened.error), [opened.error.sentence]);
}

async function takeMetrics(config: Config, { gateway, metrics }: { readonly gateway: Gateway; readonly metrics: Metrics }) {
  const { metricsPort } = config.gateway;
  if (metricsPort === null) return null;
  const opened = await openMetrics(metricsPort, { gateway, metrics });
  if (!opened.ok) throw new Ended(EXIT.unreachable, [opened.error]);
  return opened.value;
}

/** Where no file of ours tells which epochs were used, Redis and the venue have to, before the first id is made. */
async function unknownEpochs({ config }: Loaded, { files, venue, log }: Unknown): Promise<EpochSource> {
  const mirrored = await mirroredEpoch({ url: config.redis.url, key: keysOf(config.redis.prefix).epoch, log });
  const used = await epochsAtVenue(venue);
  if (!used.ok) throw new Ended(EXIT.unreachable, [`Cannot tell which client ids were used before: ${used.error}`]);
  return new EpochSource({ ...files, seen: [mirrored, ...used.value] });
}

type Unknown = { readonly files: Omit<EpochsOptions, 'seen'>; readonly venue: Venue; readonly log: Log };

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
