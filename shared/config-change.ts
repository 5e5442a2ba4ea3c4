/**
 * What an edit of config.json means for processes that run: which values differ, when each takes effect, and the configuration that may
 * be in force now. Limits only ever tighten by themselves: what an edit loosens waits for a person, and until then the tighter of both
 * holds, field by field. Pure.
 */
import { createHash } from 'node:crypto';
import { type Config, limitsOf } from './config.ts';
import { hidePassword, type SchemaNode, valueAt } from './config-problem.ts';
import { stable } from './json.ts';
import type { SymbolLimits } from './limits.ts';
import { compareDecimals } from './units.ts';

/**
 * `live`: from the next tick on. `drain`: the quotes of the strategy before are cancelled and gone first. `confirm`: tightens at once,
 * loosens when a person confirms. `restart`: of the processes, until then the value before stays in force.
 */
export type Apply = 'live' | 'drain' | 'confirm' | 'restart';
export type ConfigChange = { readonly path: string; readonly from: string; readonly to: string; readonly apply: Apply };

/** The longest prefix that fits decides; every key of the schema is under one of them. */
const APPLIES: Readonly<Record<string, Apply>> = {
  $schema: 'live',
  environment: 'restart',
  venue: 'restart',
  symbols: 'restart',
  runDir: 'restart',
  redis: 'restart',
  snapshot: 'restart',
  gateway: 'restart',
  brain: 'restart',
  'strategy.active': 'drain',
  'strategy.marketMaking': 'live',
  'strategy.macdTrend': 'live',
  'strategy.arbitrage': 'live',
  'strategy.macdTrend.interval': 'restart', // the gateway gathers its bars
  'strategy.runs': 'restart', // likewise
  'strategy.custom': 'restart', // files are loaded at the start
  'strategy.shadow': 'restart', // each goes on with the account it has
  exits: 'live',
  risk: 'live',
  limits: 'confirm',
  account: 'restart',
  sim: 'restart',
  paper: 'restart',
  record: 'restart',
  watchdog: 'restart',
  dashboard: 'restart',
  alerts: 'restart',
  endpoints: 'restart',
  credentials: 'restart',
  log: 'restart',
  'log.level': 'live',
};

/** Null for a key that no prefix covers. */
export function applyOf(path: string): Apply | null {
  const steps = path.split('.');
  for (let length = steps.length; length > 0; length--) {
    const found = APPLIES[steps.slice(0, length).join('.')];
    if (found) return found;
  }
  return null;
}

const WHEN: Readonly<Record<Apply, string>> = {
  live: 'live: an edit takes effect at once',
  drain: 'drain: an edit takes effect when the quotes of the strategy before are gone',
  confirm: 'live: an edit that tightens takes effect at once, one that loosens when a person confirms it',
  restart: 'restart: an edit waits for one',
};

/** The schema whose every value says in its description when an edit of it takes effect. */
export function withApplyTold(node: SchemaNode, path: readonly string[] = []): SchemaNode {
  const { properties, additionalProperties: free, description } = node;
  const child = (key: string, one: SchemaNode): SchemaNode => withApplyTold(one, [...path, key]);
  const inner = properties && Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, child(key, one)]));
  const rest = typeof free === 'object' && Object.keys(free).length > 0 ? child('*', free) : free;
  if (inner || (typeof rest === 'object' && rest !== free))
    return { ...node, ...(inner ? { properties: inner } : {}), ...(rest === undefined ? {} : { additionalProperties: rest }) };
  const apply = applyOf(path.join('.'));
  return apply === null ? node : { ...node, description: [description, WHEN[apply]].filter((text) => text !== undefined).join('; ') };
}

/** Every key that a config may hold, as dotted paths; `*` stands for a free key. */
export function keysOfSchema(node: SchemaNode, path: readonly string[] = []): readonly string[] {
  const inner = Object.entries(node.properties ?? {}).flatMap(([key, child]) => keysOfSchema(child, [...path, key]));
  const free = typeof node.additionalProperties === 'object' ? keysOfSchema(node.additionalProperties, [...path, '*']) : [];
  return inner.length + free.length === 0 ? [path.join('.')] : [...inner, ...free];
}

/** Values that differ, in order of their path; nothing that may be a key or a password is shown. */
export function diffConfigs(before: Config, after: Config): readonly ConfigChange[] {
  const paths = new Set([...leavesOf(before), ...leavesOf(after)]);
  return [...paths].sort().flatMap((path): ConfigChange[] => {
    const [from, to] = [shown(before, path), shown(after, path)];
    return from === to ? [] : [{ path, from: hide(path, from), to: hide(path, to), apply: applyOf(path) ?? 'restart' }];
  });
}

/** `running` with all of `wanted` that may take effect without a restart; looser limits only when `confirmed`. */
export function mergeLive({
  running,
  wanted,
  confirmed,
}: {
  readonly running: Config;
  readonly wanted: Config;
  readonly confirmed: boolean;
}): Config {
  const limits = confirmed ? wanted.limits : tighterLimits(running, wanted);
  const { runs, custom, shadow, macdTrend } = running.strategy;
  const strategy = { ...wanted.strategy, runs, custom, shadow, macdTrend: { ...wanted.strategy.macdTrend, interval: macdTrend.interval } };
  const log = { ...running.log, level: wanted.log.level };
  return { ...running, strategy, exits: wanted.exits, risk: wanted.risk, limits, log };
}

/** The same configuration with the limits of each of these symbols written out: two ways to say the same are then the same. */
export const withPlainLimits = (config: Config, symbols: readonly string[]): Config => ({ ...config, limits: spelledOut(config, symbols) });

/** Twelve hex digits over the limits of the symbols that are traded. */
export const limitsHash = (config: Config): string =>
  createHash('sha256')
    .update(stable(spelledOut(config, config.symbols)))
    .digest('hex')
    .slice(0, 12);

/** Something in `wanted` is looser than what is in force. */
export function isLooser({ running, wanted }: { readonly running: Config; readonly wanted: Config }): boolean {
  const tight = tighterLimits(running, wanted);
  return JSON.stringify(tight) !== JSON.stringify(spelledOut(wanted, symbolsOf(running, wanted)));
}

/** Field by field the stricter of both; an absent limit of a symbol is zero. */
export function tighterLimits(a: Config, b: Config): Config['limits'] {
  const symbols = symbolsOf(a, b);
  const [one, other] = [spelledOut(a, symbols), spelledOut(b, symbols)];
  const both = symbols.map((symbol): [string, SymbolLimits] => {
    const [p, q] = [one.symbols[symbol] ?? NOTHING, other.symbols[symbol] ?? NOTHING];
    return [
      symbol,
      {
        maxPosition: least(p.maxPosition, q.maxPosition),
        maxOrderNotional: least(p.maxOrderNotional, q.maxOrderNotional),
        ...leastSize(p.maxOrderSize, q.maxOrderSize),
        maxOpenOrders: Math.min(p.maxOpenOrders, q.maxOpenOrders),
        collarPercent: Math.min(p.collarPercent, q.collarPercent),
      },
    ];
  });
  return {
    maxGrossNotional: least(one.maxGrossNotional, other.maxGrossNotional),
    symbols: Object.fromEntries(both),
    equity: {
      maxOrderPercent: Math.min(one.equity.maxOrderPercent, other.equity.maxOrderPercent),
      maxPositionPercent: Math.min(one.equity.maxPositionPercent, other.equity.maxPositionPercent),
      maxDailyLossPercent: Math.min(one.equity.maxDailyLossPercent, other.equity.maxDailyLossPercent),
    },
    margin: {
      minAvailablePercent: Math.max(one.margin.minAvailablePercent, other.margin.minAvailablePercent),
      maxRatioPercent: Math.min(one.margin.maxRatioPercent, other.margin.maxRatioPercent),
      minLiquidationPercent: Math.max(one.margin.minLiquidationPercent, other.margin.minLiquidationPercent),
    },
    rate: {
      maxCommandsPerSecond: Math.min(one.rate.maxCommandsPerSecond, other.rate.maxCommandsPerSecond),
      maxOrdersPerFill: Math.min(one.rate.maxOrdersPerFill, other.rate.maxOrdersPerFill),
    },
  };
}

/** An absent one does not bind. */
function leastSize(a: string | undefined, b: string | undefined): Pick<SymbolLimits, 'maxOrderSize'> {
  if (a === undefined || b === undefined) return a === undefined && b === undefined ? {} : { maxOrderSize: a ?? b };
  return { maxOrderSize: least(a, b) };
}

const least = (x: string, y: string): string => (compareDecimals(x, y) <= 0 ? x : y);

/** What no limit means, in the words of the schema, which wants a collar above zero. */
const NOTHING: SymbolLimits = { maxPosition: '0', maxOrderNotional: '0', maxOpenOrders: 0, collarPercent: 0.000_001 };

const symbolsOf = (a: Config, b: Config): readonly string[] => [...new Set([...a.symbols, ...b.symbols])];

/** The same limits with each symbol's written out, so that two ways to say the same compare equal. */
const spelledOut = (config: Config, symbols: readonly string[]): Config['limits'] => ({
  ...withoutDefault(config.limits),
  symbols: Object.fromEntries(symbols.map((symbol) => [symbol, limitsOf(config, symbol) ?? NOTHING])),
});

const withoutDefault = ({ default: _, ...limits }: Config['limits']): Config['limits'] => limits;

function leavesOf(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path.join('.')];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

function shown(config: Config, path: string): string {
  const value = valueAt(config, path.split('.'));
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)) ? 'absent' : JSON.stringify(value);
}

const hide = (path: string, text: string): string => (path.startsWith('credentials') ? '(hidden)' : hidePassword(text).slice(0, 80));
