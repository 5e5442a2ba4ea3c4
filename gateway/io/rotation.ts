/**
 * One stream over connections that take turns: venues end a connection after a day, so a new one is opened before that, and the old one is
 * dropped only when the new one can go on from where it stands. Each connection has a session of its own.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { StreamAction, StreamSession } from '../market/session.ts';
import type { StreamHealth } from '../venues/venue.ts';
import { driveStream, type StreamDriver, type StreamOptions } from './stream-driver.ts';

/** The connection in use, and the one that is to take over. */
export type Role = 'current' | 'next';
export type RotationOptions<S extends StreamSession> = Omit<StreamOptions, 'session' | 'onFrame'> & {
  readonly session: () => S;
  readonly onFrame: (text: string, role: Role, bytes?: Uint8Array) => void;
  /** Age at which a connection is replaced, ms. */
  readonly rotateMs: number;
  /** A new connection takes over at the latest this long after it began to deliver. */
  readonly overlapMsMax: number;
  /** Whether the new connection, live for so long, can go on without the old one. */
  readonly ready: (liveForMs: number) => boolean;
  readonly onTurn: (turn: 'begun' | 'done') => void;
};
type Line<S> = { readonly session: S; readonly driver: StreamDriver; readonly state: { liveSince: MonoMs | null } };

export class RotatingStream<S extends StreamSession> implements Disposable {
  readonly #options: RotationOptions<S>;
  readonly #ticker: Timer;
  #current: Line<S>;
  #next: Line<S> | null = null;

  constructor(options: RotationOptions<S>) {
    this.#options = options;
    this.#current = this.#start();
    this.#ticker = options.clock.every(options.tickMs, () => this.#tick(options.clock));
  }

  /** Session of the connection in use. */
  get session(): S {
    return this.#current.session;
  }

  health(now: MonoMs): StreamHealth {
    return this.#current.session.health(now);
  }

  /** On the connection in use. */
  perform(actions: readonly StreamAction[]): void {
    this.#current.driver.perform(actions);
  }

  [Symbol.dispose](): void {
    this.#ticker.cancel();
    for (const line of [this.#current, this.#next]) line?.driver[Symbol.dispose]();
  }

  #start(): Line<S> {
    const { clock, session: make, ...options } = this.#options;
    const session = make();
    const state: Line<S>['state'] = { liveSince: null };
    const isCurrent = (): boolean => state === this.#current.state;
    const driver = driveStream({
      ...options,
      clock,
      session,
      onFrame: (text, bytes) => options.onFrame(text, isCurrent() ? 'current' : 'next', bytes),
      onLive: () => {
        state.liveSince = clock.monoMs();
        if (isCurrent()) options.onLive();
        else this.#tick(clock);
      },
      onLost: (reason) => {
        state.liveSince = null;
        if (!isCurrent()) return;
        if (this.#next && this.#next.state.liveSince !== null) this.#turn(this.#next);
        else options.onLost(reason);
      },
    });
    return { session, driver, state };
  }

  #tick(clock: Clock): void {
    const now = clock.monoMs();
    const { rotateMs, overlapMsMax, ready, onTurn } = this.#options;
    if (!this.#next) {
      const { liveSince } = this.#current.state;
      if (liveSince === null || now - liveSince < rotateMs) return;
      onTurn('begun');
      this.#next = this.#start();
      return;
    }
    const { liveSince } = this.#next.state;
    if (liveSince === null) return;
    const liveForMs = now - liveSince;
    if (ready(liveForMs) || liveForMs > overlapMsMax) this.#turn(this.#next);
  }

  #turn(next: Line<S>): void {
    const old = this.#current;
    this.#current = next;
    this.#next = null;
    old.driver[Symbol.dispose]();
    this.#options.onTurn('done');
  }
}
