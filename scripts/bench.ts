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
import { benchOrderEntry } from './bench/order-entry.ts';
import { benchOrders } from './bench/orders.ts';
import { benchResync } from './bench/resync.ts';
import { benchSimulatedTime } from './bench/simulated-time.ts';
import { benchStreams } from './bench/streams.ts';
import { benchSweep } from './bench/sweep.ts';
import { benchTickToOrder } from './bench/tick-order.ts';
import { benchWholeRun } from './bench/whole-run.ts';

const program = new Command('npm run bench --')
  .description('Measures the hot paths beside their floor: medians of 7 rounds, each floor in turn with ours.')
  .option('--backtest', 'only backtests: K-lines and the recorded book, half a minute', false)
  .option('--ceiling', 'only demand above the ceiling of the order limits: one minute', false)
  .option('--command-path', 'only 50 order actions a second through a gateway, the limits lifted: 40 s', false)
  .option('--dashboard', 'only what the live page costs, with and without it in turn: five minutes, with --quick two', false)
  .option('--decision', 'only the time that the brain takes to decide, and its memory after a minute: two minutes', false)
  .option('--diff', 'only the actions that the OMS saves on a recorded book', false)
  .option('--guard', 'only the checks in front of every order: some seconds', false)
  .option('--ledger', 'only the ledger on disk, with a file of a million orders: some minutes, two gigabytes', false)
  .option('--sweep', 'only a sweep on all cores beside plain arithmetic on them: some minutes', false)
  .option('--tick', 'only from a frame to the order that answers it, beside a bare pipeline and ccxt: two minutes', false)
  .option('--quick', 'a run of 30 s instead of 80 s for latency, CPU and memory', false)
  .option('--json', 'one JSON line instead of a table', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

type Options = Readonly<
  Record<
    'quick' | 'json' | 'backtest' | 'ceiling' | 'commandPath' | 'dashboard' | 'decision' | 'diff' | 'guard' | 'ledger' | 'sweep' | 'tick',
    boolean
  >
>;
const { quick, json, backtest, ceiling, commandPath, dashboard, decision, diff, guard, ledger, sweep, tick } = program
  .parse()
  .opts<Options>();
async function all(): Promise<readonly Figure[]> {
  const times = [['BTCUSDT'], ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC']].map(benchSimulatedTime);
  return [
    await benchBook(50),
    await benchBook(100),
    await benchOrders(),
    ...(await benchGuard()),
    ...benchLedgerWrite(),
    ...times,
    await benchStreams(),
    await benchOrderEntry(),
    ...(await benchResync()),
    ...(await benchManySymbols(quick ? 20 : 60)),
    ...(await benchWholeRun(quick ? 30 : 80)),
    ...(await benchTickToOrder()),
    ...(await benchCommandPath()),
    ...(await benchDecision()),
    ...(await benchDiff()),
    ...(await benchBacktest()),
    ...(await benchCeiling()),
  ];
}

const ledgerOnly = async (): Promise<readonly Figure[]> => [...benchLedgerWrite(), ...(await benchMillionOrders())];
const chosen = (): Promise<readonly Figure[]> => {
  if (backtest) return benchBacktest();
  if (ceiling) return benchCeiling();
  if (commandPath) return benchCommandPath();
  if (dashboard) return benchDashboard(quick ? { rounds: 2, seconds: 25 } : { rounds: 3, seconds: 45 });
  if (decision) return benchDecision();
  if (diff) return benchDiff();
  if (guard) return benchGuard();
  if (sweep) return benchSweep();
  if (tick) return benchTickToOrder();
  return ledger ? ledgerOnly() : all();
};

const figures = await chosen();
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
const rows = figures.map((figure) => ({ ...figure, verdict: verdict(figure) }));
process.stdout.write(
  json ? `${JSON.stringify({ machine, figures: rows })}\n` : `${table(figures)}\nnode ${machine.node}, ${machine.cores} × ${machine.cpu}\n`,
);
