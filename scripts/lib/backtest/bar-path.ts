/**
 * The way of the price through one bar: a file tells where it was, not when. 'worst-first' (default): from the open to the end that hurts
 * the position held then, to the other end, to the close; 'best-first': the other way round; 'usual': a rising bar saw its low first, a
 * falling one its high. Between two of these points the price passes every tick. Pure.
 */
import type { Ticks } from '../../../shared/units.ts';
import { ticks } from '../../../shared/units.ts';
import type { FileBar } from './bar-file.ts';

export const INTRABAR_RULES = ['worst-first', 'best-first', 'usual'] as const;
export type IntrabarRule = (typeof INTRABAR_RULES)[number];

/** The ends of the bar in the order in which they are met; `position` is signed. */
export function endsOf(
  bar: FileBar,
  { rule, position }: { readonly rule: IntrabarRule; readonly position: number },
): readonly [Ticks, Ticks] {
  const rising = bar.close >= bar.open;
  const lowFirst = rule === 'usual' || position === 0 ? rising : position > 0 === (rule === 'worst-first');
  return lowFirst ? [bar.low, bar.high] : [bar.high, bar.low];
}

/**
 * The first tick on the way from `from` (not met any more) to `to` at which `fires` is true; null when it is not true at `to`. Whatever
 * fires goes on firing farther on the way: stops and targets do.
 */
export function firstOn(from: Ticks, to: Ticks, fires: (price: Ticks) => boolean): Ticks | null {
  if (!fires(to)) return null;
  const way = Math.sign(to - from);
  let [before, at] = [0, Math.abs(to - from)];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (fires(ticks(from + way * middle))) at = middle;
    else before = middle;
  }
  return ticks(from + way * at);
}
