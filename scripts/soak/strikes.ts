/** What befalls a run in a campaign of kills, drawn from a seed: who is struck and how, what troubles the exchange, and what a person does. Pure. */
import type { Random } from '../../shared/random.ts';
import type { VenueErrorName } from '../sim/faults/venue-errors.ts';
import { API_KEY, type FaultInput, type ProcessName, type Step } from './acts.ts';

export type Victim = Extract<ProcessName, 'gateway' | 'brain' | 'redis'>;
/** `freeze-then-kill`: killed while it stands still. */
export type Strike = {
  readonly victims: readonly Victim[];
  readonly how: 'kill' | 'freeze' | 'freeze-then-kill';
  /** Real milliseconds of quoting before it, and of standing still. */
  readonly afterMs: number;
  readonly frozenMs: number;
  /** The successor of each is killed as well, so long after it was spawned: in the middle of its start. */
  readonly againMs: number | null;
  /** A person trades by hand, or leaves an order of theirs, just before. */
  readonly person: 'none' | 'manual-order' | 'foreign-order';
};
/** A fault of the network or the exchange that passes by itself within about a second. */
export type Trouble = { readonly kind: string; readonly steps: readonly Step[] };

/** Most strikes are kills of the two that trade; Redis dies now and then. */
const VICTIMS: readonly (readonly [share: number, victims: readonly Victim[]])[] = [
  [0.45, ['gateway']],
  [0.4, ['brain']],
  [0.05, ['gateway', 'brain']],
  [0.05, ['gateway', 'redis']],
  [0.05, ['redis']],
];

export function drawStrike(random: Random): Strike {
  return {
    victims: drawVictims(random.float()),
    how: random.pick(['kill', 'kill', 'kill', 'freeze', 'freeze-then-kill']),
    afterMs: random.int({ min: 50, max: 2_500 }),
    frozenMs: random.int({ min: 300, max: 6_000 }),
    againMs: random.chance(0.1) ? random.int({ min: 50, max: 900 }) : null,
    person: random.pick(['none', 'none', 'manual-order', 'foreign-order']),
  };
}

function drawVictims(at: number): readonly Victim[] {
  let sum = 0;
  for (const [share, victims] of VICTIMS) {
    sum += share;
    if (at < sum) return victims;
  }
  return ['gateway'];
}

type Draw = { readonly random: Random; readonly symbol: string };

/** Answers that may hide what happened, and refusals that do not ask for silence: that one is kept, so nobody could be fast. */
const ERRORS = [
  'overloaded',
  'unknown-error',
  'internal-error',
  'backend-timeout',
  'unavailable',
  'bad-gateway',
  'gateway-timeout',
] as const satisfies readonly VenueErrorName[];
const ROUTES = ['public', 'market', 'private'] as const;
/** Messages of the private stream come late, twice or swapped; one that is lost without a break is found by the next whole read only. */
const LOSSY = ['public', 'market'] as const;
const now = (fault: FaultInput): readonly Step[] => [{ afterMs: 0, fault }];
const shortly = ({ random }: Draw): number => random.int({ min: 50, max: 1_000 });

const TROUBLES: Readonly<Record<string, (draw: Draw) => readonly Step[]>> = {
  hang: ({ random }) => now({ kind: 'hang', path: '/fapi/v1/*rder*', execute: random.chance(0.5) }),
  'hang-read': ({ random }) => now({ kind: 'hang', method: 'GET', path: random.pick(['/fapi/v3/*', '/fapi/v1/*']), execute: true }),
  reset: ({ random }) => now({ kind: 'reset', execute: random.chance(0.5) }),
  error: ({ random }) => now({ kind: 'error', path: '/fapi/v1/*rder*', error: random.pick(ERRORS), execute: false }),
  'error-done': ({ random }) =>
    now({
      kind: 'error',
      path: '/fapi/v1/order',
      error: random.pick(['unknown-error', 'backend-timeout', 'gateway-timeout']),
      execute: true,
    }),
  garbage: ({ random }) => now({ kind: 'garbage', execute: random.chance(0.5), status: random.pick([200, 502, 504]) }),
  empty: ({ random }) => now({ kind: 'empty', execute: random.chance(0.5), status: random.pick([200, 502]) }),
  truncate: () => now({ kind: 'truncate' }),
  slow: (draw) => now({ kind: 'slow', byMs: shortly(draw), leg: draw.random.pick(['request', 'answer']) }),
  drop: ({ random }) => now({ kind: 'drop', route: random.pick(LOSSY), count: random.int({ min: 1, max: 3 }) }),
  duplicate: ({ random }) => now({ kind: 'duplicate', route: random.pick(ROUTES), count: random.int({ min: 1, max: 3 }) }),
  reorder: ({ random }) => now({ kind: 'reorder', route: random.pick(ROUTES), count: random.int({ min: 1, max: 3 }) }),
  delay: (draw) => now({ kind: 'delay', route: draw.random.pick(ROUTES), count: 2, byMs: shortly(draw) }),
  gap: (draw) => now({ kind: 'gap', route: draw.random.pick(LOSSY), ms: shortly(draw) }),
  close: ({ random }) => now({ kind: 'close', route: random.pick(ROUTES), code: random.pick([null, 1001, 1008]) }),
  'fill-before': ({ random, symbol }) =>
    now({ kind: 'fill-before', command: random.pick(['cancel', 'amend']), symbol, part: random.pick([0.5, 1]) }),
  'fill-before-ack': ({ random, symbol }) => now({ kind: 'fill-before-ack', symbol, part: random.pick([0.5, 1]) }),
  'duplicate-trade': ({ symbol }) => now({ kind: 'duplicate-trade', symbol }),
  'withhold-event': (draw) => now({ kind: 'withhold-event', symbol: draw.symbol, ms: shortly(draw) }),
  'read-lag': ({ symbol }) => now({ kind: 'read-lag', symbol, ms: 1_000 }),
};
export const TROUBLE_KINDS: readonly string[] = Object.keys(TROUBLES);

export function drawTrouble(random: Random, symbol: string): Trouble {
  const kind = TROUBLE_KINDS[random.int({ min: 0, max: TROUBLE_KINDS.length - 1 })] ?? '';
  return { kind, steps: TROUBLES[kind]?.({ random, symbol }) ?? [] };
}

/** What the person does; an order of theirs is taken away again after `restMs`. */
export function handActs(
  random: Random,
  { person, symbol }: { readonly person: Strike['person']; readonly symbol: string },
): readonly Step[] {
  const side = random.pick(['BUY', 'SELL'] as const);
  if (person === 'manual-order') return now({ kind: 'manual-order', apiKey: API_KEY, symbol, side, quantity: '0.003' });
  if (person === 'none') return [];
  const order = { apiKey: API_KEY, symbol, clientId: `web_kill${random.int({ min: 1, max: 1e9 })}` };
  return [
    { afterMs: 0, fault: { kind: 'foreign-order', ...order, side: 'BUY', price: '60000', quantity: '0.003' } },
    { afterMs: random.int({ min: 300, max: 2_000 }), fault: { kind: 'foreign-cancel', ...order } },
  ];
}
