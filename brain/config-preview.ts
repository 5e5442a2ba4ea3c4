/** What other settings would do to the own orders at the snapshot that was seen last: one line for each order. Pure. */
import { formatPrice, formatSize } from '../shared/instrument.ts';
import type { MonoMs, WallMs } from '../shared/units.ts';
import type { OrderCommand, WorkingOrder } from './oms/working.ts';
import { NO_DEEDS } from './risk/account-pulse.ts';
import { type BrainState, type Settings, step } from './step.ts';
import { type Documents, heldView, instrumentIn } from './view.ts';

export type Preview = { readonly settings: Settings; readonly documents: Documents; readonly now: MonoMs; readonly nowMs: WallMs };

/** `state`: under these settings already. A turn is pure, so taking one for the show changes nothing. */
export function ordersMoved(state: BrainState, { settings, documents, now, nowMs }: Preview): readonly string[] {
  const turn = { documents, now, nowMs, fills: [], fees: [], deeds: NO_DEEDS, nextId: () => 'preview', mayTrade: true };
  return step(state, { settings, turn }).symbols.flatMap(({ symbol, commands }) => {
    const held = heldView(documents, { symbol, maxAgeMs: settings.maxAgeMs });
    const resting = typeof held === 'string' ? [] : held.orders;
    return commands.map((command) => `${symbol} ${lineOf(command, { resting, documents })}`);
  });
}

type Shown = { readonly resting: readonly WorkingOrder[]; readonly documents: Documents };

function lineOf(command: OrderCommand, { resting, documents }: Shown): string {
  const instrument = instrumentIn(documents, command.symbol);
  const order = command.kind === 'place' ? undefined : resting.find(({ clientId }) => clientId === command.clientId);
  const side = command.kind === 'place' ? command.side : (order?.side ?? 'order');
  if (instrument === null) return `${command.kind} ${side}`;
  const at = (one: { readonly price: WorkingOrder['price']; readonly size: WorkingOrder['size'] }): string =>
    `${formatSize(instrument, one.size)} at ${one.price === null ? 'market' : formatPrice(instrument, one.price)}`;
  const before = order ? ` ${at(order)}` : '';
  if (command.kind === 'cancel') return `cancel ${side}${before}`;
  return command.kind === 'amend' ? `amend ${side}${before} to ${at(command)}` : `place ${side} ${at(command)}`;
}
