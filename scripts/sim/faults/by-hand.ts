/** What a person does to the account over the website while our program trades on it. */
import * as z from 'zod';
import { parsePrice, parseSize } from '../../../shared/instrument.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import { queryJson } from '../../../shared/sim/binance/order-json.ts';

const account = { apiKey: z.string(), symbol: z.string() };

export const HAND_FAULTS = [
  /** A market order. */
  z.strictObject({ kind: z.literal('manual-order'), ...account, side: z.enum(['BUY', 'SELL']), quantity: z.string() }),
  /** A limit order that stays. */
  z.strictObject({
    kind: z.literal('foreign-order'),
    ...account,
    side: z.enum(['BUY', 'SELL']),
    price: z.string(),
    quantity: z.string(),
    clientId: z.string().optional(),
  }),
  /** Cancels an order, a foreign one or one of ours. */
  z.strictObject({ kind: z.literal('foreign-cancel'), ...account, clientId: z.string() }),
] as const;
const HandFault = z.discriminatedUnion('kind', [...HAND_FAULTS]);
export type HandFault = z.infer<typeof HandFault>;

export class ByHand {
  readonly #exchange: () => Exchange;
  #orders = 0;

  constructor({ exchange }: { readonly exchange: () => Exchange }) {
    this.#exchange = exchange;
  }

  /** The order as a query shows it, or why it could not be done. */
  start(fault: HandFault): Result<unknown, string> {
    const exchange = this.#exchange();
    const { apiKey, symbol } = fault;
    if (!exchange.hasAccount(apiKey)) return err(`apiKey: ${JSON.stringify(apiKey)} has no account here`);
    const market = exchange.markets.get(symbol);
    if (!market) return err(`symbol: ${JSON.stringify(symbol)} is not open here`);
    const done =
      fault.kind === 'foreign-cancel'
        ? exchange.desk.cancel(exchange.trader(apiKey), { symbol, clientId: fault.clientId })
        : this.#place(exchange, fault);
    if (typeof done === 'string') return err(done);
    return done.ok ? ok(queryJson(market.instrument, done.value)) : err(`${fault.kind}: refused, ${done.error.kind}`);
  }

  #place(exchange: Exchange, fault: Exclude<HandFault, { kind: 'foreign-cancel' }>): ReturnType<Exchange['desk']['place']> | string {
    const { symbol } = fault;
    const { instrument } = exchange.market(symbol);
    const size = parseSize(instrument, fault.quantity);
    const price = fault.kind === 'foreign-order' ? parsePrice(instrument, fault.price) : null;
    if (size === null || (fault.kind === 'foreign-order' && price === null)) return `price, quantity: no steps of ${symbol}`;
    const terms =
      price === null ? { type: 'market' as const, timeInForce: 'ioc' as const } : { type: 'limit' as const, timeInForce: 'gtc' as const };
    const named = fault.kind === 'foreign-order' ? fault.clientId : undefined;
    return exchange.desk.place(exchange.trader(fault.apiKey), {
      symbol,
      side: fault.side === 'BUY' ? 'buy' : 'sell',
      size,
      price,
      ...terms,
      clientId: named ?? `web_sim${++this.#orders}`,
      selfTrade: 'expire-maker',
      reduceOnly: false,
      positionSide: 'both',
    });
  }
}
