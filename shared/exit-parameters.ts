/** Hard exits in config.json: schema, what holds for one symbol, and where the stop at the venue would act before them. */
import * as z from 'zod';
import { positiveDecimal } from './config-decimal.ts';
import { ms, percent } from './config-units.ts';
import { symbolName } from './limits.ts';

const distance = positiveDecimal;
const DAY_MS = 86_400_000;

const Trailing = z
  .strictObject({
    activationPercent: percent(100).optional().describe('starts at this executable profit, percent of entry price; without any: at once'),
    activationDistance: distance.optional().describe('starts at this executable profit, quote units of price'),
    percent: percent(50).optional().describe('distance of the stop behind the best executable price, percent of entry price'),
    distance: distance.optional().describe('distance of the stop behind the best executable price, quote units of price'),
  })
  .refine((rule) => (rule.percent === undefined) !== (rule.distance === undefined), 'one of percent and distance')
  .refine(
    (rule) => rule.activationPercent === undefined || rule.activationDistance === undefined,
    'one of activationPercent and activationDistance',
  );

const BreakEven = z
  .strictObject({
    afterPercent: percent(100).optional().describe('executable profit that moves the stop, percent of entry price'),
    afterDistance: distance.optional().describe('executable profit that moves the stop, quote units of price'),
    feesPercent: z
      .number()
      .min(0)
      .max(5)
      .optional()
      .describe(
        'what opening and closing cost, percent of entry price; absent: twice the taker rate of the account, 0.1 while that is unknown',
      ),
  })
  .refine((rule) => (rule.afterPercent === undefined) !== (rule.afterDistance === undefined), 'one of afterPercent and afterDistance');

const TimeStop = z.strictObject({
  maxHoldMs: ms(1_000, 30 * DAY_MS).describe('close a position held longer than this, ms'),
  evenInProfit: z.boolean().default(false).describe('false: only while closing now would not pay for its fees'),
});

/** What may be absent, and what each says of itself. */
const RULES = {
  takeProfitPercent: [percent(100), 'close when executable profit reaches this, percent of entry price'],
  takeProfitDistance: [positiveDecimal, 'close when executable profit reaches this, quote units of price'],
  takeProfitAmount: [positiveDecimal, 'close when executable profit of the whole position reaches this, quote currency before fees'],
  stopLossPercent: [percent(100), 'close when executable loss reaches this, percent of entry price'],
  stopLossDistance: [positiveDecimal, 'close when executable loss reaches this, quote units of price'],
  stopLossAmount: [positiveDecimal, 'close when executable loss of the whole position reaches this, quote currency before fees'],
  trailing: [Trailing, 'a stop that follows the best executable price since the position was opened, and never goes back'],
  breakEven: [BreakEven, 'after some profit the stop is at the entry price plus fees, and never goes back'],
  timeStop: [TimeStop, 'closes what has been held for too long'],
} as const;
type Rules = typeof RULES;
const cooldownMs = ms(0, DAY_MS).describe('no new exposure on the symbol for this long after a hard exit, ms');
const maxMarkAgeMs = ms(500, 60_000).describe('while the book is blind the mark price counts, unless it is older than this, ms');

/** Null is as good as absent, so that a file laid over another one can switch a rule off. */
const orOff = (say: (words: string) => string) =>
  Object.fromEntries(Object.entries(RULES).map(([name, [rule, words]]) => [name, rule.nullable().optional().describe(say(words))])) as {
    [Name in keyof Rules]: z.ZodOptional<z.ZodNullable<Rules[Name][0]>>;
  };
const SymbolRules = z.strictObject({
  ...orOff((words) => `on this symbol: ${words}; null: off`),
  cooldownMs: cooldownMs.optional(),
  maxMarkAgeMs: maxMarkAgeMs.optional(),
});

type Present<T> = { readonly [Name in keyof T]: Exclude<T[Name], null> };
/** What holds for one symbol. */
export type ExitParameters = Present<Omit<z.infer<typeof AllRules>, 'symbols'>>;
type Exits = Readonly<z.infer<typeof AllRules>>;

const NEEDS_STOP = 'at least one of stopLossPercent, stopLossDistance and stopLossAmount';

const AllRules = z.strictObject({
  ...orOff((words) => `${words}; null: off`),
  cooldownMs: cooldownMs.default(30_000),
  maxMarkAgeMs: maxMarkAgeMs.default(3_000),
  symbols: z.record(symbolName, SymbolRules).optional().describe('other rules on single symbols, key by key'),
});
export const ExitsConfig = AllRules.check((context) => {
  const exits = context.value;
  const common = hasStop(exitsOf({ exits }, ''));
  if (!common) context.issues.push({ code: 'custom', input: exits.stopLossPercent, path: ['stopLossPercent'], message: NEEDS_STOP });
  for (const symbol of Object.keys(exits.symbols ?? {}))
    if (common && !hasStop(exitsOf({ exits }, symbol)))
      context.issues.push({ code: 'custom', input: null, path: ['symbols', symbol, 'stopLossPercent'], message: NEEDS_STOP });
});

const hasStop = ({ stopLossPercent, stopLossDistance, stopLossAmount }: ExitParameters): boolean =>
  stopLossPercent !== undefined || stopLossDistance !== undefined || stopLossAmount !== undefined;

/** Asked for at every snapshot, of rules that never change. */
const known = new WeakMap<Exits, Map<string, ExitParameters>>();

/** The rules of one symbol: its own over those of all, key by key. */
export function exitsOf({ exits }: { readonly exits: Exits }, symbol: string): ExitParameters {
  const bySymbol = known.get(exits) ?? new Map<string, ExitParameters>();
  known.set(exits, bySymbol);
  const rules = bySymbol.get(symbol) ?? rulesOf(exits, symbol);
  bySymbol.set(symbol, rules);
  return rules;
}

function rulesOf(exits: Exits, symbol: string): ExitParameters {
  const { symbols, ...all } = exits;
  const own = symbols !== undefined && Object.hasOwn(symbols, symbol) ? symbols[symbol] : {};
  const named = Object.entries({ ...all, ...own }).filter(([, rule]) => rule !== undefined);
  const { cooldownMs, maxMarkAgeMs } = all;
  return { cooldownMs, maxMarkAgeMs, ...Object.fromEntries(named.filter(([, rule]) => rule !== null)) };
}

type Line = { readonly percent?: number | undefined; readonly distance?: string | undefined };

/**
 * Where the stop at the venue, `venuePercent` from the entry price, would act before ours: it is there for when all of ours is dead, so it
 * has to be the wider one. One line for each rule.
 */
export function exitWarnings(exits: ExitParameters, { symbol, venuePercent }: { readonly symbol: string; readonly venuePercent: number }) {
  const { stopLossPercent, stopLossDistance, stopLossAmount, trailing } = exits;
  const say = (rule: string, where: string | null): string[] =>
    where === null ? [] : [`${symbol}: the stop at the venue (${venuePercent} %) acts before exits.${rule}${where}: allowed, hardly meant`];
  const stops = [
    ...(stopLossPercent === undefined
      ? []
      : [say(`stopLossPercent (${stopLossPercent} %)`, venueFirst({ percent: stopLossPercent }, { venuePercent }))]),
    ...(stopLossDistance === undefined
      ? []
      : [say(`stopLossDistance (${stopLossDistance})`, venueFirst({ distance: stopLossDistance }, { venuePercent }))]),
    ...(stopLossAmount === undefined
      ? []
      : [say(`stopLossAmount (${stopLossAmount})`, ` on positions worth up to ${shown(Number(stopLossAmount) / (venuePercent / 100))}`)]),
  ];
  const { activationPercent, activationDistance } = trailing ?? {};
  const start = { percent: activationPercent, distance: activationDistance };
  const trails = trailing ? say('trailing', venueFirst(trailing, { venuePercent, start })) : [];
  return [...(stops.some((lines) => lines.length === 0) ? [] : stops.flat()), ...trails];
}

/**
 * At which entry prices a stop is at least as far away as the venue's: '' at all, null at none. `start`: profit at which it begins to count,
 * which brings it nearer by as much.
 */
function venueFirst(stop: Line, { venuePercent, start = {} }: { readonly venuePercent: number; readonly start?: Line }): string | null {
  const share = ((stop.percent ?? 0) - (start.percent ?? 0) - venuePercent) / 100;
  const fixed = Number(stop.distance ?? 0) - Number(start.distance ?? 0);
  if (share >= 0 && fixed >= 0) return '';
  if (share <= 0 && fixed <= 0) return null;
  return share < 0 ? ` at entry prices up to ${shown(fixed / -share)}` : ` at entry prices from ${shown(-fixed / share)}`;
}

const shown = (price: number): string => String(Number(price.toPrecision(6)));
