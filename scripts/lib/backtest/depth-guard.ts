/** Whether the gateway lets a command through, by what the backtest's gateway knows at this moment. */
import type { OrderCommand } from '../../../brain/oms/working.ts';
import type { OrderRequest } from '../../../gateway/venues/venue.ts';
import type { Refusal } from '../../../shared/command.ts';
import type { Config } from '../../../shared/config.ts';
import { fractionalTicks, type Instrument, notionalOf } from '../../../shared/instrument.ts';
import { type Atoms, lots, type MonoMs, monoMs, ticks } from '../../../shared/units.ts';
import type { SnapshotMaker } from './depth-snapshot.ts';
import type { DepthVenue } from './depth-venue.ts';
import { guarded } from './guarding.ts';
import type { BookWindow } from './local-books.ts';
import type { LocalDesk } from './local-desk.ts';
import { sumOf } from './tally.ts';

export type Guarding = {
  readonly config: Config;
  readonly venue: DepthVenue;
  readonly desk: LocalDesk;
  readonly books: BookWindow;
  readonly snapshots: SnapshotMaker;
  readonly basedOnAt: MonoMs;
  readonly ttlMs: number;
  readonly closing: boolean;
  readonly equity: Atoms;
};

export function guardedCommand(command: Exclude<OrderCommand, { readonly kind: 'cancel' }>, guarding: Guarding): Refusal | null {
  const { config, venue, desk, books, basedOnAt, ttlMs, closing, equity } = guarding;
  const { symbol, clientId, price, size } = command;
  const instrument = venue.instruments.get(symbol);
  if (!instrument) return 'unknown-symbol';
  const replaces = command.kind === 'amend' ? desk.ledger.order(clientId) : null;
  if (command.kind === 'amend') {
    const hindrance = desk.hindrance(clientId);
    if (hindrance !== null) return hindrance;
    if (replaces === null || size <= replaces.order.filled) return 'filter';
  }
  const terms = command.kind === 'place' ? command : replaces;
  if (!terms) return 'unknown-order';
  const { side, timeInForce, reduceOnly } = terms;
  const request: OrderRequest = { symbol, clientId, side, kind: 'limit', timeInForce, price, size, reduceOnly };
  const markPrice = books.mark(symbol)?.markPrice ?? null;
  const watched = {
    ...{ config, instrument, book: books.view(symbol), markPrice, markAgeMs: books.markAgeMs(symbol), equity, basedOnAt, ttlMs, closing },
    liquidationPercent: liquidationPercent(guarding, { instrument, markPrice }),
    held: desk.ledger.positions.row(symbol).size,
    own: desk.ledger.movingOrders(symbol),
    otherGross: otherGross(guarding, symbol),
    now: monoMs(venue.nowMs),
  };
  return guarded(watched, { request, replaces })?.code ?? null;
}

function liquidationPercent(
  { snapshots }: Guarding,
  { instrument, markPrice }: { readonly instrument: Instrument; readonly markPrice: string | null },
) {
  const price = snapshots.liquidationPrice(instrument.symbol);
  if (price === null || markPrice === null) return null;
  const [at, end] = [fractionalTicks(instrument, markPrice), fractionalTicks(instrument, price)];
  return (Math.abs(at - end) / at) * 100;
}

/** At most: what is held of the others and what rests there, all on one side. */
function otherGross({ venue, desk, books }: Guarding, except: string): Atoms {
  return sumOf(
    [...venue.instruments.values()]
      .filter(({ symbol }) => symbol !== except)
      .map((instrument) => {
        const { symbol } = instrument;
        const best = books.look(symbol).best;
        const resting = desk.ledger.movingOrders(symbol).reduce((sum, { order }) => sum + Math.max(0, order.size - order.filled), 0);
        const size = lots(Math.abs(desk.ledger.positions.row(symbol).size) + resting);
        return notionalOf(instrument, { price: ticks(best ? Math.ceil((best.bid + best.ask) / 2) : 0), size });
      }),
  );
}
