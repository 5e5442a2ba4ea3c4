/** What befalls the exchange while everything is stopped: drawn from a seed, armed right before the command. */
import type { Random } from '../../shared/random.ts';
import { API_KEY, type FaultInput } from './acts.ts';

export const WHALE_KEY = 'whale-key';
/** For so long a 429 forbids every request, or every order. */
export const RETRY_AFTER_S = 1;
/** The calls of an emergency stop: cancels, closes, reads of the account. */
type Call = { readonly method: 'DELETE' | 'POST' | 'GET'; readonly path: string };
const CALLS: readonly [Call, ...Call[]] = [
  { method: 'DELETE', path: '/fapi/v1/*rder*' },
  { method: 'POST', path: '/fapi/v1/order' },
  { method: 'GET', path: '/fapi/v3/*' },
];
const ERRORS = ['unknown-error', 'unavailable', 'internal-error', 'backend-timeout', 'bad-gateway', 'overloaded'] as const;
/** Certainly not executed, and said so. */
const REJECTS = [
  '{"code":-2022,"msg":"ReduceOnly Order is rejected."}',
  '{"code":-4131,"msg":"The counterparty best price does not meet the PERCENT_PRICE filter limit."}',
  '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}',
] as const;
const MAY_EXECUTE: ReadonlySet<string> = new Set(['unknown-error', 'internal-error', 'backend-timeout', 'bad-gateway']);

type Draw = { readonly random: Random; readonly symbol: string; readonly midText: string };
type Kind = (draw: Draw) => readonly FaultInput[];

const KINDS: Readonly<Record<string, Kind>> = {
  error: ({ random }) => {
    const error = random.pick(ERRORS);
    return [
      {
        kind: 'error',
        ...random.pick(CALLS),
        error,
        execute: MAY_EXECUTE.has(error) && random.chance(0.5),
        count: random.int({ min: 1, max: 2 }),
      },
    ];
  },
  hang: ({ random }) => [{ kind: 'hang', ...random.pick(CALLS), execute: random.chance(0.5), count: random.int({ min: 1, max: 2 }) }],
  reset: ({ random }) => [{ kind: 'reset', ...random.pick(CALLS), execute: random.chance(0.5), count: random.int({ min: 1, max: 2 }) }],
  reject: ({ random }) => [
    { kind: 'reply', method: 'POST', path: '/fapi/v1/order', status: 400, body: random.pick(REJECTS), execute: false },
  ],
  garbage: ({ random }) => [{ kind: 'garbage', ...random.pick(CALLS), execute: random.chance(0.5) }],
  slow: ({ random }) => [
    { kind: 'slow', ...random.pick(CALLS), byMs: random.int({ min: 50, max: 400 }), leg: random.pick(['request', 'answer']) },
  ],
  429: ({ random }) =>
    random.chance(0.5)
      ? [{ kind: 'error', ...random.pick(CALLS), error: 'rate-limited', retryAfterS: RETRY_AFTER_S }]
      : [{ kind: 'error', method: 'POST', path: '/fapi/v1/order', error: 'too-many-orders', retryAfterS: RETRY_AFTER_S }],
  'partial-fill': ({ symbol, random }) => [{ kind: 'fill-before', command: 'cancel', symbol, part: random.pick([0.3, 0.5, 1]) }],
  'stream-dead': ({ random }) => [
    { kind: 'refuse-upgrade', route: 'private', ms: 3_000 },
    random.chance(0.5) ? { kind: 'close', route: 'private' } : { kind: 'silence', route: 'private', ms: 3_000 },
  ],
  'events-late': ({ symbol, random }) => [{ kind: 'withhold-event', symbol, ms: random.pick([null, 500]), count: 2 }],
  jump: ({ symbol, random, midText }) => {
    const up = random.chance(0.5);
    const price = (Math.round(Number(midText) * (up ? 1.004 : 0.996) * 10) / 10).toFixed(1);
    return [
      { kind: 'foreign-order', apiKey: WHALE_KEY, symbol, side: up ? 'BUY' : 'SELL', price, quantity: symbol === 'BTCUSDT' ? '60' : '900' },
    ];
  },
  'book-dead': ({ random, symbol }) => [
    { kind: 'silence', route: random.pick(['public', 'market']), ms: 3_000 },
    { kind: 'empty-book', symbol, ms: 3_000, side: random.pick(['bids', 'asks']) },
  ],
  foreign: ({ symbol, midText }) => [
    {
      kind: 'foreign-order',
      apiKey: API_KEY,
      symbol,
      side: 'BUY',
      price: (Math.round(Number(midText) * 0.97 * 10) / 10).toFixed(1),
      quantity: symbol === 'BTCUSDT' ? '0.003' : '0.05',
      clientId: 'web_person',
    },
  ],
};
export const PANIC_FAULTS = Object.keys(KINDS);

export type Market = { readonly symbol: string; readonly midText: string };
export type DrawnFault = { readonly name: string; readonly faults: readonly FaultInput[] };

/** One to four of them, each of another kind. */
export function drawPanicFaults(random: Random, markets: readonly [Market, ...Market[]]): readonly DrawnFault[] {
  const left = [...PANIC_FAULTS];
  const names = Array.from(
    { length: random.int({ min: 1, max: 4 }) },
    () => left.splice(random.int({ min: 0, max: left.length - 1 }), 1)[0] ?? '',
  );
  return names.map((name) => ({ name, faults: KINDS[name]?.({ random, ...random.pick(markets) }) ?? [] }));
}
