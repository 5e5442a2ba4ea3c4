/** Snapshots to those who subscribed: what has changed at each change of the top or of an own order, and with each tick the whole of it. */
import type { Clock } from '../../shared/clock.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Push } from '../publish/push-line.ts';
import { PushPace } from '../publish/push-pace.ts';
import type { CommandServer } from './command-server.ts';

export type PushesOptions = {
  readonly clock: Clock;
  readonly publisher: () => Pick<Publisher, 'takePush' | 'pushTaken'>;
  readonly servers: () => readonly CommandServer[];
};

export class Pushes {
  readonly #options: PushesOptions;
  readonly #pace: PushPace;

  constructor(options: PushesOptions) {
    this.#options = options;
    this.#pace = new PushPace({ clock: options.clock, push: () => this.#send(options.publisher().takePush()) });
  }

  topChanged(): void {
    if (this.#isHeard) this.#pace.topChanged();
  }

  ordersChanged(): void {
    if (this.#isHeard) this.#pace.ordersChanged();
  }

  /** In the turn in which the snapshot for Redis was taken: the same one, under the same number. */
  ticked(): void {
    if (this.#isHeard) this.#send(this.#options.publisher().pushTaken());
  }

  get #isHeard(): boolean {
    return this.#options.servers().some((server) => server.hasSubscribers);
  }

  #send(push: Push | null): void {
    if (push) for (const server of this.#options.servers()) server.push(push);
  }
}
