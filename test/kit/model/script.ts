/** What may happen in a history, as plain data that can be drawn, shrunk and written down. */
import fc from 'fast-check';
import type { CallFault, CallKind, EventFault } from './line.ts';

type Side = 'buy' | 'sell';
type Terms = {
  readonly side: Side;
  /** Ticks from the best price of its side, positive into the market. */
  readonly at: number;
  readonly size: number;
};
export type Step =
  | ({ readonly does: 'place'; readonly timeInForce: 'gtc' | 'ioc' | 'post-only'; readonly reduceOnly: boolean } & Terms)
  | ({ readonly does: 'batch'; readonly count: number } & Terms)
  /** Sends the n-th newest place once more, with the same content or with another size. */
  | { readonly does: 'again'; readonly n: number; readonly same: boolean }
  | { readonly does: 'amend'; readonly n: number; readonly at: number; readonly size: number }
  /** All at once, while there is no room for so long. */
  | { readonly does: 'amend-all'; readonly at: number; readonly size: number; readonly crowdMs: number }
  | { readonly does: 'cancel'; readonly n: number }
  | { readonly does: 'cancel-all' }
  | { readonly does: 'close'; readonly ladder: 'maker-first' | 'taker' }
  | { readonly does: 'stop' }
  | { readonly does: 'resume' }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'fill'; readonly n: number; readonly size: number }
  | { readonly does: 'move'; readonly ticks: number }
  | { readonly does: 'manual'; readonly side: Side; readonly size: number }
  | { readonly does: 'foreign'; readonly side: Side }
  | { readonly does: 'person-cancels'; readonly n: number; readonly whose: 'ours' | 'theirs' }
  | { readonly does: 'forced'; readonly size: number }
  | { readonly does: 'call-fault'; readonly fault: CallFault }
  | { readonly does: 'event-fault'; readonly faults: readonly EventFault[] }
  | { readonly does: 'break'; readonly ms: number }
  | { readonly does: 'book'; readonly ms: number }
  | { readonly does: 'disk'; readonly ms: number }
  | { readonly does: 'crowd'; readonly ms: number }
  /** What later lives do with the quotes that they find: keep them, or take them back. */
  | { readonly does: 'adopt'; readonly on: boolean }
  | { readonly does: 'silent-brain'; readonly ms: number }
  | {
      readonly does: 'kill';
      readonly afterSteps: number;
      readonly phase: 'before' | 'after';
      readonly downMs: number;
      /** Newest commits that are lost with the power. */
      readonly lost: number;
      /** Somebody deletes the ledger, or all of its folder. */
      readonly wipes: Wipe;
    };
export type Wipe = 'nothing' | 'ledger' | 'folder';
export type Script = readonly Step[];

const side = fc.constantFrom<Side>('buy', 'sell');
const nth = fc.nat({ max: 5 });
const size = fc.integer({ min: 1, max: 40 });
const at = fc.integer({ min: -20, max: 8 });
const terms = { side, at, size };

const THERE: readonly (number | null)[] = [1, 3, 40, 900, 2_500, null];
const callFault: fc.Arbitrary<CallFault> = fc.record({
  what: fc.constantFrom<CallKind>('place', 'place', 'amend', 'cancel', 'query', 'read', 'read', 'stop'),
  thereMs: fc.constantFrom(...THERE),
  backMs: fc.constantFrom(...THERE),
  executed: fc.boolean(),
  says: fc.constantFrom('truth', 'truth', 'unknown', 'unknown', 'busy', 'rate-limited', 'gone', 'stale'),
});
const eventFault: fc.Arbitrary<EventFault> = fc.record({
  delaysMs: fc.constantFrom<readonly number[]>([], [1], [30], [400], [2_000], [1, 5], [5, 300], [50, 4_000]),
});

const orders: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [
    28,
    fc.record({
      does: fc.constant('place' as const),
      timeInForce: fc.constantFrom('post-only', 'post-only', 'gtc', 'ioc'),
      reduceOnly: fc.constant(false),
      ...terms,
    }),
  ],
  [
    1,
    fc.record({ does: fc.constant('place' as const), timeInForce: fc.constant('gtc' as const), reduceOnly: fc.constant(true), ...terms }),
  ],
  [7, fc.record({ does: fc.constant('batch' as const), count: fc.integer({ min: 2, max: 4 }), ...terms })],
  [1, fc.record({ does: fc.constant('again' as const), n: nth, same: fc.boolean() })],
  [14, fc.record({ does: fc.constant('amend' as const), n: nth, at, size })],
  [3, fc.record({ does: fc.constant('amend-all' as const), at, size, crowdMs: fc.constantFrom(0, 60, 200, 450) })],
  [10, fc.record({ does: fc.constant('cancel' as const), n: nth })],
  [1, fc.constant<Step>({ does: 'cancel-all' })],
  [1, fc.record({ does: fc.constant('close' as const), ladder: fc.constantFrom('maker-first', 'taker') })],
];
const world: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [16, fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 5, 20, 60, 200, 700, 2_000, 5_000) })],
  [7, fc.record({ does: fc.constant('fill' as const), n: nth, size: fc.integer({ min: 1, max: 30 }) })],
  [3, fc.record({ does: fc.constant('move' as const), ticks: fc.constantFrom(-15_000, -400, -8, -2, 2, 8, 400, 15_000) })],
  [2, fc.record({ does: fc.constant('manual' as const), side, size: fc.integer({ min: 1, max: 20 }) })],
  [2, fc.record({ does: fc.constant('person-cancels' as const), n: nth, whose: fc.constantFrom('ours', 'ours', 'theirs') })],
];
/** What stops the quoting for a while; each has an end of its own or is followed by one. */
const halting: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [1, fc.constant<Step>({ does: 'stop' })],
  [5, fc.constant<Step>({ does: 'resume' })],
  [1, fc.record({ does: fc.constant('foreign' as const), side })],
  [1, fc.record({ does: fc.constant('forced' as const), size: fc.integer({ min: 1, max: 30 }) })],
];
const trouble: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [8, fc.record({ does: fc.constant('call-fault' as const), fault: callFault })],
  [5, fc.record({ does: fc.constant('event-fault' as const), faults: fc.array(eventFault, { minLength: 1, maxLength: 4 }) })],
  [3, fc.record({ does: fc.constant('break' as const), ms: fc.constantFrom(20, 20, 60, 300, 3_000) })],
  [1, fc.record({ does: fc.constant('book' as const), ms: fc.constantFrom(20, 500) })],
  [1, fc.record({ does: fc.constant('disk' as const), ms: fc.constantFrom(20, 60, 400) })],
  [3, fc.record({ does: fc.constant('crowd' as const), ms: fc.constantFrom(60, 200, 450) })],
  [2, fc.record({ does: fc.constant('adopt' as const), on: fc.constantFrom(true, true, false) })],
  [1, fc.record({ does: fc.constant('silent-brain' as const), ms: fc.constantFrom(500, 3_000) })],
  [
    4,
    fc.record({
      does: fc.constant('kill' as const),
      afterSteps: fc.nat({ max: 12 }),
      phase: fc.constantFrom('before', 'after'),
      downMs: fc.constantFrom(10, 10, 400, 6_000),
      lost: fc.constantFrom(0, 0, 0, 0, 1, 3, 8),
      wipes: fc.constantFrom<Wipe>(...Array.from({ length: 10 }, () => 'nothing' as const), 'ledger', 'folder'),
    }),
  ],
];

const drawn = (rows: readonly (readonly [number, fc.Arbitrary<Step>])[]): fc.Arbitrary<Step> =>
  fc.oneof(...rows.map(([weight, arbitrary]) => ({ weight, arbitrary })));

export const anyScript: fc.Arbitrary<Script> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: drawn(orders) },
    { weight: 9, arbitrary: drawn(world) },
    { weight: 5, arbitrary: drawn(trouble) },
    { weight: 1, arbitrary: drawn(halting) },
  ),
  { minLength: 5, maxLength: 60, size: 'max' },
);
