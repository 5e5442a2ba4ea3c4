import { expect, test } from 'vitest';
import type { PlanAction } from '../../../brain/oms/plan.ts';
import { afterCancels, type Margin } from '../../../brain/oms/room.ts';
import type { WorkingOrder } from '../../../brain/oms/working.ts';
import type { WantedQuote } from '../../../brain/strategy/strategy.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../../shared/units.ts';
import { INSTRUMENT, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const quote = (side: Side, size = 10, over: Partial<WantedQuote> = {}): WantedQuote => ({
  ...{ side, price: ticks(600_000), size: lots(size), level: 0 },
  ...over,
});
const place = (one: WantedQuote): PlanAction => ({ kind: 'place', quote: one, urgency: 'rest' });
const cancel = (order: WorkingOrder): PlanAction => ({ kind: 'cancel', order, urgency: 'cancel' });
/** Ten lots at 60000.00 are 600; with leverage 10 that takes 60. */
const margin = (available: string, leverage: number | null = 10): Margin => ({ available: parseAtoms(available) ?? ZERO_ATOMS, leverage });
const resting = working({ clientId: id(1), price: ticks(599_000), size: lots(10) });
const going = working({ clientId: id(2), price: ticks(599_000), size: lots(10), status: 'canceling' });

type Case = {
  readonly actions: readonly PlanAction[];
  readonly orders?: readonly WorkingOrder[];
  readonly margin: Margin | null;
  readonly position?: number;
  readonly left: readonly string[];
};
test.each<[string, Case]>([
  [
    'lets all leave while nothing is taken back, whatever is free',
    { actions: [place(quote('buy'))], margin: margin('0'), left: ['place'] },
  ],
  [
    'lets leave what fits beside a cancel',
    { actions: [cancel(resting), place(quote('buy'))], orders: [resting], margin: margin('60.1'), left: ['cancel', 'place'] },
  ],
  [
    'keeps back what fits only after it',
    { actions: [cancel(resting), place(quote('buy'))], orders: [resting], margin: margin('59.9'), left: ['cancel'] },
  ],
  ['keeps it back while the cancel is on its way', { actions: [place(quote('buy'))], orders: [going], margin: margin('59.9'), left: [] }],
  [
    'keeps it back while nobody knows what is free',
    { actions: [place(quote('buy'))], orders: [going], margin: { available: null, leverage: 10 }, left: [] },
  ],
  [
    'keeps it back while nobody knows the leverage',
    { actions: [place(quote('buy'))], orders: [going], margin: margin('1000', null), left: [] },
  ],
  [
    'asks nothing where margin is shared between assets',
    { actions: [place(quote('buy'))], orders: [going], margin: null, left: ['place'] },
  ],
  [
    'needs nothing for the other side of what rests already',
    { actions: [place(quote('sell'))], orders: [going], margin: margin('0'), left: ['place'] },
  ],
  [
    'needs nothing for what can only reduce',
    { actions: [place(quote('buy', 10, { reduceOnly: true }))], orders: [going], margin: margin('0'), left: ['place'] },
  ],
  [
    'needs nothing to sell what is held',
    { actions: [place(quote('sell', 20))], orders: [going], position: 10, margin: margin('0'), left: ['place'] },
  ],
  [
    'lets leave what fits, and keeps back the rest',
    { actions: [place(quote('buy')), place(quote('buy'))], orders: [going], margin: margin('61'), left: ['place'] },
  ],
  [
    'makes a replacement a cancel where both do not fit',
    {
      actions: [{ kind: 'replace', order: resting, quote: quote('buy'), urgency: 'rest' }],
      orders: [resting],
      margin: margin('0'),
      left: ['cancel'],
    },
  ],
])('afterCancels() %s', (_name, { actions, orders = [], margin: free, position = 0, left }) => {
  const told = afterCancels(actions, { instrument: INSTRUMENT, position: lots(position), working: orders, margin: free });
  expect(told.map(({ kind }) => kind)).toEqual(left);
});
