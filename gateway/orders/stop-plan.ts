/**
 * Which stops should rest at the venue for the position of one symbol, and the next step from those that do. Pure: a view in, at most one
 * step out. Stops cannot be amended, so one is resized and moved by placing the new one, waiting until it is confirmed, and cancelling the
 * old one; all are reduce-only, so two at a time cannot turn the position over.
 *
 * How much is covered: a position beyond what rests is answered at once, without hysteresis, by the next step, and one step is under way
 * at a time. So cover falls short of the position by what was filled since the last step was begun, never by more. A stop is made as
 * large as the position can get by the orders that rest, which may fill when all of ours is dead; that also saves requests while quotes
 * fill. What is still too small for that, far too large or too far away is put right when it is calm: too large is harmless
 * (reduce-only), too far away is bounded by `NEAR`.
 */
import { fractionalTicks, type Instrument } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { type Lots, lots, type MonoMs, type Ticks, ticks } from '../../shared/units.ts';

/** `triggered`: its order is in the market. `unknown`: only a query tells. */
export type StopStatus = 'placing' | 'resting' | 'canceling' | 'unknown' | 'triggered' | 'ended';
export type PlannedStop = {
  readonly clientId: string;
  readonly side: Side;
  readonly trigger: Ticks;
  readonly size: Lots;
  readonly status: StopStatus;
  /** When its status last changed. */
  readonly changedAt: MonoMs;
};
export type StopView = {
  readonly now: MonoMs;
  readonly instrument: Instrument;
  /** Signed; the larger of what ledger and venue say while they disagree. */
  readonly position: Lots;
  /** How far the position can get on its side by resting and doubtful orders; at least as far as `position`. */
  readonly reach: Lots;
  /** False: the position may be another one by now, so nothing that protects is taken away. */
  readonly known: boolean;
  readonly entryPrice: string | null;
  readonly markTicks: number | null;
  /** Distance of the trigger from the entry price; 0 asks for no stop. */
  readonly percent: number;
  /** Own ones that have not ended. */
  readonly stops: readonly PlannedStop[];
};
/** `close`: the price has passed the trigger already, so only the close ladder can do what the stop was for. */
export type StopStep =
  | { readonly kind: 'place'; readonly side: Side; readonly trigger: Ticks; readonly size: Lots }
  | { readonly kind: 'cancel'; readonly clientIds: readonly string[] }
  | { readonly kind: 'close' };

/** An answer is waited for this long before a step is taken beside it. */
const PATIENCE_MS = 1_000;
/** Between changes that are not about cover. */
const CALM_MS = 5_000;
/** A trigger may be off by this share of its distance before it is moved. */
const NEAR = 0.1;
/** Stops larger than this many times what they are for are cut. */
const TOO_LARGE = 2;

export function planStops(view: StopView): StopStep | null {
  const { now, stops, position, percent } = view;
  if (stops.some((stop) => isUnderWay(stop, now))) return null;
  const resting = stops.filter(({ status }) => status === 'resting');
  if (position === 0 || percent === 0) return view.known ? cancelStep(resting) : null;
  const wanted = wantedTrigger(view);
  if (wanted === null) return null;
  const side: Side = position > 0 ? 'sell' : 'buy';
  const right = rank(resting, { side, wanted, near: nearTicks(view) });
  const { kept, spare } = share(right, Math.abs(view.reach));
  if (sizeOf(kept) < Math.abs(position)) return placeStep(view, { wanted, near: nearOf(kept) });
  if (!view.known) return null;
  const wrong = resting.filter((stop) => stop.side !== side);
  if (spare.length + wrong.length > 0) return cancelStep([...spare, ...wrong]);
  const calm = kept.every(({ changedAt }) => now - changedAt >= CALM_MS);
  return calm ? improve(view, { kept, wanted }) : null;
}

/** Lots that stops confirmed by the venue close of a position, on its side. */
export const coveredLots = (stops: readonly PlannedStop[], position: Lots): Lots =>
  lots(sizeOf(stops.filter(({ side, status }) => status === 'resting' && side === (position > 0 ? 'sell' : 'buy'))));

/** Null while neither entry price nor mark is known. Rounded towards the entry, so that the loss stays within the distance. */
export function wantedTrigger({ instrument, position, entryPrice, markTicks, percent }: StopView): Ticks | null {
  const from = entryPrice === null ? markTicks : fractionalTicks(instrument, entryPrice);
  if (from === null || !(from > 0)) return null;
  const price = position > 0 ? Math.ceil(from * (1 - percent / 100)) : Math.floor(from * (1 + percent / 100));
  return ticks(Math.min(Math.max(price, instrument.minPriceTicks), instrument.maxPriceTicks));
}

function isUnderWay({ status, changedAt }: PlannedStop, now: MonoMs): boolean {
  if (status === 'placing') return true;
  return status !== 'resting' && now - changedAt < PATIENCE_MS;
}

const nearTicks = ({ entryPrice, markTicks, instrument, percent }: StopView): number =>
  Math.max(1, (NEAR * percent * (entryPrice === null ? (markTicks ?? 0) : fractionalTicks(instrument, entryPrice))) / 100);

type Ranked = PlannedStop & { readonly isNear: boolean };
type Goal = { readonly side: Side; readonly wanted: Ticks; readonly near: number };

/** Stops of the right side, those to keep first: at the right price, then newest. */
function rank(resting: readonly PlannedStop[], { side, wanted, near }: Goal): readonly Ranked[] {
  return resting
    .filter((stop) => stop.side === side)
    .map((stop) => ({ ...stop, isNear: Math.abs(stop.trigger - wanted) <= near }))
    .sort((a, b) => Number(b.isNear) - Number(a.isNear) || b.changedAt - a.changedAt || (a.clientId < b.clientId ? 1 : -1));
}

function share(ranked: readonly Ranked[], reach: number): { readonly kept: readonly Ranked[]; readonly spare: readonly Ranked[] } {
  const count = ranked.findIndex((_, i) => sizeOf(ranked.slice(0, i + 1)) >= reach) + 1;
  return count === 0 ? { kept: ranked, spare: [] } : { kept: ranked.slice(0, count), spare: ranked.slice(count) };
}

type Improvable = { readonly kept: readonly Ranked[]; readonly wanted: Ticks };

/** The position is covered: moves what rests too far away, adds what its orders may bring, or cuts what is far too large. */
function improve(view: StopView, { kept, wanted }: Improvable): StopStep | null {
  const [near, reach] = [nearOf(kept), Math.abs(view.reach)];
  if (near < reach) return placeStep(view, { wanted, near });
  const last = kept.at(-1);
  if (last === undefined || near <= Math.max(reach * TOO_LARGE, reach + view.instrument.minLots)) return null;
  return placeStep(view, { wanted, near, size: reach - (near - last.size) });
}

type Placing = { readonly wanted: Ticks; readonly near: number; readonly size?: number };

/** One stop for the whole reach where the venue takes a market order of that size, else the next part of it. */
function placeStep({ instrument, position, reach, markTicks }: StopView, { wanted, near, size }: Placing): StopStep {
  const passed = markTicks !== null && (position > 0 ? markTicks <= wanted : markTicks >= wanted);
  if (passed) return { kind: 'close' };
  const most = Math.min(instrument.maxMarketLots, instrument.maxLots);
  const whole = Math.abs(reach) <= most ? Math.abs(reach) : Math.min(most, Math.abs(reach) - near);
  const within = lots(Math.min(Math.max(size ?? whole, instrument.minLots), most));
  return { kind: 'place', side: position > 0 ? 'sell' : 'buy', trigger: wanted, size: within };
}

const nearOf = (kept: readonly Ranked[]): number => sizeOf(kept.filter(({ isNear }) => isNear));
const cancelStep = (stops: readonly PlannedStop[]): StopStep | null =>
  stops.length === 0 ? null : { kind: 'cancel', clientIds: stops.map(({ clientId }) => clientId) };

const sizeOf = (stops: readonly PlannedStop[]): number => stops.reduce((sum, { size }) => sum + size, 0);
