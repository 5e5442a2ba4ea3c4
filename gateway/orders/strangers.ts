/**
 * Another session on the same account: orders that bear our tag and that nobody here has made. Every order of ours is in the ledger before
 * its bytes leave, and epochs only grow, so there are two proofs: an epoch above the newest granted here, and, once the account has been
 * read, a new order that no row knows. What an earlier run left behind a lost ledger is neither. Pure.
 *
 * What it cannot see: a session of another program, which has no tag; one that only cancels; one that sends nothing.
 */
import { parseClientId } from '../../shared/client-id.ts';
import type { AccountEvent } from '../../shared/events.ts';

export type StrangersOptions = {
  /** Newest epoch granted here, to this gateway or to a client; null where it is not known. */
  readonly newestEpoch: () => number | null;
  readonly isOurs: (clientId: string) => boolean;
};

/** Above it are the ids of tools and of gateways without a ledger: they are granted by nobody. */
const GRANTED_MAX = 799_999;
/** Of tools that talk to the venue by themselves; and of stops, whose order is made by the venue. */
const UNGRANTED: ReadonlySet<string> = new Set(['test', 'stop']);

export class Strangers {
  readonly #options: StrangersOptions;
  #everRead = false;

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  /** The account has been read: what was left by earlier runs is known. */
  accountRead(): void {
    this.#everRead = true;
  }

  /** Whose a word of the private stream, not taken in yet, is: the client id where it is of a new order of a stranger. */
  told(event: AccountEvent): readonly string[] {
    const isNew = event.kind === 'fill' || (event.kind === 'order' && event.state === 'accepted');
    return isNew && !this.#options.isOurs(event.clientId) ? this.found([event.clientId]) : [];
  }

  /** Of orders found at the venue and in no row, those of strangers. */
  found(clientIds: readonly string[]): readonly string[] {
    const newest = this.#options.newestEpoch();
    return clientIds.filter((clientId) => {
      const parts = parseClientId(clientId);
      if (parts === null || UNGRANTED.has(parts.role) || parts.epoch > GRANTED_MAX) return false;
      return this.#everRead || (newest !== null && newest <= GRANTED_MAX && parts.epoch > newest);
    });
  }
}
