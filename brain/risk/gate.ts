/**
 * The only maker of `Approved` commands: per-order and position limits, checked before anything leaves the brain. The gateway's guard
 * checks all of it again with other code. An absent limit means zero. Cancels always pass; so does what can only reduce.
 */
import type { SymbolLimits } from '../../shared/limits.ts';
import { floorSteps, type Instrument, notionalOf } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { type Lots, lots, parseAtoms, type Ticks, ticks } from '../../shared/units.ts';
import { type CancelCommand, type OrderCommand, openLots, type WorkingOrder } from '../oms/working.ts';

declare const approved: unique symbol;
export type Approved<T> = T & { readonly [approved]: true };
export type GateInput = {
  readonly commands: readonly OrderCommand[];
  readonly instrument: Instrument;
  readonly limits: SymbolLimits | null;
  /** Signed. */
  readonly position: Lots;
  /** Every own order on the symbol that has not ended, whatever its role. */
  readonly working: readonly WorkingOrder[];
};
export type Held = { readonly command: OrderCommand; readonly why: 'order-notional' | 'position-limit' | 'open-orders' };
export type Gated = { readonly approved: readonly Approved<OrderCommand>[]; readonly held: readonly Held[] };

/** Room that is left on each side, used up command by command. */
type Room = { buy: number; sell: number; orders: number };

export function gate(input: GateInput): Gated {
  const room = roomOf(input);
  const result: { approved: Approved<OrderCommand>[]; held: Held[] } = { approved: [], held: [] };
  for (const command of input.commands) {
    const why = hindrance(command, { input, room });
    if (why === null) result.approved.push(command as Approved<OrderCommand>);
    else result.held.push({ command, why });
  }
  return result;
}

/** What only takes back needs no limit. */
export const approveCancels = (cancels: readonly CancelCommand[]): readonly Approved<CancelCommand>[] =>
  cancels.map((cancel) => cancel as Approved<CancelCommand>);

function hindrance(command: OrderCommand, { input, room }: { readonly input: GateInput; readonly room: Room }): Held['why'] | null {
  if (command.kind === 'cancel' || (command.kind === 'place' && command.reduceOnly)) return null;
  const order = command.kind === 'amend' ? input.working.find(({ clientId }) => clientId === command.clientId) : null;
  if (order?.reduceOnly) return null;
  if (exceedsNotional(command, input)) return 'order-notional';
  const side: Side = command.kind === 'place' ? command.side : (order?.side ?? 'buy');
  const more = command.kind === 'place' ? command.size : Math.max(0, command.size - (order?.size ?? 0));
  if (more > 0 && more > room[side]) return 'position-limit'; // what adds nothing may stay where the room is gone
  if (command.kind === 'place' && room.orders < 1) return 'open-orders';
  room[side] -= more;
  if (command.kind === 'place') room.orders--;
  return null;
}

/** From the worst case: held, and every open lot of that side filled, those on their way to a cancel included. */
function roomOf({ instrument, limits, position, working }: GateInput): Room {
  const most = limits ? floorSteps({ text: limits.maxPosition, step: instrument.stepSize }) : 0;
  const open = (side: Side): number =>
    working.filter((order) => order.side === side && !order.reduceOnly).reduce((sum, order) => sum + openLots(order), 0);
  return {
    buy: most - position - open('buy'),
    sell: most + position - open('sell'),
    orders: (limits?.maxOpenOrders ?? 0) - working.length,
  };
}

function exceedsNotional(command: { readonly price: Ticks; readonly size: Lots }, { instrument, limits }: GateInput): boolean {
  const most = parseAtoms(limits?.maxOrderNotional ?? '0') ?? 0n;
  return notionalOf(instrument, { price: ticks(command.price), size: lots(command.size) }) > most;
}
