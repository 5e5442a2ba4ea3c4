/**
 * Quotes that outlive the process that made them, where gateway.onStart is `adopt`. After a start of the gateway they are on probation: one
 * stays when limits, account and book allow it as soon as they are known, and when a brain comes in time. A brain that is granted a lease
 * holds what is left as if it had placed it. Where it is `cancel` there is no heritage. Sans-I/O.
 */
import { parseClientId } from '../../shared/client-id.ts';
import type { Refusal } from '../../shared/command.ts';
import { hasEnded } from '../../shared/order.ts';
import { type MonoMs, monoMs } from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { Closer } from './closer.ts';
import { brainOrders, type Core, isRestingQuote, ownOpen } from './core.ts';
import { OF_SENDING, refusalOf } from './resting-check.ts';
import type { Stops } from './stop.ts';

export type HeritageOptions = { readonly core: Core; readonly closer: Closer; readonly stops: Stops };
export type Unfit = { readonly reason: string; readonly clientIds: readonly string[] };

/** What cannot be judged yet, or only now and then: such an order waits for its judgement. */
const NOT_YET: ReadonlySet<Refusal> = new Set([
  'position-unknown',
  'balance-unknown',
  'book-not-live',
  'stale-snapshot',
  'ttl-expired',
  'cancel-only-mode',
]);

export class Heritage {
  readonly #options: HeritageOptions;
  readonly #unproved = new Set<string>();
  /** What the present lease did not place and holds all the same. */
  #inherited: ReadonlySet<string> = new Set();
  #until: MonoMs | null = null;

  constructor(options: HeritageOptions) {
    this.#options = options;
  }

  /** Of the orders an earlier run left, those that have to go at once; quotes that rest stay on probation. */
  begin(now: MonoMs): readonly string[] {
    const { core } = this.#options;
    const open = ownOpen(core);
    if (!this.#adopts) return open.map(({ clientId }) => clientId);
    const kept = open.filter(isQuiet);
    for (const { clientId } of kept) this.#unproved.add(clientId);
    this.#until = monoMs(now + core.config.gateway.leaseMs);
    core.keeper.notice({ level: 'info', message: 'Quotes kept on probation', fields: { kept: kept.length, of: open.length } });
    return open.filter((row) => !kept.includes(row)).map(({ clientId }) => clientId);
  }

  /** What has turned out not to fit; when time is up, whatever was not proved, and all of it when no brain has come. */
  tick(now: MonoMs): readonly Unfit[] {
    if (this.#until === null) return [];
    const { core } = this.#options;
    const late = now >= this.#until;
    const unfit = [...this.#unproved].flatMap((clientId) => this.#judge(clientId, late));
    if (!late) return unfit;
    this.#until = null;
    const orphans = core.lease.epoch === 0 ? brainOrders(core) : [];
    return orphans.length > 0 ? [...unfit, { reason: 'no-brain-came', clientIds: orphans }] : unfit;
  }

  /** Those of a dead brain's orders that its successor holds from now on. */
  inherit(clientIds: readonly string[]): readonly string[] {
    const { router } = this.#options.core;
    const kept = this.#adopts ? clientIds.filter((clientId) => !router.isUnwanted(clientId)) : [];
    this.#inherited = new Set(kept);
    return kept;
  }

  /** The present lease may change this order although its id is of an older one. */
  has(clientId: string): boolean {
    return this.#inherited.has(clientId);
  }

  /** Oldest brain epoch of which an inherited order is open; null when none is. What has ended is let go of. */
  oldest(): number | null {
    const { ledger } = this.#options.core.keeper;
    this.#inherited = new Set([...this.#inherited].filter((clientId) => !hasEnded(ledger.order(clientId)?.order.status ?? 'canceled')));
    return this.#inherited.size === 0 ? null : Math.min(...[...this.#inherited].map((clientId) => parseClientId(clientId)?.epoch ?? 0));
  }

  get #adopts(): boolean {
    return this.#options.core.config.gateway.onStart === 'adopt';
  }

  #judge(clientId: string, late: boolean): readonly Unfit[] {
    const row = this.#options.core.keeper.ledger.order(clientId);
    const refusal = row && isQuiet(row) ? refusalOf(row, this.#options) : null; // it has ended, or its brain is changing it already
    const unseen = row !== null && this.#options.core.venue.market.markAgeMs(row.symbol) === null;
    if (refusal !== null && (unseen || NOT_YET.has(refusal)) && !late) return [];
    this.#unproved.delete(clientId);
    return refusal === null || OF_SENDING.has(refusal) ? [] : [{ reason: `unfit-${refusal}`, clientIds: [clientId] }];
  }
}

/** A quote at rest that stays there by itself. */
const isQuiet = (row: LedgerOrder): boolean =>
  isRestingQuote(row) && row.kind === 'limit' && (row.timeInForce === 'gtc' || row.timeInForce === 'post-only');
