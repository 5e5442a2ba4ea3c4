/** How long what was sent in a recorded session was on its way, and the same for a backtest of it: in order, by chance, or always alike. */
import { Random } from '../../../shared/random.ts';
import type { Way, Ways } from '../backtest/depth-options.ts';
import { type CommandKind, leftMs, type RecordedCommand, type Session } from './session.ts';

export const WAY_KINDS = ['recorded', 'measured', 'constant'] as const;
/** `recorded`: each as long as the recorded one nearest in time. `measured`: drawn from the recorded ones. `constant`: their medians. */
export type WayKind = (typeof WAY_KINDS)[number];

/** From `atMs` on, `ms` long. */
type Trip = { readonly atMs: number; readonly ms: number };
export type Trips = {
  readonly there: Readonly<Record<CommandKind, readonly Trip[]>>;
  readonly back: Readonly<Record<CommandKind, readonly Trip[]>>;
  readonly notices: readonly Trip[];
  /** From a snapshot to the decision on it. */
  readonly looks: readonly Trip[];
};

const KINDS = ['place', 'amend', 'cancel'] as const;
/** A look that takes longer belongs to a process that stood still. */
const LOOK_MS_MAX = 1_000;

export function tripsOf({ commands, notices, turns, published }: Session): Trips {
  const of = (trip: (command: RecordedCommand) => Trip | null): Trips['there'] => {
    const [place, amend, cancel] = KINDS.map((kind) => {
      const trips = commands.flatMap((command) => (command.kind === kind ? (trip(command) ?? []) : []));
      return trips.sort((a, b) => a.atMs - b.atMs);
    });
    return { place: place ?? [], amend: amend ?? [], cancel: cancel ?? [] };
  };
  const given = new Map(published.map(({ epoch, seq, atMs }) => [`${epoch}:${seq}`, atMs]));
  return {
    there: of((one) => tripOf(leftMs(one), actedMs(one))),
    back: of((one) => tripOf(actedMs(one), one.heardMs)),
    notices: notices.map(({ venueMs, heardMs }) => ({ atMs: venueMs, ms: heardMs - venueMs })),
    looks: turns.flatMap(({ epoch, seq, atMs }) => {
      const from = given.get(`${epoch}:${seq}`);
      return from === undefined || atMs - from > LOOK_MS_MAX ? [] : [{ atMs: from, ms: Math.max(0, atMs - from) }];
    }),
  };
}

/** Where the venue stamped nothing (it refused), half way between asking and hearing. */
export const actedMs = ({ venueMs, takenMs, heardMs }: RecordedCommand): number | null =>
  venueMs ?? (heardMs === null ? null : (takenMs + heardMs) / 2);

const tripOf = (from: number | null, to: number | null): Trip | null =>
  from === null || to === null ? null : { atMs: from, ms: Math.max(0, to - from) };

/** Ways of one backtest: they remember what they have used. */
export function waysOf(kind: WayKind, trips: Trips, seed: number): Ways {
  const one = kind === 'recorded' ? recorded : kind === 'measured' ? measured(seed) : constant;
  return { there: byKind(trips.there, one), back: byKind(trips.back, one), events: one(trips.notices, 'events') };
}

/** From a snapshot made at that time to the decision on it; null: as long as the models say. */
export function looksOf(kind: WayKind, trips: Trips, seed: number): ((publishedMs: number) => number) | null {
  if (trips.looks.length === 0) return null;
  const way = kind === 'constant' ? constant(trips.looks) : measured(seed)(trips.looks, 'looks');
  return (publishedMs) => way(publishedMs, { kind: 'read', clientId: '' });
}

type Make = (trips: readonly Trip[], name: string) => Way;

/** What there is no record of (a question about the position, a kind that was never sent) goes as orders do. */
function byKind(trips: Trips['there'], make: Make): Way {
  const all = KINDS.flatMap((kind) => trips[kind]).sort((a, b) => a.atMs - b.atMs);
  const ways = Object.fromEntries(KINDS.map((kind) => [kind, make(trips[kind].length > 0 ? trips[kind] : all, kind)]));
  return (nowMs, sent) => (ways[sent.kind] ?? ways['place'] ?? (() => nowMs))(nowMs, sent);
}

/** The one nearest in time that was not used yet; of several at once the first, so that buy and sell of one turn keep their own. */
const recorded: Make = (trips) => {
  const used = new Set<Trip>();
  return (nowMs, { kind }) => {
    const near = nearest(trips, nowMs);
    const free = near.find((trip) => !used.has(trip)) ?? near[0];
    if (!free) return nowMs;
    if (kind !== 'event') used.add(free);
    return nowMs + free.ms;
  };
};

/** How many recorded ones around a moment are looked at. */
const AROUND = 8;

function nearest(trips: readonly Trip[], atMs: number): readonly Trip[] {
  const from = lowerBound(trips, atMs);
  const around = trips.slice(Math.max(0, from - AROUND), from + AROUND);
  return around.sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs) || a.atMs - b.atMs);
}

function lowerBound(trips: readonly Trip[], atMs: number): number {
  let [low, high] = [0, trips.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((trips[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

const measured =
  (seed: number): Make =>
  (trips, name) => {
    const random = new Random(seed).fork(`measured ${name}`);
    return inOrder(() => (trips.length === 0 ? 0 : (trips[random.int({ min: 0, max: trips.length - 1 })]?.ms ?? 0)));
  };

const constant = (trips: readonly Trip[]): Way => {
  const ms = medianOf(trips);
  return inOrder(() => ms);
};

export const medianOf = (trips: readonly Trip[]): number => [...trips].sort((a, b) => a.ms - b.ms)[trips.length >> 1]?.ms ?? 0;

/** Nothing overtakes. */
function inOrder(draw: () => number): Way {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    lastMs = Math.max(lastMs, nowMs + draw());
    return lastMs;
  };
}
