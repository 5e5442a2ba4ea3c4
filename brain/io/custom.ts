/**
 * Strategies of persons: the files that the configuration names are imported, looked at, and tried on a sample market. Every mistake is
 * one line, never a stack trace; a file is code, and runs with the rights of the brain.
 */
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Config, problemLine } from '../../shared/config.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { type ConfigProblem, parameterProblems } from '../../shared/config-problem.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { type Custom, plannedRuns, type RunPlan } from '../../shared/runs.ts';
import { plannedShadows } from '../../shared/shadow.ts';
import { lots } from '../../shared/units.ts';
import { parametersOf } from '../runs.ts';
import { faultText } from '../strategy/fault.ts';
import { type Definition, ownStrategy } from '../strategy/own.ts';
import type { Maker } from '../strategy/registry.ts';
import { sampleBars, sampleView } from '../strategy/sample.ts';
import { sealAlone } from '../strategy/seat.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { wishProblem } from '../strategy/wish-check.ts';

const BARS = 400;
type Own = Definition<unknown, unknown>;

/** Those that some run uses, by name. */
export async function loadCustoms({
  config,
  file,
}: Pick<Loaded, 'config' | 'file'>): Promise<Result<ReadonlyMap<string, Maker>, readonly string[]>> {
  const makers = new Map<string, Maker>();
  const problems: ConfigProblem[] = [];
  for (const [name, custom] of Object.entries(config.strategy.custom)) {
    const plans = [...plannedRuns(config), ...plannedShadows(config)].filter(({ use }) => use === name);
    if (plans.length === 0) continue;
    const loaded = await load(name, custom);
    const found = loaded.ok ? tryOut(loaded.value, { name, custom, plans, config }) : loaded.error;
    problems.push(...found);
    if (loaded.ok) makers.set(name, makerOf(loaded.value, { name, custom }));
  }
  return problems.length === 0 ? ok(makers) : err(problems.map((problem) => `${file}: ${problemLine(problem)}`));
}

function makerOf(own: Own, { name, custom }: { readonly name: string; readonly custom: Custom }): Maker {
  return (document) => sealAlone(ownStrategy(own, { name, parameters: own.parameters.parse(document), bars: custom.bars ?? null }));
}

async function load(name: string, custom: Custom): Promise<Result<Own, readonly ConfigProblem[]>> {
  const path = `strategy.custom.${name}.file`;
  const mistake = (value: string, allowed: string): Result<Own, readonly ConfigProblem[]> => err([{ path, value, allowed }]);
  let found: Record<string, unknown>;
  try {
    found = await import(pathToFileURL(custom.file).href);
  } catch (error) {
    return mistake(
      `${JSON.stringify(custom.file)} cannot be loaded (${faultText(error, custom.file)})`,
      'a TypeScript file that exports strategy',
    );
  }
  const exported = found['strategy'];
  if (typeof exported !== 'object' || exported === null)
    return mistake(`${JSON.stringify(custom.file)} exports no strategy`, 'export const strategy = defineStrategy({ … })');
  const problems = shapeProblems(exported as Partial<Record<keyof Own, unknown>>);
  return problems.length === 0
    ? ok(exported as Own)
    : err(problems.map(({ key, allowed }) => ({ path, value: `its strategy.${key}`, allowed })));
}

/** What `defineStrategy` would have complained about in an editor. */
function shapeProblems({ parameters, decide, initial, reads, toleranceBps, resume }: Partial<Record<keyof Own, unknown>>) {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  const isMissing = (value: unknown): boolean => value === undefined;
  const rows: readonly [key: string, good: boolean, allowed: string][] = [
    ['parameters', parameters instanceof z.ZodObject, 'a z.strictObject of zod, exported by the same module as defineStrategy'],
    ['decide', typeof decide === 'function', 'a function (view, { parameters, state }) => wish'],
    ['initial', isMissing(initial) || typeof initial === 'function', 'a function (parameters) => state, or nothing'],
    ['reads', isMissing(reads) || isObject(reads), 'an object { trades, bars }, or nothing'],
    [
      'toleranceBps',
      isMissing(toleranceBps) || (typeof toleranceBps === 'number' && toleranceBps >= 0),
      'a number of basis points, at least 0',
    ],
    ['resume', isMissing(resume) || isObject(resume), 'an object { maxAgeMs, read }, or nothing'],
  ];
  const wrong = rows.filter(([, good]) => !good).map(([key, , allowed]) => ({ key, allowed }));
  return parameters instanceof z.ZodObject ? [...wrong, ...undescribed(parameters)] : wrong;
}

/** A parameter without its unit is a trap. */
function undescribed(parameters: z.ZodObject) {
  const schema = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
  return Object.entries(schema.properties ?? {})
    .filter(([, node]) => typeof node === 'object' && !node.description)
    .map(([key]) => ({ key: `parameters.${key}`, allowed: 'a parameter with .describe("what it is, with its unit")' }));
}

type Trying = { readonly name: string; readonly custom: Custom; readonly plans: readonly RunPlan[]; readonly config: Config };

/** Its parameters as the runs have them, then two decisions with each. */
function tryOut(own: Own, { name, custom, plans, config }: Trying): readonly ConfigProblem[] {
  if (own.reads?.bars && custom.bars === undefined)
    return [{ path: `strategy.custom.${name}.bars`, value: 'missing', allowed: 'the interval of the bars that it reads, such as "1m"' }];
  return plans.flatMap((plan) => {
    const document = parametersOf(config, plan);
    const path = plan.path === 'strategy.active' ? `strategy.custom.${name}.with` : `${plan.path}.with`;
    const problems = parameterProblems(own.parameters, { document, path });
    if (problems.length > 0) return problems;
    const problem = firstTurns(ownStrategy(own, { name, parameters: own.parameters.parse(document), bars: custom.bars ?? null }));
    const value = `${JSON.stringify(custom.file)}: on a sample market, ${problem}`;
    return problem === null ? [] : [{ path: `strategy.custom.${name}.file`, value, allowed: 'a strategy that can decide there' }];
  });
}

function firstTurns(strategy: Strategy<unknown>): string | null {
  const bars = strategy.reads?.bars ? sampleBars(BARS) : null;
  const trades = strategy.reads?.trades ? [] : null;
  try {
    let state = strategy.initial();
    for (const position of [0, 10, -10]) {
      const view = sampleView({ position: lots(position), entryPrice: position === 0 ? null : '60000', bars, trades });
      const decided = strategy.decide(view, state);
      const problem = wishProblem(decided.wish, view.instrument);
      if (problem !== null) return problem;
      if (!isDeepStrictEqual(JSON.parse(JSON.stringify(decided.state ?? null)), decided.state ?? null))
        return 'its state is not plain JSON: after being written and read it is another';
      state = decided.state;
    }
    return null;
  } catch (error) {
    return `it threw ${faultText(error)}`;
  }
}
