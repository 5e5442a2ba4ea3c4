/** Small running figures for the monitors: counts over a window, averages that forget, the extremes of the last moments. Plain data, bounded. */

/** Counts in slots of time; `slots` times `slotMs` is the window. */
export type Counts = { readonly slot: number; readonly counts: readonly number[] };
export type CountWindow = { readonly slotMs: number; readonly slots: number };

export const noCounts = ({ slots }: CountWindow): Counts => ({ slot: 0, counts: Array.from({ length: slots }, () => 0) });

/** Moves the window to `nowMs` and adds to its newest slot. */
export function count(
  before: Counts,
  { add, nowMs, window }: { readonly add: number; readonly nowMs: number; readonly window: CountWindow },
): Counts {
  const slot = Math.max(before.slot, Math.floor(nowMs / window.slotMs));
  const passed = Math.min(window.slots, slot - before.slot);
  if (passed === 0 && add === 0) return before;
  const kept = before.counts.slice(0, window.slots - passed);
  const counts = [...Array.from({ length: passed }, () => 0), ...kept]; // newest first
  counts[0] = (counts[0] ?? 0) + add;
  return { slot, counts };
}

export function totalOf({ counts }: Counts): number {
  let sum = 0;
  for (let n = 0; n < counts.length; n++) sum += counts[n] ?? 0;
  return sum;
}

/** An average that forgets with a time constant, and is a plain mean until it is that old; null before the first value. */
export type Fading = { readonly value: number; readonly atMs: number; readonly sinceMs: number } | null;

export function fade(
  before: Fading,
  { value, nowMs, tauMs }: { readonly value: number; readonly nowMs: number; readonly tauMs: number },
): NonNullable<Fading> {
  if (before === null) return { value, atMs: nowMs, sinceMs: nowMs };
  const age = Math.max(1, nowMs - before.sinceMs); // else the first value, whatever it was, would weigh most for all of that time
  const weight = 1 - Math.exp(-Math.max(0, nowMs - before.atMs) / Math.min(tauMs, age));
  return { value: before.value + weight * (value - before.value), atMs: nowMs, sinceMs: before.sinceMs };
}

/** For so long it has been fed. */
export const fedMs = (fading: Fading): number => (fading === null ? 0 : fading.atMs - fading.sinceMs);

/** Values of the last moments, oldest first. */
export type Recent = readonly (readonly [atMs: number, value: number])[];

export function remember(
  before: Recent,
  { value, nowMs, keepMs }: { readonly value: number; readonly nowMs: number; readonly keepMs: number },
): Recent {
  const first = before.findIndex(([atMs]) => nowMs - atMs <= keepMs);
  return [...(first < 0 ? [] : before.slice(first)), [nowMs, value]];
}

/** The same of a value that mostly stays as it is: of values in a row that are the same only the last is kept, which stays longest. */
export function rememberChange(
  before: Recent,
  { value, nowMs, keepMs }: { readonly value: number; readonly nowMs: number; readonly keepMs: number },
): Recent {
  let first = 0;
  for (let at = before[first]; at !== undefined && nowMs - at[0] > keepMs; at = before[first]) first++;
  const end = before.at(-1)?.[1] === value ? before.length - 1 : before.length;
  const kept = before.slice(first, end);
  kept.push([nowMs, value]);
  return kept;
}

/** The value below which that share of the recent ones lies; null without any. */
export function quantile(recent: Recent, share: number): number | null {
  const sorted = new Float64Array(recent.length);
  for (let n = 0; n < recent.length; n++) sorted[n] = recent[n]?.[1] ?? 0;
  sorted.sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
