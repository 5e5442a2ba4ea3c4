/** What the ledger took in, as text for the tape: decimals as strings, times in milliseconds. Pure. */
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import { formatAtoms } from '../../shared/units.ts';
import type { BookedFill, Change, LedgerOrder, PositionRow } from '../account/rows.ts';

export type Instruments = ReadonlyMap<string, Instrument>;

/** One JSON text; null when nothing was changed that is told. */
export function changeText(change: Change, instruments: Instruments): string | null {
  const { orders, fills, positions, corrections, doubts } = change;
  if (orders.length + fills.length + positions.length + corrections.length + doubts.length === 0) return null;
  return JSON.stringify({
    ...(orders.length > 0 && { orders: orders.map((row) => told(row, instruments, orderOf)) }),
    ...(fills.length > 0 && { fills: fills.map((row) => told(row, instruments, fillOf)) }),
    ...(positions.length > 0 && { positions: positions.map((row) => told(row, instruments, positionOf)) }),
    ...(corrections.length > 0 && { corrections }),
    ...(doubts.length > 0 && { doubts }),
  });
}

type Told<T> = (row: T, instrument: Instrument) => object;

function told<T extends { readonly symbol: string }>(row: T, instruments: Instruments, tell: Told<T>): object {
  const instrument = instruments.get(row.symbol);
  return instrument ? tell(row, instrument) : { symbol: row.symbol, untold: 'its contract is not known here' };
}

function orderOf(row: LedgerOrder, instrument: Instrument): object {
  const { clientId, symbol, role, side, kind, timeInForce, reduceOnly, venueId, reason, strategy, sentWallMs, amendTo } = row;
  const { status, price, size, filled } = row.order;
  const terms = (at: { readonly price: typeof price; readonly size: typeof size }) => ({
    price: at.price === null ? null : formatPrice(instrument, at.price),
    size: formatSize(instrument, at.size),
  });
  return {
    ...{ clientId, symbol, role, side, kind, timeInForce, reduceOnly, status, ...terms({ price, size }) },
    ...{ filled: formatSize(instrument, filled), venueId, reason, sentMs: sentWallMs },
    ...(amendTo && { amendTo: terms(amendTo) }),
    ...(strategy !== undefined && { strategy }),
  };
}

function fillOf(fill: BookedFill, instrument: Instrument): object {
  const { n, symbol, clientId, venueId, tradeId, side, price, size, maker, fee, feeAsset, realizedPnl, atMs } = fill;
  return {
    ...{ n, symbol, clientId, venueId, tradeId, side, price: formatPrice(instrument, price), size: formatSize(instrument, size), maker },
    ...{ fee: fee === null ? null : formatAtoms(fee), feeAsset, realizedPnl: realizedPnl === null ? null : formatAtoms(realizedPnl), atMs },
  };
}

function positionOf({ symbol, size, cost, realized, funding, fills }: PositionRow, instrument: Instrument): object {
  const money = { cost: formatAtoms(cost), realized: formatAtoms(realized), funding: formatAtoms(funding) };
  return { symbol, size: formatSize(instrument, size), ...money, fills };
}
