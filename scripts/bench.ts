/** `npm run bench`: speed as ratios against a bare floor, measured side by side in one run. */
import { cpus } from 'node:os';
import { Command } from 'commander';
import { benchBacktest } from './bench/backtest.ts';
import { benchBook } from './bench/book.ts';
import { benchCeiling } from './bench/ceiling.ts';
import { benchCommandPath } from './bench/command-path.ts';
import { benchDashboard } from './bench/dashboard.ts';
import { benchDecision } from './bench/decision.ts';
import { benchDiff } from './bench/diff.ts';
import { benchGuard } from './bench/guard.ts';
import { benchLedgerWrite, benchMillionOrders } from './bench/ledger.ts';
import { benchManySymbols } from './bench/many-symbols.ts';
import { type Figure, table, verdict } from './bench/measure.ts';
import { benchOrderBytes } from './bench/order-bytes.ts';
import { benchOrderEntry } from './bench/order-entry.ts';
import { benchOrders } from './bench/orders.ts';
import { benchPauses } from './bench/pauses.ts';
import { benchRecovery } from './bench/recovery.ts';
import { benchResync } from './bench/resync.ts';
import { benchSimulatedTime } from './bench/simulated-time.ts';
import { benchStreams } from './bench/streams.ts';
import { benchSweep } from './bench/sweep.ts';
import { benchTickToOrder } from './bench/tick-order.ts';
import { benchWatched } from './bench/watched.ts';
import { benchWholeRun } from './bench/whole-run.ts';

type Figures = Promise<readonly Figure[]>;
/** What can be measured alone: its option, what it says of itself, and whether a run of everything has it too. */
type Part = { readonly name: string; readonly help: string; readonly run: (quick: boolean) => Figures; readonly isInAll: boolean };

const part = (name: string, help: string, run: Part['run']): Part => ({ name, help, run, isInAll: true });
const alone = (one: Part): Part => ({ ...one, isInAll: false });

const benchDashboardFor = (quick: boolean): Figures => benchDashboard(quick ? { rounds: 2, seconds: 25 } : { rounds: 3, seconds: 45 });

const SIMULATED = [['BTCUSDT'], ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC']];
const PARTS: readonly Part[] = [
  part('book', 'depth messages through the book: some seconds', async () => [...(await benchBook(50)), ...(await benchBook(100))]),
  part('guard', 'the checks in front of every order: some seconds', () => benchGuard()),
  part('ledger-row', 'rows of the ledger on disk: some seconds', async () => benchLedgerWrite()),
  part('simulator', 'the simulator: orders, simulated time, streams', async () => [
    await benchOrders(),
    ...SIMULATED.map(benchSimulatedTime),
    await benchStreams(),
  ]),
  part('order-entry', 'an order over REST and over the WebSocket API: half a minute', async () => [await benchOrderEntry()]),
  part('order-bytes', 'from a command on the socket to its order bytes, beside bare undici, ccxt and the connector: half a minute', () =>
    benchOrderBytes(),
  ),
  part('resync', 'how long a book is away: a minute', () => benchResync()),
  part('recovery', 'from a gap to a live book, from a kill to protected and to quoting: a minute', () => benchRecovery()),
  part('pauses', 'pauses for garbage, loop delay and CPU of a gateway by the size of its young generation: a minute', () => benchPauses()),
  part('symbols', 'a gateway with twenty symbols: two minutes', (quick) => benchManySymbols(quick ? 20 : 60)),
  part('run', 'a whole run: latency, CPU and memory of each process, 80 s', (quick) => benchWholeRun(quick ? 30 : 80)),
  part('tick', 'from a frame to the order that answers it, beside a bare pipeline and ccxt: two minutes', () => benchTickToOrder()),
  part('command-path', '50 order actions a second through a gateway, the limits lifted: 40 s', () => benchCommandPath()),
  part('decision', 'the time that the brain takes to decide, and its memory after a minute: two minutes', () => benchDecision()),
  part('diff', 'the actions that the OMS saves on a recorded book', () => benchDiff()),
  part('backtest', 'backtests on K-lines and on the recorded book: a minute', () => benchBacktest()),
  part('ceiling', 'demand above the ceiling of the order limits: one minute', () => benchCeiling()),
  part('watched', 'the cost of metrics, scrapes and logs: two minutes', (quick) => benchWatched(quick ? 4 : 10)),
  alone(part('dashboard', 'what the live page costs, with and without it in turn: five minutes, with --quick two', benchDashboardFor)),
  alone(
    part('sweep', 'a sweep on all cores beside plain arithmetic on them: three minutes, with --quick one', (quick) => benchSweep(quick)),
  ),
  alone(part('ledger', 'a ledger of a million orders: some minutes, two gigabytes', () => benchMillionOrders())),
];

const program = new Command('npm run bench --')
  .description(
    'Measures the hot paths beside their floor: medians of several rounds, each floor in turn with ours. Without a part: nearly all of them.',
  )
  .option('--quick', 'shorter runs where a part has them', false)
  .option('--json', 'one JSON line instead of a table', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
for (const { name, help, isInAll } of PARTS) program.option(`--${name}`, `${help}${isInAll ? '' : '; only when asked for'}`, false);

const options = program.parse().opts<Readonly<Record<string, boolean>>>();
const { quick = false, json = false } = options;
const asked = PARTS.filter(({ name }) => options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]);

const figures: Figure[] = [];
for (const { run } of asked.length > 0 ? asked : PARTS.filter(({ isInAll }) => isInAll)) figures.push(...(await run(quick)));
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
const rows = figures.map((figure) => ({ ...figure, verdict: verdict(figure) }));
process.stdout.write(
  json ? `${JSON.stringify({ machine, figures: rows })}\n` : `${table(figures)}\nnode ${machine.node}, ${machine.cores} × ${machine.cpu}\n`,
);
