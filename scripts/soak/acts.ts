/** What befalls a run, drawn from a seed: every fault of the simulator, with what ends those that do not pass by themselves, and deaths and stalls of processes. */
import type * as z from 'zod';
import type { Random } from '../../shared/random.ts';
import { unwatched } from '../../shared/risk.ts';
import { CHAOS_KINDS, drawFault } from '../sim/faults/chaos.ts';
import type { Fault } from '../sim/faults/fault.ts';

export type FaultInput = z.input<typeof Fault>;
export type ProcessName = 'redis' | 'sim' | 'gateway' | 'brain';
/** `afterMs`: simulated milliseconds after the act began. */
export type Step = { readonly afterMs: number; readonly fault: FaultInput };
export type Act =
  /** `resumes`: nothing goes on until a person says so, some seconds later. */
  | { readonly kind: string; readonly does: 'faults'; readonly steps: readonly Step[]; readonly resumes: boolean }
  /** Somebody else cancels one of our resting orders. */
  | { readonly kind: string; readonly does: 'cancel-own'; readonly symbol: string }
  | { readonly kind: string; readonly does: 'kill'; readonly process: ProcessName }
  | { readonly kind: string; readonly does: 'stall'; readonly process: ProcessName; readonly forMs: number };

/** Hours of faults may cost more than a day's limit on losses lets through, and trip every breaker; both have tests of their own. */
export const LOSES_FREELY = { limits: { equity: { maxDailyLossPercent: 100 } }, risk: unwatched() };
export const API_KEY = 'mmbot-sim-key';

type Draw = { readonly random: Random; readonly symbol: string };

const spell = ({ random }: Draw): number => random.int({ min: 500, max: 5_000 });
const side = ({ random }: Draw): 'BUY' | 'SELL' => random.pick(['BUY', 'SELL']);
const at = (afterMs: number, fault: FaultInput): Step => ({ afterMs, fault });

/** Faults that chance in the simulator does not draw: of a person, of the listing, of the money. */
const MORE: Readonly<Record<string, (draw: Draw) => readonly Step[]>> = {
  silence: (draw) => [at(0, { kind: 'silence', route: draw.random.pick(['public', 'market', 'private']), ms: spell(draw) })],
  'drop-depth': ({ random, symbol }) => [at(0, { kind: 'drop-depth', symbol, count: random.int({ min: 1, max: 30 }) })],
  'withhold-event': (draw) => [at(0, { kind: 'withhold-event', symbol: draw.symbol, ms: draw.random.pick([null, spell(draw)]) })],
  reply: ({ random }) => [
    at(0, { kind: 'reply', path: '/fapi/v1/*rder*', execute: random.chance(0.5), status: 200, body: '{"unexpected":true}' }),
  ],
  'clock-skew': (draw) => [
    at(0, { kind: 'clock-skew', ms: draw.random.int({ min: -3_000, max: 3_000 }) }),
    at(spell(draw), { kind: 'clock-skew', ms: 0 }),
  ],
  'manual-order': (draw) => [at(0, { kind: 'manual-order', apiKey: API_KEY, symbol: draw.symbol, side: side(draw), quantity: '0.003' })],
  'foreign-order': (draw) => {
    const clientId = `web_soak${draw.random.int({ min: 1, max: 1e9 })}`;
    const order = { apiKey: API_KEY, symbol: draw.symbol, clientId };
    return [
      at(0, { kind: 'foreign-order', ...order, side: 'BUY', price: '63000', quantity: '0.003' }),
      at(spell(draw), { kind: 'foreign-cancel', ...order }),
    ];
  },
  'trading-status': (draw) => [
    at(0, { kind: 'trading-status', symbol: draw.symbol, status: draw.random.pick(['PENDING_TRADING', 'SETTLING']) }),
    at(spell(draw), { kind: 'trading-status', symbol: draw.symbol, status: 'TRADING' }),
  ],
  filters: (draw) => [
    at(0, { kind: 'filters', symbol: draw.symbol, minNotional: '1000' }),
    at(spell(draw), { kind: 'filters', symbol: draw.symbol, minNotional: '50' }),
  ],
  transfer: ({ random }) => [at(0, { kind: 'transfer', apiKey: API_KEY, asset: 'USDT', amount: random.pick(['25', '-25']) })],
  adl: ({ symbol }) => [at(0, { kind: 'adl', apiKey: API_KEY, symbol, quantity: '0.003' })],
  liquidation: (_draw) => [
    at(0, { kind: 'liquidation', apiKey: API_KEY, asset: 'USDT' }),
    at(4_000, { kind: 'transfer', apiKey: API_KEY, asset: 'USDT', amount: '10000' }),
  ],
};

const PROCESSES: readonly ProcessName[] = ['redis', 'sim', 'gateway', 'brain'];

export const ACT_KINDS: readonly string[] = [
  ...CHAOS_KINDS,
  ...Object.keys(MORE),
  'foreign-cancel',
  ...PROCESSES.flatMap((name) => [`kill-${name}`, `stall-${name}`]),
];

/** Kinds are drawn evenly; everything about the act comes from `random`. */
export function drawAct(
  random: Random,
  { kinds, symbols }: { readonly kinds: readonly string[]; readonly symbols: readonly string[] },
): Act {
  const [kind = '', symbol = ''] = [kinds, symbols].map((names) => names[random.int({ min: 0, max: names.length - 1 })]);
  const chaos = CHAOS_KINDS.find((name) => name === kind);
  if (chaos !== undefined)
    return {
      kind,
      does: 'faults',
      steps: [at(0, drawFault({ meanMs: 0, kinds: [chaos] }, { random, symbols: [symbol] }))],
      resumes: false,
    };
  const make = MORE[kind];
  if (make) return { kind, does: 'faults', steps: make({ random, symbol }), resumes: kind === 'adl' || kind === 'liquidation' };
  if (kind === 'foreign-cancel') return { kind, does: 'cancel-own', symbol };
  const [, verb, name] = /^(kill|stall)-(\w+)$/.exec(kind) ?? [];
  const process = PROCESSES.find((each) => each === name);
  if (process === undefined) throw new RangeError(`Cannot draw an act of kind ${JSON.stringify(kind)}`);
  return verb === 'kill' ? { kind, does: 'kill', process } : { kind, does: 'stall', process, forMs: random.int({ min: 600, max: 15_000 }) };
}

/** What makes the exchange whole again whatever was drawn. */
export const healing = (symbols: readonly string[]): readonly FaultInput[] => [
  { kind: 'clear' },
  { kind: 'clock-skew', ms: 0 },
  ...symbols.flatMap((symbol): FaultInput[] => [
    { kind: 'trading-status', symbol, status: 'TRADING' },
    { kind: 'filters', symbol, minNotional: '50' },
  ]),
];
