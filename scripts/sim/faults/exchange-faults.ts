/** Every fault of the exchange itself, as against those of its network: what they are called, and where each takes effect. */
import * as z from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import type { RestRequest, RestResponse } from '../../../shared/sim/binance/rest.ts';
import type { FaultBoard } from './board.ts';
import { ByHand, HAND_FAULTS } from './by-hand.ts';
import { changeListing, LISTING_FAULTS } from './listing-faults.ts';
import { MONEY_FAULTS, moveMoney } from './money-faults.ts';
import { ORDER_FAULTS, OrderFaults } from './order-faults.ts';
import { BOOK_FAULTS, ToldBook } from './told-book.ts';

export const EXCHANGE_FAULTS = [...ORDER_FAULTS, ...BOOK_FAULTS, ...HAND_FAULTS, ...LISTING_FAULTS, ...MONEY_FAULTS] as const;
const ExchangeFault = z.discriminatedUnion('kind', [...EXCHANGE_FAULTS]);
export type ExchangeFault = z.infer<typeof ExchangeFault>;

export class ExchangeFaults {
  readonly orders: OrderFaults;
  readonly book: ToldBook;
  readonly #byHand: ByHand;
  readonly #exchange: () => Exchange;

  /** The exchange may be made later than this: it asks us while it works. */
  constructor(options: { readonly exchange: () => Exchange }) {
    this.#exchange = options.exchange;
    this.orders = new OrderFaults(options);
    this.book = new ToldBook(options);
    this.#byHand = new ByHand(options);
  }

  /** An answer as it is to be told, and for how long it is to be held back. */
  answer(request: RestRequest, response: RestResponse): RestResponse & { readonly holdMs: number } {
    return { ...this.book.answer(request, response), holdMs: this.orders.takeHoldMs() };
  }

  /** What it did, for the one who asked; or one line that says what is wrong with the request. */
  start(fault: ExchangeFault, board: FaultBoard): Result<unknown, string> {
    if ('symbol' in fault && !this.#exchange().markets.has(fault.symbol))
      return err(`symbol: ${JSON.stringify(fault.symbol)} is not open here`);
    switch (fault.kind) {
      case 'manual-order':
      case 'foreign-order':
      case 'foreign-cancel':
        return happened(board, fault, this.#byHand.start(fault));
      case 'crossed-book':
      case 'empty-book':
      case 'stale-snapshot':
        this.book.start(fault, board);
        return ok({});
      case 'filters':
      case 'trading-status':
        return happened(board, fault, changeListing(this.#exchange(), fault));
      case 'transfer':
      case 'adl':
      case 'liquidation':
        return happened(board, fault, moveMoney(this.#exchange(), fault));
      case 'fill-before':
      case 'fill-before-ack':
      case 'duplicate-trade':
      case 'withhold-event':
      case 'read-lag':
        this.orders.start(fault, board);
        return ok({});
      default:
        throw new Error(`Cannot make fault: ${JSON.stringify(fault satisfies never)}`);
    }
  }
}

function happened(board: FaultBoard, fault: ExchangeFault, result: Result<unknown, string>): Result<unknown, string> {
  if (result.ok) board.happen(fault);
  return result;
}
