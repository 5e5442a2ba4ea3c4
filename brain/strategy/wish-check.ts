/** Whether what a strategy wishes can be meant, cheaply, at every decision. Strategies of persons come by here too, so nothing is taken on trust. Pure. */
import type { Instrument } from '../../shared/instrument.ts';
import type { Wish } from './strategy.ts';

const QUOTES_MAX = 40;
const SLIPPAGE_BPS_MAX = 1_000;
const REASON_MAX = 60;

/** One sentence about the first thing wrong; null when nothing is. */
export function wishProblem(wish: Wish | undefined, instrument: Instrument): string | null {
  if (typeof wish !== 'object' || wish === null) return 'the wish is no object';
  const { quotes, target, reason, signals } = wish;
  if (typeof reason !== 'string' || reason === '' || reason.length > REASON_MAX)
    return `reason is not a text of 1 to ${REASON_MAX} letters`;
  if (typeof signals !== 'object' || signals === null) return 'signals is no object';
  if (!Array.isArray(quotes) || quotes.length > QUOTES_MAX) return `quotes is no list of at most ${QUOTES_MAX}`;
  return quotesProblem(quotes, instrument) ?? targetProblem(target);
}

function quotesProblem(quotes: Wish['quotes'], { minPriceTicks, maxPriceTicks }: Instrument): string | null {
  let [bid, ask] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [index, { side, price, size, level }] of quotes.entries()) {
    const at = `quotes[${index}]`;
    if (side !== 'buy' && side !== 'sell') return `${at}.side is neither "buy" nor "sell"`;
    if (!Number.isSafeInteger(price) || price < minPriceTicks || price > maxPriceTicks)
      return `${at}.price ${price} is no whole number of ticks from ${minPriceTicks} to ${maxPriceTicks}`;
    if (!Number.isSafeInteger(size) || size < 1) return `${at}.size ${size} is no whole number of lots above zero`;
    if (!Number.isSafeInteger(level) || level < 0) return `${at}.level ${level} is no whole number`;
    if (side === 'buy') bid = Math.max(bid, price);
    else ask = Math.min(ask, price);
  }
  return bid >= ask ? `a buy at ${bid} would meet a sell at ${ask}, ticks` : null;
}

function targetProblem(target: Wish['target']): string | null {
  if (target === null) return null;
  if (typeof target !== 'object') return 'target is neither null nor an object';
  const { position, slippageBps } = target;
  if (!Number.isSafeInteger(position)) return `target.position ${position} is no whole number of lots`;
  const slips = Number.isFinite(slippageBps) && slippageBps >= 0 && slippageBps <= SLIPPAGE_BPS_MAX;
  return slips ? null : `target.slippageBps ${slippageBps} is not from 0 to ${SLIPPAGE_BPS_MAX}`;
}
