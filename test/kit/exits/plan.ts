/** What one path of hard exits is made of, all of it from its seed: the rules, the position, where price goes, and what goes wrong when. */
import type { FaultInput } from '../../../scripts/soak/acts.ts';
import { API_KEY } from '../../../scripts/soak/acts.ts';
import { Random } from '../../../shared/random.ts';
import type { FlowProfile } from '../../../shared/sim/flow-profile.ts';

export const SYMBOL = 'BTCUSDT';
export const WHALE_KEY = 'whale-key';
export const START_PRICE = 64_000;
const MINUTE_MS = 60_000;
const BARS = 4;

/** A thing that goes wrong; times are simulated milliseconds. */
export type Act =
  | { readonly does: 'faults'; readonly kind: string; readonly faults: readonly FaultInput[] }
  | { readonly does: 'kill'; readonly kind: 'kill-gateway' | 'kill-brain'; readonly downMs: number }
  /** Somebody takes this much out of the side that a close of ours would take from. */
  | { readonly does: 'sweep'; readonly kind: 'sweep'; readonly quantity: string };
export type Planned = { readonly afterMs: number; readonly act: Act };

export type ExitPlan = {
  readonly seed: number;
  /** When anything of ours begins: within the first bar, so that its end, where price may jump, lies in the path. */
  readonly beginMs: number;
  readonly profile: FlowProfile;
  /** Written as `parseLatency` reads them; one way. */
  readonly latencies: { readonly orders: string; readonly market: string; readonly user: string } | null;
  /** Base units. */
  readonly size: string;
  /** The position is there before anything of ours runs, and nothing of ours opens another. */
  readonly adopted: 'BUY' | 'SELL' | null;
  readonly exits: object;
  readonly venuePercent: number;
  /** K-lines of a minute that price follows, as a file holds them. */
  readonly klines: string;
  /** From the start on. */
  readonly timed: readonly Planned[];
  /** From the moment of the first exit on: what makes closing hard. */
  readonly onExit: readonly Planned[];
};

export type PlanOptions = { readonly seed: number; readonly startMs: number; readonly lastMs: number };

export function planOf({ seed, startMs, lastMs }: PlanOptions): ExitPlan {
  const random = new Random(seed).fork('exit plan');
  const thin = random.chance(0.3);
  return {
    seed,
    beginMs: random.int({ min: 24_000, max: 50_000 }),
    profile: thin ? 'thin' : random.pick(['normal', 'normal', 'fast', 'storm']),
    latencies: random.chance(0.4) ? null : { orders: 'lognormal:12:0.5', market: 'uniform:2:12', user: 'uniform:2:30' },
    size: (random.int({ min: 10, max: thin ? 150 : 400 }) / 1_000).toFixed(3),
    adopted: random.chance(0.25) ? random.pick(['BUY', 'SELL']) : null,
    exits: rulesOf(random.fork('rules')),
    venuePercent: random.pick([0.9, 1.2, 2]),
    klines: klinesOf(random.fork('klines'), { startMs, minutes: BARS }),
    timed: timedOf(random.fork('timed'), lastMs),
    onExit: onExitOf(random.fork('on exit')),
  };
}

const between = (random: Random, [min, max]: readonly [number, number], digits: number): number =>
  Number((min + (max - min) * random.float()).toFixed(digits));

/** Tight, so that a minute and a half brings several exits. */
function rulesOf(random: Random): object {
  const stop = random.pick(['percent', 'percent', 'distance', 'amount', 'all']);
  const has = (kind: string): boolean => stop === kind || stop === 'all';
  return {
    ...(has('percent') ? { stopLossPercent: between(random, [0.15, 0.5], 3) } : {}),
    ...(has('distance') ? { stopLossDistance: String(between(random, [100, 300], 1)) } : {}),
    ...(has('amount') ? { stopLossAmount: String(between(random, [5, 60], 2)) } : {}),
    ...(random.chance(0.7) ? { takeProfitPercent: between(random, [0.15, 0.6], 3) } : { takeProfitDistance: '200' }),
    ...(random.chance(0.5) ? { trailing: trailingOf(random) } : {}),
    ...(random.chance(0.5) ? { breakEven: { afterPercent: between(random, [0.04, 0.12], 3), feesPercent: 0.01 } } : {}),
    ...(random.chance(0.4) ? { timeStop: { maxHoldMs: random.int({ min: 8_000, max: 25_000 }), evenInProfit: random.chance(0.5) } } : {}),
    cooldownMs: random.pick([1_000, 4_000]),
  };
}

function trailingOf(random: Random): object {
  const activation = random.chance(0.7) ? { activationPercent: between(random, [0.04, 0.12], 3) } : {};
  return { ...activation, ...(random.chance(0.7) ? { percent: between(random, [0.06, 0.15], 3) } : { distance: '50' }) };
}

/** A walk with drift; now and then a bar opens away from where the last one closed. */
function klinesOf(random: Random, { startMs, minutes }: { readonly startMs: number; readonly minutes: number }): string {
  let price = START_PRICE;
  const swing = random.pick([0.003, 0.006, 0.01]);
  const rows = Array.from({ length: minutes + 1 }, (_, n) => {
    const gap = n > 0 && random.chance(0.6) ? between(random, [0.002, 0.015], 5) * random.pick([1, -1]) : 0;
    const open = price * (1 + gap);
    price = open * (1 + swing * random.normal());
    const [high, low] = [Math.max(open, price) * (1 + swing * random.float()), Math.min(open, price) * (1 - swing * random.float())];
    return [startMs + n * MINUTE_MS, ...[open, high, low, price].map((each) => each.toFixed(1)), '100'].join(',');
  });
  return ['open_time,open,high,low,close,volume', ...rows].join('\n');
}

function timedOf(random: Random, lastMs: number): readonly Planned[] {
  const count = random.pick([0, 1, 2, 4]);
  return Array.from({ length: count }, () => ({ afterMs: random.int({ min: 2_000, max: lastMs }), act: random.pick(ANYTIME)(random) }));
}

function onExitOf(random: Random): readonly Planned[] {
  const count = random.pick([0, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => {
    const afterMs = random.pick([0, 0, random.int({ min: 0, max: 400 }), random.int({ min: 0, max: 3_000 })]);
    return { afterMs, act: random.pick([...ON_CLOSE, ...ANYTIME] as [Make, ...Make[]])(random) };
  });
}

type Make = (random: Random) => Act;
const ORDER = { method: 'POST', path: '/fapi/v1/order' } as const;
const faults = (kind: string, ...list: readonly FaultInput[]): Act => ({ does: 'faults', kind, faults: list });
const spell = (random: Random): number => random.int({ min: 300, max: 5_000 });
const few = (random: Random): number => random.int({ min: 1, max: 4 });

/** What stands in the way of an order. */
const ON_CLOSE: readonly Make[] = [
  (random) => faults('refused', { kind: 'reply', ...ORDER, execute: false, status: 400, count: few(random), body: random.pick(REFUSALS) }),
  (random) =>
    faults('error', {
      kind: 'error',
      ...ORDER,
      error: random.pick(['unavailable', 'too-many-orders', 'shutting-down']),
      count: few(random),
      retryAfterS: 1,
    }),
  (random) =>
    faults('unknown', {
      kind: 'error',
      ...ORDER,
      error: random.pick(['unknown-error', 'internal-error', 'backend-timeout']),
      count: random.int({ min: 1, max: 2 }),
      execute: random.chance(0.5),
    }),
  (random) => faults('hang', { kind: 'hang', ...ORDER, count: random.int({ min: 1, max: 2 }), execute: random.chance(0.5) }),
  (random) => faults('reset', { kind: 'reset', ...ORDER, count: random.int({ min: 1, max: 2 }), execute: random.chance(0.5) }),
  (random) =>
    faults('slow', {
      kind: 'slow',
      ...ORDER,
      byMs: random.int({ min: 200, max: 2_500 }),
      count: few(random),
      leg: random.pick(['request', 'answer']),
    }),
  (random) => faults('hang-read', { kind: 'hang', method: 'GET', path: '/fapi/v3/*', count: random.int({ min: 1, max: 2 }) }),
  (random) => faults('error-read', { kind: 'error', method: 'GET', path: '/fapi/v3/*', error: 'unavailable', count: few(random) }),
  (random) => ({ does: 'sweep', kind: 'sweep', quantity: String(random.int({ min: 2, max: 12 })) }),
];

/** The counterparty's best price is outside the band; a reduce-only order that would not reduce; an internal filter. */
const REFUSALS: readonly [string, ...string[]] = [
  '{"code":-4131,"msg":"The counterparty\'s best price does not meet the PERCENT_PRICE filter limit."}',
  '{"code":-2022,"msg":"ReduceOnly Order is rejected."}',
  '{"code":-4016,"msg":"Limit price can\'t be higher than 70000."}',
];

const ANYTIME: readonly [Make, ...Make[]] = [
  () => faults('public-closed', { kind: 'close', route: 'public' }),
  (random) => faults('public-silent', { kind: 'silence', route: 'public', ms: spell(random) }),
  (random) => faults('public-gap', { kind: 'gap', route: 'public', ms: spell(random) }),
  (random) => faults('market-silent', { kind: 'silence', route: 'market', ms: spell(random) }),
  (random) => {
    const ms = spell(random);
    return faults('feed-silent', { kind: 'silence', route: 'public', ms }, { kind: 'silence', route: 'market', ms });
  },
  () => faults('half-open', { kind: 'half-open', count: 1 }),
  () => faults('private-closed', { kind: 'close', route: 'private' }),
  (random) => faults('private-silent', { kind: 'silence', route: 'private', ms: spell(random) }),
  () => faults('listen-key', { kind: 'expire-listen-key' }),
  (random) => faults('drop-depth', { kind: 'drop-depth', symbol: SYMBOL, count: random.int({ min: 1, max: 20 }) }),
  (random) => faults('crossed-book', { kind: 'crossed-book', symbol: SYMBOL, ms: spell(random) }),
  (random) => faults('empty-book', { kind: 'empty-book', symbol: SYMBOL, ms: spell(random) }),
  (random) => faults('maintenance', { kind: 'maintenance', ms: random.int({ min: 300, max: 3_000 }) }),
  (random) => faults('ban', { kind: 'ban', ms: random.int({ min: 500, max: 3_000 }) }),
  () => faults('rate-limited', { kind: 'error', error: 'rate-limited', retryAfterS: 1, count: 1 }),
  () => faults('read-lag', { kind: 'read-lag', symbol: SYMBOL, ms: 1_000 }),
  () => faults('manual', { kind: 'manual-order', apiKey: API_KEY, symbol: SYMBOL, side: 'BUY', quantity: '0.003' }),
  (random) => ({ does: 'kill', kind: 'kill-gateway', downMs: random.int({ min: 100, max: 4_000 }) }),
  (random) => ({ does: 'kill', kind: 'kill-brain', downMs: random.int({ min: 100, max: 4_000 }) }),
  (random) => ({ does: 'kill', kind: 'kill-brain', downMs: random.int({ min: 100, max: 4_000 }) }),
  (random) => ({ does: 'sweep', kind: 'sweep', quantity: String(random.int({ min: 2, max: 12 })) }),
];
