/**
 * What the OMS remembers of its own orders between snapshots. An order is forgotten only when its end was seen, or the gateway's ledger
 * told it: one that vanishes without (snapshots were missed, Redis was lost and came back empty) is asked for, and counts as working
 * meanwhile. Pure.
 */
import { hasEnded } from '../../shared/order.ts';
import type { MonoMs, Ticks } from '../../shared/units.ts';
import { NO_REPRICING, type Repricing, refusedAt, takenAt } from './reprice.ts';
import type { Tokens } from './ration.ts';
import type { Moved } from './settle.ts';
import { isSettled, type OrderCommand, type Pending, sentOrder, termsOf, type WorkingOrder } from './working.ts';

export type Note = Moved & {
  /** As last shown, or as asked for. */
  readonly order: WorkingOrder;
  readonly tag: string;
  /** Asked of the venue, whatever became of them; null: nobody knows of those that an earlier run of the gateway asked for. */
  readonly amends: number | null;
  readonly cancelAt: MonoMs | null;
  /** When the ledger was last asked what became of it. */
  readonly askedAt: MonoMs | null;
};
export type OmsState = {
  /** The epoch that the notes are of: under a newer one the gateway has cancelled all that went before. */
  readonly lease: number;
  readonly notes: ReadonlyMap<string, Note>;
  readonly tokens: Tokens;
  readonly repricing: Repricing;
};
export const EMPTY_OMS: OmsState = { lease: 0, notes: new Map(), tokens: null, repricing: NO_REPRICING };

export type Shown = {
  /** Own orders of the snapshot made under this lease, those that ended lately included. */
  readonly shown: readonly WorkingOrder[];
  readonly pending: readonly Pending[];
  readonly lease: number;
  readonly now: MonoMs;
};
export type Looked = {
  readonly oms: OmsState;
  /** Orders that should be shown and are not: they count as working, as `unknown`. */
  readonly vanished: readonly WorkingOrder[];
  /** Client ids to ask the ledger for. */
  readonly ask: readonly string[];
};

/** An answer that did not come is asked for again after this. */
const ASK_AGAIN_MS = 1_000;
/** A cancel that did not take is asked for again after this. */
const CANCEL_AGAIN_MS = 1_000;
/** An amended order that the venue cancels within this was refused for its price. */
const AMEND_ENDS_MS = 1_000;

/** Takes in a snapshot. */
export function look(before: OmsState, seen: Shown): Looked {
  const known = seen.lease > before.lease ? { ...before, lease: seen.lease, notes: new Map<string, Note>() } : before;
  const oms = seen.shown.reduce((state, order) => takeIn(state, order, seen), known);
  const there = new Set(seen.shown.map(({ clientId }) => clientId));
  for (const { command } of seen.pending) if (command.kind === 'place') there.add(command.clientId);
  const vanished = [...oms.notes.values()].filter(({ order }) => !there.has(order.clientId));
  const ask = vanished.filter(({ askedAt }) => askedAt === null || seen.now - askedAt >= ASK_AGAIN_MS);
  const notes = new Map(oms.notes);
  for (const note of ask) notes.set(note.order.clientId, { ...note, askedAt: seen.now });
  return {
    oms: { ...oms, notes },
    vanished: vanished.map(({ order }) => ({ ...order, status: 'unknown' })),
    ask: ask.map(({ order }) => order.clientId),
  };
}

function takeIn(oms: OmsState, shown: WorkingOrder, { pending, now }: Shown): OmsState {
  const { clientId, side } = shown;
  const note = oms.notes.get(clientId);
  const notes = new Map(oms.notes);
  if (hasEnded(shown.status)) {
    notes.delete(clientId);
    const price = note ? refusedPrice(shown, note, now) : null;
    return { ...oms, notes, repricing: price === null ? oms.repricing : refusedAt(oms.repricing, { side, price }, now) };
  }
  const asked = pending.find(({ command }) => command.clientId === clientId && command.kind === 'amend')?.command;
  const order = asked?.kind === 'amend' ? { ...shown, amendTo: { price: asked.price, size: asked.size } } : shown;
  notes.set(clientId, { ...(note ?? newNote(order, now)), order, askedAt: null });
  const isNews = note?.order.status === 'sent' && isSettled(shown) && shown.price !== null;
  return {
    ...oms,
    notes,
    repricing: isNews && shown.price !== null ? takenAt(oms.repricing, { side, price: shown.price }) : oms.repricing,
  };
}

/** What the ledger says of an order that was asked for; null: it has never heard of it, so it never was. */
export function answered(oms: OmsState, { clientId, order }: { readonly clientId: string; readonly order: WorkingOrder | null }): OmsState {
  const note = oms.notes.get(clientId);
  if (!note) return oms;
  const notes = new Map(oms.notes);
  if (order === null || hasEnded(order.status)) notes.delete(clientId);
  else notes.set(clientId, { ...note, order });
  return { ...oms, notes };
}

/** Commands that leave now. `isFlip`: tells of an amend whether it goes back to where the order came from. */
export function noteSent(oms: OmsState, { commands, isFlip, now }: Sent): OmsState {
  const notes = new Map(oms.notes);
  for (const command of commands) {
    const note = notes.get(command.clientId);
    if (command.kind === 'place') notes.set(command.clientId, newNote(sentOrder(command, ''), now));
    else if (!note) continue;
    else if (command.kind === 'cancel') notes.set(command.clientId, { ...note, cancelAt: now });
    else notes.set(command.clientId, amendedNote(note, { terms: command, flips: isFlip(note, command.price) ? note.flips + 1 : 0, now }));
  }
  return { ...oms, notes };
}
export type Sent = {
  readonly commands: readonly OrderCommand[];
  readonly isFlip: (note: Note, price: Ticks) => boolean;
  readonly now: MonoMs;
};

/** A refused place never was. */
export function forget(oms: OmsState, clientId: string): OmsState {
  if (!oms.notes.has(clientId)) return oms;
  const notes = new Map(oms.notes);
  notes.delete(clientId);
  return { ...oms, notes };
}

/** True when a cancel of it should leave now: none is on its way, and the last one is long enough ago. */
export function mayCancel(
  oms: OmsState,
  { order, now }: { readonly order: Pick<WorkingOrder, 'clientId' | 'status'>; readonly now: MonoMs },
): boolean {
  const cancelAt = oms.notes.get(order.clientId)?.cancelAt ?? null;
  return order.status !== 'canceling' && (cancelAt === null || now - cancelAt >= CANCEL_AGAIN_MS);
}

/** Of an order that is about to leave, or that is shown for the first time: what an earlier run of the brain knew of it, the gateway tells. */
const newNote = (order: WorkingOrder, now: MonoMs): Note => ({
  ...{
    order,
    tag: order.tag ?? '',
    amends: order.amends ?? null,
    movedAt: now,
    cameFrom: null,
    flips: 0,
    offFor: 0,
    offAtMs: null,
    cancelAt: null,
    askedAt: null,
  },
});

type Amended = {
  readonly terms: { readonly price: Ticks; readonly size: WorkingOrder['size'] };
  readonly flips: number;
  readonly now: MonoMs;
};

function amendedNote(note: Note, { terms: { price, size }, flips, now }: Amended): Note {
  const order: WorkingOrder = { ...note.order, amendTo: { price, size } };
  const moves = price !== note.order.price;
  return {
    ...note,
    order,
    amends: note.amends === null ? null : note.amends + 1,
    offFor: 0,
    offAtMs: null,
    ...(moves ? { movedAt: now, cameFrom: note.order.price, flips } : {}),
  };
}

/** Price at which the venue refused it because it would have taken; null when that is not why it ended. An amend may end its order so. */
function refusedPrice(ended: WorkingOrder, { order, cancelAt, movedAt }: Note, now: MonoMs): Ticks | null {
  if (ended.reason?.startsWith('post-only')) return termsOf(order).price;
  const cancelled = ended.status === 'canceled' || ended.status === 'expired';
  return cancelled && cancelAt === null && order.amendTo && now - movedAt <= AMEND_ENDS_MS ? order.amendTo.price : null;
}
