/** The venue's words for conditional orders, both ways (reference sheet 2026-11, sections 3.2 and 8.6). */
import type { AlgoReason, AlgoOrder, AlgoStatus, AlgoTimeInForce, AlgoType, WorkingPrice } from '../algo-order.ts';
import { refusalOf } from './refusal.ts';
import { TIMES_IN_FORCE } from './words.ts';

export const ALGO_TYPES: Readonly<Record<string, AlgoType>> = {
  STOP: 'stop',
  STOP_MARKET: 'stop-market',
  TAKE_PROFIT: 'take-profit',
  TAKE_PROFIT_MARKET: 'take-profit-market',
  TRAILING_STOP_MARKET: 'trailing-stop-market',
};
export const ALGO_TIMES: Readonly<Record<string, AlgoTimeInForce>> = { ...TIMES_IN_FORCE, GTE_GTC: 'while-held' };
export const WORKING_PRICES: Readonly<Record<string, WorkingPrice>> = { CONTRACT_PRICE: 'last', MARK_PRICE: 'mark' };

const STATUS_WORDS: Readonly<Record<AlgoStatus, string>> = {
  new: 'NEW',
  triggering: 'TRIGGERING',
  triggered: 'TRIGGERED',
  finished: 'FINISHED',
  canceled: 'CANCELED',
  rejected: 'REJECTED',
  expired: 'EXPIRED',
};

export const algoTypeWord = ({ type }: AlgoOrder): string => wordOf(ALGO_TYPES, type);
export const algoTimeWord = ({ timeInForce }: AlgoOrder): string => wordOf(ALGO_TIMES, timeInForce);
export const algoStatusWord = ({ status }: AlgoOrder): string => STATUS_WORDS[status];
export const workingWord = ({ working }: AlgoOrder): string => wordOf(WORKING_PRICES, working);

/** `rm`: what ended it; the venue gives its reasons as sentences and lists none but the first of these. */
export function reasonWord(reason: AlgoReason | null): string {
  switch (reason) {
    case null:
      return '';
    case 'reduce-only':
      return 'Reduce Only reject';
    case 'no-position':
      return 'No position to close.';
    case 'symbol-halted':
      return 'Symbol is not trading.';
    case 'date-reached':
      return 'Good till date reached.';
    default:
      return refusalOf({ kind: reason }).message;
  }
}

function wordOf<T>(words: Readonly<Record<string, T>>, value: T): string {
  const word = Object.entries(words).find(([, other]) => other === value)?.[0];
  if (word === undefined) throw new Error(`Cannot write ${JSON.stringify(value)}: it has no word`);
  return word;
}
