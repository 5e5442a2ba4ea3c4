/** What goes into one turn of the brain beside its state and its settings. Everything that is not pure comes in here. */
import type { Role } from '../shared/client-id.ts';
import type { Config } from '../shared/config.ts';
import type { FillDoc } from '../shared/snapshot.ts';
import type { MonoMs, WallMs } from '../shared/units.ts';
import type { OrderCommand, WorkingOrder } from './oms/working.ts';
import type { Deeds } from './risk/account-pulse.ts';
import type { Settled } from './settle.ts';
import type { Documents } from './view.ts';

export type Turn = {
  /** Of one snapshot that is fresh and of this account (`headerReason`). */
  readonly documents: Documents;
  /** Own fills not counted yet, in order of number and without a hole, none newer than the snapshot. */
  readonly fills: readonly FillDoc[];
  /** Fills counted earlier whose fee was told meanwhile. */
  readonly fees: readonly FillDoc[];
  /** What was sent since the turn before, and what became of it. */
  readonly deeds: Deeds;
  readonly now: MonoMs;
  readonly nowMs: WallMs;
  /** A new client id for each order placed; null when the lease has none left. */
  readonly nextId: (role: Role) => string | null;
  /** False while the brain must not open anything: store unreadable, or the snapshot was not made under our lease. */
  readonly mayTrade: boolean;
};

/** What changes the state between two turns; with the turns it is all that a brain's decisions rest on. */
export type Heard =
  | {
      readonly kind: 'settled';
      readonly symbol: string;
      readonly what: OrderCommand['kind'];
      readonly clientId: string;
      readonly settled: Settled;
    }
  /** The ledger's word about an order that snapshots show no more. */
  | { readonly kind: 'told'; readonly symbol: string; readonly clientId: string; readonly order: WorkingOrder | null }
  /** Other settings from the next turn on. */
  | { readonly kind: 'config'; readonly config: Config; readonly nowMs: WallMs };
