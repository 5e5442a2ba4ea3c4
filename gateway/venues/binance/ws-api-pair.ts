/**
 * Two connections to the WebSocket API, sans-I/O: one takes the requests, the other stands by, logged on. When the first cannot take one, the
 * second does; when neither can, the caller goes another way. What is on its way stays where it was sent.
 */
import type { MonoMs } from '../../../shared/units.ts';
import { type SessionAction, type SessionInput, type SessionOptions, WsApiSession } from './ws-api-session.ts';

export type Line = 0 | 1;
export const LINES: readonly Line[] = [0, 1];
export type LineAction = SessionAction & { readonly line: Line };
export type Taken = { readonly line: Line; readonly id: string };

export class WsApiPair {
  readonly #sessions: readonly [WsApiSession, WsApiSession];
  #active: Line = 0;

  constructor(options: Omit<SessionOptions, 'name'>) {
    this.#sessions = [new WsApiSession({ ...options, name: 'a' }), new WsApiSession({ ...options, name: 'b' })];
  }

  /** Whether a request would leave here, room or not. */
  get isUp(): boolean {
    return this.#sessions.some(({ at }) => at === 'ready');
  }

  get inFlight(): number {
    return this.#sessions[0].inFlight + this.#sessions[1].inFlight;
  }

  at(line: Line): WsApiSession['at'] {
    return this.#sessions[line].at;
  }

  /** Null: neither can take it now. Else it is written in the same turn on that line, whose socket `canWrite`. */
  take(now: MonoMs, canWrite: (line: Line) => boolean): Taken | null {
    for (const line of [this.#active, other(this.#active)]) {
      const id = canWrite(line) ? this.#sessions[line].take(now) : null;
      if (id === null) continue;
      if (this.#sessions[this.#active].at !== 'ready') this.#active = line; // a full one stays the first choice
      return { line, id };
    }
    return null;
  }

  handle(line: Line, input: SessionInput, now: MonoMs): readonly LineAction[] {
    const actions = on(line, this.#sessions[line].handle(input, now));
    return input.kind === 'tick' ? [...actions, ...this.#rotate(line, now)] : actions;
  }

  /** An aged connection goes once the other, younger or not, is there to take over; so never both at a time. */
  #rotate(line: Line, now: MonoMs): readonly LineAction[] {
    const replaceable = this.#sessions[line].isAged(now) && this.#sessions[other(line)].at === 'ready';
    return replaceable ? on(line, this.#sessions[line].drain(now)) : [];
  }
}

export const other = (line: Line): Line => (line === 0 ? 1 : 0);

const on = (line: Line, actions: readonly SessionAction[]): readonly LineAction[] => actions.map((action) => ({ ...action, line }));
