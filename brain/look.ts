/** What one turn sees of one symbol before any run is asked: what is held, whether a hard exit closes it, what rests, what may be quoted on. Pure. */
import type { ExitParameters } from '../shared/exit-parameters.ts';
import type { Header } from '../shared/snapshot.ts';
import { isLeased } from './oms/leased.ts';
import { EMPTY_OMS, look, type OmsState } from './oms/notes.ts';
import { isSteered, type Pending, stillPending, type WorkingOrder, workingOrders } from './oms/working.ts';
import { type ExitReason, type Exits, judgeExit } from './risk/exits.ts';
import type { MonoMs, WallMs } from '../shared/units.ts';
import { commissionOf, type Documents, type HeldView, heldView, type MarketView, marketView } from './view.ts';

/** The gateway refused an order of a run, and why; nothing but cancels of it leaves before `untilMs`. */
export type Refusal = { readonly code: string; readonly untilMs: MonoMs };
/** What is kept of one symbol from turn to turn, beside the states of the strategies. */
export type SymbolState = {
  readonly exits: Exits;
  readonly pending: readonly Pending[];
  /** By run. */
  readonly refusals: Readonly<Record<string, Refusal>>;
  /** What the OMS remembers of the orders of all runs. */
  readonly oms: OmsState;
  /** Runs that came in the place of others: they begin when nothing of those rests any more. Absent: none did. */
  readonly draining?: readonly string[];
};

export const initialSymbol = (exits: Exits): SymbolState => ({ exits, pending: [], refusals: {}, oms: EMPTY_OMS });

export type Look = {
  readonly symbol: string;
  readonly state: SymbolState;
  /** Null: not even the position is known. */
  readonly held: HeldView | null;
  readonly working: readonly WorkingOrder[];
  readonly market: MarketView | null;
  /** Why no run may act on the symbol; null when they may. */
  readonly reason: string | null;
  readonly close: ExitReason | null;
  /** Client ids of orders that vanished without an end: the gateway's ledger is to be asked. */
  readonly ask: readonly string[];
};
export type Looking = {
  readonly symbol: string;
  readonly documents: Documents;
  readonly now: MonoMs;
  readonly nowMs: WallMs;
  readonly mayTrade: boolean;
  /** Of this symbol. */
  readonly exits: ExitParameters;
  readonly tickMs: number;
  readonly ttlMs: number;
  readonly maxAgeMs: number;
};

export function lookAt(before: SymbolState, looking: Looking): Look {
  const { symbol, documents, now, ttlMs, maxAgeMs } = looking;
  const { seq, brainEpoch } = documents.header;
  const pending = stillPending({ pending: before.pending, seq, lease: brainEpoch, now, ttlMs });
  const held = heldView(documents, { symbol, maxAgeMs });
  if (typeof held === 'string') return blind({ ...before, pending }, { symbol, reason: held });
  const lease = Math.max(brainEpoch, before.oms.lease); // for a moment none may be in force
  const { oms, vanished, ask } = look(before.oms, {
    shown: ownOf(held.orders, { ...documents.header, brainEpoch: lease }),
    pending,
    lease,
    now,
  });
  const exit = judge(before.exits, { looking, held });
  const working = workingOrders({ orders: [...held.orders, ...vanished], pending });
  const seen = { symbol, state: { ...before, pending, oms, exits: exit.exits }, held, working, close: exit.close, ask };
  if (exit.close !== null || exit.exits.state.at !== 'armed') {
    const reason = exit.exits.state.at === 'cooling' ? 'cooling-down' : `closing-${exit.close ?? 'position'}`;
    return { ...seen, market: null, reason };
  }
  const market = marketView(documents, { symbol, held });
  if (typeof market === 'string') return { ...seen, market: null, reason: market };
  return { ...seen, market, reason: looking.mayTrade ? null : 'no-lease' };
}

const blind = (state: SymbolState, { symbol, reason }: { readonly symbol: string; readonly reason: string }): Look => ({
  ...{ symbol, state, reason },
  ...{ held: null, working: [], market: null, close: null, ask: [] },
});

/** Of the strategies, placed under the lease that is in force or inherited with it. */
export const ownOf = (orders: readonly WorkingOrder[], header: Header): readonly WorkingOrder[] =>
  orders.filter(({ role, clientId }) => isSteered(role) && isLeased(clientId, header));

function judge(exits: Exits, { looking, held }: { readonly looking: Looking; readonly held: HeldView }) {
  const { instrument, position, entryPrice, markPrice, markAgeMs, opening, bids, asks } = held;
  const { header, seenAt } = looking.documents;
  const view = {
    instrument,
    position,
    entryPrice,
    markPrice,
    opening,
    taken: position > 0 ? bids : asks,
    markAgeMs: markAgeMs === null ? null : markAgeMs + Math.max(0, looking.now - seenAt),
    takerShare: commissionOf(held.document)?.taker ?? null,
    stopFilled: held.orders.some(({ role, status }) => role === 'stop' && status === 'filled'),
    atMs: header.wallMs,
    tickMs: looking.tickMs,
    closing: header.closing.includes(looking.symbol),
    seq: header.seq,
    nowMs: looking.nowMs,
  };
  return judgeExit(exits, { view, parameters: looking.exits });
}

/** Whose an order is: the run that its tag names, else the only one on the symbol. */
export const isOf = (
  order: { readonly strategy?: string | undefined },
  { id, alone }: { readonly id: string; readonly alone: boolean },
): boolean => (order.strategy === undefined ? alone : order.strategy === id);
