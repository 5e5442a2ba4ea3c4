/** Position mode, asset mode, margin type, leverage and isolated margin (Binance USD-M docs, trade; reference sheet 2026-11, sections 3.3 and 11). */
import { atoms, parseAtoms } from '../../units.ts';
import { changeMargin, setHedge, setLeverage, setMarginType, setMultiAssets, type SettingReject } from '../account-settings.ts';
import type { MarginType } from '../account.ts';
import type { PositionSide } from '../position.ts';
import { marginMoveJson, moveWord } from './income-json.ts';
import { readMarket } from './order-params.ts';
import { maxNotionalText } from './position-json.ts';
import { invalidValue, Refusal } from './refusal.ts';
import { type Context, pageOf, type Route, traderOf } from './route.ts';
import { lookUp, POSITION_SIDES } from './words.ts';

export const SETTINGS_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/positionSide/dual': {
    security: 'signed',
    weight: 30,
    run: (context) => ({ dualSidePosition: traderOf(context).account.hedge }),
  },
  'POST /fapi/v1/positionSide/dual': { security: 'signed', weight: 1, run: changePositionMode },
  'GET /fapi/v1/multiAssetsMargin': {
    security: 'signed',
    weight: 30,
    run: (context) => ({ multiAssetsMargin: traderOf(context).account.multiAssets }),
  },
  'POST /fapi/v1/multiAssetsMargin': { security: 'signed', weight: 1, run: changeAssetMode },
  'GET /fapi/v1/feeBurn': { security: 'signed', weight: 30, run: (context) => ({ feeBurn: traderOf(context).account.feeBurn }) },
  'POST /fapi/v1/feeBurn': { security: 'signed', weight: 1, run: changeFeeBurn },
  'POST /fapi/v1/leverage': { security: 'signed', weight: 1, run: changeLeverage },
  'POST /fapi/v1/marginType': { security: 'signed', weight: 1, run: changeMarginType },
  'POST /fapi/v1/positionMargin': { security: 'signed', weight: 1, run: changePositionMargin },
  'GET /fapi/v1/positionMargin/history': { security: 'signed', weight: 1, run: marginHistory },
};

/** How the venue answers a setting it took. */
const DONE = { code: 200, msg: 'success' };

type Row = readonly [code: number, message: string];

const ROWS: Readonly<Record<SettingReject, Row>> = {
  'position-mode-same': [-4059, 'No need to change position side.'],
  'position-mode-open-orders': [-4067, 'Position side cannot be changed if there exists open orders.'],
  'position-mode-positions': [-4068, 'Position side cannot be changed if there exists position.'],
  'asset-mode-same': [-4171, 'Adjusted asset mode is currently set and does not need to be adjusted repeatedly'],
  'asset-mode-isolated': [-4167, 'Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.'],
  'asset-mode-open-orders': [-4170, 'Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures'],
  'asset-mode-negative-wallet': [
    -4172,
    'Unable to adjust Multi-Assets Mode with a negative wallet balance of margin available asset in USDⓈ-M Futures account.',
  ],
  'asset-mode-margin': [-4169, 'Unable to adjust Multi-Assets Mode with insufficient margin balance in USDⓈ-M Futures'],
  'margin-type-same': [-4046, 'No need to change margin type.'],
  'margin-type-open-orders': [-4047, 'Margin type cannot be changed if there exists open orders.'],
  'margin-type-position': [-4048, 'Margin type cannot be changed if there exists position.'],
  'margin-type-multi-assets': [-4168, 'Unable to adjust to isolated-margin mode under the Multi-Assets mode.'],
  'leverage-range': [-4028, 'Leverage {} is not valid'],
  'leverage-cap': [-2027, 'Exceeded the maximum allowable position at current leverage.'],
  'leverage-margin': [-2028, 'Leverage is smaller than permitted: insufficient margin balance.'],
  'leverage-isolated': [-4161, 'Leverage reduction is not supported in Isolated Margin Mode with open positions.'],
  'margin-not-isolated': [-4049, 'Add margin only support for isolated position.'],
  'margin-no-position': [-4054, 'Cannot add position margin: position is 0.'],
  'margin-amount': [-4055, 'Amount must be positive.'],
  'margin-cross-insufficient': [-4050, 'Cross balance insufficient.'],
  'margin-isolated-insufficient': [-4051, 'Isolated balance insufficient.'],
};

function check(reject: SettingReject | null, figure = ''): void {
  if (reject === null) return;
  const [code, message] = ROWS[reject];
  throw new Refusal({ code, message: message.replace('{}', figure) });
}

function changePositionMode(context: Context): unknown {
  context.params.get('dualSidePosition');
  check(setHedge(context.exchange.bank, traderOf(context), context.params.flag('dualSidePosition')));
  return DONE;
}

function changeAssetMode(context: Context): unknown {
  context.params.get('multiAssetsMargin');
  check(setMultiAssets(context.exchange.bank, traderOf(context), context.params.flag('multiAssetsMargin')));
  return DONE;
}

function changeFeeBurn(context: Context): unknown {
  context.params.get('feeBurn');
  traderOf(context).account.feeBurn = context.params.flag('feeBurn');
  return DONE;
}

function changeLeverage(context: Context): unknown {
  const { exchange, params } = context;
  const market = readMarket(exchange, params);
  const leverage = params.getWhole('leverage');
  check(setLeverage(exchange.bank, traderOf(context), { market, leverage }), String(leverage));
  const { symbol } = market.instrument;
  return { leverage, maxNotionalValue: maxNotionalText(symbol, leverage), symbol };
}

const MARGIN_TYPES: Readonly<Record<string, MarginType>> = { ISOLATED: 'isolated', CROSSED: 'cross' };

function changeMarginType(context: Context): unknown {
  const { exchange, params } = context;
  const market = readMarket(exchange, params);
  const marginType = lookUp(MARGIN_TYPES, params.get('marginType'));
  if (marginType === undefined) throw invalidValue('marginType');
  check(setMarginType(exchange.bank, traderOf(context), { market, marginType }));
  return DONE;
}

function changePositionMargin(context: Context): unknown {
  const { exchange, params } = context;
  const market = readMarket(exchange, params);
  const amount = parseAtoms(params.getDecimal('amount'));
  const type = params.getWhole('type');
  if (type !== 1 && type !== 2) throw invalidValue('type');
  if (amount === null) throw invalidValue('amount');
  if (amount <= 0n) check('margin-amount');
  const change = { market, side: readSide(context), amount: type === 1 ? amount : atoms(-amount) };
  check(changeMargin(exchange.bank, traderOf(context), change));
  return { amount: Number(params.get('amount')), code: 200, msg: 'Successfully modify position margin.', type };
}

/** BOTH may be left out in one-way mode; hedge mode has to say which. */
function readSide(context: Context): PositionSide {
  const side = lookUp(POSITION_SIDES, context.params.find('positionSide') ?? 'BOTH');
  if (side === undefined) throw new Refusal({ code: -4060, message: 'Invalid position side.' });
  if (!traderOf(context).account.sides().includes(side))
    throw new Refusal({ code: -4061, message: "Order's position side does not match user's setting." });
  return side;
}

function marginHistory(context: Context): unknown {
  const { symbol } = readMarket(context.exchange, context.params).instrument;
  const type = context.params.findWhole('type');
  const moves = traderOf(context).account.marginMoves();
  const rows = moves.filter((move) => move.symbol === symbol && (type === undefined || moveWord(move.amount) === type));
  return pageOf(context.params, rows, { timeOf: (move) => move.atMs, limitDefault: 500, limitMax: 500 }).map(marginMoveJson);
}
