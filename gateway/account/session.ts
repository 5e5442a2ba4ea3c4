/**
 * The private stream, sans-I/O. An idle account says nothing, so life is proved by ping and pong: live from the first pong of a connection.
 * Nothing is replayed after a gap: every `live` tells the owner to read the account afresh. Order of arrival is not assumed.
 */
import type { AccountEvent } from '../../shared/events.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { StreamAction, StreamInput, StreamSession } from '../market/session.ts';
import type { StreamHealth } from '../venues/venue.ts';

/**
 * What the venue's decoder made of one frame. `expired`: the stream will be silent from now on, with the socket open. `unreadable`: the
 * account said something we could not take in, so what we know is no longer what is. `unknown`: a kind of event nobody here needs.
 */
export type AccountFrame =
  | { readonly kind: 'events'; readonly events: readonly AccountEvent[] }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unreadable'; readonly sentence: string }
  | { readonly kind: 'unknown'; readonly name: string };

export interface AccountPort {
  readonly decode: (text: string) => AccountFrame;
  readonly emit: (event: AccountEvent) => void;
  /** For the log: told at every occurrence, `first` once a name. */
  readonly onUnknown: (name: string, first: boolean) => void;
  readonly onUnreadable: (sentence: string) => void;
  /** The key of the stream is dead: the next opening needs a new one. */
  readonly onExpired: () => void;
}
export type AccountSessionOptions = {
  readonly port: AccountPort;
  readonly pingMs: number;
  readonly pongMs: number;
  readonly retryMs: (failures: number) => number;
};

const NAMES_MAX = 100;

export class AccountSession implements StreamSession {
  readonly #options: AccountSessionOptions;
  readonly #seen = new Set<string>();
  #at: 'idle' | 'connecting' | 'opened' | 'live' = 'idle';
  #everLive = false;
  #heardAt: MonoMs | null = null;
  #since: MonoMs | null = null;
  #pingedAt: MonoMs | null = null;
  #failures = 0;

  constructor(options: AccountSessionOptions) {
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
        this.#pingedAt = null;
        return [];
      case 'opened':
        this.#at = 'opened';
        return this.#ping(now);
      case 'pong':
        return this.#pong(now);
      case 'frame':
        return this.#at === 'idle' ? [] : this.#frame(input.text, now);
      case 'tick':
        return this.#tick(now);
      case 'closed':
        return [...this.#leave('disconnected'), { kind: 'open-after', delayMs: this.#options.retryMs(this.#failures++) }];
      default:
        throw new Error(`Cannot handle input: ${JSON.stringify(input satisfies never)}`);
    }
  }

  /** Gives the connection up, for instance because its key is gone. */
  giveUp(reason: string): readonly StreamAction[] {
    return this.#at === 'idle' ? [] : [...this.#leave(reason), { kind: 'close' }];
  }

  #frame(text: string, now: MonoMs): readonly StreamAction[] {
    this.#heardAt = now;
    const { port } = this.#options;
    const frame = port.decode(text);
    switch (frame.kind) {
      case 'events':
        for (const event of frame.events) port.emit(event);
        return [];
      case 'unknown':
        port.onUnknown(frame.name, !this.#seen.has(frame.name));
        if (this.#seen.size < NAMES_MAX) this.#seen.add(frame.name);
        return [];
      case 'unreadable':
        port.onUnreadable(frame.sentence);
        return this.giveUp('unreadable');
      case 'expired':
        port.onExpired();
        return this.giveUp('key-expired');
      default:
        throw new Error(`Cannot take frame: ${JSON.stringify(frame satisfies never)}`);
    }
  }

  #ping(now: MonoMs): readonly StreamAction[] {
    this.#pingedAt = now;
    this.#since = now;
    return [{ kind: 'ping' }];
  }

  #pong(now: MonoMs): readonly StreamAction[] {
    if (this.#at !== 'opened' && this.#at !== 'live') return [];
    const first = this.#at === 'opened';
    this.#pingedAt = null;
    this.#heardAt = now;
    this.#at = 'live';
    this.#everLive = true;
    this.#failures = 0;
    if (first) this.#options.port.emit({ kind: 'stream', state: 'live', reason: '' });
    return first ? [{ kind: 'live' }] : [];
  }

  #tick(now: MonoMs): readonly StreamAction[] {
    if (this.#at === 'idle') return [];
    const { pingMs, pongMs } = this.#options;
    if (this.#at === 'connecting') return this.#since !== null && now - this.#since > pingMs + pongMs ? this.giveUp('no-connection') : [];
    if (this.#pingedAt !== null) return now - this.#pingedAt > pongMs ? this.giveUp('silent') : [];
    return this.#since !== null && now - this.#since >= pingMs ? this.#ping(now) : [];
  }

  #leave(reason: string): readonly StreamAction[] {
    const was = this.#at;
    this.#at = 'idle';
    this.#pingedAt = null;
    if (was !== 'live') return [];
    this.#options.port.emit({ kind: 'stream', state: 'lost', reason });
    return [{ kind: 'lost', reason }];
  }
}
