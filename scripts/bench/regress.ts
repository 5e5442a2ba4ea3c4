/** Ratios of a run held against recorded ones: what got slower against its own floor, whatever the machine. Pure. */
import type { Figure } from './measure.ts';

/** More than this share above what was recorded is a regression. */
const TOLERANCE = 0.3;

/** Lower is better; `conclusive` false: the floor of those rounds was too noisy to judge by. */
export type Ratio = { readonly name: string; readonly value: number; readonly conclusive: boolean };
export type Recorded = Readonly<Record<string, number>>;
export type Judgement = Ratio & {
  readonly recorded: number | null;
  readonly verdict: 'held' | 'regressed' | 'gone' | 'inconclusive' | 'new';
};

/** Of each figure the ratio that it is or holds; figures without one say nothing about another machine. */
export function ratiosOf(figures: readonly Figure[]): readonly Ratio[] {
  return figures.flatMap(({ name, value, unit, ours, floor, conclusive, sidesConclusive = conclusive }) => {
    if (unit === '×' || unit === '%') return [{ name, value, conclusive }];
    const sided = ours !== undefined && floor !== undefined;
    return sided ? [{ name: `${name}, of its floor`, value: ours / floor, conclusive: sidesConclusive }] : [];
  });
}

/** Each ratio of this run, then recorded ones that it did not measure: a ratio that vanished is not one that held. */
export function judge(ratios: readonly Ratio[], recorded: Recorded): readonly Judgement[] {
  const seen = ratios.map((ratio): Judgement => {
    const before = recorded[ratio.name];
    return { ...ratio, recorded: before ?? null, verdict: verdictOf(ratio, before) };
  });
  const names = new Set(ratios.map(({ name }) => name));
  const gone = Object.entries(recorded).filter(([name]) => !names.has(name));
  return [
    ...seen,
    ...gone.map(([name, before]): Judgement => ({ name, value: Number.NaN, conclusive: false, recorded: before, verdict: 'gone' })),
  ];
}

function verdictOf({ value, conclusive }: Ratio, recorded: number | undefined): Judgement['verdict'] {
  if (recorded === undefined) return 'new';
  if (!conclusive || !Number.isFinite(value)) return 'inconclusive'; // a floor that was disturbed flatters ours as easily as it blames it
  return value <= recorded * (1 + TOLERANCE) ? 'held' : 'regressed';
}

export const fails = ({ verdict }: Judgement): boolean => verdict === 'regressed' || verdict === 'gone';

/** Of two tries the one that can be judged; of two such, the better: what is slower for good is slower in both. */
export function betterOf(first: readonly Ratio[], second: readonly Ratio[]): readonly Ratio[] {
  const again = new Map(second.map((ratio) => [ratio.name, ratio]));
  return first.map((ratio) => {
    const other = again.get(ratio.name);
    if (other === undefined) return ratio;
    if (other.conclusive !== ratio.conclusive) return other.conclusive ? other : ratio;
    return other.value < ratio.value ? other : ratio;
  });
}

/** One line for each ratio that did not simply hold. */
export function judgementLines(judged: readonly Judgement[]): readonly string[] {
  return judged.filter(({ verdict }) => verdict !== 'held').map(lineOf);
}

function lineOf({ name, value, recorded, verdict }: Judgement): string {
  if (recorded === null) return `new: ${name} is ${value.toFixed(3)}; nothing is recorded to hold it against (--record)`;
  if (verdict === 'gone') return `gone: ${name} was recorded as ${recorded.toFixed(3)} and not measured`;
  const change = `${name} is ${value.toFixed(3)}, recorded ${recorded.toFixed(3)}`;
  if (verdict === 'inconclusive') return `inconclusive: ${change}; the floor was too noisy to judge`;
  return `regressed: ${change}, ${((value / recorded - 1) * 100).toFixed(0)} % above`;
}
