/**
 * Shadows: other parameters of a run that is traded, tried on the same snapshots without sending anything. Schemas and pure checks; the
 * parameters are checked by the schema of the strategy.
 */
import * as z from 'zod';
import { overlay } from './json.ts';
import { plannedRuns, type Planned, runName, runParametersSchema, type RunPlan, type RunProblem } from './runs.ts';

/** Each takes a turn of its own with every snapshot. */
const SHADOWS_MAX = 4;

export const Shadow = z.strictObject({
  id: runName.describe('name of the shadow in mm why and in its records'),
  run: z.string().min(1).describe('id of the run that it is compared with: an entry of strategy.runs, or the name in strategy.active'),
  with: runParametersSchema.describe('parameters that differ from those of that run'),
});
export type Shadow = Readonly<z.infer<typeof Shadow>>;
export const shadowsSchema = z
  .array(Shadow)
  .max(SHADOWS_MAX)
  .default([])
  .describe('other parameters, tried on the same snapshots with simulated fills; nothing of them is ever sent');

export type ShadowPlan = RunPlan & { readonly run: string };
type Shadowed = Planned & { readonly strategy: { readonly shadow: readonly Shadow[] } };

/** Those whose run is there, as runs of their own: symbols and limits of the run, its parameters with the shadow's laid over them. */
export function plannedShadows(config: Shadowed): readonly ShadowPlan[] {
  const runs = plannedRuns(config);
  return config.strategy.shadow.flatMap(({ id, run, with: own }, n) => {
    const plan = runs.find((one) => one.id === run);
    return plan ? [{ ...plan, id, run, with: overlay(plan.with, own) as RunPlan['with'], path: `strategy.shadow.${n}` }] : [];
  });
}

/** Names that do not fit together. */
export function shadowProblems(config: Shadowed): readonly RunProblem[] {
  const runs = plannedRuns(config).map(({ id }) => id);
  const ids = config.strategy.shadow.map(({ id }) => id);
  return config.strategy.shadow.flatMap(({ id, run }, n) => {
    const taken = ids.indexOf(id) !== n || runs.includes(id);
    const path = `strategy.shadow.${n}`;
    return [
      ...(runs.includes(run) ? [] : [{ path: `${path}.run`, value: JSON.stringify(run), allowed: `one of the runs: ${runs.join(', ')}` }]),
      ...(taken ? [{ path: `${path}.id`, value: JSON.stringify(id), allowed: 'an id that no other shadow and no run has' }] : []),
    ];
  });
}
