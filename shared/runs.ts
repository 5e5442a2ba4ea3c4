/**
 * Which strategies run where. `strategy.active` names the one of every symbol that no entry of `strategy.runs` names; each run has an id,
 * by which its orders, fills, positions and reasons are told apart. Schemas and pure checks; parameters are checked by their own schemas.
 */
import * as z from 'zod';

export const BAR_INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h'] as const;
export type BarInterval = (typeof BAR_INTERVALS)[number];

export const RUN_ID_MAX = 16;
const RUNS_MAX = 50;

/** Of a run, a shadow, an own strategy. */
export const runName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,15}$/, `1 to ${RUN_ID_MAX} of a-z, 0-9 and "-", such as "mm-btc"`)
  .refine((text) => text !== 'unassigned', 'another name: what belongs to no run is told as "unassigned"');
export const runParametersSchema = z
  .record(z.string(), z.unknown().describe('a parameter of the strategy'))
  .default({})
  .describe('parameters that differ from those of the strategy');

export const Run = z.strictObject({
  id: runName.describe('name of the run in orders, fills and reasons'),
  use: z.string().min(1).describe('a built-in strategy such as "market-making", a name of strategy.custom, or a file such as "./lean.ts"'),
  symbols: z.array(z.string()).min(1).optional().describe('symbols it trades; without it all of them'),
  with: runParametersSchema,
  maxPosition: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'a decimal in quotes such as "0.010"')
    .optional()
    .describe('largest own position either way, base units, beside the limits of the symbol; without it only those'),
});
export type Run = Readonly<z.infer<typeof Run>>;

export const Custom = z.strictObject({
  file: z.string().min(1).describe('TypeScript file of the strategy, relative to the configuration'),
  bars: z.enum(BAR_INTERVALS).optional().describe('interval of the bars it reads; without it it reads none'),
  with: runParametersSchema,
});
export type Custom = Readonly<z.infer<typeof Custom>>;

export const runsSchema = z
  .array(Run)
  .max(RUNS_MAX)
  .default([])
  .describe('several strategies at once, on several symbols or two on one; symbols that none of them names are traded by strategy.active');
export const customSchema = z.record(runName, Custom).default({}).describe('own strategies by name, each a TypeScript file');

/** One strategy on its symbols, as the configuration means it. */
export type RunPlan = {
  readonly id: string;
  readonly use: string;
  readonly symbols: readonly string[];
  readonly with: Readonly<Record<string, unknown>>;
  /** Base units; null: no limit of its own. */
  readonly maxPosition: string | null;
  /** Path of it in the configuration, for messages. */
  readonly path: string;
};
export type Planned = {
  readonly symbols: readonly string[];
  readonly strategy: { readonly active: string; readonly runs: readonly Run[]; readonly custom: Readonly<Record<string, Custom>> };
};

/** In the order of the configuration; `active` last, where it has a symbol left. */
export function plannedRuns({ symbols, strategy: { active, runs } }: Planned): readonly RunPlan[] {
  const named = new Set(runs.flatMap((run) => run.symbols ?? symbols));
  const left = symbols.filter((symbol) => !named.has(symbol));
  const listed = runs.map((run, index) => ({
    ...{ id: run.id, use: run.use, with: run.with },
    symbols: run.symbols ?? symbols,
    maxPosition: run.maxPosition ?? null,
    path: `strategy.runs.${index}`,
  }));
  return left.length === 0
    ? listed
    : [...listed, { id: active, use: active, symbols: left, with: {}, maxPosition: null, path: 'strategy.active' }];
}

export type RunProblem = { readonly path: string; readonly value: string; readonly allowed: string };

type Named = Planned['strategy'];
const FILE = /\.[cm]?[jt]s$/;
const NAME_ALLOWED = `a file named by 1 to ${RUN_ID_MAX} of a-z, 0-9 and "-", such as "./lean.ts", or a name of strategy.custom`;

/**
 * A file in the place of a strategy's name is an entry of `custom` that nobody has written down: it is called as the file is. A file whose
 * name is another's, or no name, is a mistake.
 */
export function withFilesNamed<T extends Named>(
  strategy: T,
  builtIn: readonly string[],
): { readonly strategy: T; readonly problems: readonly RunProblem[] } {
  const custom: Record<string, Custom> = { ...strategy.custom };
  const problems: RunProblem[] = [];
  const nameOf = (use: string, path: string): string => {
    if (!FILE.test(use)) return use;
    const called = (use.split('/').at(-1) ?? '').replace(FILE, '');
    const before = custom[called];
    const isTaken = builtIn.includes(called) || (before !== undefined && plainPath(before.file) !== plainPath(use));
    const value = JSON.stringify(use);
    if (!runName.safeParse(called).success) problems.push({ path, value, allowed: NAME_ALLOWED });
    else if (isTaken) problems.push({ path, value, allowed: `another file name: there is another strategy "${called}"` });
    else custom[called] ??= { file: use, with: {} };
    return called;
  };
  const active = nameOf(strategy.active, 'strategy.active');
  const runs = strategy.runs.map((run, n) => ({ ...run, use: nameOf(run.use, `strategy.runs.${n}.use`) }));
  return { strategy: { ...strategy, active, runs, custom }, problems };
}

const plainPath = (file: string): string => file.replace(/^(\.\/)+/, '');

/** Names that do not fit together; `builtIn` are the strategies that need no file. */
export function namingProblems(config: Planned, builtIn: readonly string[]): readonly RunProblem[] {
  const { active, runs, custom } = config.strategy;
  const known = [...builtIn, ...Object.keys(custom)];
  const allowed = `one of ${known.map((one) => JSON.stringify(one)).join(', ')}`;
  const unknown = [{ path: 'strategy.active', use: active }, ...runs.map(({ use }, n) => ({ path: `strategy.runs.${n}.use`, use }))]
    .filter(({ use }) => !known.includes(use))
    .map(({ path, use }) => ({ path, value: JSON.stringify(use), allowed }));
  const taken = Object.keys(custom)
    .filter((one) => builtIn.includes(one))
    .map((one) => ({ path: `strategy.custom.${one}`, value: 'the name of a built-in strategy', allowed: 'another name' }));
  return [...unknown, ...taken, ...repeatedIds(config), ...runs.flatMap((run, n) => symbolProblems(run, { n, symbols: config.symbols }))];
}

function repeatedIds(config: Planned): readonly RunProblem[] {
  const ids = plannedRuns(config).map(({ id }) => id);
  return config.strategy.runs.flatMap(({ id }, n) =>
    ids.indexOf(id) === n && ids.lastIndexOf(id) === n
      ? []
      : [{ path: `strategy.runs.${n}.id`, value: JSON.stringify(id), allowed: 'an id that no other run has, strategy.active included' }],
  );
}

function symbolProblems(run: Run, { n, symbols }: { readonly n: number; readonly symbols: readonly string[] }): readonly RunProblem[] {
  const own = run.symbols ?? [];
  return own.flatMap((symbol, m) => {
    const path = `strategy.runs.${n}.symbols.${m}`;
    if (!symbols.includes(symbol)) return [{ path, value: JSON.stringify(symbol), allowed: `one of symbols: ${symbols.join(', ')}` }];
    return own.indexOf(symbol) === m ? [] : [{ path, value: JSON.stringify(symbol), allowed: 'each symbol once' }];
  });
}
