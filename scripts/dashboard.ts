/** `npm run dashboard`: the live page on loopback. Reads Redis, holds no key of an exchange; its end ends nothing else. */
import { dirname, join, resolve } from 'node:path';
import { type Loaded, loadConfig } from '../shared/config-file.ts';
import { watchConfig } from '../shared/io/config-watch.ts';
import { rootLog } from '../shared/log.ts';
import { act } from './dashboard/acts.ts';
import { readAssets } from './dashboard/assets.ts';
import { afterEdit } from './dashboard/edited.ts';
import { GatewaySide } from './dashboard/gateway-side.ts';
import { Hub } from './dashboard/hub.ts';
import { parameterGroups } from './dashboard/parameters.ts';
import { Probes, watchdogAlerts } from './dashboard/probes.ts';
import { openServer } from './dashboard/server.ts';
import { Store } from './dashboard/store.ts';
import { intervalsOf } from './dashboard/symbol-desk.ts';
import { TooMany, tokenOf } from './dashboard/token.ts';
import { every } from './dashboard/turns.ts';
import { Viewers } from './dashboard/viewers.ts';
import { EXIT, type ExitCode, newTool, Problem, runTool } from './lib/tool.ts';

const options = newTool('dashboard', 'Serves the live page on loopback until Ctrl-C.')
  .option('--config <file>', 'configuration', 'config.json')
  .option('--over <file>', 'values of one run over it, as npm start writes them')
  .parse()
  .opts<{ readonly config: string; readonly over?: string }>();

/** What is shown greyed when older, ms, and in snapshots: no longer live. */
const STALE_MS = 1_500;
const STALE_SNAPSHOTS = 3;
const ALARMS_MS = 2_000;
const LATENCY_MS = 5_000;
const HISTOGRAMS_MS = 15_000;
/** Refused requests that a minute's log may hold. */
const REFUSED_LOGGED = 20;
const HISTORY_MS = 15_000;
const PROBES_MS = 5_000;

async function main(): Promise<ExitCode> {
  const first = loadConfig(options.config, options.over);
  if (!first.ok) throw new Problem(EXIT.usage, first.error);
  let loaded = first.value;
  const { runDir, config } = loaded;
  const log = rootLog({ process: 'dashboard', level: config.log.level });
  const tokenFile = resolve(dirname(loaded.file), config.dashboard.tokenFile ?? join(runDir, 'dashboard.token'));
  const token = tokenOf(tokenFile);
  if (!token.ok) throw new Problem(EXIT.usage, [token.error]);
  const store = new Store();
  const current = (): Loaded => loaded;
  tell(store, { loaded, tokenFile });
  using _edits = watchConfig({
    file: options.config,
    over: options.over,
    onEdit: (edited) => {
      if (!edited.ok) return; // the gateway tells of it
      loaded = afterEdit(first.value, edited.value);
      tell(store, { loaded, tokenFile });
    },
  });
  const viewers = new Viewers(store, () => hub.hurry());
  await using hub = new Hub({ loaded: current, store, viewed: () => viewers.symbols, onLook: () => viewers.send() });
  await using side = new GatewaySide({ loaded: current, store });
  const probes = new Probes();
  const refused = new TooMany({ most: REFUSED_LOGGED, withinMs: 60_000 });
  const seen = { when: () => viewers.count > 0, onProblem: (error: Error) => log.error({ error: error.stack }, 'A look broke') };
  using _turns = every([
    { ...seen, ms: ALARMS_MS, run: () => side.alarms() },
    { ...seen, ms: LATENCY_MS, run: () => side.latency() },
    { ...seen, ms: HISTOGRAMS_MS, run: () => side.histograms() },
    { ...seen, ms: HISTORY_MS, run: () => side.history() },
    {
      ...{ ...seen, ms: PROBES_MS },
      run: async () => {
        store.set('health', await probes.look(loaded));
        store.set('alerts', { open: watchdogAlerts(loaded), raisedKnown: side.answers });
      },
    },
  ]);
  const server = await openServer({
    ...{ host: config.dashboard.host, port: config.dashboard.port, token: token.value, assets: readAssets() },
    symbols: () => config.symbols,
    onViewer: (socket, symbol) => viewers.add(socket, symbol),
    mayView: () => !viewers.isFull,
    act: async (request) => {
      const acted = await act(loaded, request);
      log.warn({ request, status: acted.status, lines: acted.answer.lines }, 'A person acts');
      return acted;
    },
    onRefused: (status, sentence) => {
      if (!refused.add(performance.now())) log.warn({ status, sentence }, 'Request refused');
    },
  });
  if (!server.ok) throw new Problem(EXIT.usage, [server.error]);
  await using serving = server.value;
  const host = config.dashboard.host === '::1' ? '[::1]' : config.dashboard.host;
  const url = `http://${host}:${serving.port}/`;
  log.info({ url, tokenFile }, 'Dashboard ready');
  if (process.stderr.isTTY && !process.send) process.stderr.write(`Dashboard: ${url}#token=${token.value}\n`); // to the person, not to a log
  process.send?.({ kind: 'ready', url, tokenFile });
  const signal = await nextSignal();
  viewers.closeAll();
  log.info({ signal }, 'Dashboard stopped');
  return EXIT.done;
}

function tell(store: Store, { loaded: { config }, tokenFile }: { readonly loaded: Loaded; readonly tokenFile: string }): void {
  const { environment, venue, symbols, dashboard, snapshot } = config;
  const staleMs = Math.max(STALE_MS, STALE_SNAPSHOTS * snapshot.intervalMs);
  store.set('setup', {
    ...{ environment, venue, symbols, tokenFile, staleMs, refreshMs: dashboard.refreshMs },
    intervals: intervalsOf(config),
  });
  store.set('parameters', parameterGroups(config));
}

/** A parent that is gone counts as a signal. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.once(name, () => resolve(name));
  });
}

await runTool('dashboard', main);
if (process.connected) process.disconnect?.();
process.exit();
