/** The strategy of the tick bench: one bid that follows the best bid at a fixed distance, so that an order answers every change of it. */
import { defineStrategy, quoteAt, z } from '../../../brain/strategy/own.ts';

/** As the relay counts: 200 USDT in ticks of 0.10. */
const BEHIND_TICKS = 2_000;

export const strategy = defineStrategy({
  parameters: z.strictObject({}),
  decide: (view) => ({ quotes: quoteAt(view, { side: 'buy', price: view.bestBid - BEHIND_TICKS, size: '0.005' }) }),
});
