/** A backtest on a recorded book as the command line asks for it. Throws Problem and TapeProblem. */
import type { Config } from '../../../shared/config.ts';
import { type Latency, parseLatency } from '../../../shared/sim/latency.ts';
import { findInstrument } from '../../../shared/sim/instruments.ts';
import { STEPPED_START_MS } from '../../sim/stepper.ts';
import { EXIT, Problem } from '../tool.ts';
import { type BacktestArguments, USUAL_INTRABAR, USUAL_TAKER_COST } from './arguments.ts';
import type { DepthOptions, Latencies } from './depth-options.ts';
import { buildName } from './fingerprint.ts';
import { balancesOf, feesOf, prepare, type Prepared } from './prepare.ts';
import { type DepthRun, probeTape } from './run-depth.ts';
import { type SimulatedRun, simulatedSymbols } from './run-simulated.ts';

const usage = (line: string): Problem => new Problem(EXIT.usage, [line]);
const FEED: Latency = { kind: 'fixed', ms: 5, spike: null };

export const prepareDepth = async (asked: BacktestArguments): Promise<DepthRun> =>
  depthRun(asked, { prepared: await prepare(asked), build: buildName() });

type DepthParts = { readonly prepared: Prepared; readonly build: string };

export async function depthRun(asked: BacktestArguments, { prepared, build }: DepthParts): Promise<DepthRun> {
  const { tape = '', symbol } = asked;
  refuse('with --klines: a recording is played as it was', optionsOfBars(asked));
  refuseBars(prepared);
  const { symbols, startMs, knownMs } = await probeTape(tape, {
    symbols: symbol,
    queueModel: asked.queue ?? prepared.config.paper.queueModel,
  });
  const fromMs = Math.max(knownMs, asked.from ?? knownMs);
  if (asked.to !== undefined && asked.to <= fromMs)
    throw usage('--to: not after --from, or not after the first snapshot of the recording: allowed is a later time');
  const options = { ...depthOptions(asked, prepared), symbols, startMs, fromMs };
  return { options, file: tape, toMs: asked.to ?? null, build, assumptions: depthAssumptions(asked, options) };
}

const HISTORY_DAYS = 1;

/** What a person believes to have set must not be passed over. */
function refuse(allowed: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined || value === false ? [] : [name]));
  if (given.length > 0) throw usage(`${given.join(', ')}: allowed ${allowed}`);
}

/** Those that were given. */
export const optionsOfBars = ({ funding, fundingRate, intrabar, takerCost }: BacktestArguments): Readonly<Record<string, unknown>> => ({
  ...{ '--funding': funding.length > 0, '--funding-rate': fundingRate },
  ...{ '--intrabar': intrabar !== USUAL_INTRABAR, '--taker-cost': takerCost !== USUAL_TAKER_COST },
});

/** The market that `npm start` makes of the configuration's profile, from this seed. */
export const prepareSimulated = async (asked: BacktestArguments, seconds: number): Promise<SimulatedRun> =>
  simulatedRun(asked, { prepared: await prepare(asked), seconds, build: buildName() });

export function simulatedRun(
  asked: BacktestArguments,
  { prepared, seconds, build }: DepthParts & { readonly seconds: number },
): SimulatedRun {
  refuse('with --klines: the simulated market has prices and funding of its own', optionsOfBars(asked));
  const { from, to, queue, latencies } = asked;
  refuse('with recorded data: a simulated market has its own time, --simulate tells how much of it', { '--from': from, '--to': to });
  refuse('with --tape: in a simulated market own orders stand in the book themselves', { '--queue': queue });
  refuse('with the tape of a session of ours, which tells them', { '--latencies': latencies });
  refuseBars(prepared);
  const { symbol, seed } = asked;
  const unknown = symbol.find((name) => findInstrument(name) === null);
  if (unknown !== undefined) throw usage(`--symbol: ${unknown}: allowed with --simulate is a contract of the simulator`);
  const symbols = simulatedSymbols({ symbols: symbol, seed, profile: prepared.config.sim.profile, historyDays: HISTORY_DAYS });
  const times = { startMs: STEPPED_START_MS, fromMs: STEPPED_START_MS, wholeMs: true };
  const options = { ...depthOptions(asked, prepared), symbols, ...times };
  const { fills: _, ...assumed } = depthAssumptions(asked, options);
  const fills = `own orders stand in the simulator's book, profile ${prepared.config.sim.profile}`;
  return { options, seconds, build, assumptions: { fills, ...assumed } };
}

/** What does not depend on the market. */
export function depthOptions(asked: BacktestArguments, { config, runs }: Prepared): Omit<DepthOptions, 'symbols' | 'startMs' | 'fromMs'> {
  const { phase: phaseMs, leverage, naive, seed } = asked;
  if (naive && asked.tape === undefined)
    throw usage('--naive: allowed with --tape: in a simulated market own orders stand in the book themselves');
  if (phaseMs >= config.snapshot.intervalMs)
    throw usage(`--phase: ${phaseMs}: allowed is less than snapshot.intervalMs (${config.snapshot.intervalMs})`);
  const common = { config, runs, phaseMs, lookMs: null, wholeMs: false, leverage, naive, seed, latencies: latenciesOf(asked, config) };
  return { ...common, balances: balancesOf(asked, config), fees: feesOf(asked, config) };
}

export function refuseBars({ runs }: Prepared): void {
  const reading = runs.find(({ strategy }) => strategy.reads.bars !== null);
  if (reading)
    throw usage(`run ${reading.id} (${reading.strategy.name}) reads bars: allowed is a strategy that reads the book, or --klines`);
}

function latenciesOf({ feedLatency, orderLatency, responseLatency }: BacktestArguments, { paper }: Config): Latencies {
  const configured = (text: string): Latency => parseLatency(text) ?? { kind: 'none', spike: null };
  return {
    feed: feedLatency ?? FEED,
    order: orderLatency ?? configured(paper.orderLatency),
    response: responseLatency ?? configured(paper.eventLatency),
  };
}

export function depthAssumptions(
  asked: BacktestArguments,
  { config, latencies, naive }: Pick<DepthOptions, 'config' | 'latencies' | 'naive'>,
): Readonly<Record<string, string>> {
  const { snapshot, brain, paper } = config;
  return {
    fills: naive ? 'NAIVE: every touch fills the whole quote' : `queue model ${asked.queue ?? paper.queueModel}`,
    ...{ feed: textOf(latencies.feed), orders: textOf(latencies.order), answers: textOf(latencies.response) },
    snapshots: `every ${snapshot.intervalMs} ms, phase ${asked.phase} ms, ${brain.feed === 'push' ? 'pushed' : `polled every ${brain.pollMs} ms`}`,
    leverage: String(asked.leverage),
    fees: asked.fees ?? 'of the configuration',
  };
}

function textOf(latency: Latency): string {
  const spike = latency.spike === null ? '' : `+${latency.spike.probability}:${latency.spike.ms}`;
  switch (latency.kind) {
    case 'none':
      return `none${spike}`;
    case 'fixed':
      return `fixed:${latency.ms}${spike}`;
    case 'uniform':
      return `uniform:${latency.minMs}:${latency.maxMs}${spike}`;
    case 'lognormal':
      return `lognormal:${latency.medianMs}:${latency.sigma}${spike}`;
    default:
      throw new Error(`Cannot name latency: ${JSON.stringify(latency satisfies never)}`);
  }
}
