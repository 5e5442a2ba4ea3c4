/** The depth messages of the bench `book`: what the venue sends for BTCUSDT, seeded, around one price. */
import type { Instrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { formatSteps } from '../../shared/units.ts';

export const MESSAGES = 2_000;
/** Levels a side that are read after each message, and that a book has at the start. */
export const LEVELS = 20;
export const SIDE_LEVELS = 1_000;
export const MID_TICKS = 640_000;

export function depthMessages(instrument: Instrument, changes: number): string[] {
  const random = new Random(7);
  const level = (sign: number): [string, string] => [
    formatSteps({ count: MID_TICKS + sign * (1 + Math.floor(random.exponential(120))), step: instrument.tickSize }),
    formatSteps({ count: random.chance(0.3) ? 0 : 1 + Math.floor(random.exponential(800)), step: instrument.stepSize }),
  ];
  const side = (sign: number): [string, string][] => Array.from({ length: changes / 2 }, () => level(sign));
  return Array.from({ length: MESSAGES }, (_, i) => {
    const last = 5_123_107_839_020 + i * 90;
    const times = { E: 1_795_000_000_101 + i, T: 1_795_000_000_099 + i };
    const ids = { U: last - 60, u: last, pu: last - 90 };
    const data = { e: 'depthUpdate', ...times, s: 'BTCUSDT', ...ids, b: side(-1), a: side(1) };
    return JSON.stringify({ stream: 'btcusdt@depth@100ms', data });
  });
}
