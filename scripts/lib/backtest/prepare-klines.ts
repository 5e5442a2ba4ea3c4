/** A backtest on K-lines as the command line asks for it. Throws Problem and TapeProblem. */
import { INTERVAL_MS } from '../../../brain/strategy/macd-series.ts';
import { barsWanted } from '../../../gateway/market/bars.ts';
import { barsRead, type Config, runParameters } from '../../../shared/config.ts';
import { MacdParameters } from '../../../shared/macd-parameters.ts';
import { plannedRuns } from '../../../shared/runs.ts';
import { EXIT, Problem } from '../tool.ts';
import type { BacktestArguments } from './arguments.ts';
import { probeBars } from './bar-file.ts';
import { buildName } from './fingerprint.ts';
import { balancesOf, feesOf, fundingOf, prepare, type Prepared } from './prepare.ts';
import type { KlineSymbol } from './kline-options.ts';
import type { KlineRun } from './run-klines.ts';

const MINUTE_MS = 60_000;
/** From the close of a bar to the fill: a snapshot, a poll, a decision, and the way to the venue. */
const DELAY_MS = 200;

const usage = (line: string): Problem => new Problem(EXIT.usage, [line]);

export async function prepareKlines(asked: BacktestArguments): Promise<KlineRun> {
  refuseOfDepth(asked);
  const prepared = await prepare(asked);
  return klineRun(asked, { prepared, files: await probeKlines(asked), build: buildName() });
}

/** What the files tell of themselves, whatever is run on them. */
export type KlineFiles = { readonly barMs: number; readonly symbols: readonly KlineSymbol[] };

export async function probeKlines(asked: BacktestArguments): Promise<KlineFiles> {
  const { klines, symbol } = asked;
  if (klines.length !== symbol.length)
    throw usage(`--klines: ${klines.length} for ${symbol.length} symbols: allowed is one file for each --symbol, in the same order`);
  const fundings = await fundingOf(asked);
  const probed = await Promise.all(klines.map((file, n) => probeBars(file, symbol[n] ?? '')));
  const barMs = probed[0]?.barMs ?? 0;
  const odd = probed.findIndex((one) => one.barMs !== barMs);
  if (odd > 0)
    throw usage(
      `--klines: ${klines[odd]} has bars of ${(probed[odd]?.barMs ?? 0) / MINUTE_MS} min, ${klines[0]} of ${barMs / MINUTE_MS} min: allowed are bars of one length`,
    );
  const symbols = probed.map(({ instrument, firstMs }, n) => ({
    instrument,
    firstMs,
    funding: fundings[n] as NonNullable<(typeof fundings)[number]>,
  }));
  return { barMs, symbols };
}

type KlineParts = { readonly prepared: Prepared; readonly files: KlineFiles; readonly build: string };

export function klineRun(asked: BacktestArguments, { prepared, files, build }: KlineParts): KlineRun {
  const { config, runs } = prepared;
  const { barMs, symbols } = files;
  const keep = keepOf(prepared, barMs);
  const fromMs = asked.from ?? Math.min(...symbols.map(({ firstMs }) => firstMs));
  if (asked.to !== undefined && asked.to <= fromMs)
    throw usage('--to: not after --from, or not after the first bar: allowed is a later time');
  const { intrabar, takerCost: takerCostBps, leverage, seed } = asked;
  const options = {
    ...{ config, runs, symbols, barMs, fromMs, intrabar, takerCostBps, delayMs: DELAY_MS, leverage, seed, keep },
    ...{ balances: balancesOf(asked, config), fees: feesOf(asked, config), looks: looksOf(config) },
  };
  return { options, files: asked.klines, toMs: asked.to ?? null, build, assumptions: assumptionsOf(asked) };
}

/** What a person believes to have set must not be passed over. */
export function refuseOfDepth({ naive, orderLatency, responseLatency, feedLatency, queue, phase, latencies }: BacktestArguments): void {
  const options = {
    ...{ '--naive': naive, '--order-latency': orderLatency, '--response-latency': responseLatency, '--feed-latency': feedLatency },
    ...{ '--queue': queue, '--phase': phase !== 0, '--latencies': latencies },
  };
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined || value === false ? [] : [name]));
  if (given.length > 0) throw usage(`${given.join(', ')}: allowed without --klines: bars have no queue and no snapshots`);
}

/** Closed bars shown of each interval, as many as the gateway keeps. */
function keepOf({ config, runs }: Prepared, barMs: number): ReadonlyMap<string, number> {
  const wanted = barsRead(config);
  const keep = new Map<string, number>();
  for (const { id, strategy } of runs) {
    const interval = strategy.reads.bars;
    if (interval === null)
      throw usage(`run ${id} (${strategy.name}) reads no bars: allowed on K-lines is a strategy that does, such as --strategy macd-trend`);
    if (INTERVAL_MS[interval] % barMs !== 0)
      throw usage(
        `run ${id} reads bars of ${interval}, the file has ${barMs / MINUTE_MS} min: allowed is a multiple of that, such as --set strategy.macdTrend.interval=${nameOf(barMs)}`,
      );
    keep.set(interval, barsWanted(wanted.get(interval) ?? 0));
  }
  return keep;
}

const nameOf = (barMs: number): string => Object.entries(INTERVAL_MS).find(([, ms]) => ms >= barMs)?.[0] ?? '4h';

/** A strategy that acts on the bar that is still open is asked at every point of its way. */
function looksOf(config: Config): 'close' | 'points' {
  const early = plannedRuns(config).some(({ use, with: own }) => {
    const parsed = use === 'macd-trend' ? MacdParameters.safeParse(runParameters(config, { use, with: own })) : null;
    return parsed?.success === true && parsed.data.useOpenBar;
  });
  return early ? 'points' : 'close';
}

const assumptionsOf = ({
  intrabar,
  takerCost,
  leverage,
  fees,
  funding,
  fundingRate,
}: BacktestArguments): Readonly<Record<string, string>> => ({
  'way through a bar': intrabar,
  'cost of taking': `${takerCost} bps and at least a tick`,
  'decision to fill': `next open, ${DELAY_MS} ms later`,
  leverage: String(leverage),
  fees: fees ?? 'of the configuration',
  risk: 'hard exits and limits; no monitors, no breakers, no emergency',
  funding: funding.length > 0 ? 'of the files' : `${fundingRate ?? 'usual rate'} at the hours of the venue`,
});
