/**
 * Orders and amends that were taken and wait for the order budget: for each order the newest wish, and who came first goes first. What
 * waits is judged again when its turn comes, and is dropped when its time is over. A place that waits is in the ledger and counts as
 * sent; an amend that waits has changed nothing yet, so that a newer one of the same order can take its turn.
 *
 * Where the venue takes several orders in one request, many that wait leave that way: more of them fit into its limits (budget.ts).
 */
import type { Amend, Place, Refusal, Refused, Taken } from '../../shared/command.ts';
import type { AmendRequest, BatchRules } from '../venues/venue.ts';
import type { Core } from './core.ts';

const WAITING_MAX = 256;

export type WaitingOptions<Sender> = {
  readonly core: Core;
  /** All rules again; null when it may leave. */
  readonly judge: (place: Place, sender: Sender, together?: 'together') => Refused | null;
  /** Judges and sends. */
  readonly amend: (amend: Amend, sender: Sender) => Taken | Refused;
  /** Judges and writes down, for a request of several; the budget of that has been asked. */
  readonly prepareAmend: (amend: Amend, sender: Sender) => AmendRequest | Refused;
};
type Wish<Sender> = { readonly command: Place | Amend; readonly sender: Sender };

export class Waiting<Sender> {
  readonly #options: WaitingOptions<Sender>;
  readonly #wishes = new Map<string, Wish<Sender>>();

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
    this.#sendTogether();
    for (const [clientId, { command, sender }] of [...this.#wishes]) {
      const reason = this.#settle(command, sender);
      if (reason === 'budget') continue;
      this.#wishes.delete(clientId);
      if (reason !== null) this.#forgo(command, reason);
    }
  }

  /** While enough of one kind wait to fill a request of several, and the budget has one. */
  #sendTogether(): void {
    const { batch } = this.#options.core.venue.orders;
    if (!batch) return;
    for (const type of ['place', 'amend'] as const)
      for (let wishes = this.#first(type, batch.most); wishes.length === batch.most; wishes = this.#first(type, batch.most)) {
        if (this.#isShut(batch)) return;
        for (const { command } of wishes) this.#wishes.delete(command.clientId);
        this.#options.core.router.sendTogether({
          places: wishes.flatMap(({ command, sender }) =>
            command.type === 'place' && this.#mayLeave(command, sender) ? [command.clientId] : [],
          ),
          amends: wishes.flatMap(({ command, sender }) => (command.type === 'amend' ? this.#prepared(command, sender) : [])),
        });
      }
  }

  #prepared(amend: Amend, sender: Sender): readonly AmendRequest[] {
    if (this.#isOver(amend)) return [];
    const prepared = this.#options.prepareAmend(amend, sender);
    if (!('code' in prepared)) return [prepared];
    this.#forgo(amend, prepared.code);
    return [];
  }

  #first(type: 'place' | 'amend', most: number): readonly Wish<Sender>[] {
    const { router } = this.#options.core;
    const waits = ({ command }: Wish<Sender>): boolean => command.type === type && (type === 'amend' || router.isHeld(command.clientId));
    return [...this.#wishes.values()].filter(waits).slice(0, most);
  }

  #mayLeave(place: Place, sender: Sender): boolean {
    if (this.#isOver(place)) return false;
    const refused = this.#options.judge(place, sender, 'together');
    if (refused) this.#forgo(place, refused.code);
    return refused === null;
  }

  /** Cancelled or ended meanwhile, or its time is over: then it is forgone. */
  #isOver(command: Place | Amend): boolean {
    const { core } = this.#options;
    if (!core.keeper.ledger.order(command.clientId) || (command.type === 'place' && !core.router.isHeld(command.clientId))) return true;
    if (!this.#isExpired(command)) return false;
    this.#forgo(command, 'ttl-expired');
    return true;
  }

  /** The process stood still, so that what waits was decided on a world long gone; or it is about to end. */
  dropAll(reason: 'stalled' | 'shutting-down' | 'stopped'): void {
    for (const { command } of this.#wishes.values()) this.#forgo(command, reason);
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

  #isShut(cost?: BatchRules): boolean {
    const { budget, venue, clock } = this.#options.core;
    return budget.refusal({ budgets: venue.orders.budgets(), now: clock.monoMs(), protective: false, ...(cost && { cost }) }) !== null;
  }
}
