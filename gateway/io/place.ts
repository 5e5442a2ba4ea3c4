/** The place of this gateway: run folder, keys in Redis, and a process that may stand still. Who stood still proves that it is still its own. */
import { Fence, type Standing } from '../orders/fence.ts';
import { StallGuard } from '../orders/stall-guard.ts';
import type { RedisWriter } from './redis-writer.ts';
import type { RunDir } from './run-dir.ts';

export type PlaceOptions = {
  readonly runDir: Pick<RunDir, 'holds' | 'path'>;
  readonly redis: Pick<RedisWriter, 'standing'>;
  /** Another has it now. */
  readonly onLost: (sentence: string) => void;
};

const BEAT_MS = 50;

export class Place implements Disposable {
  readonly stall = new StallGuard({ mono: () => performance.now(), wall: () => Date.now() });
  readonly fence: Fence;
  readonly #options: PlaceOptions;
  readonly #beat: NodeJS.Timeout;

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.fence = new Fence({ stalls: () => this.#stalls(), prove: () => this.#prove() });
    this.#beat = setInterval(() => this.stall.beat(), BEAT_MS);
  }

  lose(sentence: string): void {
    this.fence.lose();
    this.#options.onLost(sentence);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat);
  }

  #stalls(): number {
    this.stall.isStalled();
    return this.stall.stalls;
  }

  /** Whoever took our place has the folder, or the keys. */
  async #prove(): Promise<Standing> {
    const { runDir, redis } = this.#options;
    if (runDir.holds()) return redis.standing();
    this.lose(`Run folder ${runDir.path} was removed or replaced under us`);
    return 'lost';
  }
}
