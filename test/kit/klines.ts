/** Bars for tests: made from closes, walked from a seed, or read from the recorded files. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Random } from '../../shared/random.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { recorded } from './data.ts';

export const FIVE_MINUTES = 300_000;

/** Bars of nothing but their close. */
export const barsOf = (closes: readonly number[], { stepMs = FIVE_MINUTES } = {}): BarRow[] =>
  closes.map((close, n) => [n * stepMs, String(close), String(close), String(close), String(close), '1']);

/** Bars with a range of their own. */
export function walkedBars(seed: number, length: number): BarRow[] {
  const random = new Random(seed);
  let price = 60_000;
  return Array.from({ length }, (_, n) => {
    const open = price;
    price += random.normal() * 40;
    const [high, low] = [Math.max(open, price) + random.float() * 30, Math.min(open, price) - random.float() * 30];
    return [n * FIVE_MINUTES, open.toFixed(2), high.toFixed(2), low.toFixed(2), price.toFixed(2), '1'];
  });
}

/** A recorded file (gzip, CSV with a header); null where it is absent. */
export function recordedBars(file: string): readonly BarRow[] | null {
  const path = recorded(`klines/${file}`);
  if (path === null) return null;
  const [, ...rows] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
  return rows.map((row) => {
    const [openMs, open = '', high = '', low = '', close = '', volume = ''] = row.trim().split(',');
    return [Number(openMs), open, high, low, close, volume];
  });
}
