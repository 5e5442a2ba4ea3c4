/** What the trials of a sweep are worth, and how far that may be believed. Pure. */
import { moments } from '../report/statistics.ts';
import { type Deflated, deflatedSharpe, sharpeOf } from './deflated-sharpe.ts';
import { type Objective, worthOf } from './objective.ts';
import { overfitProbability } from './overfit.ts';
import type { Study, Trial } from './study.ts';
import type { Outcome, TrialFigures } from './trial.ts';

const YEAR_MS = 365 * 86_400_000;

/** A trial that was run; `test` where its fold has one. */
export type Judged = {
  readonly trial: Trial;
  readonly train: TrialFigures;
  readonly trainWorth: number | null;
  readonly test: TrialFigures | null;
  readonly testWorth: number | null;
};
export type JudgedStudy = {
  readonly study: Study;
  /** Best first by what was searched on; without a worth last, equals in the order of trying. */
  readonly ranked: readonly Judged[];
  readonly best: Judged | null;
  readonly configured: Judged | null;
  readonly deflated: Deflated | null;
  readonly overfit: number | null;
  readonly outside: Outside | null;
};
/** Where the one that was chosen stood among all on the test. */
export type Outside = {
  readonly rank: number;
  readonly of: number;
  readonly median: number | null;
};
export type JudgedSweep = {
  readonly studies: readonly JudgedStudy[];
  /** The tests of all folds, one after the other, each with what its own search had chosen; null without walk-forward. */
  readonly walked: Walked | null;
};
export type Walked = {
  readonly folds: number;
  readonly pnl: number;
  /** A year; null with too few returns. */
  readonly sharpe: number | null;
  readonly returns: readonly { readonly atMs: number; readonly value: number }[];
  /** Folds in which the chosen one was no better than the median of all. */
  readonly belowMedian: number;
};

export function judgeSweep(studies: readonly Study[], objective: Objective): JudgedSweep {
  const judged = studies.map((study) => judgeStudy(study, objective));
  return { studies: judged, walked: judged.some(({ study }) => study.fold.test !== null) ? walkedOf(judged) : null };
}

function judgeStudy(study: Study, objective: Objective): JudgedStudy {
  const ranked = study.trials
    .flatMap((trial) => judgedOf(trial, objective) ?? [])
    .sort((a, b) => rankOf(b.trainWorth) - rankOf(a.trainWorth) || a.trial.n - b.trial.n);
  const best = ranked[0]?.trainWorth == null ? null : ranked[0];
  const returns = ranked.map(({ train }) => train.returns);
  return {
    ...{ study, ranked, best, configured: configuredOf(study.configured, objective) },
    deflated: best && hasRatio(best) ? deflatedSharpe(best.train.returns, returns) : null,
    overfit: ranked.some(hasRatio) ? overfitProbability(returns) : null,
    outside: best && study.fold.test !== null ? outsideOf(best, ranked) : null,
  };
}

/** Returns of seconds tell no ratio that anybody should believe. */
const hasRatio = ({ train }: Judged): boolean => train.sharpe !== null;

const rankOf = (worth: number | null): number => worth ?? -Number.MAX_VALUE;

function judgedOf(trial: Trial, objective: Objective): Judged | null {
  const { outcome } = trial;
  const [train, test = null] = outcome.kind === 'done' ? outcome.figures : [];
  if (!train) return null;
  return { trial, train, trainWorth: worthOf(objective, train), test, testWorth: test && worthOf(objective, test) };
}

const configuredOf = (outcome: Outcome, objective: Objective): Judged | null => judgedOf({ n: -1, point: [], outcome }, objective);

function outsideOf(best: Judged, ranked: readonly Judged[]): Outside {
  const worths = ranked.map(({ testWorth }) => rankOf(testWorth));
  const known = ranked.flatMap(({ testWorth }) => testWorth ?? []).sort((a, b) => a - b);
  const own = rankOf(best.testWorth);
  return { rank: 1 + worths.filter((worth) => worth > own).length, of: ranked.length, median: medianOf(known) };
}

function medianOf(sorted: readonly number[]): number | null {
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function walkedOf(studies: readonly JudgedStudy[]): Walked {
  const chosen = studies.flatMap(({ best, outside }) => (best?.test && outside ? [{ test: best.test, best, outside }] : []));
  const returns = chosen.flatMap(({ test }) =>
    test.returns.map((value, n) => ({ atMs: test.fromMs + (n + 1) * (test.periodMs ?? 0), value })),
  );
  const periods = new Set(chosen.map(({ test }) => test.periodMs));
  const [periodMs = null] = periods;
  const values = returns.map(({ value }) => value);
  const known = periods.size === 1 && periodMs !== null && periodMs >= 3_600_000 && values.length >= 20 && moments(values).deviation > 0;
  return {
    folds: studies.length,
    pnl: chosen.reduce((sum, { test }) => sum + Number(test.pnl), 0),
    sharpe: known ? sharpeOf(values) * Math.sqrt(YEAR_MS / periodMs) : null,
    returns,
    belowMedian: chosen.filter(({ best, outside }) => rankOf(best.testWorth) <= (outside.median ?? 0)).length,
  };
}
