/**
 * Trades two books of one coin against each other (USDT and USDC margined, later two venues): enters when what can be had now is further
 * from the mean than everything costs, leaves when it has come back. `basis.ts` knows the money, `legs.ts` the two orders; this brings the
 * views to them. Amounts are counted in a common step of both contracts.
 */
import * as z from 'zod';
import type { ArbitrageParameters } from '../../../shared/arbitrage.ts';
import { floorSteps } from '../../../shared/instrument.ts';
import { lots } from '../../../shared/units.ts';
import { executableTicks } from '../../risk/exit-price.ts';
import type { BasketDecided, BasketStrategy, Level, Signals, SymbolView, Views, Wish } from '../strategy.ts';
import { type Basis, type BookTop, type Direction, edgeOf, followBasis, leftOf, type Priced, ratioOf } from './basis.ts';
import { type Legs, noLegs, stepLegs } from './legs.ts';

/** `held`: of both legs when both were last seen, base units, signed. */
export type ArbitrageState = {
  readonly basis: Basis;
  readonly legs: Legs;
  readonly held: { readonly a: number; readonly b: number } | null;
};

const MINUTE_MS = 60_000;
const BPS = 10_000;
const RESUME_MS = 5 * MINUTE_MS;

export function arbitrage(parameters: ArbitrageParameters): BasketStrategy<ArbitrageState> {
  return {
    name: 'arbitrage',
    role: 'custom',
    initial: () => ({ basis: null, legs: noLegs(0), held: null }),
    resume: { maxAgeMs: RESUME_MS, read: readState },
    decide: (views, state) => decide(parameters, { views, state }),
  };
}

type Turn = { readonly views: Views; readonly state: ArbitrageState };

function decide(parameters: ArbitrageParameters, { views, state }: Turn): BasketDecided<ArbitrageState> {
  const [first, second, ...rest] = [...views];
  if (!first || !second || rest.length > 0) return nothing(views, { state, reason: 'arb-two-symbols' });
  const [a, b] = [first[1], second[1]];
  if (typeof a === 'string') return oneSided(parameters, { views, state, seen: b, unseen: 'a' });
  if (typeof b === 'string') return oneSided(parameters, { views, state, seen: a, unseen: 'b' });
  if (a.instrument.baseAsset !== b.instrument.baseAsset) return nothing(views, { state, reason: 'arb-two-coins' });
  const pair: Pair = { parameters, a, b, step: commonStep(a, b), size: 0 };
  const size = floorSteps({ text: parameters.orderSize, step: String(pair.step) });
  return trade({ ...pair, size }, state);
}

type Pair = {
  readonly parameters: ArbitrageParameters;
  readonly a: SymbolView;
  readonly b: SymbolView;
  /** Base units of one share. */
  readonly step: number;
  /** Shares of one trade. */
  readonly size: number;
};

function trade(pair: Pair, state: ArbitrageState): BasketDecided<ArbitrageState> {
  const { parameters, a, b } = pair;
  const nowMs = Math.max(a.atMs, b.atMs);
  const [topA, topB] = [topOf(a), topOf(b)];
  const basis = followBasis(state.basis, { ratio: ratioOf(topA, topB), nowMs, tauMs: parameters.meanMinutes * MINUTE_MS });
  const priced = pricedOf(pair, { basis, nowMs });
  const wayIn = priced === null || nowMs - basis.sinceMs < parameters.warmUpMinutes * MINUTE_MS ? null : bestWay(pair, priced);
  const { legs, targets, urgent, reason } = stepLegs(state.legs, {
    limits: parameters,
    view: {
      ...{ nowMs, a: sharesOf(a, pair), b: sharesOf(b, pair), tradable: true, size: pair.size, enter: wayIn },
      stillPays: state.legs.at === 'entering' && priced !== null && edgeOf(state.legs.direction, priced).net >= 0,
      leave: state.legs.at === 'open' ? whyLeave(state.legs, { pair, priced, top: { a: topA, b: topB, mean: basis.mean }, nowMs }) : null,
    },
  });
  const told = reason === 'arb-no-edge' ? whyNot({ priced, basis, parameters, nowMs }) : reason;
  const signals = signalsOf(priced, { basis, a: sharesOf(a, pair), b: sharesOf(b, pair) });
  const enters = (view: SymbolView): boolean => !urgent && sharesOf(view, pair) === 0;
  const wish = (view: SymbolView, target: number | null): Wish => ({
    quotes: [],
    target:
      target === null
        ? null
        : {
            position: lots(target * lotsPerShare(view, pair)),
            slippageBps: enters(view) ? parameters.maxSlippageBps : parameters.exitSlippageBps,
          },
    reason: told,
    signals,
  });
  const wishes = new Map([
    [a.symbol, wish(a, targets.a)],
    [b.symbol, wish(b, targets.b)],
  ]);
  return { wishes, state: { basis, legs, held: { a: unitsOf(a, a.position), b: unitsOf(b, b.position) } } };
}

type OneSided = Turn & { readonly seen: SymbolView | string; readonly unseen: 'a' | 'b' };

/**
 * One leg cannot be seen. What is hedged stays as it is; what has waited for its hedge too long is brought back to what was last known of
 * the other leg. It only ever shrinks: nothing is opened against a leg that nobody sees.
 */
function oneSided(parameters: ArbitrageParameters, { views, state, seen, unseen }: OneSided): BasketDecided<ArbitrageState> {
  const waiting = nothing(views, { state, reason: 'arb-one-sided' });
  if (typeof seen === 'string' || state.held === null || !isLate(state.legs, { nowMs: seen.atMs, parameters })) return waiting;
  const goal = lots(Math.round(-state.held[unseen] / Number(seen.instrument.stepSize)));
  const shrinks = goal * seen.position >= 0 && Math.abs(goal) < Math.abs(seen.position);
  if (!shrinks) return waiting;
  const legs = { at: 'leaving', sinceMs: seen.atMs, why: 'hedge-late' } as const;
  const target = { position: goal, slippageBps: parameters.exitSlippageBps };
  const wish: Wish = { quotes: [], target, reason: 'arb-leaving-hedge-late', signals: {} };
  return {
    wishes: new Map([...waiting.wishes, [seen.symbol, wish]]),
    state: { ...state, legs: state.legs.at === 'leaving' ? state.legs : legs },
  };
}

/** A leg has been without its hedge for as long as it may. */
function isLate(legs: Legs, { nowMs, parameters }: { readonly nowMs: number; readonly parameters: ArbitrageParameters }): boolean {
  const sinceMs = legs.at === 'entering' ? legs.sinceMs : legs.at === 'open' ? legs.unevenSinceMs : null;
  return legs.at === 'leaving' || (sinceMs !== null && nowMs - sinceMs >= parameters.hedgeDeadlineMs);
}

/** Null while fees or funding are not known, or a book is too thin for the size. */
function pricedOf(pair: Pair, { basis, nowMs }: { readonly basis: NonNullable<Basis>; readonly nowMs: number }): Priced | null {
  const { a, b, parameters } = pair;
  const [topA, topB] = [topOf(a, pair), topOf(b, pair)];
  if (!a.commission || !b.commission || !a.funding || !b.funding || !topA || !topB) return null;
  const passes = (nextMs: number): number => (nextMs <= nowMs + parameters.holdMinutes * MINUTE_MS ? 1 : 0);
  return {
    ...{ a: topA, b: topB, mean: basis.mean, fundings: 1 },
    costsA: { takerFee: a.commission.taker, fundingRate: a.funding.rate * passes(a.funding.nextMs) },
    costsB: { takerFee: b.commission.taker, fundingRate: b.funding.rate * passes(b.funding.nextMs) },
  };
}

/** The way that pays more, when one pays enough; the thinner book goes first. */
function bestWay({ parameters, a, b }: Pair, priced: Priced): { readonly direction: Direction; readonly first: 'a' | 'b' } | null {
  const [longA, longB] = [edgeOf('long-a', priced).net, edgeOf('long-b', priced).net];
  const direction = longA >= longB ? 'long-a' : 'long-b';
  if (Math.max(longA, longB) * BPS < parameters.entryBps) return null;
  return { direction, first: depthOf(a) <= depthOf(b) ? 'a' : 'b' };
}

type Leaving = {
  readonly pair: Pair;
  readonly priced: Priced | null;
  readonly top: Pick<Priced, 'a' | 'b' | 'mean'>;
  readonly nowMs: number;
};

function whyLeave(
  { direction, sinceMs }: { readonly direction: Direction; readonly sinceMs: number },
  { pair, priced, top, nowMs }: Leaving,
): string | null {
  const left = leftOf(direction, top);
  if (left * BPS <= pair.parameters.exitBps) return 'target';
  if (nowMs - sinceMs >= pair.parameters.maxHoldMinutes * MINUTE_MS) return 'too-long';
  return priced !== null && edgeOf(direction, priced).carry > left ? 'funding' : null;
}

type Idle = {
  readonly priced: Priced | null;
  readonly basis: NonNullable<Basis>;
  readonly parameters: ArbitrageParameters;
  readonly nowMs: number;
};

function whyNot({ priced, basis, parameters, nowMs }: Idle): string {
  if (nowMs - basis.sinceMs < parameters.warmUpMinutes * MINUTE_MS) return 'warming-up';
  return priced === null ? 'arb-unpriced' : 'arb-no-edge';
}

/** Best prices; with a pair, what its size would get on average, null where the levels shown do not hold it. */
function topOf(view: SymbolView): BookTop;
function topOf(view: SymbolView, pair: Pair): BookTop | null;
function topOf(view: SymbolView, pair?: Pair): BookTop | null {
  const tick = Number(view.instrument.tickSize);
  if (!pair) return { bid: view.bestBid * tick, ask: view.bestAsk * tick };
  const size = pair.size * lotsPerShare(view, pair);
  const price = (levels: readonly Level[]): number | null =>
    levels.reduce((sum, level) => sum + level.size, 0) < size ? null : executableTicks(levels, size);
  const [bid, ask] = [price(view.bids), price(view.asks)];
  return bid === null || ask === null ? null : { bid: bid * tick, ask: ask * tick };
}

const depthOf = ({ bids, asks, instrument }: SymbolView): number =>
  Math.min(...[bids, asks].map((levels) => levels.reduce((sum, { size }) => sum + size, 0))) * Number(instrument.stepSize);

/** Steps are powers of ten, or one a multiple of the other: the larger is common to both. */
const commonStep = (a: SymbolView, b: SymbolView): number => Math.max(Number(a.instrument.stepSize), Number(b.instrument.stepSize));
const unitsOf = ({ instrument }: SymbolView, size: number): number => size * Number(instrument.stepSize);
const lotsPerShare = ({ instrument }: SymbolView, { step }: Pair): number => Math.round(step / Number(instrument.stepSize));
/** A rest below a share is nobody's leg. */
const sharesOf = (view: SymbolView, pair: Pair): number => Math.trunc(view.position / lotsPerShare(view, pair));

const rounded = (share: number): number => Math.round(share * BPS * 1_000) / 1_000;

function signalsOf(
  priced: Priced | null,
  { basis, a, b }: { readonly basis: NonNullable<Basis>; readonly a: number; readonly b: number },
): Signals {
  const [longA, longB] = priced ? [edgeOf('long-a', priced), edgeOf('long-b', priced)] : [null, null];
  return {
    meanBps: rounded(basis.mean),
    deviationBps: rounded(Math.sqrt(basis.variance)),
    longABps: longA && rounded(longA.net),
    longBBps: longB && rounded(longB.net),
    costsBps: longA && rounded(longA.costs),
    ...{ a, b },
  };
}

function nothing(
  views: Views,
  { state, reason }: { readonly state: ArbitrageState; readonly reason: string },
): BasketDecided<ArbitrageState> {
  const wish: Wish = { quotes: [], target: null, reason, signals: {} };
  return { wishes: new Map([...views.keys()].map((symbol) => [symbol, wish])), state };
}

const number = z.number();
const direction = z.enum(['long-a', 'long-b']);
const stateSchema: z.ZodType<ArbitrageState> = z.strictObject({
  basis: z.strictObject({ mean: number, variance: number.nonnegative(), atMs: number, sinceMs: number }).nullable(),
  legs: z.discriminatedUnion('at', [
    z.strictObject({ at: z.literal('flat'), sinceMs: number }),
    z.strictObject({ at: z.literal('entering'), direction, first: z.enum(['a', 'b']), size: number, sinceMs: number }),
    z.strictObject({ at: z.literal('open'), direction, sinceMs: number, unevenSinceMs: number.nullable() }),
    z.strictObject({ at: z.literal('leaving'), sinceMs: number, why: z.string() }),
  ]),
  held: z.strictObject({ a: number, b: number }).nullable(),
});

/** Undefined for what is no state of this version. */
function readState(saved: unknown): ArbitrageState | undefined {
  const parsed = stateSchema.safeParse(saved);
  return parsed.data;
}
