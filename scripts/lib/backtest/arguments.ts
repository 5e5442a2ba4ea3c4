/** The command line of `scripts/backtest`. What a person got wrong is one line that says what is allowed. */
import { type Command, InvalidArgumentError } from 'commander';
import { LATENCY_FORMS, type Latency, parseLatency } from '../../../shared/sim/latency.ts';
import { QUEUE_MODELS, type QueueModelName } from '../../../shared/sim/queue.ts';
import { WAY_KINDS, type WayKind } from '../session/ways.ts';
import { newTool, wholeNumber } from '../tool.ts';
import { INTRABAR_RULES, type IntrabarRule } from './bar-path.ts';

export type BacktestArguments = {
  readonly klines: readonly string[];
  readonly tape?: string;
  readonly simulate?: number;
  readonly symbol: readonly string[];
  readonly strategy?: string;
  readonly set: readonly string[];
  readonly config: string;
  readonly from?: number;
  readonly to?: number;
  readonly balance: readonly string[];
  readonly leverage: number;
  readonly fees?: string;
  readonly funding: readonly string[];
  readonly fundingRate?: string;
  readonly intrabar: IntrabarRule;
  readonly takerCost: number;
  readonly orderLatency?: Latency;
  readonly responseLatency?: Latency;
  readonly feedLatency?: Latency;
  readonly queue?: QueueModelName;
  readonly latencies?: WayKind;
  readonly calibration?: string;
  readonly phase: number;
  readonly naive: boolean;
  readonly seed: number;
  readonly json?: string;
};

export const USUAL_INTRABAR: IntrabarRule = 'worst-first';
export const USUAL_LEVERAGE = 20;
/** Basis points. */
export const USUAL_TAKER_COST = 0.5;

const EXAMPLES = `
Examples:
  # MACD over 14 months of 5-minute bars
  scripts/backtest --klines BTCUSDT-5m.csv.gz --symbol BTCUSDT --strategy macd-trend
  # the same of one quarter, other parameters, everything into a file
  scripts/backtest --klines BTCUSDT-5m.csv.gz --symbol BTCUSDT --strategy macd-trend \\
    --from 2024-01-01 --to 2024-04-01 --set strategy.macdTrend.interval='"15m"' --json out.json
  # market making on a recorded book, and how much a touch that fills would flatter it
  scripts/backtest --tape BTCUSDT.raw.gz --symbol BTCUSDT
  scripts/backtest --tape BTCUSDT.raw.gz --symbol BTCUSDT --naive
  # a session of our own, from its tape alone: configuration, latencies and times of its snapshots are those of the tape
  scripts/backtest --tape run/sim-0123456789ab/tapes
  # market making on the simulator's own market, ten minutes of it
  scripts/backtest --simulate 600 --symbol BTCUSDT --seed 7
Bars have the hard exits and limits, but none of the monitors and breakers of risk.*: those need the book. A recording has them all.
Times are UTC: 2024-01-31, 2024-01-31T08:00, or milliseconds since the epoch.`;

export function backtestTool(): BacktestArguments {
  const tool = newTool(
    'backtest',
    'Runs the configured strategies on recorded data, with the exits, limits and guard that they have live.',
  );
  const given = worldOptions(tool)
    .option('--set <key=value>', 'any other key of the configuration, the value as JSON; repeat for several', collect)
    .option('--queue <model>', QUEUE_HELP, queueModel)
    .option('--latencies <kind>', `session: ${WAY_KINDS.join(', ')}: each its own (default), drawn, medians`, oneOf(WAY_KINDS))
    .option('--json <file>', 'the whole result; - for stdout, without the summary')
    .addHelpText('after', EXAMPLES)
    .parse()
    .opts<BacktestArguments>();
  return { ...NO_LISTS, ...given };
}

export const QUEUE_HELP = `depth: place in line: ${QUEUE_MODELS.join(', ')}`;

/** Data, account and assumptions, without which parameters are looked at: the same for one backtest and for a search. */
export function worldOptions(tool: Command): Command {
  return tool
    .option('--klines <file>', 'K-line file: csv, plain, gzip or zip, or a REST answer; once for each --symbol', collect)
    .option('--tape <file>', 'recording of depth and trades, or the folder of tapes of a session of our own')
    .option('--simulate <seconds>', "the simulator's own market of this seed, for so long", wholeNumber({ min: 1, max: 86_400 }))
    .option('--symbol <symbol>', 'contract of the file; repeat for several', (text, all?: readonly string[]) =>
      collect(text.toUpperCase(), all),
    )
    .option('--strategy <name>', 'instead of strategy.active of the configuration')
    .option('--config <file>', 'configuration', 'config.json')
    .option('--from <time>', 'first moment that is traded; the bars before it warm up', timeMs)
    .option('--to <time>', 'end, exclusive', timeMs)
    .option('--balance <asset=amount>', 'what the account begins with (default: paper.balances)', collect)
    .option('--leverage <n>', 'leverage of every symbol', wholeNumber({ min: 1, max: 150 }), USUAL_LEVERAGE)
    .option('--fees <maker:taker>', 'basis points; 2: or :5 tells one of them (default: what a regular user pays)')
    .option('--funding <file>', 'funding_time,funding_rate; once for each --symbol', collect)
    .option('--funding-rate <rate>', 'share at each of the hours of funding, 0 for none (default: 0.0001)')
    .option('--intrabar <rule>', `bars: way through a bar: ${INTRABAR_RULES.join(', ')}`, oneOf(INTRABAR_RULES), USUAL_INTRABAR)
    .option('--taker-cost <bps>', 'bars: half spread and slippage of what takes', basisPoints, USUAL_TAKER_COST)
    .option('--order-latency <model>', 'depth: of an order to the venue (default: paper.orderLatency)', latency)
    .option('--response-latency <model>', 'depth: of its answer and of fills (default: paper.eventLatency)', latency)
    .option('--feed-latency <model>', 'depth: of the market data (default: fixed:5)', latency)
    .option('--calibration <file>', 'depth: latencies, queue and fees that scripts/parity has fitted, where no option tells them')
    .option('--phase <ms>', 'depth: when in its period the first snapshot is made', wholeNumber({ min: 0, max: 5_000 }), 0)
    .option('--naive', 'depth: every touch of a quote fills it, for comparison', false)
    .option('--seed <n>', 'of the latencies, and of --simulate', wholeNumber({ min: 0, max: 4_294_967_295 }), 1);
}

export const NO_LISTS = { klines: [], symbol: [], set: [], balance: [], funding: [] } as const;

export const collect = (text: string, all: readonly string[] = []): readonly string[] => [...all, text];

function timeMs(text: string): number {
  if (/^\d{12,13}$/.test(text)) return Number(text);
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  const minute = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?$/.test(text);
  const ms = day || minute ? Date.parse(day ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('allowed is 2024-01-31, 2024-01-31T08:00 (UTC) or milliseconds since the epoch.');
  return ms;
}

export function queueModel(text: string): QueueModelName {
  return oneOf(QUEUE_MODELS)(text);
}

function basisPoints(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !(n >= 0 && n <= 1_000)) throw new InvalidArgumentError('allowed is a number from 0 to 1000.');
  return n;
}

function latency(text: string): Latency {
  const parsed = parseLatency(text);
  if (parsed === null) throw new InvalidArgumentError(`allowed is ${LATENCY_FORMS}.`);
  return parsed;
}

export const oneOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T => {
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`allowed is one of ${allowed.join(', ')}.`);
    return found;
  };
