/** Account, configuration and listen keys. */
import { feeRatesOf } from '../account.ts';
import {
  accountConfigJson,
  accountJson,
  balanceJson,
  leverageJson,
  positionRiskJson,
  ratesText,
  symbolConfigJson,
} from './account-json.ts';
import { findMarket, readMarket } from './order-params.ts';
import { Refusal } from './refusal.ts';
import { type Context, type Route, traderOf } from './route.ts';

export const ACCOUNT_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v3/account': { security: 'signed', weight: 5, run: (context) => accountJson(of(context)) },
  'GET /fapi/v3/balance': { security: 'signed', weight: 5, run: (context) => balanceJson(of(context)) },
  'GET /fapi/v3/positionRisk': { security: 'signed', weight: 5, run: (context) => positionRiskJson(of(context), symbolOf(context)) },
  'GET /fapi/v1/symbolConfig': { security: 'signed', weight: 5, run: (context) => symbolConfigJson(of(context), symbolOf(context)) },
  'GET /fapi/v1/accountConfig': { security: 'signed', weight: 5, run: (context) => accountConfigJson(traderOf(context).account) },
  'GET /fapi/v1/positionSide/dual': {
    security: 'signed',
    weight: 30,
    run: (context) => ({ dualSidePosition: traderOf(context).account.hedge }),
  },
  'POST /fapi/v1/positionSide/dual': { security: 'signed', weight: 1, run: setPositionMode },
  'GET /fapi/v1/multiAssetsMargin': { security: 'signed', weight: 30, run: () => ({ multiAssetsMargin: false }) },
  'GET /fapi/v1/commissionRate': { security: 'signed', weight: 20, run: commissionRate },
  'POST /fapi/v1/leverage': { security: 'signed', weight: 1, run: setLeverage },
  'POST /fapi/v1/listenKey': {
    security: 'key',
    weight: 1,
    run: ({ listenKeys, apiKey, nowMs }) => ({ listenKey: listenKeys.create(apiKey, nowMs) }),
  },
  'PUT /fapi/v1/listenKey': { security: 'key', weight: 1, run: renewKey },
  'DELETE /fapi/v1/listenKey': { security: 'key', weight: 1, run: closeKey },
};

const of = (context: Context): Parameters<typeof accountJson>[0] => ({ exchange: context.exchange, trader: traderOf(context) });
const symbolOf = ({ exchange, params }: Context): string | null => findMarket(exchange, params)?.instrument.symbol ?? null;
/** How the venue answers a setting it took. */
const DONE = { code: 200, msg: 'success' };
const noListenKey = (): Refusal => new Refusal({ code: -1125, message: 'This listenKey does not exist.' });

function setPositionMode(context: Context): unknown {
  const { params } = context;
  params.get('dualSidePosition');
  const { account, orders } = traderOf(context);
  const hedge = params.flag('dualSidePosition');
  if (hedge === account.hedge) throw new Refusal({ code: -4059, message: 'No need to change position side.' });
  if (orders.open(null).length > 0)
    throw new Refusal({ code: -4067, message: 'Position side cannot be changed if there exists open orders.' });
  if (account.held().length > 0) throw new Refusal({ code: -4068, message: 'Position side cannot be changed if there exists position.' });
  account.setHedge(hedge);
  return DONE;
}

function commissionRate({ exchange, params }: Context): unknown {
  const { instrument } = readMarket(exchange, params);
  const { makerPpm, takerPpm } = feeRatesOf(instrument.quoteAsset);
  const maker = ratesText(makerPpm);
  return { symbol: instrument.symbol, makerCommissionRate: maker, takerCommissionRate: ratesText(takerPpm), rpiCommissionRate: maker };
}

function setLeverage(context: Context): unknown {
  const { exchange, params } = context;
  const { instrument } = readMarket(exchange, params);
  const leverage = params.getWhole('leverage');
  if (!exchange.setLeverage(traderOf(context), instrument.symbol, leverage))
    throw new Refusal({ code: -4028, message: `Leverage ${leverage} is not valid` });
  return leverageJson(instrument.symbol, leverage);
}

function renewKey({ listenKeys, apiKey, nowMs }: Context): unknown {
  const listenKey = listenKeys.renew(apiKey, nowMs);
  if (listenKey === null) throw noListenKey();
  return { listenKey };
}

function closeKey({ listenKeys, apiKey }: Context): unknown {
  if (!listenKeys.close(apiKey)) throw noListenKey();
  return {};
}
