/**
 * Calls to the venue's REST: signs, counts, waits out bans, reads the answer. Sends safe calls again after a transport error, and never an
 * order. Owns no socket and no timer but the injected ones.
 */
import type { Clock } from '../../../shared/clock.ts';
import { err, ok } from '../../../shared/result.ts';
import { type MonoMs, monoMs, type WallMs, wallMs } from '../../../shared/units.ts';
import type { HttpAnswer, HttpOutcome, HttpSend } from '../transport.ts';
import type { Budgets, OnWritten, VenueFault, VenueResult } from '../venue.ts';
import { RateBudget } from './budget.ts';
import { faultOfAnswer, faultOfSilence } from './faults.ts';
import { type Hedge, hedged } from './hedge.ts';
import type { RateLimits } from './instruments.ts';
import { CALLS, type Call, DEFAULT_LIMITS } from './limits.ts';
import { encodeQuery, type Parameters, type Secret, signQuery } from './sign.ts';
import { parseJson, ServerTime } from './wire.ts';
import type * as z from 'zod';

/** Waiting before each resend of a safe call that met a transport error. */
const RESEND_MS = [0, 30, 100, 300] as const;
/** The venue is overloaded: certainly not executed (reference sheet 2026-11, 11 and 12). Reads and cancels only. */
const BUSY_MS = [200, 400, 800] as const;
/** The same for what reduces a position: the venue exempts it from throttling, so the next try is likely let through (11, -1008). */
const BUSY_EXEMPT_MS = [30, 100, 300] as const;
const CLOCK_SAMPLES = 3;

export type RestOptions = {
  readonly send: HttpSend;
  readonly clock: Clock;
  readonly apiKey: string;
  readonly secret: Secret;
  readonly recvWindowMs: number;
  /** Reads that are slow are asked a second time: at the start. */
  readonly hedge?: Hedge;
  /** The venue's time now, where it is known already; else that of the clock until `syncClock`. */
  readonly nowMs?: WallMs;
  /** One finished call, for metrics: the path without its query, and how it ended. */
  readonly onCall: (call: Call, outcome: 'ok' | VenueFault['kind'], tookMs: number) => void;
  /** How every call ended; null when it succeeded. */
  readonly onResult?: (fault: VenueFault | null) => void;
};
type Asked<T> = {
  readonly schema: z.ZodType<T>;
  readonly parameters: Parameters;
  readonly onWritten?: OnWritten;
  readonly mayLeave?: () => boolean;
  /** An order that only reduces a position: sent again when the venue says that it was too busy to take it. */
  readonly reducing?: boolean;
};

/** Another way for a signed call to leave, taken before it leaves; null: not now, or not this call. What was taken never goes over HTTP. */
export type CallTaker = (
  call: Call,
  request: { readonly parameters: Parameters; readonly onWritten?: OnWritten },
) => Promise<HttpOutcome> | null;

export class Rest {
  readonly #options: RestOptions;
  #taker: CallTaker | null = null;
  readonly #budget = new RateBudget(DEFAULT_LIMITS);
  /** Venue wall time = monotonic time + this. */
  #offsetMs: number;
  #syncing: Promise<VenueResult<null>> | null = null;
  /** Before these nothing, or nothing that counts as an order, is sent. */
  #blockedUntil: MonoMs = monoMs(0);
  #ordersBlockedUntil: MonoMs = monoMs(0);

  constructor(options: RestOptions) {
    this.#options = options;
    this.#offsetMs = (options.nowMs ?? options.clock.wallMs()) - options.clock.monoMs();
  }

  nowMs(): WallMs {
    return wallMs(Math.floor(this.#options.clock.monoMs() + this.#offsetMs));
  }

  budgets(): Budgets {
    return this.#budget.view(this.nowMs());
  }

  setLimits(limits: RateLimits): void {
    this.#budget.setLimits(limits);
  }

  /** Asked before every call. */
  useTaker(taker: CallTaker): void {
    this.#taker = taker;
  }

  /** For how long nothing may leave, new connections included; 0: not at all. */
  waitMs(): number {
    return Math.max(0, this.#blockedUntil - this.#options.clock.monoMs());
  }

  /** Takes in what an answer says of limits and bans; what it says of its request, null when that succeeded. `sentMs`: when it left. */
  judge(answer: HttpAnswer, sentMs: WallMs = this.nowMs()): VenueFault | null {
    this.#budget.learn(answer.headers, { sentMs, nowMs: this.nowMs() });
    const fault = faultOfAnswer(answer, { venueNowMs: this.nowMs() });
    if (fault) this.#block(fault);
    return fault;
  }

  /** Best of three round trips; concurrent callers share one run. Reference sheet 2026-11, 1.2: never exchangeInfo.serverTime. */
  syncClock(): Promise<VenueResult<null>> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
    });
    return this.#syncing;
  }

  async call<T>(call: Call, asked: Asked<T>): Promise<VenueResult<T>> {
    const started = this.#options.clock.monoMs();
    const result = await this.#tries(call, asked);
    this.#options.onCall(call, result.ok ? 'ok' : result.error.kind, this.#options.clock.monoMs() - started);
    this.#options.onResult?.(result.ok ? null : result.error);
    return result;
  }

  async #tries<T>(call: Call, asked: Asked<T>): Promise<VenueResult<T>> {
    const resends = { transport: 0, busy: 0 };
    let resynced = false;
    let mayHaveRun = false;
    for (;;) {
      const blocked = this.#blocked(call);
      if (blocked) return err(mayHaveRun ? inDoubt(blocked) : blocked);
      const sentMs = this.nowMs();
      const outcome = await this.#ask(call, asked);
      const result = this.#read(outcome, { ...asked, sentMs });
      if (result.ok) return result;
      if (result.error.kind === 'clock' && !resynced) {
        resynced = true;
        const synced = await this.syncClock();
        if (call.safe && synced.ok) continue;
      }
      const wait = isTransport(outcome)
        ? pick(call.safe ? RESEND_MS : [], resends.transport++)
        : result.error.reason === 'overloaded'
          ? pick(call.safe ? BUSY_MS : asked.reducing ? BUSY_EXEMPT_MS : [], resends.busy++)
          : undefined;
      if (wait === undefined) return mayHaveRun ? err(inDoubt(result.error)) : result;
      mayHaveRun ||= outcome.kind === 'unanswered';
      await this.#options.clock.sleep(wait);
    }
  }

  #ask<T>(call: Call, asked: Asked<T>): Promise<HttpOutcome> {
    const isRead = call.safe && call.method !== 'DELETE' && call.method !== 'PUT';
    if (!isRead) return this.#send(call, asked);
    return this.#hedged({ ask: () => this.#send(call, asked), isAnswer: ({ kind }) => kind === 'answer' });
  }

  #hedged<T>({ ask, isAnswer }: { readonly ask: () => Promise<T>; readonly isAnswer: (result: T) => boolean }): Promise<T> {
    const { hedge, clock } = this.#options;
    if (!hedge || clock.monoMs() >= hedge.until) return ask();
    return hedged(ask, { clock, afterMs: hedge.afterMs, isAnswer });
  }

  #send<T>(call: Call, { parameters, onWritten, mayLeave }: Asked<T>): Promise<HttpOutcome> {
    const { apiKey, send } = this.#options;
    this.#budget.spend(call, this.nowMs());
    const taken = this.#taker?.(call, { parameters, ...(onWritten ? { onWritten } : {}) }) ?? null;
    if (taken) return taken;
    const query = call.security === 'signed' ? this.#sign(parameters) : encodeQuery(parameters);
    const path = query === '' ? call.path : `${call.path}?${query}`;
    const headers: Record<string, string> = call.security === 'none' ? {} : { 'X-MBX-APIKEY': apiKey };
    return send({ method: call.method, path, headers, ...(onWritten && { onWritten }), ...(mayLeave && { mayLeave }) });
  }

  #sign(parameters: Parameters): string {
    const { secret, recvWindowMs } = this.#options;
    return signQuery(parameters, { secret, recvWindowMs, timestampMs: this.nowMs() });
  }

  #read<T>(outcome: HttpOutcome, { schema, sentMs }: Asked<T> & { readonly sentMs: WallMs }): VenueResult<T> {
    if (outcome.kind !== 'answer') return err(faultOfSilence(outcome));
    const fault = this.judge(outcome, sentMs);
    return fault ? err(fault) : readBody(outcome, schema);
  }

  #block({ reason, retryAfterMs }: VenueFault): void {
    if (retryAfterMs === undefined) return;
    const until = monoMs(this.#options.clock.monoMs() + retryAfterMs);
    if (reason === 'too-many-orders') this.#ordersBlockedUntil = later(this.#ordersBlockedUntil, until);
    else this.#blockedUntil = later(this.#blockedUntil, until);
  }

  /**
   * Reference sheet 2026-11, 5: after 429 or 418 nothing leaves, cancels included; a full order count leaves cancels and reads alone. What
   * would go beyond a window of the venue is not even tried.
   */
  #blocked(call: Call): VenueFault | null {
    const now = this.#options.clock.monoMs();
    const until = call.orders > 0 ? later(this.#blockedUntil, this.#ordersBlockedUntil) : this.#blockedUntil;
    const toldMs = Math.ceil(until - now);
    if (toldMs > 0) return waiting(toldMs, `the venue asked to wait ${toldMs} ms more`);
    const full = this.#budget.fullFor(call, this.nowMs());
    return full && { ...waiting(full.waitMs, full.sentence), ...(full.orders ? { reason: 'too-many-orders' } : {}) };
  }

  async #sync(): Promise<VenueResult<null>> {
    let best: { roundTripMs: number; offsetMs: number } | null = null;
    let fault: VenueFault = { kind: 'unreachable', reason: 'not-sent', sentence: 'no answer to a time request' };
    for (let i = 0; i < CLOCK_SAMPLES; i++) {
      const sample = await this.#hedged({ ask: () => this.#sample(), isAnswer: ({ ok: answered }) => answered });
      if (!sample.ok) fault = sample.error;
      else if (!best || sample.value.roundTripMs < best.roundTripMs) best = sample.value;
      if (!sample.ok && !best) break;
    }
    if (!best) return err(fault);
    this.#offsetMs = best.offsetMs;
    return ok(null);
  }

  /** The venue's clock was read somewhere between sending and receiving: half the round trip is taken off. */
  async #sample(): Promise<VenueResult<{ roundTripMs: number; offsetMs: number }>> {
    const blocked = this.#blocked(CALLS.time);
    if (blocked) return err(blocked);
    const { clock } = this.#options;
    const asked = { schema: ServerTime, parameters: [] };
    let sentAt = clock.monoMs();
    const sentMs = this.nowMs();
    const outcome = await this.#send(CALLS.time, {
      ...asked,
      onWritten: (at) => {
        sentAt = at;
      },
    });
    const receivedAt = clock.monoMs();
    const time = this.#read(outcome, { ...asked, sentMs });
    if (!time.ok) return time;
    return ok({ roundTripMs: receivedAt - sentAt, offsetMs: time.value.serverTime - (sentAt + receivedAt) / 2 });
  }
}

/** The last try certainly did nothing, but an earlier one of the same call may have: only an answer about the order itself is certain. */
const inDoubt = (fault: VenueFault): VenueFault =>
  fault.kind === 'rejected' || fault.kind === 'gone' || fault.kind === 'auth' ? fault : { ...fault, kind: 'unknown' };

const waiting = (retryAfterMs: number, why: string): VenueFault => ({
  kind: 'rate-limited',
  reason: 'waiting',
  sentence: `not sent: ${why}`,
  retryAfterMs,
});

const pick = (schedule: readonly number[], n: number): number | undefined => schedule[n];
const later = (a: MonoMs, b: MonoMs): MonoMs => (a > b ? a : b);

/** A time-out is not sent again: it has cost its time, and the caller knows better what to do next. Nor is what another way has taken. */
const isTransport = (outcome: HttpOutcome): boolean =>
  outcome.kind === 'unsent' ? !outcome.timedOut : outcome.kind === 'unanswered' && !outcome.timedOut && outcome.via === undefined;

/** A success that cannot be read says nothing: what was asked may have been done. */
function readBody<T>({ status, text }: HttpAnswer, schema: z.ZodType<T>): VenueResult<T> {
  const json = parseJson(text);
  const parsed = json ? schema.safeParse(json.value) : null;
  if (parsed?.success) return ok(parsed.data);
  const where = parsed?.error.issues[0]?.path.join('.') ?? '';
  const sentence = `HTTP ${status} with a body that is not as documented${where === '' ? '' : ` at ${where}`}`;
  return err({ kind: 'unknown', reason: 'unreadable', sentence });
}
