/**
 * One public stream, sans-I/O: the driver in io/ feeds it inputs and performs its actions in order. The streams are named in the URL, so a
 * reconnect needs no message. Live means that data arrived: on the wrong route a socket opens, and nothing ever comes.
 */
import type { MonoMs } from '../../shared/units.ts';
import type { StreamHealth } from '../venues/venue.ts';

/** `bytes`: the same as it came, where it came over a network. */
type Frame = { readonly kind: 'frame'; readonly text: string; readonly bytes?: Uint8Array };
export type StreamInput =
  | { readonly kind: 'opening' }
  | { readonly kind: 'opened' }
  | Frame
  | { readonly kind: 'pong' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'tick' };
export type StreamAction =
  | Frame
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'ping' }
  /** Destroy the socket; the driver answers with `closed`. */
  | { readonly kind: 'close' }
  | { readonly kind: 'open-after'; readonly delayMs: number };
export interface StreamSession {
  handle(input: StreamInput, now: MonoMs): readonly StreamAction[];
  health(now: MonoMs): StreamHealth;
}

export type MarketSessionOptions = {
  readonly silenceMsMax: number;
  /** Told the number of connections in a row that brought no data. */
  readonly retryMs: (failures: number) => number;
  /** Which frames show that the connection delivers; without it all do. */
  readonly pulse?: { readonly reset: () => void; readonly beats: (text: string, now: MonoMs) => boolean };
};

export class MarketSession implements StreamSession {
  readonly #options: MarketSessionOptions;
  #at: 'idle' | 'connecting' | 'live' = 'idle';
  #everLive = false;
  #since: MonoMs | null = null;
  #heardAt: MonoMs | null = null;
  #failures = 0;

  constructor(options: MarketSessionOptions) {
    this.#options = options;
  }

  health(now: MonoMs): StreamHealth {
    const ageMs = this.#heardAt === null ? null : now - this.#heardAt;
    return { state: this.#at === 'live' ? 'live' : this.#everLive ? 'lost' : 'connecting', ageMs };
  }

  handle(input: StreamInput, now: MonoMs): readonly StreamAction[] {
    switch (input.kind) {
      case 'opening':
        this.#at = 'connecting';
        this.#since = now;
        this.#options.pulse?.reset();
        return [];
      case 'opened':
        this.#since = now;
        return [];
      case 'frame':
        return this.#frame(input, now);
      case 'tick':
        return this.#tick(now);
      case 'closed':
        return this.#closed();
      case 'pong':
        return [];
      default:
        throw new Error(`Cannot handle input: ${JSON.stringify(input satisfies never)}`);
    }
  }

  #frame(frame: Frame, now: MonoMs): readonly StreamAction[] {
    if (this.#at === 'idle') return []; // a late frame of a socket already given up
    const first = this.#at !== 'live';
    this.#at = 'live';
    this.#everLive = true;
    this.#heardAt = now;
    if (this.#options.pulse?.beats(frame.text, now) ?? true) this.#since = now;
    this.#failures = 0;
    return first ? [{ kind: 'live' }, frame] : [frame];
  }

  /** Silence closes: on a half-open socket no close ever comes by itself. */
  #tick(now: MonoMs): readonly StreamAction[] {
    if (this.#at === 'idle' || this.#since === null || now - this.#since <= this.#options.silenceMsMax) return [];
    const was = this.#at;
    this.#at = 'idle';
    return was === 'live' ? [{ kind: 'lost', reason: 'silent' }, { kind: 'close' }] : [{ kind: 'close' }];
  }

  #closed(): readonly StreamAction[] {
    const was = this.#at;
    this.#at = 'idle';
    const again = { kind: 'open-after', delayMs: this.#options.retryMs(this.#failures++) } as const;
    return was === 'live' ? [{ kind: 'lost', reason: 'disconnected' }, again] : [again];
  }
}
