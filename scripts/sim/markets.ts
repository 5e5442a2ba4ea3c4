/** The markets a person asked for: seeded flows, or a recording. */
import { makeInstrument, type Instrument, priceNumber } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import type { MarketSpec } from '../../shared/sim/exchange.ts';
import { makeFlow } from '../../shared/sim/flow.ts';
import { makeHistory } from '../../shared/sim/history.ts';
import type { FlowMarket } from '../../shared/sim/market.ts';
import { findInstrument, nearestInstrument } from '../../shared/sim/instruments.ts';
import type { SimulatorOptions } from './simulator.ts';
import type { MarketStart } from './state/resume.ts';
import { findSnapshots } from './tape-feed.ts';
import type { TapeScan } from './tape-file.ts';

/** A request that makes no sense: one line for the person who asked. */
export class SimulatorProblem extends Error {}

export type FlowStart = {
  readonly startMs: number /** Where an earlier life left a symbol. */;
  readonly resume: (symbol: string) => MarketStart | null;
};

export function flowMarkets(options: SimulatorOptions, random: Random, { startMs, resume }: FlowStart): readonly MarketSpec[] {
  const { symbols, seed, profile, historyDays } = options;
  return symbols.map((symbol) => {
    const found = findInstrument(symbol);
    if (!found) throw new SimulatorProblem(`--symbols: ${symbol} is not among the simulated contracts`);
    const instrument = instrumentOf(makeInstrument(found.spec));
    const start = resume(symbol);
    const startPrice = start ? priceNumber(instrument, start.middle) : found.startPrice;
    const history = makeHistory({
      instrument,
      random: random.fork(`history ${symbol}`),
      endMs: startMs,
      endPrice: startPrice,
      days: historyDays,
    });
    const flow = makeFlow({ instrument, random: random.fork(`flow ${symbol}`), startPrice, profile });
    const later = new Random(seed).fork(`later flows ${symbol}`); // apart, so that it shifts nothing else
    let flows = 0;
    const again = (steps: Instrument, price: number): FlowMarket =>
      makeFlow({ instrument: steps, random: later.fork(String(++flows)), startPrice: price, profile });
    return { kind: 'flow', flow, again, history: history.bars, startPrice, ...(start && { ids: start.ids }) };
  });
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
