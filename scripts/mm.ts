/** One tool to watch and stop a running system: reads Redis, speaks to the gateway's operator socket, holds no key. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import type { Loaded } from '../shared/config-file.ts';
import { acknowledge, alertLines, openAlerts } from './alerts/commands.ts';
import { showConfig } from './lib/config-tool.ts';
import { pauseTrading, resumeTrading } from './lib/act.ts';
import type { DoctorOptions } from './lib/doctor/doctor.ts';
import { addKeysCommands } from './lib/keys/commands.ts';
import { notRunning } from './lib/operator.ts';
import { type IncidentOptions, showIncident } from './lib/incident.ts';
import { type FillsOptions, type PnlOptions, showFills, showLife, showPnl, utcTime } from './lib/history-tool.ts';
import { panic } from './lib/panic.ts';
import type { ProbeOptions } from './lib/probe/probe.ts';
import { openRedis } from './lib/redis.ts';
import { newStrategy } from './lib/new-strategy.ts';
import { ordersTable, type Paint, statusScreen } from './lib/screen.ts';
import { readState, type State } from './lib/state.ts';
import { whyLines } from './lib/why.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';

type Common = { readonly config: string };
type Shown = Common & { readonly json: boolean };

let action: () => Promise<ExitCode> = () => Promise.resolve(EXIT.usage);
const program = newTool('mm', 'Watches and stops a running system.');

/** `name` may end in one optional argument, which `run` gets second. */
function addCommand<T extends Common>(
  name: string,
  description: string,
  run: (options: T, argument?: string) => Promise<ExitCode>,
): Command {
  const command = program.command(name).description(description).allowExcessArguments(false);
  return command.option('--config <file>', 'configuration', 'config.json').action(() => {
    const [argument] = command.args;
    action = () => run(command.opts<T>(), argument);
  });
}

const JSON_OPTION = ['--json', 'JSON on stdout', false] as const;

type StatusOptions = Shown & { readonly watch: boolean; readonly interval: number };
addCommand('status', 'one screen of live state from Redis', status)
  .option(...JSON_OPTION)
  .option('--watch', 'refresh until Ctrl-C', false)
  .option('--interval <ms>', 'period of --watch', wholeNumber({ min: 100, max: 3_600_000 }), 1_000);
addCommand('orders', 'open orders, foreign ones, and those closed in the last 5 s', orders).option(...JSON_OPTION);
addCommand('why [clientId]', 'what each run of a strategy does on each symbol, and why; or the life of one order', why).option(
  ...JSON_OPTION,
);
addCommand<FillsOptions>('fills', 'own fills, newest last, from the ledger', showFills)
  .option(...JSON_OPTION)
  .option('--symbol <symbol>', 'of one symbol only')
  .option('--from <time>', 'not before this UTC day or time', utcTime)
  .option('--to <time>', 'before this UTC day or time', utcTime)
  .option('--limit <n>', 'the newest n', wholeNumber({ min: 1, max: 100_000 }), 50);
addCommand<PnlOptions>('pnl', 'profit, fees, funding and volume by UTC day and symbol, from the ledger', showPnl)
  .option(...JSON_OPTION)
  .option('--symbol <symbol>', 'of one symbol only')
  .option('--days <n>', 'the newest n days on which anything was booked', wholeNumber({ min: 1, max: 36_500 }), 7);

addCommand<IncidentOptions>('incident', 'tape, ledger, logs and configuration of a range of time in one folder', showIncident)
  .option(...JSON_OPTION)
  .requiredOption('--from <time>', 'not before this UTC day or time', utcTime)
  .requiredOption('--to <time>', 'before this UTC day or time', utcTime)
  .option('--out <folder>', 'where; it must not be there yet (default: incident-FROM-TO)')
  .addHelpText(
    'after',
    '\nKeys, tokens, passwords and signatures are left out.\n\nExample:\n  scripts/mm incident --from 2026-11-30T12:30 --to 2026-11-30T12:45',
  );

type PanicOptions = Common & { readonly everything: boolean; readonly yes: boolean; readonly reason: string; readonly timeout: number };
addCommand('panic', 'cancel all of ours, flatten, stay stopped until resume', stop)
  .option('--everything', 'also cancel orders that are not ours', false)
  .option('--yes', 'do not ask', false)
  .option('--reason <text>', 'kept with the stop', 'mm panic')
  .option('--timeout <seconds>', 'wait this long for flat', wholeNumber({ min: 1, max: 3_600 }), 60);
addCommand('pause', 'no new orders; cancels the quotes', pause);
addCommand('resume', 'lifts pause and emergency stop', resume);
type NewOptions = { readonly dir: string };
program
  .command('new-strategy')
  .description('writes a strategy of your own that trades at once, and a test of it')
  .argument('<name>', 'its name: letters, digits and "-", at most 16')
  .option('--dir <folder>', 'where', 'strategies')
  .allowExcessArguments(false)
  .action((name: string, { dir }: NewOptions) => {
    action = () => {
      const made = newStrategy({ name, dir });
      if (!made.ok) throw new Problem(EXIT.usage, [made.error]);
      print(...made.value);
      return Promise.resolve(EXIT.done);
    };
  });
addCommand('config', 'the configuration of the file, without secrets', showConfig)
  .option(...JSON_OPTION)
  .option('--check', 'only say whether it is good', false)
  .option('--changes', 'what is in force otherwise than the file says, and the changes made while it runs', false)
  .option('--confirm', 'limits that the file has loosened come into force, after a question', false)
  .option('--yes', 'do not ask', false);

addCommand<DoctorOptions>('doctor', 'looks at machine, Redis, files, venue, key and limits, and says what to mend', async (options) => {
  const { doctor } = await import('./lib/doctor/doctor.ts'); // with the venue's adapter it would slow every other command
  return doctor(options);
})
  .option(...JSON_OPTION)
  .option('--strict', 'warnings and unknowns count as failures', false);
addCommand<ProbeOptions>('probe', "asks the exchange's test environment what its documents leave open; leaves nothing", async (options) => {
  const { probe } = await import('./lib/probe/probe.ts');
  return probe(options);
})
  .option(...JSON_OPTION)
  .addOption(new Option('--environment <name>', 'where').choices(['testnet', 'sim']).makeOptionMandatory())
  .option('--symbol <symbol>', 'flat and without orders (default: the first of the config)');
addKeysCommands(program, (run) => {
  action = run;
});

type TestOptions = Shown & { readonly channel?: string };
addCommand('alert-test', 'one test message to every channel of the alerts', alertTest)
  .option(...JSON_OPTION)
  .option('--channel <name>', 'only this one');
addCommand('alerts', 'what the watchdog has told of and is not over', alerts).option(...JSON_OPTION);
let acknowledging: readonly string[] = [];
addCommand('ack', 'acknowledges alerts by id, or all, so that they are not escalated', ack)
  .argument('[ids...]', 'as the messages name them (default: all)')
  .action((ids: readonly string[], options: Common) => {
    acknowledging = ids;
    action = () => ack(options);
  });

async function status(options: StatusOptions): Promise<ExitCode> {
  const loaded = configOf(options.config);
  using open = await openRedis(loaded);
  if (!options.watch) return showStatus(loaded, { state: await readState(open.redis, loaded.config), options });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT.done));
  for (;;) {
    const state = await readState(open.redis, loaded.config).catch((error: Error) => {
      throw new Problem(EXIT.unreachable, [`Redis at ${loaded.config.redis.url.replace(/\/\/.*@/, '//')} went away: ${error.message}`]);
    });
    if (process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[2J');
    showStatus(loaded, { state, options, complain: false });
    await sleep(options.interval);
  }
}

type Showing = { readonly state: State; readonly options: StatusOptions; readonly complain?: boolean };

function showStatus(loaded: Loaded, { state, options, complain = true }: Showing): ExitCode {
  const { prefix } = loaded.config.redis;
  if (options.json) print(JSON.stringify(state));
  else print(...statusScreen({ state, paint, prefix }));
  if (state.header === null && complain) throw silent(loaded);
  return EXIT.done;
}

/** Redis answers, but nobody writes the snapshot. */
const silent = (loaded: Loaded): Problem => notRunning(`No gateway writes ${loaded.config.redis.prefix}:seq to this Redis`, loaded);

const TONES = { good: 'green', bad: 'red', dim: 'dim' } as const;
const paint: Paint = (word, tone) => styleText(TONES[tone], word, { stream: process.stdout });

async function orders(options: Shown): Promise<ExitCode> {
  const loaded = configOf(options.config);
  using open = await openRedis(loaded);
  const state = await readState(open.redis, loaded.config);
  if (options.json)
    print(JSON.stringify(state.symbols.map(({ symbol, orders }) => ({ symbol, orders: orders?.known ? orders.orders : null }))));
  else print(...ordersTable(state.symbols));
  if (state.header === null) throw silent(loaded);
  return EXIT.done;
}

async function why(options: Shown, clientId?: string): Promise<ExitCode> {
  if (clientId !== undefined) return showLife(options, clientId);
  const loaded = configOf(options.config);
  using open = await openRedis(loaded);
  const state = await readState(open.redis, loaded.config);
  if (options.json) print(JSON.stringify({ brain: state.brain, mode: state.header?.mode ?? null, reasons: state.header?.reasons ?? null }));
  else print(...whyLines(state));
  if (state.brain === null)
    throw new Problem(EXIT.unreachable, ['No brain has written to this Redis in the last minute: start it with npm run brain']);
  return EXIT.done;
}

async function stop({ config: file, everything, yes, reason, timeout }: PanicOptions): Promise<ExitCode> {
  const loaded = configOf(file);
  if (!yes && process.stdin.isTTY && !(await confirmed(loaded, everything)))
    throw new Problem(EXIT.refused, ['not confirmed: nothing was done']);
  const left = await panic({ loaded, everything, reason, timeoutMs: timeout * 1_000, say: print });
  if (left.length > 0)
    throw new Problem(EXIT.failed, [...left, `not done after ${timeout} s; the gateway goes on: run mm panic again, or mm status --watch`]);
  print('stopped: no own order open, no position; the exchange has confirmed it, and it stays so until mm resume');
  return EXIT.done;
}

async function confirmed({ config }: Loaded, everything: boolean): Promise<boolean> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  const orders = everything ? 'every order, foreign ones too,' : 'all our orders';
  const what = `cancel ${orders} and close the net position, whoever opened it, of ${config.symbols.join(', ')}`;
  const answer = await readline.question(`${config.environment}: ${what}? Type yes: `);
  readline.close();
  return answer.trim().toLowerCase() === 'yes';
}

async function pause({ config: file }: Common): Promise<ExitCode> {
  print(...(await pauseTrading({ loaded: configOf(file), who: 'mm pause' })));
  return EXIT.done;
}

async function resume({ config: file }: Common): Promise<ExitCode> {
  print(...(await resumeTrading({ loaded: configOf(file), who: 'mm resume' })));
  return EXIT.done;
}

async function alertTest({ config: file, channel, json }: TestOptions): Promise<ExitCode> {
  const { testChannels, testedLines } = await import('./alerts/test-channels.ts'); // with its mail and HTTP it would slow every other command
  const tested = await testChannels(configOf(file), channel);
  if (json) print(JSON.stringify({ channels: tested }));
  else print(...testedLines(tested));
  return tested.every(({ result }) => result === 'sent') ? EXIT.done : EXIT.failed;
}

function alerts({ config: file, json }: Shown): Promise<ExitCode> {
  const open = openAlerts(configOf(file));
  if (json) print(JSON.stringify({ alerts: open }));
  else print(...alertLines(open));
  return Promise.resolve(EXIT.done);
}

function ack({ config: file }: Common): Promise<ExitCode> {
  acknowledge(configOf(file), acknowledging);
  print(`acknowledged: ${acknowledging.join(', ') || 'all that are open'}`);
  return Promise.resolve(EXIT.done);
}

program.parse();
await runTool('mm', () => action());
