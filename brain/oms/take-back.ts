/** Everything of ours on a symbol is taken back: what rests, and what is on its way and may rest a moment later. Asked once for each order, and again when it did not take. Pure. */
import type { MonoMs } from '../../shared/units.ts';
import { mayCancel, type OmsState } from './notes.ts';
import { type CancelCommand, isSteered, type WorkingOrder } from './working.ts';

export type TakingBack = {
  readonly oms: OmsState;
  readonly orders: readonly Pick<WorkingOrder, 'clientId' | 'role' | 'status'>[];
  readonly symbol: string;
  readonly now: MonoMs;
};

const GOING: ReadonlySet<WorkingOrder['status']> = new Set(['sent', 'open', 'partially-filled', 'amending', 'unknown']);

export const takeBack = ({ oms, orders, symbol, now }: TakingBack): readonly CancelCommand[] =>
  orders
    .filter((order) => isSteered(order.role) && GOING.has(order.status) && mayCancel(oms, { order, now }))
    .map(({ clientId }) => ({ kind: 'cancel', symbol, clientId }));
