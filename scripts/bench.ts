/** `npm run bench`: speed as ratios against a bare floor, measured side by side in one run. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { benchBacktest } from './bench/backtest.ts';
import { benchBook } from './bench/book.ts';
import { benchCeiling } from './bench/ceiling.ts';
import { benchCommandPath } from './bench/command-path.ts';
import { benchDashboard } from './bench/dashboard.ts';
import { benchDecision } from './bench/decision.ts';
import { benchDiff } from './bench/diff.ts';
import { benchFeeds } from './bench/feeds.ts';
import { benchGuard } from './bench/guard.ts';
import { benchLedgerWrite, benchMillionOrders } from './bench/ledger.ts';
import { machineOf, machineText } from './bench/machine.ts';
import { benchManySymbols } from './bench/many-symbols.ts';
import { type Figure, table, verdict } from './bench/measure.ts';
import { benchOrderBytes } from './bench/order-bytes.ts';
import { benchOrderEntry } from './bench/order-entry.ts';
import { benchOrders } from './bench/orders.ts';
import { benchPauses } from './bench/pauses.ts';
import { benchRecovery } from './bench/recovery.ts';
import { speedPage, verdictText } from './bench/page.ts';
import { checkQuick, failed, readRecorded, record } from './bench/quick.ts';
import { type Judgement, judgementLines } from './bench/regress.ts';
import { benchRender } from './bench/render.ts';
import { benchResync } from './bench/resync.ts';
import { benchScale } from './bench/scale.ts';
import { benchScaleSoak } from './bench/scale-soak.ts';
import { benchSimulatedTime } from './bench/simulated-time.ts';
import { benchStreams } from './bench/streams.ts';
import { benchSweep } from './bench/sweep.ts';
import { benchTickToOrder } from './bench/tick-order.ts';
import { benchWatched } from './bench/watched.ts';
import { benchWholeRun } from './bench/whole-run.ts';
import { EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';

type Figures = Promise<readonly Figure[]>;
/** What can be measured alone: its option, what it says of itself, and whether a run of everything has it too, there in short. */
type Part = {
  readonly name: string;
  readonly help: string;
  readonly run: (short: boolean, minutes?: number) => Figures;
  readonly isInAll: boolean;
};

const part = (name: string, help: string, run: Part['run']): Part => ({ name, help, run, isInAll: true });
const alone = (one: Part): Part => ({ ...one, isInAll: false });

const benchDashboardFor = (short: boolean): Figures => benchDashboard(short ? { rounds: 2, seconds: 25 } : { rounds: 3, seconds: 45 });

const SIMULATED = [['BTCUSDT'], ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC']];
const SYMBOLS_SHORT = { seconds: 20, cuts: 0 };
const PARTS: readonly Part[] = [
  part('book', 'depth messages through the book: some seconds', async () => [...(await benchBook(50)), ...(await benchBook(100))]),
  part('guard', 'the checks in front of every order: some seconds', () => benchGuard()),
  part('render', 'the documents of one tick of twenty symbols: a second', async () => [await benchRender()]),
  part('ledger-row', 'rows of the ledger on disk: some seconds', async () => benchLedgerWrite()),
  part(
    'order-bytes',
    'from a command on the socket to its order bytes, beside bare undici, ccxt and the connector: three quarters of a minute',
    () => benchOrderBytes(),
  ),
  part('recovery', 'from a gap to a live book, from a kill to protected and to quoting: a minute', () => benchRecovery()),
  part('tick', 'from a frame to the order that answers it, beside a bare pipeline and ccxt, in two markets: over two minutes', (short) =>
    benchTickToOrder(short),
  ),
  part('feeds', 'the polled and the pushed feed in a whole run, with a venue that takes its time: three minutes', (short) =>
    benchFeeds(short),
  ),
  part(
    'scale',
    'cost and lateness against symbols, messages and open orders, with a picture: over three minutes, with --quick one',
    (short) => benchScale(short),
  ),
  alone(
    part('decision', 'the time that the brain takes to decide, and its memory after a minute: two minutes', (short) =>
      benchDecision(short),
    ),
  ),
  alone(
    part('symbols', 'a gateway with twenty symbols: two minutes', (short) => benchManySymbols(short ? SYMBOLS_SHORT : { seconds: 60 })),
  ),
  alone(part('run', 'a whole run: latency, CPU and memory of each process, 80 s', (short) => benchWholeRun(short ? 20 : 80))),
  alone(
    part('scale-soak', 'a gateway with two hundred symbols for ten minutes, with --quick for one', (short, minutes = short ? 1 : 10) =>
      benchScaleSoak(minutes),
    ),
  ),
  alone(
    part('simulator', 'the simulator: orders, simulated time, streams: half a minute', async () => [
      await benchOrders(),
      ...SIMULATED.map(benchSimulatedTime),
      await benchStreams(),
    ]),
  ),
  alone(part('order-entry', 'an order over REST and over the WebSocket API: some seconds', async () => [await benchOrderEntry()])),
  alone(part('resync', 'how long a book is away: half a minute', () => benchResync())),
  alone(
    part(
      'pauses',
      'pauses for garbage, loop delay and CPU of a gateway by the size of its young generation: five minutes, with --quick one',
      (short) => benchPauses(short),
    ),
  ),
  alone(part('command-path', '50 order actions a second through a gateway, the limits lifted: a minute', () => benchCommandPath())),
  alone(part('diff', 'the actions that the OMS saves on a recorded book: some seconds', () => benchDiff())),
  alone(part('backtest', 'backtests on K-lines and on the recorded book: a minute', () => benchBacktest())),
  alone(part('ceiling', 'demand above the ceiling of the order limits: one minute', () => benchCeiling())),
  alone(part('watched', 'the cost of metrics, scrapes and logs: two minutes', (short) => benchWatched(short ? 4 : 10))),
  alone(part('dashboard', 'what the live page costs, with and without it in turn: five minutes, with --quick two', benchDashboardFor)),
  alone(
    part('sweep', 'a sweep on all cores beside plain arithmetic on them: three minutes, with --quick one', (short) => benchSweep(short)),
  ),
  alone(part('ledger', 'a ledger of a million orders: some minutes, two gigabytes', () => benchMillionOrders())),
];

const program = newTool(
  'bench',
  `Measures the hot paths beside their floor and beside what others use: medians of rounds in which each side runs in turn.
Without a part: those of the goals, in under five minutes. Exit codes: 0 done, 1 a ratio regressed (--quick without a part) or nothing could be
measured, 2 usage.`,
)
  .usage('[options], as npm run bench -- [options]')
  .option('--quick', 'alone: some ratios against the recorded ones, under 40 s; with parts: shorter runs where a part has them', false)
  .option('--record', 'with --quick alone: write the ratios to scripts/bench/recorded.json instead', false)
  .option('--json', 'one JSON line instead of a table', false)
  .option('--minutes <n>', 'with --scale-soak: for so long', wholeNumber({ min: 1, max: 100_000 }))
  .option('--html <file>', 'also a page with charts that loads nothing');
for (const { name, help, isInAll } of PARTS) program.option(`--${name}`, `${help}${isInAll ? '' : '; only when asked for'}`, false);

type Options = Readonly<Record<string, boolean>> & { readonly html?: string; readonly minutes?: number };
type Done = {
  readonly figures: readonly Figure[];
  readonly seconds?: Readonly<Record<string, number>>;
  readonly judged?: readonly Judgement[];
};

/** Each part's own time is told, so that one knows what a part alone costs. */
async function measure(parts: readonly Part[], { short, minutes }: { readonly short: boolean; readonly minutes?: number }): Promise<Done> {
  const figures: Figure[] = [];
  const seconds: Record<string, number> = {};
  for (const { name, run } of parts) {
    const from = performance.now();
    figures.push(...(await run(short, minutes)));
    seconds[name] = Math.round((performance.now() - from) / 100) / 10;
    process.stderr.write(`${name}: ${seconds[name]} s\n`);
  }
  return { figures, seconds };
}

function tell({ figures, seconds, judged }: Done, { json, html }: Options): void {
  const machine = machineOf();
  const rows = figures.map((figure) => ({ ...figure, verdict: verdict(figure) }));
  if (json) print(JSON.stringify({ machine, figures: rows, seconds, judged }));
  else
    print(
      table(figures),
      machineText(machine),
      ...(seconds ? [timesText(seconds)] : []),
      ...(judged ? judgementLines(judged) : [verdictText(figures)]),
    );
  if (html === undefined) return;
  const flags = process.argv.slice(2).filter((text) => text.startsWith('--') && !text.startsWith('--html'));
  const command = ['npm run bench', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
  writeFileSync(
    html,
    speedPage({ figures, machine: machineText(machine), at: new Date().toISOString().slice(0, 16).replace('T', ' '), command }),
  );
}

/** `book 12.0 s, tick 126.0 s; 138 s in all`. */
function timesText(seconds: Readonly<Record<string, number>>): string {
  const parts = Object.entries(seconds).map(([name, took]) => `${name} ${took.toFixed(1)} s`);
  return `${parts.join(', ')}; ${Object.values(seconds)
    .reduce((sum, took) => sum + took, 0)
    .toFixed(0)} s in all`;
}

/** Before minutes of measuring, not after them. */
function claim(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Problem(EXIT.usage, [`--html: ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

async function main(): Promise<ExitCode> {
  const options = program.parse().opts<Options>();
  const { quick = false, record: recording = false } = options;
  const asked = PARTS.filter(({ name }) => options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]);
  if (recording && (!quick || asked.length > 0)) throw new Problem(EXIT.usage, ['--record goes with --quick and without a part']);
  if (options.html !== undefined) claim(options.html);
  if (recording) {
    const ratios = await record(machineOf());
    print(...Object.entries(ratios).map(([name, value]) => `${value}  ${name}`));
    return EXIT.done;
  }
  if (quick && asked.length === 0) {
    const checked = await checkQuick(readRecorded());
    tell(checked, options);
    return failed(checked) ? EXIT.failed : EXIT.done;
  }
  const parts = asked.length > 0 ? asked : PARTS.filter(({ isInAll }) => isInAll);
  const size = { short: quick || asked.length === 0, ...(options.minutes !== undefined && { minutes: options.minutes }) };
  tell(await measure(parts, size), options);
  return EXIT.done;
}

await runTool('bench', main);
