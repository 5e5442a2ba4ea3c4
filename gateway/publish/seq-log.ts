/** When each of the newest snapshots was published, and how new its newest market frame was; older ones are forgotten. */
import type { MonoMs } from '../../shared/units.ts';

export type Published = { readonly seq: number; readonly at: MonoMs; readonly newestFrameAt: MonoMs | null };
const KEPT = 8_192;

export class SeqLog {
  readonly #ring: (Published | undefined)[] = new Array<Published | undefined>(KEPT);
  #seq = 0;
  readonly #onNext: (seq: number) => void;

  constructor(onNext: (seq: number) => void = () => undefined) {
    this.#onNext = onNext;
  }

  /** Number of the newest snapshot; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes the next number for a snapshot published now, by whatever route. */
  next({ at, newestFrameAt }: Omit<Published, 'seq'>): number {
    this.#seq++;
    this.#ring[this.#seq % KEPT] = { seq: this.#seq, at, newestFrameAt };
    this.#onNext(this.#seq);
    return this.#seq;
  }

  find(seq: number): Published | null {
    const found = this.#ring[seq % KEPT];
    return found?.seq === seq ? found : null;
  }
}
