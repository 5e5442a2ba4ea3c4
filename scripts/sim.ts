/** The simulated exchange as a process: Binance USD-M's REST and streams on one loopback port. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ClockSpec, formatClockSpec, parseClockSpec } from '../shared/clock.ts';
import { QUEUE_MODELS, type QueueModelName } from '../shared/sim/queue.ts';
import type { KeySpec } from '../shared/sim/binance/keys.ts';
import { VENUE_LIMITS } from '../shared/sim/binance/limits.ts';
import { ACCOUNT_FORM, KEY_FORM, readAccount, readKey } from './sim/accounts.ts';
import { FLOW_PROFILES } from '../shared/sim/flow-profile.ts';
import { SimulatorProblem } from './sim/markets.ts';
import { ALGO_TERMS } from '../shared/sim/algo-desk.ts';
import { addNetworkOptions, type NetworkFlags, networkSettings } from './sim/network-options.ts';
import { openSimulator, type SimAccount, type Simulator } from './sim/simulator.ts';
import { STEPPED_START_MS } from './sim/stepper.ts';
import { TapeProblem } from './sim/tape-file.ts';
import { openTlsFront, type TlsFront, writeCertificate } from './sim/tls-front.ts';

const DEFAULT_ACCOUNT = 'mmbot-sim-key:mmbot-sim-secret:500000:500000';

const number =
  ({ min, max, whole }: { readonly min: number; readonly max: number; readonly whole: boolean }) =>
  (text: string): number => {
    const value = Number(text);
    const fits = text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!fits) throw new InvalidArgumentError(`allowed: ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`);
    return value;
  };

const instant = number({ min: 0, max: 4_102_444_800_000, whole: true });

const limit = number({ min: 1, max: 1_000_000, whole: true });

function clockSpec(text: string): ClockSpec {
  const spec = parseClockSpec(text);
  if (!spec) throw new InvalidArgumentError('allowed: ORIGIN_MS@ORIGIN_REAL_MSxSPEED.');
  return spec;
}

const repeated =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), read(text)];

const symbolList = (text: string): readonly string[] => {
  const symbols = [...new Set(text.split(',').map((symbol) => symbol.trim().toUpperCase()))];
  if (symbols.some((symbol) => symbol === '')) throw new InvalidArgumentError('allowed: names with commas between.');
  return symbols;
};

type Flags = NetworkFlags & {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly speed: number;
  readonly clock?: ClockSpec;
  readonly stepped?: number | true;
  readonly state?: string;
  readonly symbols: readonly string[];
  readonly replay?: string;
  readonly queueModel: QueueModelName;
  readonly klines?: string;
  readonly klinesFrom?: number;
  readonly profile: (typeof FLOW_PROFILES)[number];
  readonly historyDays: number;
  readonly lead: number;
  readonly limits: boolean;
  readonly limitWeight: number;
  readonly limitOrders10s: number;
  readonly limitOrders1m: number;
  readonly account?: readonly SimAccount[];
  readonly accountKey?: readonly KeySpec[];
  readonly countdownSweepsAlgos?: true;
  readonly algoTriggerDelay: number;
  readonly algoFillFirst: number;
  readonly json?: boolean;
  readonly tlsPort?: number;
  readonly tlsCertificate: string;
};

const program = new Command('sim')
  .description('A seeded exchange that speaks the wire protocol of Binance USD-M futures on loopback.')
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'port, 0 takes a free one', number({ min: 0, max: 65_535, whole: true }), 18_080)
  .option('--seed <n>', 'seed of everything that is left to chance', number({ min: 0, max: 4_294_967_295, whole: true }), 1)
  .option('--speed <n>', 'simulated seconds per real second', number({ min: 0.01, max: 1_000, whole: false }), 1)
  .option('--clock <spec>', 'clock shared with other processes; overrides --speed', clockSpec)
  .option(
    '--stepped [ms]',
    'time stands still, at this instant, until POST /sim/advance {"ms":N} or {"toMs":N}; overrides --clock and --speed',
    instant,
  )
  .option('--state <file>', 'keep accounts, orders, timers, ids and last prices in this file, and go on from it after any end')
  .option('--symbols <list>', 'contracts to open', symbolList, ['BTCUSDT', 'ETHUSDT', 'BTCUSDC'])
  .option('--replay <file>', 'serve this recording instead of a seeded market')
  .addOption(
    new Option('--queue-model <name>', 'where own orders stand in line while a recording plays')
      .choices([...QUEUE_MODELS])
      .default('risk-averse'),
  )
  .option('--klines <file>', 'CSV or CSV.gz of K-lines that the seeded market of one symbol follows, from their first bar')
  .option('--klines-from <ms>', 'begin at the bar of this time; the bars before it are its history', instant)
  .addOption(new Option('--profile <name>', 'how lively the seeded market is').choices([...FLOW_PROFILES]).default('normal'))
  .option('--history-days <n>', 'days of K-lines before the start', number({ min: 0, max: 60, whole: true }), 10)
  .option('--lead <ms>', 'real milliseconds before the first recorded frame', number({ min: 0, max: 3_600_000, whole: false }), 2_000)
  .option('--no-limits', 'count rate limits without enforcing them')
  .option('--limit-weight <n>', 'request weight per minute and address', limit, VENUE_LIMITS.weightPerMinute)
  .option('--limit-orders-10s <n>', 'orders per 10 s and account', limit, VENUE_LIMITS.ordersPer10s)
  .option('--limit-orders-1m <n>', 'orders per minute and account', limit, VENUE_LIMITS.ordersPerMinute)
  .option(
    '--account <form>',
    `account with its balances, ${ACCOUNT_FORM}; SECRET may be @FILE, an RSA or Ed25519 public key in PEM; repeatable`,
    repeated(readAccount),
  )
  .option('--account-key <form>', `one more API key of an account, ${KEY_FORM}; repeatable`, repeated(readKey))
  .option('--countdown-sweeps-algos', "the dead man's switch (countdownCancelAll) cancels conditional orders too")
  .option(
    '--algo-trigger-delay <ms>',
    'from the trigger of a conditional order to its order',
    number({ min: 0, max: 60_000, whole: false }),
    0,
  )
  .option(
    '--algo-fill-first <share>',
    'how often the fill of a triggered order is told before its trigger',
    number({ min: 0, max: 1, whole: false }),
    ALGO_TERMS.childFirstShare,
  )
  .option('--tls-port <port>', 'serve TLS there too, for clients that refuse http: and ws:', number({ min: 0, max: 65_535, whole: true }))
  .option('--tls-certificate <file>', 'where its certificate is written, for clients to trust', 'run/sim-tls.pem')
  .option('--json', 'print what is ready as one JSON line on stdout');
addNetworkOptions(program)
  .configureOutput({
    outputError: (text, write) =>
      write(
        `sim: ${text
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')}\n`,
      ),
  })
  .exitOverride((problem) => process.exit(problem.exitCode === 0 ? 0 : 2))
  .allowExcessArguments(false)
  .parse();

async function main(flags: Flags): Promise<void> {
  const simulator = await openSimulator({
    ...flags,
    ...(await networkSettings(flags)),
    clock: flags.clock ?? null,
    state: flags.state ?? null,
    steppedFromMs: flags.stepped === undefined ? null : flags.stepped === true ? STEPPED_START_MS : flags.stepped,
    replay: flags.replay ?? null,
    klinesFromMs: flags.klinesFrom ?? null,
    leadMs: flags.lead,
    limitsEnforced: flags.limits,
    limitFigures: { weightPerMinute: flags.limitWeight, ordersPer10s: flags.limitOrders10s, ordersPerMinute: flags.limitOrders1m },
    accounts: flags.account ?? [readAccount(DEFAULT_ACCOUNT)],
    keys: flags.accountKey ?? [],
    algos: {
      countdownSweeps: flags.countdownSweepsAlgos ?? false,
      triggerDelayMs: flags.algoTriggerDelay,
      childFirstShare: flags.algoFillFirst,
    },
    onTapeProblem: leave,
  });
  const tls = flags.tlsPort === undefined ? null : await openTlsFront({ ...flags, port: flags.tlsPort, targetPort: simulator.port });
  if (tls) await writeCertificate(tls, flags.tlsCertificate);
  tellReady(simulator, tls, flags);
  const stop = (): void => void Promise.all([tls?.close(), simulator.close()]).then(() => process.exit(0), leave);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (process.channel) process.once('disconnect', stop);
}

function tellReady({ port, clock, symbols }: Simulator, tls: TlsFront | null, { host, json, tlsCertificate }: Flags): void {
  const ready = { kind: 'ready', port, clock: formatClockSpec(clock), symbols, ...(tls ? { tlsPort: tls.port } : {}) };
  process.send?.(ready);
  if (json) process.stdout.write(`${JSON.stringify(ready)}\n`);
  process.stderr.write(`sim: http://${host}:${port} ws://${host}:${port} ${symbols.join(',')} clock ${ready.clock}\n`);
  if (tls) process.stderr.write(`sim: https://${host}:${tls.port} wss://${host}:${tls.port} certificate ${tlsCertificate}\n`);
}

/** One line and the exit code of its kind: 2 what was asked for, 3 a port that cannot be had, 1 the rest. */
function leave(problem: unknown): never {
  const message = problem instanceof Error ? problem.message : String(problem);
  const code = problem instanceof Error && 'code' in problem ? problem.code : null;
  const asked = problem instanceof TapeProblem || problem instanceof SimulatorProblem || code === 'ENOENT' || code === 'EISDIR';
  const port = code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL';
  const line = port
    ? `--host, --port: cannot listen, ${code === 'EADDRINUSE' ? 'the port is taken' : code} (${message})`
    : message.split('\n')[0];
  process.stderr.write(`sim: ${line}\n`);
  process.exit(asked ? 2 : port ? 3 : 1);
}

main(program.opts<Flags>()).catch(leave);
