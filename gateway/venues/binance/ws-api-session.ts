/**
 * One connection to the WebSocket API, sans-I/O: connecting → logging on → ready → draining. Each request it takes ends exactly once: with
 * its reply, or unanswered when its time is up or the connection ends first. Nothing is ever sent twice. Reference sheet 2026-11, 10.
 */
import type { MonoMs } from '../../../shared/units.ts';
import type { HttpAnswer, HttpOutcome } from '../transport.ts';
import type { VenueFault } from '../venue.ts';
import { faultOfAnswer } from './faults.ts';
import { readReply, type Reply } from './ws-api-wire.ts';

export type SessionInput =
  | { readonly kind: 'opening' | 'opened' | 'pong' | 'tick' }
  | { readonly kind: 'frame'; readonly text: string }
  | { readonly kind: 'closed'; readonly sentence: string };

export type SessionAction =
  /** Sign and write the logon under this id, now. */
  | { readonly kind: 'log-on'; readonly id: string }
  | { readonly kind: 'settle'; readonly id: string; readonly outcome: HttpOutcome }
  | { readonly kind: 'logon-refused'; readonly fault: VenueFault }
  /** A frame for nobody: late, twice, or not a reply. */
  | { readonly kind: 'stray' }
  | { readonly kind: 'ping' | 'close' }
  | { readonly kind: 'open-after'; readonly delayMs: number };

export type SessionOptions = {
  /** Unlike those of the other connection. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly inFlightMax: number;
  /** Ready for so long, it is to be replaced (the venue ends it after 24 h). */
  readonly lifeMs: number;
  /** Longest time for the connection to stand, between two pings, and for a pong. */
  readonly silenceMs: number;
  readonly retryMs: (failures: number) => number;
  /** What the answer to a logon says, limits and bans noted; null: accepted. */
  readonly judge: (answer: HttpAnswer) => VenueFault | null;
};

type State =
  | { readonly at: 'idle' }
  | { readonly at: 'connecting'; readonly since: MonoMs }
  | { readonly at: 'logging-on'; readonly since: MonoMs; readonly id: string }
  | { readonly at: 'ready' | 'draining'; readonly since: MonoMs };

/** Only a connection that served for so long makes the next opening a first try again. */
const STEADY_MS = 10_000;
/** A key that is refused is not tried in a loop (11). */
const REFUSED_MS = 60_000;

export class WsApiSession {
  readonly #options: SessionOptions;
  /** Id and deadline of each request on its way, in the order of both. */
  readonly #inFlight = new Map<string, MonoMs>();
  #state: State = { at: 'idle' };
  #ids = 0;
  #failures = 0;
  #waitMs = 0;
  #pingAt: MonoMs | null = null;
  #pongBy: MonoMs | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get at(): State['at'] {
    return this.#state.at;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  isAged(now: MonoMs): boolean {
    return this.#state.at === 'ready' && now - this.#state.since >= this.#options.lifeMs;
  }

  canTake(): boolean {
    return this.#state.at === 'ready' && this.#inFlight.size < this.#options.inFlightMax;
  }

  /** An id for a request that is written in the same turn; null when none may leave here now. */
  take(now: MonoMs): string | null {
    if (!this.canTake()) return null;
    const id = `${this.#options.name}${++this.#ids}`;
    this.#inFlight.set(id, (now + this.#options.timeoutMs) as MonoMs);
    return id;
  }

  /** Takes nothing more; closes once nothing is on its way. */
  drain(now: MonoMs): readonly SessionAction[] {
    if (this.#state.at !== 'ready') return [];
    this.#steady(now);
    this.#state = { at: 'draining', since: now };
    return this.#closeWhenDrained();
  }

  handle(input: SessionInput, now: MonoMs): readonly SessionAction[] {
    switch (input.kind) {
      case 'opening':
        this.#state = { at: 'connecting', since: now };
        return [];
      case 'opened':
        return this.#opened(now);
      case 'frame':
        return this.#frame(input.text, now);
      case 'pong':
        this.#pongBy = null;
        return [];
      case 'tick':
        return this.#tick(now);
      case 'closed':
        return this.#closed(input.sentence, now);
      default:
        throw new Error(`Cannot handle input: ${JSON.stringify(input satisfies never)}`);
    }
  }

  #opened(now: MonoMs): readonly SessionAction[] {
    if (this.#state.at !== 'connecting') return [];
    const id = `${this.#options.name}${++this.#ids}`;
    this.#state = { at: 'logging-on', since: now, id };
    this.#pingAt = (now + this.#options.silenceMs) as MonoMs;
    this.#pongBy = null;
    return [{ kind: 'log-on', id }];
  }

  #frame(text: string, now: MonoMs): readonly SessionAction[] {
    const reply = readReply(text);
    if (reply === null) return [{ kind: 'stray' }];
    if (this.#state.at === 'logging-on' && reply.id === this.#state.id) return this.#loggedOn(reply, now);
    if (!this.#inFlight.delete(reply.id)) return [{ kind: 'stray' }];
    if (reply.kind === 'garbled') return [settle(reply.id, unanswered('the reply cannot be read', false)), ...this.#closeWhenDrained()];
    if (!isOffSession(reply.answer)) return [settle(reply.id, reply.answer), ...this.#closeWhenDrained()];
    const outcome: HttpOutcome = { kind: 'unsent', timedOut: false, sentence: 'the connection is not logged on any more' };
    return [settle(reply.id, outcome), ...(this.#state.at === 'ready' ? this.drain(now) : this.#closeWhenDrained())];
  }

  #loggedOn(reply: NonNullable<Reply>, now: MonoMs): readonly SessionAction[] {
    if (reply.kind === 'garbled') return [{ kind: 'close' }];
    const fault = this.#options.judge(reply.answer);
    if (fault === null) {
      this.#state = { at: 'ready', since: now };
      return [];
    }
    const forGood = fault.kind === 'auth' || fault.kind === 'rejected';
    this.#waitMs = Math.max(fault.retryAfterMs ?? 0, forGood ? REFUSED_MS : 0);
    return [{ kind: 'logon-refused', fault }, { kind: 'close' }];
  }

  #tick(now: MonoMs): readonly SessionAction[] {
    const { timeoutMs, silenceMs } = this.#options;
    const state = this.#state;
    if (state.at === 'idle') return [];
    if (state.at === 'connecting') return now - state.since >= silenceMs ? [{ kind: 'close' }] : [];
    if (state.at === 'logging-on' && now - state.since >= timeoutMs) return [{ kind: 'close' }];
    const late = this.#expire(now);
    const closing = late.length > 0 && state.at === 'ready' ? this.drain(now) : this.#closeWhenDrained();
    return [...late, ...closing, ...this.#life(now)];
  }

  /** A reply that is overdue makes the whole connection suspect: it takes nothing more. */
  #expire(now: MonoMs): readonly SessionAction[] {
    const late = [...this.#inFlight].filter(([, deadline]) => now >= deadline).map(([id]) => id);
    for (const id of late) this.#inFlight.delete(id);
    return late.map((id) => settle(id, unanswered(`no reply within ${this.#options.timeoutMs} ms`, true)));
  }

  #life(now: MonoMs): readonly SessionAction[] {
    if (this.#pongBy !== null) return now >= this.#pongBy ? [{ kind: 'close' }] : [];
    if (this.#pingAt === null || now < this.#pingAt) return [];
    this.#pingAt = this.#pongBy = (now + this.#options.silenceMs) as MonoMs;
    return [{ kind: 'ping' }];
  }

  #closed(sentence: string, now: MonoMs): readonly SessionAction[] {
    if (this.#state.at === 'idle') return [];
    this.#steady(now);
    this.#state = { at: 'idle' };
    const lost = [...this.#inFlight.keys()];
    this.#inFlight.clear();
    const delayMs = Math.max(this.#options.retryMs(this.#failures++), this.#waitMs);
    this.#waitMs = 0;
    const outcome = unanswered(`the connection ended before the reply: ${sentence}`, false);
    return [...lost.map((id) => settle(id, outcome)), { kind: 'open-after', delayMs }];
  }

  #steady(now: MonoMs): void {
    if (this.#state.at === 'ready' && now - this.#state.since >= STEADY_MS) this.#failures = 0;
  }

  #closeWhenDrained(): readonly SessionAction[] {
    return this.#state.at === 'draining' && this.#inFlight.size === 0 ? [{ kind: 'close' }] : [];
  }
}

const settle = (id: string, outcome: HttpOutcome): SessionAction => ({ kind: 'settle', id, outcome });

/** Key or signature refused where neither was sent: certainly not executed, and only a new logon helps. The key itself is judged over REST. */
function isOffSession(answer: HttpAnswer): boolean {
  const fault = faultOfAnswer(answer, { venueNowMs: 0 });
  return fault !== null && (fault.reason === 'key' || fault.reason === 'signature');
}

const unanswered = (sentence: string, timedOut: boolean): HttpOutcome => ({ kind: 'unanswered', timedOut, sentence, via: 'websocket' });
