/** Why points were not run, counted: values are left out, so that one rule is one line. Pure. */
import type { StudyRow } from './result.ts';

export type Refusal = { readonly line: string; readonly count: number };
export type Refusals = { readonly byConfig: readonly Refusal[]; readonly byBacktest: readonly Refusal[]; readonly exhausted: boolean };

export function refusals(studies: readonly StudyRow[]): Refusals {
  return {
    byConfig: counted(studies.flatMap(({ refused }) => refused.map(({ lines }) => lines))),
    byBacktest: counted(studies.flatMap(({ trials }) => trials.filter(({ refused }) => refused.length > 0).map(({ refused }) => refused))),
    exhausted: studies.some(({ exhausted }) => exhausted),
  };
}

/** Most frequent first. */
function counted(points: readonly (readonly string[])[]): readonly Refusal[] {
  const counts = new Map<string, number>();
  for (const lines of points) for (const line of new Set(lines.map(ruleOf))) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => ({ line, count })).sort((a, b) => b.count - a.count);
}

/** `strategy.macdTrend.slowPeriod: 10: allowed is …` without the 10. */
const ruleOf = (line: string): string => line.replace(/^([\w.-]+): (?:(?!: allowed).)*: allowed/, '$1: allowed');
