/** Waiting time before the n-th retry in a row (0 = first): at once, then doubling from `baseMs` to `maxMs`, with full jitter above half. */
import type { Random } from './random.ts';

export type BackoffOptions = { readonly baseMs: number; readonly maxMs: number; readonly random: Random };

export function backoffMs(failures: number, { baseMs, maxMs, random }: BackoffOptions): number {
  if (failures <= 0) return 0;
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + random.float() * (ceiling / 2);
}
