/** How many simulated seconds pass in a real one when nothing but the simulator's own core works: flow, matching, prices, bars. */
import { makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { Exchange, type MarketSpec } from '../../shared/sim/exchange.ts';
import { makeFlow } from '../../shared/sim/flow.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { STEPPED_START_MS } from '../sim/stepper.ts';
import { type Figure, median } from './measure.ts';

const ROUNDS = 5;
const SECONDS = 300;

export function benchSimulatedTime(symbols: readonly string[]): Figure {
  const exchange = openExchange(symbols);
  let atMs = STEPPED_START_MS;
  const round = (): number => {
    const from = performance.now();
    atMs += SECONDS * 1_000;
    exchange.advance(atMs);
    return SECONDS / ((performance.now() - from) / 1_000);
  };
  round(); // warm-up
  const value = median(Array.from({ length: ROUNDS }, round));
  const beside = `${ROUNDS} rounds of ${SECONDS} simulated seconds, nobody listening`;
  return { name: `simulator: time, ${symbols.length} symbol(s)`, value, unit: 's/s', goal: null, beside, conclusive: true };
}

function openExchange(symbols: readonly string[]): Exchange {
  const random = new Random(1);
  const markets = symbols.map((symbol): MarketSpec => {
    const found = findInstrument(symbol);
    const instrument = found ? makeInstrument(found.spec) : `${symbol} is not in the list`;
    if (typeof instrument === 'string' || !found) throw new Error(String(instrument));
    const { startPrice } = found;
    const flow = makeFlow({ instrument, random: random.fork(symbol), startPrice, profile: 'normal' });
    return { kind: 'flow', flow, history: [], startPrice };
  });
  const ignore = (): void => undefined;
  return new Exchange({ startMs: STEPPED_START_MS, random, markets, accounts: [], onMarket: ignore, onUser: ignore });
}
