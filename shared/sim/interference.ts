/** What may happen between a command and its effect on purpose: the exchange asks at each such point. Without faults nothing does. */
import type { SimOrder } from './exchange-events.ts';

export type Interference = {
  /** A command about an open order has arrived and is about to be applied: the order may fill first. */
  readonly beforeChange: (order: SimOrder, command: 'cancel' | 'amend') => void;
  /** An order has been taken in; its acknowledgement has not left yet. */
  readonly afterPlace: (order: SimOrder) => void;
  /** True while queries do not show this order yet. */
  readonly hides: (order: SimOrder) => boolean;
};

export const NO_INTERFERENCE: Interference = {
  beforeChange: () => undefined,
  afterPlace: () => undefined,
  hides: () => false,
};
