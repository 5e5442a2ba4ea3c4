/**
 * Orders and amends that were taken and wait for the order budget: for each order the newest wish, and who came first goes first. What
 * waits is judged again when its turn comes, and is dropped when its time is over. A place that waits is in the ledger and counts as
 * sent; an amend that waits has changed nothing yet, so that a newer one of the same order can take its turn.
 */
import type { Amend, Place, Refusal, Refused, Taken } from '../../shared/command.ts';
import type { Core } from './core.ts';

const WAITING_MAX = 256;

export type WaitingOptions<Sender> = {
  readonly core: Core;
  /** All rules again; null when it may leave. */
  readonly judge: (place: Place, sender: Sender) => Refused | null;
  /** Judges and sends. */
  readonly amend: (amend: Amend, sender: Sender) => Taken | Refused;
};

export class Waiting<Sender> {
  readonly #options: WaitingOptions<Sender>;
  readonly #wishes = new Map<string, { readonly command: Place | Amend; readonly sender: Sender }>();

  constructor(options: WaitingOptions<Sender>) {
    this.#options = options;
  }

  get size(): number {
    return this.#wishes.size;
  }

  /** A newer wish for the same order takes the turn of the older one. False: too many wait. */
  put(command: Place | Amend, sender: Sender): boolean {
    const { clientId } = command;
    if (!this.#wishes.has(clientId) && this.#wishes.size >= WAITING_MAX) return false;
    this.#wishes.set(clientId, { command, sender });
    return true;
  }

  /** Lets out what may leave, in order. Called often. */
  tick(): void {
    for (const [clientId, { command, sender }] of [...this.#wishes]) {
      const reason = this.#settle(command, sender);
      if (reason === 'budget') continue;
      this.#wishes.delete(clientId);
      if (reason !== null) this.#forgo(command, reason);
    }
  }

  /** The process stood still: what waits was decided on a world long gone. */
  dropAll(): void {
    for (const { command } of this.#wishes.values()) this.#forgo(command, 'stalled');
    this.#wishes.clear();
  }

  /** Null: it waits no longer. Else why not: `budget` waits on, anything else ends it. */
  #settle(command: Place | Amend, sender: Sender): Refusal | null {
    const { core, judge, amend } = this.#options;
    const row = core.keeper.ledger.order(command.clientId);
    if (!row || (command.type === 'place' && !core.router.isHeld(command.clientId))) return null; // cancelled meanwhile
    if (this.#isExpired(command)) return 'ttl-expired';
    if (!row.reduceOnly && this.#isShut()) return 'budget';
    const answer = command.type === 'place' ? judge(command, sender) : amend(command, sender);
    if (answer?.type === 'refused') return answer.code;
    if (command.type === 'place') core.router.release(command.clientId);
    return null;
  }

  /** A waiting place ends as rejected with the reason; of a waiting amend nobody but the log has heard. */
  #forgo({ type, clientId }: Place | Amend, reason: Refusal): void {
    const { router, keeper } = this.#options.core;
    keeper.notice({ level: 'info', message: 'Order waited in vain', fields: { clientId, type, reason } });
    if (type === 'place') router.drop(clientId, { kind: 'rejected', reason });
  }

  #isExpired({ basedOn, ttlMs }: Place | Amend): boolean {
    const { seqs, identity, clock } = this.#options.core;
    const at = basedOn.epoch === identity.epoch ? seqs.find(basedOn.seq)?.at : undefined;
    return at === undefined || clock.monoMs() - at > ttlMs;
  }

  #isShut(): boolean {
    const { budget, venue, clock } = this.#options.core;
    return budget.refusal({ budgets: venue.orders.budgets(), now: clock.monoMs(), protective: false }) !== null;
  }
}
