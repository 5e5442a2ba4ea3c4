/** One tool to watch and stop a running system: reads Redis, speaks to the gateway's operator socket. Only doctor, probe and keys touch a key. */
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Loaded } from '../shared/config-file.ts';
import { acknowledge, alertLines, openAlerts } from './alerts/commands.ts';
import { completedOf, completionScript, SHELLS } from './lib/completion.ts';
import { showConfig } from './lib/config-tool.ts';
import { pauseTrading, resumeTrading } from './lib/act.ts';
import type { DoctorOptions } from './lib/doctor/doctor.ts';
import { fitted } from './lib/fit.ts';
import { addKeysCommands } from './lib/keys/commands.ts';
import { type IncidentOptions, showIncident } from './lib/incident.ts';
import { type FillsOptions, type PnlOptions, showFills, showLife, showPnl, utcTime } from './lib/history-tool.ts';
import { LEVELS, type LogLevelOptions, logLevel } from './lib/log-level.ts';
import { addExamples } from './lib/mm-help.ts';
import { panic } from './lib/panic.ts';
import type { ProbeOptions } from './lib/probe/probe.ts';
import { openRedis } from './lib/redis.ts';
import { newStrategy } from './lib/new-strategy.ts';
import { ordersTable } from './lib/screen.ts';
import { readState } from './lib/state.ts';
import { type StatusOptions, showStatus, silent } from './lib/status.ts';
import { showTail, type TailOptions } from './lib/tail.ts';
import { TAIL_KINDS, type TailKind } from './lib/tail-events.ts';
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

addCommand<StatusOptions>('status', 'one screen of live state from Redis', showStatus)
  .option(...JSON_OPTION)
  .option('--watch', 'drawn again in its place until q (in a terminal; elsewhere once)', false)
  .option('--interval <ms>', 'period of --watch', wholeNumber({ min: 100, max: 3_600_000 }), 1_000);
addCommand('orders', 'open orders, foreign ones, and those closed in the last 5 s', orders).option(...JSON_OPTION);
addCommand('why [clientId]', 'what each run of a strategy does on each symbol, and why; or the life of one order', why).option(
  ...JSON_OPTION,
);
const kinds = (text: string): readonly TailKind[] =>
  text.split(',').map((word) => {
    const kind = TAIL_KINDS.find((one) => one === word.trim());
    if (kind === undefined) throw new InvalidArgumentError(`allowed are ${TAIL_KINDS.join(', ')}, with commas between.`);
    return kind;
  });
addCommand<TailOptions>('tail', 'orders, fills and decisions as they come, until Ctrl-C', showTail)
  .option(...JSON_OPTION)
  .option('--symbol <symbol>', 'of one symbol only')
  .option('--run <run>', 'of one run of a strategy only')
  .option('--only <kinds>', `some of ${TAIL_KINDS.join(', ')}`, kinds)
  .option('--limit <n>', 'end after so many lines', wholeNumber({ min: 1, max: 1_000_000 }))
  .option('--seconds <n>', 'end after this long', wholeNumber({ min: 1, max: 86_400 }));
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
  .addHelpText('after', '\nKeys, tokens, passwords and signatures are left out.');

type PanicOptions = Shown & { readonly everything: boolean; readonly yes: boolean; readonly reason: string; readonly timeout: number };
addCommand('panic', 'cancel all of ours, flatten, stay stopped until resume', stop)
  .option(...JSON_OPTION)
  .option('--everything', 'also cancel orders that are not ours', false)
  .option('--yes', 'do not ask', false)
  .option('--reason <text>', 'kept with the stop', 'mm panic')
  .option('--timeout <seconds>', 'wait this long for flat', wholeNumber({ min: 1, max: 3_600 }), 60);
addCommand('pause', 'no new orders; cancels the quotes', pause).option(...JSON_OPTION);
addCommand('resume', 'lifts pause and emergency stop', resume).option(...JSON_OPTION);
type NewOptions = { readonly dir: string; readonly json: boolean };
program
  .command('new-strategy')
  .description('writes a strategy of your own that trades at once, and a test of it')
  .argument('<name>', 'its name: letters, digits and "-", at most 16')
  .option('--dir <folder>', 'where', 'strategies')
  .option(...JSON_OPTION)
  .allowExcessArguments(false)
  .action((name: string, { dir, json }: NewOptions) => {
    action = () => {
      const made = newStrategy({ name, dir });
      if (!made.ok) throw new Problem(EXIT.usage, [made.error]);
      print(...(json ? [JSON.stringify({ lines: made.value })] : made.value));
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
  .option(...JSON_OPTION)
  .argument('[ids...]', 'as the messages name them (default: all)')
  .action((ids: readonly string[], options: Shown) => {
    acknowledging = ids;
    action = () => ack(options);
  });

async function orders(options: Shown): Promise<ExitCode> {
  const loaded = configOf(options.config);
  using open = await openRedis(loaded);
  const state = await readState(open.redis, loaded.config);
  if (options.json)
    print(JSON.stringify(state.symbols.map(({ symbol, orders }) => ({ symbol, orders: orders?.known ? orders.orders : null }))));
  else print(...fitted(ordersTable(state.symbols)));
  if (state.header === null) throw silent(loaded);
  return EXIT.done;
}

async function why(options: Shown, clientId?: string): Promise<ExitCode> {
  if (clientId !== undefined) return showLife(options, clientId);
  const loaded = configOf(options.config);
  using open = await openRedis(loaded);
  const state = await readState(open.redis, loaded.config);
  if (options.json) print(JSON.stringify({ brain: state.brain, mode: state.header?.mode ?? null, reasons: state.header?.reasons ?? null }));
  else print(...fitted(whyLines(state)));
  if (state.brain === null)
    throw new Problem(EXIT.unreachable, ['No brain has written to this Redis in the last minute: start it with npm run brain']);
  return EXIT.done;
}

async function stop({ config: file, everything, yes, reason, timeout, json }: PanicOptions): Promise<ExitCode> {
  const loaded = configOf(file);
  if (!yes && process.stdin.isTTY && !(await confirmed(loaded, everything)))
    throw new Problem(EXIT.refused, ['not confirmed: nothing was done']);
  const left = await panic({ loaded, everything, reason, timeoutMs: timeout * 1_000, say: json ? () => undefined : print });
  if (left.length > 0)
    throw new Problem(EXIT.failed, [...left, `not done after ${timeout} s; the gateway goes on: run mm panic again, or mm status --watch`]);
  tell(
    json,
    { stopped: true, confirmed: true },
    'stopped: no own order open, no position; the exchange has confirmed it, and it stays so until mm resume',
  );
  return EXIT.done;
}

/** For a program, or for a person. */
function tell(json: boolean, value: object, ...lines: readonly string[]): void {
  print(...(json ? [JSON.stringify(value)] : lines));
}

async function confirmed({ config }: Loaded, everything: boolean): Promise<boolean> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  const orders = everything ? 'every order, foreign ones too,' : 'all our orders';
  const what = `cancel ${orders} and close the net position, whoever opened it, of ${config.symbols.join(', ')}`;
  const answer = await readline.question(`${config.environment}: ${what}? Type yes: `);
  readline.close();
  return answer.trim().toLowerCase() === 'yes';
}

async function pause({ config: file, json }: Shown): Promise<ExitCode> {
  const lines = await pauseTrading({ loaded: configOf(file), who: 'mm pause' });
  tell(json, { paused: true }, ...lines);
  return EXIT.done;
}

async function resume({ config: file, json }: Shown): Promise<ExitCode> {
  const lines = await resumeTrading({ loaded: configOf(file), who: 'mm resume' });
  tell(json, { resumed: true }, ...lines);
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
  else print(...fitted(alertLines(open)));
  return Promise.resolve(EXIT.done);
}

function ack({ config: file, json }: Shown): Promise<ExitCode> {
  acknowledge(configOf(file), acknowledging);
  tell(
    json,
    { acknowledged: acknowledging.length > 0 ? acknowledging : 'all' },
    `acknowledged: ${acknowledging.join(', ') || 'all that are open'}`,
  );
  return Promise.resolve(EXIT.done);
}

addCommand<LogLevelOptions>('log-level [level]', 'how much is logged: tells it, or changes it while all runs', logLevel).option(
  ...JSON_OPTION,
);
program
  .command('completion')
  .description('completion of these commands for a shell, on stdout')
  .argument('<shell>', SHELLS.join(', '))
  .action((name: string) => {
    action = () => {
      const shell = SHELLS.find((one) => one === name);
      if (shell === undefined) throw new Problem(EXIT.usage, [`completion: ${name}: allowed is ${SHELLS.join(', ')}`]);
      print(completionScript(shell, completedOf(program, { completion: SHELLS, 'log-level': LEVELS })).trimEnd());
      return Promise.resolve(EXIT.done);
    };
  });
addExamples(program);
program.parse();
await runTool('mm', () => action());
