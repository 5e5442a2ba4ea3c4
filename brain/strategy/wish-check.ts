/** Whether what a strategy wishes can be meant, cheaply, at every decision. Strategies of persons come by here too, so nothing is taken on trust. Pure. */
import type { Instrument } from '../../shared/instrument.ts';
import { TAG_MAX } from '../../shared/snapshot.ts';
import type { Signals, Wish } from './strategy.ts';

const QUOTES_MAX = 40;
const SLIPPAGE_BPS_MAX = 1_000;
const REASON_MAX = 60;
const TOLD_MAX = 100;
const TEXT_MAX = 200;

/** One sentence about the first thing wrong; null when nothing is. */
export function wishProblem(wish: Wish | undefined, instrument: Instrument): string | null {
  if (typeof wish !== 'object' || wish === null) return 'the wish is no object';
  const { quotes, target, reason, signals, detail = {} } = wish;
  if (typeof reason !== 'string' || reason === '' || reason.length > REASON_MAX)
    return `reason is not a text of 1 to ${REASON_MAX} letters`;
  const told = toldProblem('signals', signals) ?? toldProblem('detail', detail);
  if (told !== null) return told;
  if (!Array.isArray(quotes) || quotes.length > QUOTES_MAX) return `quotes is no list of at most ${QUOTES_MAX}`;
  return quotesProblem(quotes, instrument) ?? targetProblem(target);
}

/** Everybody reads it, so it is words and numbers, and not too many of them. */
function toldProblem(name: string, told: Signals): string | null {
  if (typeof told !== 'object' || told === null) return `${name} is no object`;
  const entries = Object.entries(told);
  if (entries.length > TOLD_MAX) return `${name} has more than ${TOLD_MAX} entries`;
  const isTold = (value: unknown): boolean =>
    value === null || typeof value === 'number' || typeof value === 'string' || value === undefined;
  const wrong = entries.find(
    ([key, value]) => !isTold(value) || key.length > TEXT_MAX || (typeof value === 'string' && value.length > TEXT_MAX),
  );
  return wrong ? `${name}.${wrong[0].slice(0, TEXT_MAX)} is neither a number nor a short text nor null` : null;
}

function quotesProblem(quotes: Wish['quotes'], { minPriceTicks, maxPriceTicks }: Instrument): string | null {
  let [bid, ask] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [index, { side, price, size, level, tag = '' }] of quotes.entries()) {
    const at = `quotes[${index}]`;
    if (side !== 'buy' && side !== 'sell') return `${at}.side is neither "buy" nor "sell"`;
    if (!Number.isSafeInteger(price) || price < minPriceTicks || price > maxPriceTicks)
      return `${at}.price ${price} is no whole number of ticks from ${minPriceTicks} to ${maxPriceTicks}`;
    if (!Number.isSafeInteger(size) || size < 1) return `${at}.size ${size} is no whole number of lots above zero`;
    if (!Number.isSafeInteger(level) || level < 0) return `${at}.level ${level} is no whole number`;
    if (typeof tag !== 'string' || tag.length > TAG_MAX) return `${at}.tag is no text of at most ${TAG_MAX} letters`;
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
