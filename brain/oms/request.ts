/** A command as the gateway reads it: decimals for ticks and lots, and the snapshot that it rests on. Pure. */
import type { Amend, Cancel, Place } from '../../shared/command.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import type { Stamp } from '../../shared/snapshot.ts';
import type { OrderCommand } from './working.ts';

export type OrderRequest = Omit<Place, 'id'> | Omit<Amend, 'id'> | Omit<Cancel, 'id'>;
export type RequestOptions = {
  /** Null: not known any more; then only a cancel can be told. */
  readonly instrument: Instrument | null;
  readonly basedOn: Stamp;
  readonly ttlMs: number;
};

export function requestOf(command: OrderCommand, { instrument, basedOn, ttlMs }: RequestOptions): OrderRequest | null {
  const { clientId } = command;
  if (command.kind === 'cancel') return { type: 'cancel', clientId };
  if (instrument === null) return null;
  const texts = { price: formatPrice(instrument, command.price), size: formatSize(instrument, command.size) };
  if (command.kind === 'amend') return { type: 'amend', clientId, ...texts, basedOn, ttlMs };
  const { symbol, side, timeInForce, reduceOnly, reason, strategy, tag = '' } = command;
  const whose = { reason, strategy, ...(tag === '' ? {} : { tag }) };
  return { type: 'place', clientId, symbol, side, kind: 'limit', timeInForce, ...texts, reduceOnly, ...whose, basedOn, ttlMs };
}
