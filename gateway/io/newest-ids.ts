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

export type NewestIdsOptions = {
  /** Highest of the ids that begin so and have a row; '' when none has, null when that cannot be told. */
  readonly written: (group: string) => string | null;
  /** The same of rows that wait to be written. */
  readonly waiting: { readonly highest: (group: string) => string };
};

export class NewestIds {
  readonly #newest = new Map<string, string>();
  readonly #options: NewestIdsOptions;

  constructor(options: NewestIdsOptions) {
    this.#options = options;
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
    const { written, waiting } = this.#options;
    const [inFile, inMemory] = [this.#newest.size < GROUPS_MAX ? written(group) : null, waiting.highest(group)];
    if (inFile === null) return null;
    const highest = inFile > inMemory ? inFile : inMemory;
    this.#newest.set(group, highest);
    return highest;
  }
}
