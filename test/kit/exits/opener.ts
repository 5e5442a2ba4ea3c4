/**
 * A strategy that opens a position whenever there is none, long or short by the time of day, and then quotes on both sides of it: something
 * for hard exits to close, that grows and shrinks meanwhile.
 */
import { type Run, runOf } from '../../../brain/runs.ts';
import { sealAlone } from '../../../brain/strategy/seat.ts';
import type { Strategy } from '../../../brain/strategy/strategy.ts';
import { floorSteps } from '../../../shared/instrument.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { SYMBOL } from './plan.ts';

const TURN_MS = 7_000;
/** Distance of a quote, share of the best price, and its size, share of the position wanted. */
const AWAY = 0.0004;
const PART = 0.25;

/** `idle`: it wants nothing. */
export const openerRun = (how: { readonly size: string; readonly idle: boolean }): Run =>
  runOf({ id: 'opener', symbols: [SYMBOL], maxPosition: null }, { strategy: sealAlone(opener(how)), fingerprint: JSON.stringify(how) });

const opener = ({ size, idle }: { readonly size: string; readonly idle: boolean }): Strategy<null> => ({
  name: 'opener',
  role: 'trend',
  initial: () => null,
  decide: ({ position, instrument, atMs, bestBid, bestAsk }) => {
    const side = position !== 0 ? Math.sign(position) : Math.floor(atMs / TURN_MS) % 2 === 0 ? 1 : -1;
    const full = floorSteps({ text: size, step: instrument.stepSize });
    const part = lots(Math.max(1, Math.floor(full * PART)));
    if (idle) return { wish: { quotes: [], target: null, reason: 'idle', signals: {} }, state: null };
    if (Math.abs(position) < full / 2) {
      const target = { position: lots(side * full), slippageBps: 30 };
      return { wish: { quotes: [], target, reason: 'opening', signals: {} }, state: null };
    }
    const quotes = [
      { side: 'buy', price: ticks(Math.floor(bestBid * (1 - AWAY))), size: part, level: 0 },
      { side: 'sell', price: ticks(Math.ceil(bestAsk * (1 + AWAY))), size: part, level: 0 },
    ] as const;
    return { wish: { quotes, target: null, reason: 'quoting', signals: {} }, state: null };
  },
});
