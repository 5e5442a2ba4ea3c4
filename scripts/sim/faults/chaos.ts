/** Faults by chance: which, when and how strong comes from the seed. All of them pass, so that a client that copes is whole again. */
import type * as z from 'zod';
import type { Random } from '../../../shared/random.ts';
import { Fault } from './fault.ts';
import { VENUE_ERROR_NAMES, VENUE_ERRORS } from './venue-errors.ts';

export type ChaosSettings = {
  /** Mean of simulated milliseconds between two faults. */
  readonly meanMs: number;
  readonly kinds: readonly ChaosKind[];
};

type Draw = { readonly random: Random; readonly symbol: string };
type Input = z.input<typeof Fault>;

const STREAM_ROUTES = ['public', 'market', 'private'] as const;
const route = ({ random }: Draw): (typeof STREAM_ROUTES)[number] => random.pick(STREAM_ROUTES);
const count = ({ random }: Draw): number => random.int({ min: 1, max: 5 });
/** Long enough to be noticed, short enough to be over soon. */
const spell = ({ random }: Draw): number => random.int({ min: 200, max: 5_000 });
const ORDERS = { path: '/fapi/v1/*rder*' } as const;

const MAKERS = {
  drop: (draw: Draw): Input => ({ kind: 'drop', route: route(draw), count: count(draw) }),
  duplicate: (draw: Draw): Input => ({ kind: 'duplicate', route: route(draw), count: count(draw) }),
  reorder: (draw: Draw): Input => ({ kind: 'reorder', route: route(draw), count: count(draw) }),
  delay: (draw: Draw): Input => ({ kind: 'delay', route: route(draw), count: count(draw), byMs: spell(draw) }),
  gap: (draw: Draw): Input => ({ kind: 'gap', route: route(draw), ms: spell(draw) }),
  close: (draw: Draw): Input => ({ kind: 'close', route: route(draw), code: draw.random.pick([null, 1001, 1008]) }),
  'half-open': (draw: Draw): Input => ({ kind: 'half-open', route: route(draw), count: 1 }),
  'disconnect-at': (draw: Draw): Input => ({ kind: 'disconnect-at', route: route(draw), message: draw.random.int({ min: 1, max: 50 }) }),
  'refuse-upgrade': (draw: Draw): Input => ({ kind: 'refuse-upgrade', ms: spell(draw), status: draw.random.pick([null, 429, 502, 503]) }),
  'expire-listen-key': (): Input => ({ kind: 'expire-listen-key' }),
  error: (draw: Draw): Input => {
    const error = draw.random.pick(VENUE_ERROR_NAMES);
    return { kind: 'error', ...ORDERS, error, execute: VENUE_ERRORS[error].mayExecute && draw.random.chance(0.5) };
  },
  hang: ({ random }: Draw): Input => ({ kind: 'hang', ...ORDERS, execute: random.chance(0.5) }),
  reset: ({ random }: Draw): Input => ({ kind: 'reset', execute: random.chance(0.5) }),
  slow: (draw: Draw): Input => ({ kind: 'slow', byMs: spell(draw), leg: draw.random.pick(['request', 'answer']) }),
  truncate: (): Input => ({ kind: 'truncate' }),
  garbage: ({ random }: Draw): Input => ({ kind: 'garbage', execute: random.chance(0.5), status: random.pick([200, 502, 504]) }),
  empty: ({ random }: Draw): Input => ({ kind: 'empty', execute: random.chance(0.5), status: random.pick([200, 502]) }),
  ban: (): Input => ({ kind: 'ban', ms: 5_000 }),
  'clock-jump': ({ random }: Draw): Input => ({ kind: 'clock-jump', ms: random.int({ min: -2_000, max: 2_000 }) }),
  maintenance: (draw: Draw): Input => ({ kind: 'maintenance', ms: spell(draw) }),
  'fill-before': ({ random, symbol }: Draw): Input => ({
    kind: 'fill-before',
    command: random.pick(['cancel', 'amend']),
    symbol,
    part: random.pick([0.5, 1]),
  }),
  'fill-before-ack': ({ random, symbol }: Draw): Input => ({ kind: 'fill-before-ack', symbol, part: random.pick([0.5, 1]) }),
  'duplicate-trade': ({ symbol }: Draw): Input => ({ kind: 'duplicate-trade', symbol }),
  'read-lag': ({ symbol }: Draw): Input => ({ kind: 'read-lag', symbol, ms: 1_000 }),
  'crossed-book': (draw: Draw): Input => ({ kind: 'crossed-book', symbol: draw.symbol, ms: spell(draw) }),
  'empty-book': (draw: Draw): Input => ({ kind: 'empty-book', symbol: draw.symbol, ms: spell(draw) }),
  'stale-snapshot': ({ symbol }: Draw): Input => ({ kind: 'stale-snapshot', symbol, ms: 2_000 }),
} as const satisfies Readonly<Record<string, (draw: Draw) => Input>>;

export type ChaosKind = keyof typeof MAKERS;
export const CHAOS_KINDS = Object.keys(MAKERS) as [ChaosKind, ...ChaosKind[]];
export const isChaosKind = (name: string): name is ChaosKind => name in MAKERS;

/** When the next fault comes, in milliseconds from now. */
export const drawPause = ({ meanMs }: ChaosSettings, random: Random): number => random.exponential(meanMs);

export function drawFault(
  { kinds }: ChaosSettings,
  { random, symbols }: { readonly random: Random; readonly symbols: readonly string[] },
): Fault {
  const [kind = 'drop', symbol = ''] = [kinds, symbols].map((names) => names[random.int({ min: 0, max: names.length - 1 })]);
  return Fault.parse(MAKERS[isChaosKind(kind) ? kind : 'drop']({ random, symbol }));
}
