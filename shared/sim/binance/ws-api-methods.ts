/** Methods of the WebSocket API and the REST call each of them is (reference sheet 2026-11, section 10). */

/** By name, then by version. */
const CALLS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'order.place': { 1: 'POST /fapi/v1/order' },
  'order.modify': { 1: 'PUT /fapi/v1/order' },
  'order.cancel': { 1: 'DELETE /fapi/v1/order' },
  'order.status': { 1: 'GET /fapi/v1/order' },
  'algoOrder.place': { 1: 'POST /fapi/v1/algoOrder' },
  'algoOrder.cancel': { 1: 'DELETE /fapi/v1/algoOrder' },
  'account.balance': { 1: 'GET /fapi/v2/balance', 2: 'GET /fapi/v3/balance' },
  'account.status': { 1: 'GET /fapi/v2/account', 2: 'GET /fapi/v3/account' },
  'account.position': { 1: 'GET /fapi/v2/positionRisk', 2: 'GET /fapi/v3/positionRisk' },
  depth: { 1: 'GET /fapi/v1/depth' },
  'ticker.price': { 1: 'GET /fapi/v2/ticker/price' },
  'ticker.book': { 1: 'GET /fapi/v1/ticker/bookTicker' },
  'userDataStream.start': { 1: 'POST /fapi/v1/listenKey' },
  'userDataStream.ping': { 1: 'PUT /fapi/v1/listenKey' },
  'userDataStream.stop': { 1: 'DELETE /fapi/v1/listenKey' },
};

/** Method and path of the REST interface; null for a method of no such name or version. */
export const callOf = ({ name, version }: { readonly name: string; readonly version: number }): string | null =>
  CALLS[name]?.[version] ?? null;
