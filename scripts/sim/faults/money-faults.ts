/** What befalls the money of an account: transfers, deleveraging, and a loss that leads to its liquidation. */
import * as z from 'zod';
import { parseSize } from '../../../shared/instrument.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { accountEvent } from '../../../shared/sim/account-events.ts';
import { transfer } from '../../../shared/sim/bank.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import { poolMargin } from '../../../shared/sim/margin.ts';
import { atoms, parseAtoms } from '../../../shared/units.ts';

const apiKey = z.string();

export const MONEY_FAULTS = [
  /** Above zero comes in, below zero leaves, as far as it may. */
  z.strictObject({ kind: z.literal('transfer'), apiKey, asset: z.string(), amount: z.string() }),
  /** Up to `quantity` of the position is closed at the mark as the other side of somebody's bankruptcy. */
  z.strictObject({
    kind: z.literal('adl'),
    ...{ apiKey, symbol: z.string(), quantity: z.string() },
    positionSide: z.enum(['BOTH', 'LONG', 'SHORT']).default('BOTH'),
  }),
  /** Half of the maintenance margin is all that the cross wallet of `asset` keeps: the next mark liquidates. */
  z.strictObject({ kind: z.literal('liquidation'), apiKey, asset: z.string() }),
] as const;
const MoneyFault = z.discriminatedUnion('kind', [...MONEY_FAULTS]);
export type MoneyFault = z.infer<typeof MoneyFault>;
type OfKind<K extends MoneyFault['kind']> = Extract<MoneyFault, { kind: K }>;

const SIDES = { BOTH: 'both', LONG: 'long', SHORT: 'short' } as const;

export function moveMoney(exchange: Exchange, fault: MoneyFault): Result<unknown, string> {
  if (!exchange.hasAccount(fault.apiKey)) return err(`apiKey: ${JSON.stringify(fault.apiKey)} has no account here`);
  switch (fault.kind) {
    case 'transfer': {
      const amount = parseAtoms(fault.amount);
      if (amount === null || amount === 0n) return err(`amount: ${JSON.stringify(fault.amount)} is no decimal other than zero`);
      const done = transfer(exchange.bank, exchange.trader(fault.apiKey), { asset: fault.asset, amount });
      return done ? ok({}) : err(`amount: so much of ${fault.asset} may not leave`);
    }
    case 'adl':
      return deleverage(exchange, fault);
    case 'liquidation':
      return ruin(exchange, fault);
    default:
      throw new Error(`Cannot make fault: ${JSON.stringify(fault satisfies never)}`);
  }
}

function deleverage(exchange: Exchange, { apiKey: key, symbol, quantity, positionSide }: OfKind<'adl'>): Result<unknown, string> {
  const instrument = exchange.markets.get(symbol)?.instrument;
  const size = instrument ? parseSize(instrument, quantity) : null;
  if (!instrument || size === null || size <= 0) return err(`symbol, quantity: ${quantity} is no size of ${symbol}`);
  const closed = exchange.clearing.adl(exchange.trader(key), { symbol, side: SIDES[positionSide], size });
  return closed > 0 ? ok({}) : err(`positionSide: nothing of ${symbol} is held there`);
}

function ruin(exchange: Exchange, { apiKey: key, asset }: OfKind<'liquidation'>): Result<unknown, string> {
  const trader = exchange.trader(key);
  const { cross, crossUnrealized, crossMaintenance } = poolMargin(trader, exchange.markets.values(), asset);
  if (crossMaintenance === 0n) return err(`asset: nothing is held on cross margin of ${asset}`);
  const change = atoms(crossMaintenance / 2n - cross - crossUnrealized);
  const atMs = exchange.nowMs;
  trader.account.credit({ type: 'transfer', amount: change, asset, symbol: null, tradeId: null, atMs });
  exchange.bank.tell(accountEvent({ trader, atMs, reason: 'withdraw', wallets: [{ asset, change }] }));
  return ok({});
}
