/** The runs that the configuration asks for, each with its strategy and its seats. Pure. */
import { type Config, isBuiltIn, runParameters } from '../shared/config.ts';
import { overlay, stable } from '../shared/json.ts';
import { plannedRuns, type RunPlan } from '../shared/runs.ts';
import { type Maker, REGISTRY } from './strategy/registry.ts';
import type { Sealed } from './strategy/seat.ts';

export type Run = {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly strategy: Sealed;
  /** Base units; null: only the limits of the symbol hold. */
  readonly maxPosition: string | null;
  /** Tells a state apart that was made with other parameters. */
  readonly fingerprint: string;
  /** Likewise, for a change while it runs: what is only about the quotes leaves the state as it is. */
  readonly senses: string;
  readonly seats: readonly SeatPlace[];
};
/** `key` names a seat among all. */
export type SeatPlace = { readonly key: string; readonly symbols: readonly string[] };

/** `customs` are the strategies of `strategy.custom`, loaded. Throws on a name that is neither: the configuration was checked. */
export function makeRuns(config: Config, customs: ReadonlyMap<string, Maker> = new Map()): readonly Run[] {
  return plannedRuns(config).map((plan) => makeRun(config, { plan, customs }));
}

export function makeRun(config: Config, { plan, customs }: { readonly plan: RunPlan; readonly customs: ReadonlyMap<string, Maker> }): Run {
  const parameters = parametersOf(config, plan);
  const make = isBuiltIn(plan.use) ? REGISTRY[plan.use] : customs.get(plan.use);
  if (!make) throw new Error(`Cannot make run ${plan.id}: no strategy is named ${plan.use}`);
  const senses = stable({ use: plan.use, parameters: plan.use === 'market-making' ? withoutQuoting(parameters) : parameters });
  return runOf(plan, { strategy: make(parameters), fingerprint: stable({ use: plan.use, parameters }), senses });
}

export function runOf(
  { id, symbols, maxPosition }: Pick<RunPlan, 'id' | 'symbols' | 'maxPosition'>,
  { strategy, fingerprint, senses = fingerprint }: Pick<Run, 'strategy' | 'fingerprint'> & Partial<Pick<Run, 'senses'>>,
): Run {
  const seats = strategy.isBasket ? [{ key: id, symbols }] : symbols.map((symbol) => ({ key: `${id} ${symbol}`, symbols: [symbol] }));
  return { id, symbols, strategy, maxPosition, fingerprint, senses, seats };
}

/** Parameters of market making that no signal is measured by. */
const QUOTING: ReadonlySet<string> = new Set([
  ...['spreadBps', 'skewBps', 'orderSize', 'levels', 'levelGapBps', 'levelGapFactor', 'maxInventory', 'refreshToleranceBps', 'size'],
  ...['placement', 'edge', 'minQuoteLifeMs', 'sessions'],
]);

const withoutQuoting = (parameters: unknown): object =>
  Object.fromEntries(Object.entries(parameters ?? {}).filter(([key]) => !QUOTING.has(key)));

/** Those of the strategy with the run's own laid over them, as a document that is not checked. */
export function parametersOf(config: Config, { use, with: own }: Pick<RunPlan, 'use' | 'with'>): unknown {
  return isBuiltIn(use) ? runParameters(config, { use, with: own }) : overlay(config.strategy.custom[use]?.with ?? {}, own);
}

export const runsOn = (runs: readonly Run[], symbol: string): readonly Run[] => runs.filter(({ symbols }) => symbols.includes(symbol));

/** Intervals of the bars that some run reads, and whether public trades are wanted: what has to be fetched. A shadow's fills come of trades. */
export function readsOf(
  runs: readonly Run[],
  shadows: readonly Run[] = [],
): { readonly intervals: readonly string[]; readonly trades: boolean } {
  const intervals = new Set([...runs, ...shadows].flatMap(({ strategy }) => strategy.reads.bars ?? []));
  return { intervals: [...intervals], trades: shadows.length > 0 || runs.some(({ strategy }) => strategy.reads.trades) };
}
