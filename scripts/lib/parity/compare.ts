/** A recorded session beside its backtest: what is the same, what is not and why, and what the difference is worth. Pure. */
import type { Side } from '../../../shared/order.ts';
import { type Cause, CAUSES, causeOf, type Judging, type Told } from './causes.ts';
import { type Command, type Fill, intentsOf } from './intents.ts';
import { type Matched, matchCommands, matchFills } from './match.ts';
import { stretchesOf } from './stretches.ts';

export type Sides = {
  readonly real: { readonly commands: readonly Command[]; readonly fills: readonly Fill[] };
  readonly simulated: { readonly commands: readonly Command[]; readonly fills: readonly Fill[] };
};
export type Comparing = Sides & {
  /** Holes of the tape. */
  readonly gaps: readonly number[];
  /** Two times within it are the same. */
  readonly jitterMs: number;
  readonly turnMs: number;
  /** What is left over is valued at it, by symbol. */
  readonly marks: Readonly<Record<string, number>>;
};
export type Difference = {
  readonly atMs: number;
  readonly on: 'real' | 'simulated' | 'both';
  readonly symbol: string;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  readonly cause: Cause;
  readonly sentence: string;
  /** What the backtest gains by it against the session, quote units. */
  readonly money: number;
};
export type CauseRow = {
  readonly cause: Cause;
  readonly realOnly: number;
  readonly simulatedOnly: number;
  /** Of both, base units. */
  readonly size: number;
  readonly money: number;
};
export type Comparison = {
  readonly commands: { readonly real: number; readonly simulated: number; readonly equal: number };
  readonly fills: { readonly real: number; readonly simulated: number; readonly equal: number };
  /** Equal fills of the larger number, 0 to 1; 1 where neither side has one. */
  readonly share: number;
  /** Median and largest distance in time of equal fills, ms. */
  readonly apartMs: { readonly median: number; readonly most: number };
  readonly differences: readonly Difference[];
  readonly rows: readonly CauseRow[];
  /** Profit after fees, with what is left valued at the last mid. */
  readonly money: { readonly real: number; readonly simulated: number };
};

/** Fees that differ by less are rounding of the venue. */
const FEE_SAME = 1e-6;
const WITHOUT_CAUSE: ReadonlySet<Cause> = new Set(['decision', 'unexplained']);

export function compare(comparing: Comparing): Comparison {
  const { real, simulated, jitterMs, turnMs, marks } = comparing;
  const fills = matchFills(real.fills, simulated.fills, jitterMs);
  const commands = matchCommands(real.commands, simulated.commands, turnMs);
  const differences = [...differencesOf(comparing, fills, commands), ...feesOf(fills)].sort((a, b) => a.atMs - b.atMs);
  const apart = fills.equal.map((pair) => Math.abs(pair.real.atMs - pair.simulated.atMs)).sort((a, b) => a - b);
  const most = Math.max(real.fills.length, simulated.fills.length);
  return {
    commands: { real: real.commands.length, simulated: simulated.commands.length, equal: commands.equal.length },
    fills: { real: real.fills.length, simulated: simulated.fills.length, equal: fills.equal.length },
    share: most === 0 ? 1 : fills.equal.length / most,
    apartMs: { median: apart[apart.length >> 1] ?? 0, most: apart.at(-1) ?? 0 },
    differences,
    rows: rowsOf(differences),
    money: { real: sumOf(real.fills, marks), simulated: sumOf(simulated.fills, marks) },
  };
}

/** Nothing was filled: what might have been equal nobody knows. */
export const isEmpty = ({ fills: { real, simulated } }: Comparison): boolean => real === 0 && simulated === 0;

/** Whether so many of the fills are equal, 0 to 1, and every difference has a cause. */
export const holds = (comparison: Comparison, goal: number): boolean =>
  !isEmpty(comparison) && comparison.share >= goal && unexplained(comparison).length === 0;

/** Differences of which nobody can say where they come from. */
export const unexplained = ({ differences }: Comparison): readonly Difference[] =>
  differences.filter(({ cause }) => WITHOUT_CAUSE.has(cause));

function differencesOf(comparing: Comparing, fills: Matched<Fill>, commands: Matched<Command>): readonly Difference[] {
  const { real, simulated, gaps, jitterMs, turnMs, marks } = comparing;
  const told = (side: Sides['real']): Told => ({ fills: side.fills, intents: intentsOf(side.commands, side.fills) });
  const [ours, theirs] = [told(real), told(simulated)];
  const stretches = stretchesOf(commands, fills);
  const common = { gaps, jitterMs, turnMs, ...stretches };
  const judge = (fill: Fill, on: 'real' | 'simulated', judging: Judging): Difference => {
    const { atMs, symbol, side, price, size } = fill;
    const worth = worthOf(fill, marks[symbol] ?? Number(price));
    return { atMs, on, symbol, side, price, size, ...causeOf(fill, judging), money: on === 'real' ? -worth : worth };
  };
  const differences = [
    ...fills.realOnly.map((fill) => judge(fill, 'real', { ...common, own: ours, other: theirs, unmatched: fills.simulatedOnly })),
    ...fills.simulatedOnly.map((fill) => judge(fill, 'simulated', { ...common, own: theirs, other: ours, unmatched: fills.realOnly })),
  ];
  return differences.map((one) => (one.cause === 'drift' ? rooted(one, differences, stretches) : one));
}

/** What a drift began with is told; where nobody can say, it is unexplained as well. */
function rooted(drift: Difference, all: readonly Difference[], stretches: ReturnType<typeof stretchesOf>): Difference {
  const fromMs = stretches.differsFrom(drift.atMs);
  const first = all.find(({ atMs, cause }) => atMs === fromMs && cause !== 'drift')?.cause;
  const root = first ?? (stretches.shiftedMs(fromMs) > SHIFT_MS ? 'latency' : 'decision');
  return { ...drift, cause: WITHOUT_CAUSE.has(root) ? root : 'drift', sentence: `${drift.sentence}: ${root}` };
}

/** What came nearer together in time was shown by the same snapshot, but for rare luck. */
const SHIFT_MS = 1;

function feesOf({ equal }: Matched<Fill>): readonly Difference[] {
  return equal.flatMap(({ real, simulated }): readonly Difference[] => {
    const { atMs, symbol, side, price, size } = real;
    if (real.fee === null || simulated.fee === null) return [];
    const money = Number(real.fee) - Number(simulated.fee);
    if (Math.abs(money) < FEE_SAME) return [];
    const sentence = `${real.fee} paid, ${simulated.fee} simulated${real.maker === simulated.maker ? '' : ', maker on one side only'}`;
    return [{ atMs, on: 'both', symbol, side, price, size, cause: 'fee', sentence, money }];
  });
}

function rowsOf(differences: readonly Difference[]): readonly CauseRow[] {
  const byCause = Map.groupBy(differences, ({ cause }) => cause);
  return (Object.keys(CAUSES) as Cause[]).flatMap((cause) => {
    const own = byCause.get(cause) ?? [];
    if (own.length === 0) return [];
    return [
      {
        cause,
        realOnly: own.filter(({ on }) => on === 'real').length,
        simulatedOnly: own.filter(({ on }) => on === 'simulated').length,
        size: own.reduce((sum, { size }) => sum + Number(size), 0),
        money: own.reduce((sum, { money }) => sum + money, 0),
      },
    ];
  });
}

/** What a fill has earned when what it bought or sold is worth `mark`. */
function worthOf({ side, price, size, fee }: Fill, mark: number): number {
  const signed = side === 'buy' ? Number(size) : -Number(size);
  return signed * (mark - Number(price)) - Number(fee ?? 0);
}

const sumOf = (fills: readonly Fill[], marks: Comparing['marks']): number =>
  fills.reduce((sum, fill) => sum + worthOf(fill, marks[fill.symbol] ?? Number(fill.price)), 0);
