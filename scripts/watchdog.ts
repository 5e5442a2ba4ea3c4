/**
 * `npm run watchdog`: a small third process, under a supervisor of its own, best outside of `npm start`. Watches the gateway's life, acts by
 * policy when it is dead, and sends the alerts. Holds the key and the secrets of the channels; takes no command.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '../gateway/io/os-lock.ts';
import { systemClock } from '../shared/clock.ts';
import { accountHash } from '../shared/config.ts';
import { watchConfig } from '../shared/io/config-watch.ts';
import { takeCredentials } from '../shared/io/take-credentials.ts';
import { openMetricsServer } from '../shared/io/metrics-server.ts';
import { type Log, processLog, setLogLevel } from '../shared/log.ts';
import { makeMetrics, type Metrics } from '../shared/metrics.ts';
import { Random } from '../shared/random.ts';
import { AlertDesk } from './alerts/desk.ts';
import { openChannels } from './alerts/open-channels.ts';
import { Outbox } from './alerts/outbox.ts';
import { type Redact, redactorOf } from '../shared/redact.ts';
import { accountDirOf } from './lib/gateway-life.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, runTool } from './lib/tool.ts';
import { Eyes } from './watchdog/eyes.ts';
import { type MessageResult, meterMessages, meterWatchdog } from './watchdog/meters.ts';
import { WatchdogRun } from './watchdog/run.ts';
import { VenueWatch } from './watchdog/venue-watch.ts';

const options = newTool('watchdog', 'Watches the gateway, acts by policy when it is dead, and sends the alerts.')
  .option('--config <file>', 'configuration', 'config.json')
  .parse()
  .opts<{ readonly config: string }>();

const FLUSH_MS = 3_000;

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  const { config } = loaded;
  const credentials = await takeCredentials(loaded, process.env);
  if (!credentials.ok) throw new Problem(EXIT.usage, [credentials.error]);
  const clock = systemClock();
  const channels = openChannels(config.alerts, { env: process.env, configFile: loaded.file, clock });
  if (!channels.ok) throw new Problem(EXIT.usage, channels.error);
  const { apiKey, secret } = credentials.value;
  const accountDir = accountDirOf(loaded, apiKey);
  mkdirSync(accountDir, { recursive: true, mode: 0o700 });
  using _lock = lockOf(accountDir);
  const redact = redactorOf([...channels.value.secrets, apiKey, secret]);
  const log = processLog('watchdog', config.log);
  using _edits = watchConfig({ file: loaded.file, onEdit: (edited) => edited.ok && setLogLevel(log, edited.value.config.log.level) });
  const metrics = makeMetrics('watchdog');
  const stop = nextSignal();
  using outbox = new Outbox({
    channels: channels.value.channels,
    clock,
    random: new Random(process.pid),
    redact,
    onResult: counterOf(metrics, { log, channels: Object.keys(config.alerts.channels) }),
  });
  const from = `${config.environment} ${accountHash(apiKey)}`;
  const onProblem = (what: string, sentence: string): void => log.error({ sentence: redact(sentence) }, what);
  const desk = new AlertDesk({ config: config.alerts, from, folder: accountDir, outbox, clock, redact, onProblem });
  await using eyes = new Eyes({ loaded, apiKey, accountDir });
  await using venue =
    config.environment === 'paper' ? null : new VenueWatch({ loaded, credentials: credentials.value, say: sayerOf(log, redact) });
  const run = new WatchdogRun({ config, accountDir, clock, log, eyes, venue, desk, outbox });
  await using server = await serveMetrics({ port: config.watchdog.metricsPort, metrics, run, venue });
  log.info(
    { policy: config.watchdog.policy, accountDir, channels: Object.keys(config.alerts.channels), metricsPort: server?.port ?? null },
    'Watchdog ready',
  );
  process.send?.({ kind: 'ready', metricsPort: server?.port ?? null });
  const turns = clock.every(config.watchdog.lookMs, () => void look());
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    await run.look().catch((error: Error) => log.error({ error: redact(error.stack ?? error.message) }, 'A look broke')); // the next one comes
    looking = false;
  };
  const signal = await stop;
  turns.cancel();
  const sent = await outbox.flush(FLUSH_MS);
  log.info({ signal, sent }, 'Watchdog stopped');
  return EXIT.done;
}

/** One watchdog for each account: two would act at once and tell everything twice. */
function lockOf(accountDir: string): Disposable {
  const lock = lockFile(join(accountDir, 'watchdog.sqlite'));
  if (lock.ok) return lock.value;
  const { kind, sentence } = lock.error;
  throw kind === 'locked'
    ? new Problem(EXIT.refused, [`Another watchdog runs for this account: stop it first: its lock is ${sentence}`])
    : new Problem(EXIT.usage, [sentence]);
}

function counterOf(metrics: Metrics, { log, channels }: { readonly log: Log; readonly channels: readonly string[] }) {
  const count = meterMessages(metrics, channels);
  return (channel: string, result: MessageResult, sentence: string): void => {
    count(channel, result);
    if (result === 'sent') log.info({ channel }, 'Alert sent');
    else log.warn({ channel, result, sentence }, 'Alert not sent');
  };
}

const sayerOf =
  (log: Log, redact: Redact) =>
  (line: string): void =>
    log.warn({ line: redact(line) }, 'Acting on the account');

type Served = { readonly port: number | null; readonly metrics: Metrics; readonly run: WatchdogRun; readonly venue: VenueWatch | null };

async function serveMetrics({ port, metrics, run, venue }: Served) {
  if (port === null) return null;
  meterWatchdog(metrics, { silentMs: () => run.silentMs, acts: () => run.acts, venueFailures: () => venue?.failures ?? 0 });
  const opened = await openMetricsServer({
    port,
    key: 'watchdog.metricsPort',
    metrics,
    ready: () => ({ ready: venue?.fault == null, reasons: venue?.fault ? ['watchdog-blind'] : [] }),
  });
  if (!opened.ok) throw new Problem(EXIT.unreachable, [opened.error]);
  return opened.value;
}

/** A parent that is gone counts as a signal, where there is one that would send it. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(name, () => resolve(name));
  });
}

await runTool('watchdog', main);
if (process.connected) process.disconnect?.();
process.exit();
