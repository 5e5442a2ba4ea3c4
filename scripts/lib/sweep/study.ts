/** Drives the searches of all folds: asks samplers for points, has them run, and tells the outcomes back. Knows neither files nor threads. */
import type { Config } from '../../../shared/config.ts';
import { changeOf, type Point } from './dimension.ts';
import { type Objective, worthOf } from './objective.ts';
import { type Refused, Sampler } from './sampler.ts';
import type { SearchName } from './search.ts';
import { refusalOf, type Space } from './space.ts';
import type { Fold, Span } from './splits.ts';
import { type Outcome, type Task, taskOf } from './trial.ts';

export type SweepPlan = {
  readonly space: Space;
  readonly base: Config;
  readonly folds: readonly Fold[];
  readonly search: SearchName;
  readonly searchSeed: number;
  /** Of each fold. */
  readonly budget: number;
  readonly generation: number;
  readonly objective: Objective;
};
/** The first figures are of the time that was searched on, the second of the test, where there is one. */
export type Trial = { readonly n: number; readonly point: Point; readonly outcome: Outcome };
export type Study = {
  readonly fold: Fold;
  readonly trials: readonly Trial[];
  /** Points that the configuration refuses: never run. */
  readonly refused: readonly Refused[];
  /** The space held fewer points than were asked for. */
  readonly exhausted: boolean;
  /** The configuration as it is, with what all trials have. */
  readonly configured: Outcome;
};
export type Run = (task: Task) => Promise<Outcome>;

/** All folds at once: whoever runs the trials is never idle while there is anything to do. */
export const runStudies = (plan: SweepPlan, run: Run): Promise<readonly Study[]> =>
  Promise.all(plan.folds.map((fold) => runStudy(plan, fold, run)));

async function runStudy(plan: SweepPlan, fold: Fold, run: Run): Promise<Study> {
  const { space, base, search, searchSeed: seed, budget, generation, objective } = plan;
  const sampler = new Sampler({
    ...{ search: { name: search, dimensions: space.dimensions, seed }, budget, generation },
    refusalOf: (point) => refusalOf(space, point, base),
  });
  const spans = spansOf(fold);
  const configured = runConfigured(plan, spans, run);
  configured.catch(() => undefined); // told below, or by the trial that failed first
  const trials: Trial[] = [];
  for (;;) {
    const points = sampler.next(trials.map(({ point, outcome }) => ({ point, value: trainedWorth(outcome, objective) })));
    if (points.length === 0) break;
    const tasks = points.map((point) => taskOf({ ...space.fixed, ...changeOf(space.dimensions, point) }, spans));
    const outcomes = await Promise.all(tasks.map(run));
    for (const [n, outcome] of outcomes.entries()) trials.push({ n: trials.length, point: points[n] ?? [], outcome });
  }
  return { fold, trials, refused: sampler.refused, exhausted: sampler.exhausted, configured: await configured };
}

export const spansOf = ({ train, test }: Fold): readonly Span[] => (test === null ? [train] : [train, test]);

export const trainedWorth = (outcome: Outcome, objective: Objective): number | null =>
  outcome.kind === 'done' && outcome.figures[0] ? worthOf(objective, outcome.figures[0]) : null;

async function runConfigured({ space, base }: SweepPlan, spans: readonly Span[], run: Run): Promise<Outcome> {
  const lines = refusalOf({ dimensions: [], fixed: space.fixed }, [], base);
  return lines.length > 0 ? { kind: 'refused', lines: [...lines] } : run(taskOf(space.fixed, spans));
}
