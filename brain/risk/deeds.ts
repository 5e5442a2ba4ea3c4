/**
 * What was sent since the turn before and what became of it, counted for the monitors. What a race explains is no trouble: a post-only
 * order that would have taken, an order that ended while its amend was on its way, a lease that ended; nor is the wait for the venue's budget.
 */
import type { Refusal } from '../../shared/command.ts';
import { isSteered, type OrderCommand, type Pending } from '../oms/working.ts';
import type { Documents } from '../view.ts';
import type { Deeds } from './account-pulse.ts';

const RACES: ReadonlySet<Refusal> = new Set(['order-busy', 'order-ended', 'unknown-order', 'no-lease', 'stale-epoch', 'budget']);
const MINUTE_MS = 60_000;
/** Commands that wait to be seen; more than that are not timed. */
const WAITING_MAX = 1_000;

const NO_READS = { asked: 0, failed: 0 };

type Waiting = Pick<Pending, 'sentAt'> & { readonly visibleFrom: number; readonly epoch: number };

export class DeedsBook {
  #counts = { orders: 0, cancels: 0, refused: 0, unanswered: 0 };
  /** Sent to this run of the gateway; one that died has told us otherwise. */
  #epoch = 0;
  #reads = NO_READS;
  #waiting: Waiting[] = [];
  /** Rejected or unknown in the snapshot before. */
  #shown: ReadonlySet<string> = new Set();

  sent({ kind }: OrderCommand): void {
    this.#counts[kind === 'cancel' ? 'cancels' : 'orders']++;
  }

  taken({ sentAt }: Pick<Pending, 'sentAt'>, visibleFrom: number): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push({ sentAt, visibleFrom, epoch: this.#epoch });
  }

  refused(code: Refusal): void {
    if (!RACES.has(code)) this.#counts.refused++;
  }

  unanswered(): void {
    this.#counts.unanswered++;
  }

  /** All since the last call. `now`: monotonic. */
  take({ header, symbols, fills }: Pick<Documents, 'header' | 'symbols' | 'fills'>, now: number): Deeds {
    const { epoch, seq, wallMs } = header;
    const reads = header.reads ?? NO_READS;
    const before = epoch === this.#epoch ? this.#reads : reads; // how long ago those of another run were, nobody knows
    if (epoch !== this.#epoch) this.#counts.unanswered = 0;
    this.#epoch = epoch;
    this.#reads = reads;
    this.#look(symbols);
    const seen = this.#waiting.filter((one) => one.epoch !== epoch || one.visibleFrom <= seq);
    this.#waiting = this.#waiting.filter((one) => !seen.includes(one));
    const deeds: Deeds = {
      ...this.#counts,
      ...{ reads: Math.max(0, reads.asked - before.asked), readsFailed: Math.max(0, reads.failed - before.failed) },
      fills: fills.filter((fill) => wallMs - fill.wallMs < MINUTE_MS).length, // what was missed in a long absence is not of now
      acknowledged: seen.filter((one) => one.epoch === epoch).map(({ sentAt }) => Math.max(0, now - sentAt)),
    };
    this.#counts = { orders: 0, cancels: 0, refused: 0, unanswered: 0 };
    return deeds;
  }

  /** What the venue rejected, and what it gave no answer to, each order once. */
  #look(symbols: Documents['symbols']): void {
    const rows = Object.values(symbols).flatMap(({ orders }) => orders?.orders.filter(({ role }) => isSteered(role)) ?? []);
    const rejected = rows.filter(({ status, reason }) => status === 'rejected' && !reason.startsWith('post-only'));
    const unknown = rows.filter(({ status }) => status === 'unknown');
    const isNew = ({ clientId }: { readonly clientId: string }): boolean => !this.#shown.has(clientId);
    this.#counts.refused += rejected.filter(isNew).length;
    this.#counts.unanswered += unknown.filter(isNew).length;
    this.#shown = new Set([...rejected, ...unknown].map(({ clientId }) => clientId));
  }
}
