/** The markets a person asked for: seeded flows, or a recording. */
import { makeInstrument, type Instrument, priceNumber } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import type { KlineTable } from '../../shared/sim/kline-table.ts';
import { makeKlineMarket } from '../../shared/sim/kline-market.ts';
import type { MarketSpec } from '../../shared/sim/exchange.ts';
import { scaledSource } from '../../shared/sim/fair-price.ts';
import { makeFlow } from '../../shared/sim/flow.ts';
import { makeHistory } from '../../shared/sim/history.ts';
import type { FlowMarket } from '../../shared/sim/market.ts';
import { findInstrument, nearestInstrument } from '../../shared/sim/instruments.ts';
import type { SimulatorOptions } from './simulator.ts';
import type { MarketStart } from './state/resume.ts';
import { readKlines } from './kline-file.ts';
import { findSnapshots } from './tape-feed.ts';
import type { TapeScan } from './tape-file.ts';

/** A request that makes no sense: one line for the person who asked. */
export class SimulatorProblem extends Error {}

const MINUTE_MS = 60_000;
const SEED_MAX = 0xff_ff_ff_ff;

export type FlowStart = {
  readonly startMs: number /** Where an earlier life left a symbol. */;
  readonly resume: (symbol: string) => MarketStart | null;
};

type Flowing = Pick<SimulatorOptions, 'symbols' | 'seed' | 'profile' | 'historyDays'>;

export function flowMarkets(
  options: Flowing,
  random: Random,
  { startMs, resume }: FlowStart,
): readonly (MarketSpec & { readonly kind: 'flow' })[] {
  const { symbols, seed, profile, historyDays } = options;
  const commonSeed = symbols.length > 1 ? random.int({ min: 0, max: SEED_MAX }) : null; // one alone moves by itself
  return symbols.map((symbol) => {
    const { instrument, startPrice: usualPrice } = listed(symbol);
    const common = commonSeed === null ? null : { seed: commonSeed, base: instrument.baseAsset };
    const start = resume(symbol);
    const startPrice = start ? priceNumber(instrument, start.middle) : usualPrice;
    const history = makeHistory({
      instrument,
      random: random.fork(`history ${symbol}`),
      endMs: startMs,
      endPrice: startPrice,
      days: historyDays,
    });
    const flow = makeFlow({ instrument, random: random.fork(`flow ${symbol}`), startPrice, profile, common });
    const later = new Random(seed).fork(`later flows ${symbol}`); // apart, so that it shifts nothing else
    let flows = 0;
    const again = (steps: Instrument, price: number): FlowMarket =>
      makeFlow({ instrument: steps, random: later.fork(String(++flows)), startPrice: price, profile });
    return { kind: 'flow', flow, again, history: history.bars, startPrice, ...(start && { ids: start.ids }) };
  });
}

/** A K-line file, and where in it the market begins. */
export type Klines = { readonly table: KlineTable; readonly fromMs: number };

/** Null when none was asked for. */
export async function openKlines({ klines, klinesFromMs = null, replay, symbols }: SimulatorOptions): Promise<Klines | null> {
  if (klines == null) return null;
  if (replay !== null) throw new SimulatorProblem('--klines: not together with --replay');
  if (symbols.length !== 1) throw new SimulatorProblem('--klines: holds one contract, name it with --symbols');
  const table = await readKlines(klines);
  const from = table.rows.findLast(({ openMs }) => openMs <= (klinesFromMs ?? table.rows[0]?.openMs ?? 0));
  const last = table.rows.at(-1)?.openMs ?? 0;
  if (!from || (klinesFromMs ?? 0) >= last + table.barMs)
    throw new SimulatorProblem(`--klines-from: the file has no bar of that time, only from ${table.rows[0]?.openMs} to ${last}`);
  return { table, fromMs: from.openMs };
}

export function klineMarkets(
  { symbols, seed, profile, historyDays }: SimulatorOptions,
  { table, fromMs }: Klines,
  startMs: number,
): readonly MarketSpec[] {
  const [symbol = ''] = symbols;
  const { instrument } = listed(symbol);
  const random = new Random(seed);
  const market = makeKlineMarket({
    ...{ instrument, random: random.fork(`klines ${symbol}`), profile, historyDays },
    ...{ rows: table.rows, barMs: table.barMs, fromMs, startMs: startMs - (startMs % MINUTE_MS) },
  });
  if (!market) throw new SimulatorProblem(`--klines-from: no bar opens at ${fromMs}`);
  const { path, history, startPrice } = market;
  const flow = makeFlow({ instrument, random: random.fork(`flow ${symbol}`), startPrice, profile, path });
  const later = new Random(seed).fork(`later flows ${symbol}`);
  let flows = 0;
  const again = (steps: Instrument, price: number): FlowMarket => {
    const factor = Number(instrument.tickSize) / Number(steps.tickSize);
    return makeFlow({
      instrument: steps,
      random: later.fork(String(++flows)),
      startPrice: price,
      profile,
      path: scaledSource(path, factor),
    });
  };
  return [{ kind: 'flow', flow, again, history, startPrice }];
}

function listed(symbol: string): { readonly instrument: Instrument; readonly startPrice: number } {
  const found = findInstrument(symbol);
  if (!found) throw new SimulatorProblem(`--symbols: ${symbol} is not among the simulated contracts`);
  return { instrument: instrumentOf(makeInstrument(found.spec)), startPrice: found.startPrice };
}

export async function replayMarkets(
  { replay, seed, historyDays, queueModel = 'risk-averse' }: SimulatorOptions,
  scan: TapeScan,
  startMs: number,
): Promise<readonly MarketSpec[]> {
  const random = new Random(seed);
  const snapshots = await findSnapshots(
    replay ?? '',
    scan.symbols.map(({ symbol }) => symbol),
  );
  return scan.symbols.flatMap(({ symbol, priceDecimals, qtyDecimals }) => {
    const snapshot = snapshots.get(symbol);
    if (!snapshot) return [];
    const spec = nearestInstrument(symbol, priceDecimals, qtyDecimals);
    const instrument = instrumentOf(typeof spec === 'string' ? spec : makeInstrument(spec));
    const price = (Number(snapshot.bids[0]?.[0] ?? snapshot.asks[0]?.[0]) + Number(snapshot.asks[0]?.[0] ?? snapshot.bids[0]?.[0])) / 2;
    const history = makeHistory({
      instrument,
      random: random.fork(`history ${symbol}`),
      endMs: startMs,
      endPrice: price,
      days: historyDays,
    });
    return [{ kind: 'replay', instrument, snapshot, history: history.bars, startPrice: price, queueModel } as const];
  });
}

function instrumentOf(made: Instrument | string): Instrument {
  if (typeof made === 'string') throw new SimulatorProblem(made);
  return made;
}
