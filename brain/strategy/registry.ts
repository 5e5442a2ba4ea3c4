/** The strategies that come with the product. A new one is registered here and, with its parameters, in `BUILT_IN` of shared/config.ts. */
import type * as z from 'zod';
import { BUILT_IN, type BuiltIn, type MarketMakingParameters } from '../../shared/config.ts';
import { arbitrage } from './arbitrage/arbitrage.ts';
import { readMacdState } from './macd-state.ts';
import { macdTrend } from './macd-trend.ts';
import { marketMaking } from './market-making.ts';
import { needsIntensity, needsTrades } from './market-making/senses.ts';
import { readState } from './market-making/state.ts';
import { type Sealed, sealAlone, sealBasket } from './seat.ts';

/** From a checked document of parameters to a strategy; throws on one that its schema refuses. */
export type Maker = (parameters: unknown) => Sealed;

/** What market making has measured is still worth something after this long without looking. */
const SENSES_MS = 60_000;
/** Bars that closed meanwhile are taken in one by one, as far as they are there; without them a series begins anew by itself. */
const SERIES_MS = 7 * 86_400_000;

export const REGISTRY: Readonly<Record<BuiltIn, Maker>> = {
  'market-making': entry(BUILT_IN['market-making'].parameters, (parameters) =>
    sealAlone({
      ...marketMaking(parameters),
      toleranceBps: parameters.refreshToleranceBps,
      reads: { trades: readsTrades(parameters) },
      resume: { maxAgeMs: SENSES_MS, read: (saved) => readState(saved) ?? undefined },
    }),
  ),
  'macd-trend': entry(BUILT_IN['macd-trend'].parameters, (parameters) =>
    sealAlone({
      ...macdTrend(parameters),
      reads: { bars: parameters.interval },
      resume: { maxAgeMs: SERIES_MS, read: (saved) => readMacdState(saved) ?? undefined },
    }),
  ),
  arbitrage: entry(BUILT_IN.arbitrage.parameters, (parameters) => sealBasket(arbitrage(parameters))),
};

const readsTrades = (parameters: MarketMakingParameters): boolean =>
  needsTrades(parameters) ||
  parameters.fairPrice.flowBps > 0 ||
  (needsIntensity(parameters) && parameters.intensity.source === 'calibrated');

function entry<P>(schema: z.ZodType<P>, make: (parameters: P) => Sealed): Maker {
  return (parameters) => make(schema.parse(parameters));
}
