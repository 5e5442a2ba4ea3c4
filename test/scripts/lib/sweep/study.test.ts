import { expect, test } from 'vitest';
import { judgeSweep } from '../../../../scripts/lib/sweep/judge.ts';
import { sweepPage } from '../../../../scripts/lib/sweep/page.ts';
import { type SweepResult, sweepResult } from '../../../../scripts/lib/sweep/result.ts';
import { readSpace } from '../../../../scripts/lib/sweep/space.ts';
import { foldsOf } from '../../../../scripts/lib/sweep/splits.ts';
import { type Run, runStudies, type Study, type SweepPlan } from '../../../../scripts/lib/sweep/study.ts';
import { sweepSummary } from '../../../../scripts/lib/sweep/summary.ts';
import type { Outcome, Task } from '../../../../scripts/lib/sweep/trial.ts';
import { Random } from '../../../../shared/random.ts';
import { baseConfig, figuresWith, T0, worldWith } from '../../../kit/sweep.ts';

const DAY = 86_400_000;
const base = baseConfig();
const range = { fromMs: T0, toMs: T0 + 100 * DAY };

function planOf(over: Partial<SweepPlan> & { readonly walked?: number } = {}): SweepPlan {
  const { walked = 2, ...rest } = over;
  const space = readSpace(
    ['strategy.macdTrend.fastPeriod=3..40', 'strategy.macdTrend.slowPeriod=10..100', 'exits.stopLossPercent=0.2..5 log'],
    base,
  );
  const folds = foldsOf({ range, folds: walked, trainLengths: 3, anchored: false, embargoMs: DAY, stepMs: DAY });
  if (!space.ok || !folds.ok) throw new Error('the plan is good');
  return {
    ...{ space: space.value, base, folds: folds.value, search: 'tpe', searchSeed: 3, budget: 30, generation: 8, objective: 'sharpe' },
    ...rest,
  };
}

/** A market in which a slow period of 60 is best, with noise of its own in each span. */
function outcomeOf({ id, change, spans }: Task): Outcome {
  const slow = Number(change['strategy.macdTrend.slowPeriod'] ?? 26);
  return {
    kind: 'done',
    figures: spans.map(({ fromMs, toMs }, n) => {
      const random = new Random(Number.parseInt(id.slice(0, 6), 16) + n);
      const days = Math.floor((toMs - fromMs) / DAY);
      const returns = Array.from({ length: days }, () => 0.002 - Math.abs(slow - 60) / 30_000 + random.normal() / 200);
      return figuresWith({ fromMs, toMs, pnl: String(slow), sharpe: returns.reduce((sum, one) => sum + one, 0) / days, returns });
    }),
  };
}
const atOnce: Run = (task) => Promise.resolve(outcomeOf(task));

/** So many at a time, and whoever is drawn is done first. */
function byWorkers(workers: number, seed: number): Run {
  const random = new Random(seed);
  const waiting: { readonly task: Task; readonly done: (outcome: Outcome) => void }[] = [];
  const finish = (): void => {
    const [next] = waiting.splice(random.int({ min: 0, max: Math.min(workers, waiting.length) - 1 }), 1);
    next?.done(outcomeOf(next.task));
    if (waiting.length > 0) queueMicrotask(finish);
  };
  return (task) =>
    new Promise((done) => {
      waiting.push({ task, done });
      if (waiting.length === 1) queueMicrotask(finish);
    });
}

const resultOf = (plan: SweepPlan, studies: readonly Study[]): SweepResult =>
  sweepResult({ world: worldWith(), range, gaps: [], plan, judged: judgeSweep(studies, plan.objective) });

test.each(['tpe', 'random'] as const)('%s: the same result to the last byte with any number of workers, in any order', async (search) => {
  const plan = planOf({ search });
  const once = JSON.stringify(resultOf(plan, await runStudies(plan, atOnce)));
  for (const [workers, seed] of [
    [1, 1],
    [3, 2],
    [100, 3],
  ] as const)
    expect(JSON.stringify(resultOf(plan, await runStudies(plan, byWorkers(workers, seed))))).toBe(once);
});

test('each fold searches for itself, and is told nothing of the times after', async () => {
  const plan = planOf();
  const [first] = await runStudies(plan, atOnce);
  const alone = await runStudies({ ...plan, folds: plan.folds.slice(0, 1) }, atOnce);
  expect(alone[0]).toEqual(first);
});

test('points that the configuration refuses are counted and told, and cost no trial', async () => {
  const plan = planOf({ search: 'random' });
  const studies = await runStudies(plan, atOnce);
  expect(studies.map(({ trials }) => trials.length)).toEqual([30, 30]);
  const refused = studies.reduce((sum, study) => sum + study.refused.length, 0);
  expect(refused).toBeGreaterThan(2);
  const lines = sweepSummary(resultOf(plan, studies));
  expect(lines.join('\n')).toContain(`refused   ${refused} ×`);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('judgeSweep() chooses by what was searched on alone, and tells where that stood on the test', async () => {
  const plan = planOf();
  const { studies, walked } = judgeSweep(await runStudies(plan, atOnce), 'sharpe');
  for (const { ranked, best, outside } of studies) {
    expect(best?.trainWorth).toBe(Math.max(...ranked.map(({ trainWorth }) => trainWorth ?? 0)));
    const better = ranked.filter(({ testWorth }) => (testWorth ?? 0) > (best?.testWorth ?? 0)).length;
    expect(outside).toMatchObject({ rank: better + 1, of: 30 });
  }
  const tests = studies.flatMap(({ best }) => best?.test?.returns ?? []);
  expect(walked?.returns.map(({ value }) => value)).toEqual(tests);
  expect(walked?.pnl).toBe(studies.reduce((sum, { best }) => sum + Number(best?.test?.pnl), 0));
});

test('sweepPage() is the same for the same result, and loads nothing', async () => {
  const plan = planOf();
  const result = resultOf(plan, await runStudies(plan, atOnce));
  const page = sweepPage(result);
  expect(sweepPage(structuredClone(result))).toBe(page);
  expect([/<(?:img|link|iframe)|<script[^>]* src=/.test(page), page.includes('default-src &#39;none&#39;')]).toEqual([false, true]);
  expect(page.match(/class="heat"/g)).toHaveLength(6); // three pairs, where they were searched and tested
});

test('a sweep of which nothing can be said is told as such, in every form', async () => {
  const plan = planOf({ walked: 0, search: 'random', budget: 3 });
  const none: Run = () => Promise.resolve({ kind: 'done', figures: [figuresWith({ fills: 0, sharpe: null })] });
  const result = resultOf(plan, await runStudies(plan, none));
  expect(result.studies[0]).toMatchObject({ best: null, deflated: null, overfit: null });
  expect(sweepSummary(result).join('\n')).toContain('no trial can be judged');
  expect(sweepPage(result)).toContain('<h1>Sweep</h1>');
});
