/**
 * Tells an id that certainly has no row from one that may have one, without asking the file: of ids made by one role in one epoch the highest
 * one written is known, and they rise. The highest is asked of the file once, and from then on every order that is written is seen here.
 */

/** Tag, role and epoch: within them ids rise, and an epoch is of one run only (shared/client-id.ts). */
const GROUP_DIGITS = 10;
const ID = /^\d{19}$/;
/** More are asked of the file each time. */
const GROUPS_MAX = 1_000;

export const groupOf = (clientId: string): string => clientId.slice(0, GROUP_DIGITS);

export class NewestIds {
  readonly #newest = new Map<string, string>();
  readonly #highest: (group: string) => string | null;

  /** `highest`: of the ids that begin so and have a row; '' when none has, null when that cannot be told. */
  constructor(highest: (group: string) => string | null) {
    this.#highest = highest;
  }

  /** True: no order was ever written under it. */
  isNew(clientId: string): boolean {
    if (!ID.test(clientId)) return false;
    const group = groupOf(clientId);
    const newest = this.#newest.get(group) ?? this.#learn(group);
    return newest !== null && clientId > newest;
  }

  /** A row of it is written, or waits to be. */
  see(clientId: string): void {
    const group = groupOf(clientId);
    const newest = this.#newest.get(group);
    if (newest !== undefined && clientId > newest) this.#newest.set(group, clientId);
  }

  #learn(group: string): string | null {
    const highest = this.#newest.size < GROUPS_MAX ? this.#highest(group) : null;
    if (highest !== null) this.#newest.set(group, highest);
    return highest;
  }
}
