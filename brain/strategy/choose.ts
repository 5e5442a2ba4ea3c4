/** The strategy that config.json names. */
import type { Config } from '../../shared/config.ts';
import { macdTrend } from './macd-trend.ts';
import { marketMaking } from './market-making.ts';
import type { Strategy } from './strategy.ts';

/** `toleranceBps`: how near a working order may be to its wanted price; `interval`: of the K-lines it reads. */
export type Chosen<S> = { readonly strategy: Strategy<S>; readonly toleranceBps: number; readonly interval: string | null };

/** Hands the chosen strategy, of whatever state, to `use`. */
export function withStrategy<R>({ strategy }: Config, use: <S>(chosen: Chosen<S>) => R): R {
  switch (strategy.active) {
    case 'market-making':
      return use({
        strategy: marketMaking(strategy.marketMaking),
        toleranceBps: strategy.marketMaking.refreshToleranceBps,
        interval: null,
      });
    case 'macd-trend':
      return use({ strategy: macdTrend(strategy.macdTrend), toleranceBps: 0, interval: strategy.macdTrend.interval });
    default:
      throw new Error(`Cannot choose strategy: ${JSON.stringify(strategy.active satisfies never)}`);
  }
}
