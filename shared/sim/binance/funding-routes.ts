/** Funding rates and their terms (Binance USD-M docs, market data; reference sheet 2026-11, section 3.4). Both cost no weight but have a limit of their own. */
import { writeScaled } from '../decimal.ts';
import { fundingTermsOf, isAdjusted, type Settlement } from '../funding.ts';
import { markText } from './market-json.ts';
import { findMarket } from './order-params.ts';
import { type Context, pageOf, type Route } from './route.ts';

export const FUNDING_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/fundingRate': { security: 'none', weight: 0, run: fundingRates },
  'GET /fapi/v1/fundingInfo': { security: 'none', weight: 0, run: fundingInfo },
};

type Row = Settlement & { readonly symbol: string };

/** Of one symbol or of all, oldest first. */
function fundingRates({ exchange, params }: Context): unknown {
  const one = findMarket(exchange, params);
  const markets = one ? [one] : [...exchange.markets.values()];
  const rows: Row[] = markets.flatMap(({ instrument: { symbol }, feed }) =>
    feed.mark.funding.settlements().map((settlement) => ({ symbol, ...settlement })),
  );
  const sorted = rows.sort((a, b) => a.atMs - b.atMs);
  return pageOf(params, sorted, { timeOf: ({ atMs }) => atMs, limitDefault: 100, limitMax: 1_000 }).map(({ symbol, atMs, rate, mark }) => ({
    symbol,
    fundingTime: atMs,
    fundingRate: writeScaled(rate, 8),
    markPrice: markText(mark),
    rateType: 'Regular',
  }));
}

/** Only symbols whose terms are not the usual ones. */
function fundingInfo({ exchange }: Context): unknown {
  return [...exchange.markets.keys()].filter(isAdjusted).map((symbol) => {
    const { hours, cap } = fundingTermsOf(symbol);
    return {
      symbol,
      adjustedFundingRateCap: cap.toFixed(8),
      adjustedFundingRateFloor: (-cap).toFixed(8),
      fundingIntervalHours: hours,
      disclaimer: false,
    };
  });
}
