/** Error answers of the wire. A `Refusal` is thrown by the readers of a request and answered in one place, the router. */
import type { Reject, RejectKind } from '../order-checks.ts';

export class Refusal extends Error {
  readonly code: number;
  readonly status: number;

  constructor({ code, message, status = 400 }: { readonly code: number; readonly message: string; readonly status?: number }) {
    super(message);
    this.code = code;
    this.status = status;
  }

  body(): { readonly code: number; readonly msg: string } {
    return { code: this.code, msg: this.message };
  }
}

export const missing = (name: string): Refusal =>
  new Refusal({ code: -1102, message: `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.` });
export const superfluous = (name: string): Refusal => new Refusal({ code: -1106, message: `Parameter '${name}' sent when not required.` });
export const invalidValue = (name: string): Refusal =>
  new Refusal({ code: -1130, message: `Data sent for parameter '${name}' is not valid.` });

type Row = readonly [code: number, message: string];

/** Binance USD-M docs, error codes (reference sheet 2026-11, section 11). `{}` takes the figure of the rule. */
const ROWS: Readonly<Record<RejectKind, Row>> = {
  'price-below-minimum': [-4013, 'Price less than min price.'],
  'price-above-maximum': [-4002, 'Price greater than max price.'],
  'price-too-high': [-4016, "Limit price can't be higher than {}."],
  'price-too-low': [-4024, "Limit price can't be lower than {}."],
  'size-not-positive': [-4003, 'Quantity less than or equal to zero.'],
  'size-below-minimum': [-4004, 'Quantity less than min quantity.'],
  'size-above-maximum': [-4005, 'Quantity greater than max quantity.'],
  'notional-too-small': [-4164, "Order's notional must be no smaller than {} (unless you choose reduce only)."],
  'counterparty-outside-band': [-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."],
  'duplicate-client-id': [-4116, 'ClientOrderId is duplicated.'],
  'too-many-orders': [-2025, 'Reach max open order limit.'],
  'reduce-only': [-2022, 'ReduceOnly Order is rejected.'],
  'not-reduce-only': [-5047, 'The order is not a reduce only order.'],
  'margin-insufficient': [-2019, 'Margin is insufficient.'],
  'leverage-cap': [-2027, 'Exceeded the maximum allowable position at current leverage.'],
  'would-take': [
    -5022,
    'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history.',
  ],
  unfillable: [
    -5021,
    'Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history.',
  ],
  'unknown-order': [-2011, 'Unknown order sent.'],
  'not-limit': [-5025, 'Only limit order is supported.'],
  'side-differs': [-1117, 'Invalid side.'],
  'price-off-tick': [-4014, 'Price not increased by tick size.'],
  'size-off-step': [-4023, 'Quantity not increased by step size.'],
  'no-change': [-5027, 'No need to modify the order.'],
  'too-many-amends': [-5026, 'Exceed maximum modify order limit.'],
  'no-depth': [-1112, 'No orders on book for symbol.'],
  'symbol-closed': [-4141, 'Symbol is closed.'],
  'symbol-not-trading': [-1122, 'Invalid symbol status.'],
  'symbol-not-opening': [-4140, 'Invalid symbol status for opening position.'],
  'amend-not-trading': [-5024, 'Symbol is not in trading status. Order amendment is not permitted.'],
};

export function refusalOf({ kind, limit = '' }: Reject): Refusal {
  const [code, message] = ROWS[kind];
  return new Refusal({ code, message: message.replace('{}', limit) });
}

export const noSuchOrder = (): Refusal => new Refusal({ code: -2013, message: 'Order does not exist.' });
