/** Which fills of a session and of its backtest are the same: side, price and size, within the jitter of the latencies. Pure. */
import type { Command, Fill } from './intents.ts';

export type Pair<T> = { readonly real: T; readonly simulated: T };
export type Matched<T> = { readonly equal: readonly Pair<T>[]; readonly realOnly: readonly T[]; readonly simulatedOnly: readonly T[] };

type Rule<T> = {
  /** What has to be the same. */
  readonly keyOf: (one: T) => string;
  readonly msOf: (one: T) => number;
  readonly withinMs: number;
};

export const matchFills = (real: readonly Fill[], simulated: readonly Fill[], withinMs: number): Matched<Fill> =>
  match(real, simulated, {
    keyOf: ({ symbol, side, price, size }) => [symbol, side, Number(price), Number(size)].join(' '),
    msOf: ({ atMs }) => atMs,
    withinMs,
  });

export const matchCommands = (real: readonly Command[], simulated: readonly Command[], withinMs: number): Matched<Command> =>
  match(real, simulated, {
    keyOf: ({ kind, symbol, side, price, size }) => [kind, symbol, side, Number(price), Number(size)].join(' '),
    msOf: ({ decidedMs }) => decidedMs,
    withinMs,
  });

/** Each with the nearest free one in time, in order of time, each at most once. */
function match<T>(real: readonly T[], simulated: readonly T[], { keyOf, msOf, withinMs }: Rule<T>): Matched<T> {
  const free = new Map([...Map.groupBy(simulated, keyOf)].map(([key, ones]) => [key, new Set(ones)]));
  const equal: Pair<T>[] = [];
  const realOnly: T[] = [];
  for (const one of [...real].sort((a, b) => msOf(a) - msOf(b))) {
    const candidates = free.get(keyOf(one));
    const away = (other: T): number => Math.abs(msOf(other) - msOf(one));
    const nearest = [...(candidates ?? [])].reduce<T | null>(
      (best, other) => (best === null || away(other) < away(best) ? other : best),
      null,
    );
    if (nearest !== null && away(nearest) <= withinMs) {
      candidates?.delete(nearest);
      equal.push({ real: one, simulated: nearest });
    } else realOnly.push(one);
  }
  const left = new Set([...free.values()].flatMap((ones) => [...ones]));
  return { equal, realOnly, simulatedOnly: simulated.filter((one) => left.has(one)) };
}
