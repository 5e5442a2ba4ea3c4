/**
 * The order management of one strategy on one symbol: from what it wants to what is asked for now. Pure; the backtester runs it as it is.
 * The plan says what leads there; what stands off only briefly waits, what margin cannot hold waits for the cancels, and the symbol's
 * ration and the venue's windows decide how much of the rest leaves.
 */
import type { Role } from '../../shared/client-id.ts';
import type { Config } from '../../shared/config.ts';
import type { Header } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { WantedQuote } from '../strategy/strategy.ts';
import { withoutCrossing } from './cross.ts';
import { type OmsState, type Note, noteSent } from './notes.ts';
import { toleranceStretch } from './pacing.ts';
import type { Tolerance } from './pair.ts';
import { type Move, type PlanAction, plan, type Urgency } from './plan.ts';
import { ration, type RationRules } from './ration.ts';
import { reprice } from './reprice.ts';
import { afterCancels, type RoomInput } from './room.ts';
import { isDue, isFlip, type SettleRules, standsOff } from './settle.ts';
import type { OrderCommand, WorkingOrder } from './working.ts';

export type OmsRules = { readonly tolerance: Tolerance; readonly settle: SettleRules; readonly ration: RationRules };
export type Steering = {
  readonly wanted: readonly WantedQuote[];
  /** Own orders of the strategy under this lease, commands on their way laid over them, vanished ones as unknown. */
  readonly own: readonly WorkingOrder[];
  readonly room: RoomInput;
  readonly header: Pick<Header, 'budgets' | 'wallMs' | 'amends'>;
  readonly rules: OmsRules;
  readonly now: MonoMs;
};
export type Steered = { readonly oms: OmsState; readonly actions: readonly PlanAction[] };

/** `priceBps` comes with the strategy: how near is near enough is a matter of what it quotes on. */
export const omsRules = ({ brain: { oms }, snapshot }: Pick<Config, 'brain' | 'snapshot'>, priceBps: number): OmsRules => ({
  tolerance: { priceBps, sizeUnder: oms.sizeUnderPercent / 100, sizeOver: oms.sizeOverPercent / 100 },
  settle: { snapshots: oms.settleSnapshots, tickMs: snapshot.intervalMs, farFactor: oms.settleFactor },
  ration: { perSecond: oms.actionsPerSecond, burst: oms.actionBurst },
});

/** Until the venue has told: fewer amends than any is known to allow. */
const AMENDS_UNTOLD = { most: 1_000, shrinkKeepsPlace: false };

/** What leads to the wanted quotes and is due. */
export function steer(before: OmsState, { wanted, own, room, header, rules, now }: Steering): Steered {
  const { most, shrinkKeepsPlace } = header.amends ?? AMENDS_UNTOLD;
  const tolerance = stretched(rules.tolerance, header);
  const planned = plan({
    ...{ wanted: reprice(wanted, { repricing: before.repricing, now }), working: own, tolerance, shrinkKeepsPlace },
    tagOf: ({ clientId }) => before.notes.get(clientId)?.tag ?? '',
    canAmend: ({ clientId, kind }) => kind === 'limit' && isBelow(before.notes.get(clientId), most),
  });
  const due = planned.filter((action) => {
    const note = isMove(action) ? before.notes.get(action.order.clientId) : undefined;
    return !isMove(action) || !note || isDue(action, { moved: note, rules: rules.settle, tolerance, now, atMs: header.wallMs });
  });
  return {
    oms: countOff(before, { moves: planned.filter(isMove), rules: rules.settle, atMs: header.wallMs }),
    actions: afterCancels(withoutCrossing(due, room.working), room),
  };
}

export type Named = { readonly command: OrderCommand; readonly urgency: Urgency };
export type Naming = {
  readonly symbol: string;
  readonly role: Role;
  /** Run that the orders belong to. */
  readonly strategy: string;
  readonly reason: string;
  /** Null when the lease has none left. */
  readonly nextId: (role: Role) => string | null;
};

/** As commands, with an id for each place. A replacement is two, the cancel first. */
export function commandsOf(actions: readonly PlanAction[], naming: Naming): readonly Named[] {
  return actions.flatMap((action): Named[] => {
    if (action.kind === 'place') return namedPlace(action, naming);
    const { urgency } = action;
    const named = { symbol: naming.symbol, clientId: action.order.clientId };
    if (action.kind === 'amend')
      return [{ command: { kind: 'amend', ...named, strategy: naming.strategy, price: action.price, size: action.size }, urgency }];
    const cancel: Named = { command: { kind: 'cancel', ...named }, urgency };
    if (action.kind === 'cancel') return [cancel];
    const place = namedPlace(action, naming);
    return place.length === 0 ? [] : [cancel, ...place];
  });
}

function namedPlace(
  { quote, urgency }: Extract<PlanAction, { kind: 'place' | 'replace' }>,
  { symbol, role, strategy, reason, nextId }: Naming,
): Named[] {
  const clientId = nextId(role);
  if (clientId === null) return [];
  const { side, price, size, reduceOnly = false, tag = '' } = quote;
  const order = { symbol, strategy, clientId, side, price, size, reduceOnly, reason, tag } as const;
  return [{ command: { kind: 'place', timeInForce: 'post-only', ...order }, urgency }];
}

export type Letting<T> = {
  readonly named: readonly (Omit<Named, 'command'> & { readonly command: T })[];
  readonly rules: OmsRules;
  /** Price tolerance of the run that an order belongs to; without it that of the rules. */
  readonly priceBpsOf?: (order: WorkingOrder) => number;
  readonly header: Steering['header'];
  readonly now: MonoMs;
};
export type Let<T> = {
  readonly oms: OmsState;
  readonly commands: readonly T[];
  /** How many wait for the symbol's ration. */
  readonly waiting: number;
};

/** What the symbol's ration lets leave, most urgent first; the notes know of it. */
export function letLeave<T extends OrderCommand>(before: OmsState, { named, rules, priceBpsOf, header, now }: Letting<T>): Let<T> {
  const { leave, wait, tokens } = ration(named, { tokens: before.tokens, rules: rules.ration, now });
  const toleranceOf = ({ order }: Note): Tolerance =>
    stretched({ ...rules.tolerance, priceBps: priceBpsOf?.(order) ?? rules.tolerance.priceBps }, header);
  const oms = noteSent(before, {
    commands: leave.map(({ command }) => command),
    isFlip: (note: Note, price) => isFlip(price, { moved: note, tolerance: toleranceOf(note), now }),
    now,
  });
  return { oms: { ...oms, tokens }, commands: leave.map(({ command }) => command), waiting: wait.length };
}

/** One whose amends nobody has counted from the beginning is amended no more: that the venue refuses it would be known too late. */
const isBelow = (note: Note | undefined, most: number): boolean => note === undefined || (note.amends !== null && note.amends < most);

const isMove = (action: PlanAction): action is Move => action.kind === 'amend' || action.kind === 'replace';

/** The nearer the account comes to the venue's limits, the further a quote may stand off. */
const stretched = (tolerance: Tolerance, header: Pick<Header, 'budgets' | 'wallMs'>): Tolerance => ({
  ...tolerance,
  priceBps: tolerance.priceBps * toleranceStretch(header),
});

/** Counts the snapshots in a row in which an order stood off. */
function countOff(oms: OmsState, { moves, ...at }: Counting): OmsState {
  const off = new Set(moves.map(({ order }) => order.clientId));
  const notes = new Map([...oms.notes].map(([id, note]) => [id, { ...note, ...(off.has(id) ? standsOff(note, at) : ON) }]));
  return { ...oms, notes };
}
type Counting = { readonly moves: readonly Move[]; readonly rules: SettleRules; readonly atMs: number };
const ON = { offFor: 0, offAtMs: null };
