/** Client ids of one lease: the epoch is granted by the gateway and never twice, the counter never goes back within it. */
import { COUNTER_MAX, makeClientId, type Role } from '../../shared/client-id.ts';

export class ClientIds {
  readonly #epoch: number;
  #counter = 0;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  /** Null when the counter is used up: the brain says hello again for a new epoch. */
  next(role: Role): string | null {
    return this.#counter > COUNTER_MAX ? null : makeClientId({ role, epoch: this.#epoch, counter: this.#counter++ });
  }
}
