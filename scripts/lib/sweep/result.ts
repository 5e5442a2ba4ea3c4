/** What a sweep hands on: plain JSON. The same data, configuration, program and search give the same bytes, however and where it was run. */
import { basename } from 'node:path';
import type { GapRow } from '../backtest/result.ts';
import type { Deflated } from './deflated-sharpe.ts';
import type { Dimension, Point } from './dimension.ts';
import type { Json } from './json.ts';
import type { Judged, JudgedStudy, JudgedSweep, Outside, Walked } from './judge.ts';
import type { Objective } from './objective.ts';
import type { Refused } from './sampler.ts';
import type { SearchName } from './search.ts';
import type { Fold, Span } from './splits.ts';
import type { SweepPlan } from './study.ts';
import type { Outcome, TrialFigures } from './trial.ts';
import { filesOf, keyOf, type World } from './world.ts';

export const SWEEP_SCHEMA = 1 as const;

/** Returns are left out: they are among the trials on disk. */
export type ShownFigures = Omit<TrialFigures, 'returns'>;
export type TrialRow = {
  readonly n: number;
  readonly point: Point;
  readonly worth: number | null;
  readonly train: ShownFigures | null;
  readonly test: ShownFigures | null;
  /** Why it could not be run. */
  readonly refused: readonly string[];
};
export type StudyRow = {
  readonly fold: Fold;
  /** In the order of trying. */
  readonly trials: readonly TrialRow[];
  readonly refused: readonly Refused[];
  readonly exhausted: boolean;
  /** Number of the best trial; null: none could be judged. */
  readonly best: number | null;
  readonly configured: Omit<TrialRow, 'n' | 'point'>;
  readonly deflated: Deflated | null;
  readonly overfit: number | null;
  readonly outside: Outside | null;
};
export type SweepMeta = {
  readonly schema: typeof SWEEP_SCHEMA;
  readonly key: string;
  readonly dataHash: string;
  readonly configHash: string;
  readonly codeHash: string;
  readonly build: string;
  readonly files: readonly string[];
  readonly symbols: readonly string[];
  readonly range: Span;
  /** Holes in the data. */
  readonly gaps: readonly GapRow[];
  readonly search: SearchName;
  readonly searchSeed: number;
  readonly budget: number;
  readonly generation: number;
  readonly objective: Objective;
  readonly dimensions: readonly Dimension[];
  readonly fixed: Readonly<Record<string, Json>>;
  /** Of the command line, what a backtest is told. */
  readonly asked: Readonly<Record<string, unknown>>;
};
export type SweepResult = { readonly meta: SweepMeta; readonly studies: readonly StudyRow[]; readonly walked: Walked | null };

type Parts = {
  readonly world: World;
  readonly range: Span;
  readonly gaps: readonly GapRow[];
  readonly plan: SweepPlan;
  readonly judged: JudgedSweep;
};

export function sweepResult({ world, range, gaps, plan, judged }: Parts): SweepResult {
  const { klines: _, tape: __, funding: ___, ...asked } = world.asked;
  const { search, searchSeed, budget, generation, objective, space } = plan;
  return {
    meta: {
      ...{
        schema: SWEEP_SCHEMA,
        key: keyOf(world),
        dataHash: world.hashes.data,
        configHash: world.hashes.config,
        codeHash: world.hashes.code,
      },
      ...{ build: world.build, files: filesOf(world.asked).map((file) => basename(file)), symbols: world.asked.symbol, range, gaps },
      ...{ search, searchSeed, budget, generation, objective, dimensions: space.dimensions, fixed: space.fixed, asked },
    },
    studies: judged.studies.map(studyRow),
    walked: judged.walked,
  };
}

function studyRow({ study, ranked, best, configured, deflated, overfit, outside }: JudgedStudy): StudyRow {
  const judged = new Map(ranked.map((one) => [one.trial.n, one]));
  const { fold, refused, exhausted } = study;
  return {
    fold,
    trials: study.trials.map(({ n, point, outcome }) => ({ n, point, ...rowOf(judged.get(n) ?? null, outcome) })),
    ...{ refused, exhausted, best: best?.trial.n ?? null, configured: rowOf(configured, study.configured), deflated, overfit, outside },
  };
}

const rowOf = (judged: Judged | null, outcome: Outcome): StudyRow['configured'] => ({
  worth: judged?.trainWorth ?? null,
  train: judged && shown(judged.train),
  test: judged?.test ? shown(judged.test) : null,
  refused: outcome.kind === 'refused' ? outcome.lines : [],
});

const shown = ({ returns: _, ...figures }: TrialFigures): ShownFigures => figures;
