/** The mean of times that end a while after the next line of a grid, told as if they had begun in all its phases equally often. */

/** `atMs`: wall time at which it began. */
export type Timed = { readonly atMs: number; readonly tookMs: number };

/**
 * Of each time the wait for its own line is taken off, half a period is put in its place: what is left varies by far less than the waits do.
 * `errorMs`: standard error of the mean. NaN of fewer than two.
 */
export function meanOverPhases(timed: readonly Timed[], periodMs: number): { readonly meanMs: number; readonly errorMs: number } {
  const after = timed.map(({ atMs, tookMs }) => tookMs - (periodMs - (atMs % periodMs)));
  const mean = meanOf(after);
  const errorMs = Math.sqrt(after.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (after.length - 1) / after.length);
  return { meanMs: mean + periodMs / 2, errorMs };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
