/** K-lines of trades, and of the index price, mark price and premium (reference sheet 2026-11, section 3.4). */
import { INTERVALS } from '../history.ts';
import type { SampleBar } from '../sample-bars.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import { closeMsOf, klineRow } from './market-json.ts';
import { readMarket } from './order-params.ts';
import type { Params } from './params.ts';
import { invalidValue, Refusal } from './refusal.ts';
import { type Context, pageOf, type Route } from './route.ts';
import { lookUp } from './words.ts';

const PAGE = { limitDefault: 500, limitMax: 1_500 };
const DECIMALS = 8;

const route = (run: Route['run']): Route => ({ security: 'none', weight: weightOf, run });

export const KLINE_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/klines': route(({ exchange, params }) => traded(readMarket(exchange, params), params)),
  'GET /fapi/v1/continuousKlines': route(continuous),
  'GET /fapi/v1/markPriceKlines': route(({ exchange, params }) => sampled(readMarket(exchange, params), params, 'mark')),
  'GET /fapi/v1/indexPriceKlines': route((context) => sampled(readPair(context), context.params, 'index')),
  'GET /fapi/v1/premiumIndexKlines': route(({ exchange, params }) => sampled(readMarket(exchange, params), params, 'premium')),
};

function weightOf(params: Params): number {
  const limit = params.findWhole('limit') ?? PAGE.limitDefault;
  return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1_000 ? 5 : 10;
}

function readInterval(params: Params): string {
  const interval = params.get('interval');
  if (lookUp(INTERVALS, interval) === undefined) throw new Refusal({ code: -1120, message: 'Invalid interval.' });
  return interval;
}

function continuous(context: Context): unknown {
  const market = readPair(context);
  if (context.params.get('contractType') !== 'PERPETUAL') throw invalidValue('contractType');
  return traded(market, context.params);
}

/** The perpetual of a pair has the name of the pair. */
function readPair({ exchange, params }: Context): SymbolMarket {
  const market = exchange.markets.get(params.get('pair'));
  if (!market) throw new Refusal({ code: -1121, message: 'Invalid symbol.' });
  return market;
}

/** The open bar is the last row. */
function traded({ feed }: SymbolMarket, params: Params): unknown {
  const interval = readInterval(params);
  const open = feed.bars.open(interval);
  const bars = [...feed.bars.closed(interval), ...(open ? [open] : [])];
  return pageOf(params, bars, { ...PAGE, timeOf: (bar) => bar.openMs }).map((bar) => klineRow(interval, bar));
}

/** Before the first sample of this run, mark and index are taken to have been the price traded at, and the premium is not known. */
function sampled({ feed }: SymbolMarket, params: Params, kind: 'mark' | 'index' | 'premium'): unknown {
  const interval = readInterval(params);
  const own = feed.samples[kind].bars(interval);
  const since = own[0]?.openMs ?? Number.POSITIVE_INFINITY;
  const before = kind === 'premium' ? [] : feed.bars.closed(interval).filter((bar) => bar.openMs < since);
  const rows = [
    ...before.map(({ openMs, open, high, low, close }) =>
      sampleRow(interval, { openMs, samples: 0 }, [open, high, low, close].map(Number)),
    ),
    ...own.map((bar) => sampleRow(interval, bar, [bar.open, bar.high, bar.low, bar.close])),
  ];
  return pageOf(params, rows, { ...PAGE, timeOf: ([openMs]) => Number(openMs) });
}

const sampleRow = (interval: string, { openMs, samples }: Pick<SampleBar, 'openMs' | 'samples'>, prices: readonly number[]) => {
  const [open, high, low, close] = prices.map((price) => price.toFixed(DECIMALS));
  return [openMs, open, high, low, close, '0', closeMsOf(interval, openMs), '0', samples, '0', '0', '0'] as const;
};
