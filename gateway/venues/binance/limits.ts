/** Hosts, routes and the cost of every call we make. Section numbers are those of the reference sheet 2026-11 on Binance USD-M docs. */

/** `api`: the WebSocket API; without it orders leave over REST alone. `wallet`: tells the rights of a key; `/sapi` is on mainnet only. */
export type Endpoints = {
  readonly rest: string;
  readonly stream: string;
  readonly api?: string | undefined;
  readonly wallet?: string | undefined;
};

/** 1.1 and 1.2. The stream host is followed by a route: an unrouted or misrouted stream opens and stays silent. */
export const ENDPOINTS = {
  mainnet: {
    rest: 'https://fapi.binance.com',
    stream: 'wss://fstream.binance.com',
    api: 'wss://ws-fapi.binance.com/ws-fapi/v1',
    wallet: 'https://api.binance.com',
  },
  testnet: {
    rest: 'https://demo-fapi.binance.com',
    stream: 'wss://demo-fstream.binance.com',
    api: 'wss://testnet.binancefuture.com/ws-fapi/v1', // the demo's own stream host does not serve it
  },
} as const satisfies Record<string, Endpoints>;

export const simEndpoints = (port: number): Endpoints => ({
  rest: `http://127.0.0.1:${port}`,
  stream: `ws://127.0.0.1:${port}`,
  api: `ws://127.0.0.1:${port}/ws-fapi/v1`,
});

/** `key`: API key header only; `signed`: header, timestamp and signature (2.1). */
export type Security = 'none' | 'key' | 'signed';
/** `safe` to send again after a transport error: reads, and cancels, which are idempotent in effect (13). Orders never are. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly security: Security;
  readonly weight: number;
  /** In ten seconds, and in a minute where that differs. */
  readonly orders: number;
  readonly orders1m?: number;
  readonly safe: boolean;
  /** Market data, and what nobody waits for: stays out of the weight that is kept for cancels. */
  readonly spare?: boolean;
};

const read = (path: string, weight: number, security: Security): Call => ({ method: 'GET', path, security, weight, orders: 0, safe: true });

export const CALLS = {
  // 3.1
  place: { method: 'POST', path: '/fapi/v1/order', security: 'signed', weight: 0, orders: 1, safe: false },
  amend: { method: 'PUT', path: '/fapi/v1/order', security: 'signed', weight: 0, orders: 1, safe: false },
  cancel: { method: 'DELETE', path: '/fapi/v1/order', security: 'signed', weight: 1, orders: 0, safe: true },
  cancelMany: { method: 'DELETE', path: '/fapi/v1/batchOrders', security: 'signed', weight: 1, orders: 0, safe: true },
  placeMany: { method: 'POST', path: '/fapi/v1/batchOrders', security: 'signed', weight: 5, orders: 5, orders1m: 1, safe: false },
  amendMany: { method: 'PUT', path: '/fapi/v1/batchOrders', security: 'signed', weight: 5, orders: 5, orders1m: 1, safe: false },
  countdown: { method: 'POST', path: '/fapi/v1/countdownCancelAll', security: 'signed', weight: 10, orders: 0, safe: false },
  query: read('/fapi/v1/order', 1, 'signed'),
  openOrders: read('/fapi/v1/openOrders', 1, 'signed'),
  openOrdersAll: read('/fapi/v1/openOrders', 40, 'signed'),
  allOrders: read('/fapi/v1/allOrders', 5, 'signed'),
  userTrades: read('/fapi/v1/userTrades', 5, 'signed'),
  // 3.2
  placeStop: { method: 'POST', path: '/fapi/v1/algoOrder', security: 'signed', weight: 0, orders: 1, safe: false },
  cancelStop: { method: 'DELETE', path: '/fapi/v1/algoOrder', security: 'signed', weight: 1, orders: 0, safe: true },
  queryStop: read('/fapi/v1/algoOrder', 1, 'signed'),
  allStops: read('/fapi/v1/allAlgoOrders', 5, 'signed'),
  openStops: read('/fapi/v1/openAlgoOrders', 1, 'signed'),
  openStopsAll: read('/fapi/v1/openAlgoOrders', 40, 'signed'),
  // 3.3
  balance: read('/fapi/v3/balance', 5, 'signed'),
  positionRisk: read('/fapi/v3/positionRisk', 5, 'signed'),
  symbolConfig: read('/fapi/v1/symbolConfig', 5, 'signed'),
  account: read('/fapi/v3/account', 5, 'signed'),
  accountConfig: read('/fapi/v1/accountConfig', 5, 'signed'), // position mode and multi-assets mode for a sixth of what their own call weighs
  commissionRate: read('/fapi/v1/commissionRate', 20, 'signed'),
  income: { ...read('/fapi/v1/income', 30, 'signed'), spare: true }, // of one type; the last three months; nothing waits for it
  listenKeyCreate: { method: 'POST', path: '/fapi/v1/listenKey', security: 'key', weight: 1, orders: 0, safe: true },
  listenKeyKeep: { method: 'PUT', path: '/fapi/v1/listenKey', security: 'key', weight: 1, orders: 0, safe: true },
  keyRights: read('/sapi/v1/account/apiRestrictions', 1, 'signed'), // on the wallet host (Binance wallet docs)
  // 3.4
  time: read('/fapi/v1/time', 1, 'none'),
  exchangeInfo: read('/fapi/v1/exchangeInfo', 1, 'none'),
  premiumIndex: { ...read('/fapi/v1/premiumIndex', 1, 'none'), spare: true },
  premiumIndexAll: { ...read('/fapi/v1/premiumIndex', 10, 'none'), spare: true },
  depth: { ...read('/fapi/v1/depth', 20, 'none'), spare: true }, // with limit=1000
  klines: { ...read('/fapi/v1/klines', 5, 'none'), spare: true }, // with limit 500..1000
} as const satisfies Record<string, Call>;

/** Levels a side of a depth snapshot (3.4). */
export const DEPTH_LIMIT = 1_000;
/** Rows of one klines call that still cost 5 (3.4). */
export const KLINES_LIMIT = 1_000;
export const TRADES_LIMIT = 1_000;
export const INCOME_LIMIT = 1_000;
/** The list of income reaches back three months (3.3). */
export const INCOME_KEPT_MS = 89 * 86_400_000;
/** An amend is put at the end of the queue, a mere decrease of the size too; one order may have this many (3.1). */
export const AMENDS = { most: 10_000, shrinkKeepsPlace: false } as const;
/** Orders or amends of one batch; it costs the same whatever is in it (3.1: whether fewer than five cost less is not told). */
export const ORDER_BATCH = { most: 5, orders10s: 5, orders1m: 1, weight: 5 } as const;
export const ORDERS_LIMIT = 1_000;
/** Ids of one batch cancel (3.1). */
export const CANCEL_BATCH = 10;
/** Up to this many symbols, open orders are cheaper asked one by one (3.1: 1 each against 40). */
export const OPEN_ORDERS_SINGLE = 20;

/** Account limits until exchangeInfo has told them (5). */
export const DEFAULT_LIMITS = { weight1m: 2_400, orders1m: 1_200, orders10s: 300 } as const;
