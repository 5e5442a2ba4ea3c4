/** What may come in a history of the limits: commands of a client that wants anything, and events of an exchange that does anything. */
import fc from 'fast-check';
import type { FaultInput } from '../../../scripts/soak/acts.ts';
import { API_KEY } from '../../../scripts/soak/acts.ts';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
export type Symbol = (typeof SYMBOLS)[number];

/** `behind`: basis points behind the best price of its side, below zero into the market. `share`: of the position limit. */
export type Wanted = {
  readonly symbol: Symbol;
  readonly side: 'buy' | 'sell';
  readonly behind: number;
  readonly share: number;
  readonly how: 'post-only' | 'gtc' | 'ioc' | 'market';
  readonly reduceOnly: boolean;
};
export type Step =
  | { readonly do: 'place'; readonly orders: readonly Wanted[]; readonly batch: boolean }
  /** `nth`: of the newest own orders. */
  | { readonly do: 'amend'; readonly nth: number; readonly behind: number; readonly share: number }
  | { readonly do: 'cancel'; readonly nth: number }
  | { readonly do: 'cancel-all' | 'close' | 'reconnect' | 'resume'; readonly symbol: Symbol }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fault'; readonly fault: FaultInput };

const symbol = fc.constantFrom(...SYMBOLS);
const behind = fc.oneof(fc.constantFrom(0, 1, -1), fc.integer({ min: -40, max: 60 }), fc.constantFrom(-500, 500));
const share = fc.oneof(fc.constantFrom(0.2, 0.4), fc.double({ min: 0.02, max: 1.3, noNaN: true }));
const wanted: fc.Arbitrary<Wanted> = fc.record({
  ...{ symbol, behind, share, side: fc.constantFrom('buy' as const, 'buy' as const, 'sell' as const) },
  how: fc.constantFrom('post-only' as const, 'gtc' as const, 'gtc' as const, 'ioc' as const, 'market' as const),
  reduceOnly: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const nth = fc.integer({ min: 0, max: 5 });

const ORDER = '/fapi/v1/order';
const calls = fc.constantFrom(
  { method: 'POST', path: ORDER } as const,
  { method: 'DELETE', path: ORDER } as const,
  { method: 'PUT', path: ORDER } as const,
  { method: 'POST', path: '/fapi/v1/batchOrders' } as const,
  { method: 'GET' } as const,
);
const execute = fc.boolean();
const faultOf = <T extends FaultInput>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<FaultInput> => arbitrary;
/** None by a person's hand that trades: what is not ours is bound by no limit of ours. */
const fault: fc.Arbitrary<FaultInput> = fc.oneof(
  faultOf(fc.record({ call: calls, execute }).map(({ call, execute: done }) => ({ kind: 'hang', ...call, execute: done }))),
  faultOf(fc.record({ call: calls, execute }).map(({ call, execute: done }) => ({ kind: 'reset', ...call, execute: done }))),
  faultOf(
    fc
      .record({ call: calls, error: fc.constantFrom('unknown-error', 'backend-timeout', 'overloaded', 'bad-gateway'), execute })
      .map(
        ({ call, error, execute: done }) =>
          ({ kind: 'error', ...call, error, ...(error === 'overloaded' ? {} : { execute: done }) }) as const,
      ),
  ),
  faultOf(fc.record({ call: calls, byMs: fc.constantFrom(60, 400, 1_500) }).map(({ call, byMs }) => ({ kind: 'slow', ...call, byMs }))),
  faultOf(
    fc
      .record({ symbol, command: fc.constantFrom('cancel' as const, 'amend' as const), part: fc.constantFrom(0.3, 1) })
      .map((rest) => ({ kind: 'fill-before', ...rest })),
  ),
  faultOf(fc.record({ symbol, part: fc.constantFrom(0.5, 1) }).map((rest) => ({ kind: 'fill-before-ack', ...rest }))),
  faultOf(
    fc
      .record({ symbol, ms: fc.constantFrom(null, 200, 900), count: fc.integer({ min: 1, max: 3 }) })
      .map((rest) => ({ kind: 'withhold-event', ...rest })),
  ),
  faultOf(symbol.map((one) => ({ kind: 'duplicate-trade', symbol: one }) as const)),
  faultOf(fc.constantFrom('public', 'market', 'private').map((route) => ({ kind: 'close', route }) as const)),
  faultOf(
    fc
      .record({ route: fc.constantFrom('public' as const, 'private' as const), ms: fc.constantFrom(300, 2_000) })
      .map((rest) => ({ kind: 'silence', ...rest })),
  ),
  faultOf(symbol.map((one) => ({ kind: 'read-lag', symbol: one, ms: 500 }) as const)),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      orders: fc.array(wanted, { minLength: 1, maxLength: 5 }),
      batch: fc.boolean(),
    }),
  },
  // the same order again and again, as fast as it goes
  {
    weight: 2,
    arbitrary: fc
      .record({ one: wanted, times: fc.integer({ min: 6, max: 25 }) })
      .map(({ one, times }): Step => ({ do: 'place', orders: Array.from({ length: times }, () => one), batch: false })),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('amend' as const), nth, behind, share }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('cancel-all' as const, 'close' as const, 'reconnect' as const, 'resume' as const), symbol }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(25, 50, 200, 1_000, 3_000) }) },
  { weight: 4, arbitrary: fault.map((one): Step => ({ do: 'fault', fault: one })) },
);

export const history = (maxLength: number): fc.Arbitrary<{ readonly seed: number; readonly steps: readonly Step[] }> =>
  fc.record({ seed: fc.integer({ min: 1, max: 1_000_000 }), steps: fc.array(step, { minLength: 5, maxLength, size: 'max' }) });

/** The newest open order of ours goes away by another's hand. */
export const foreignCancel = (clientId: string, of: string): FaultInput => ({
  kind: 'foreign-cancel',
  apiKey: API_KEY,
  symbol: of,
  clientId,
});
