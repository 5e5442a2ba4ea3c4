/** Faults of stream sockets and of the WebSocket API: closed, half open, cut at a message, refused at the door; listen keys that end. */
import * as z from 'zod';
import type { ListenKeys } from '../../../shared/sim/binance/listen-keys.ts';
import type { StreamConnection } from '../stream-connection.ts';
import type { StreamHub } from '../stream-hub.ts';
import type { WsApiHub } from '../ws-api-hub.ts';
import type { Armed, FaultBoard } from './board.ts';
import { lifeOf, PICK } from './pick.ts';

const route = z.enum(['public', 'market', 'private', 'ws-api', 'all']);
export type SocketRoute = Exclude<z.infer<typeof route>, 'all'>;
const streamRoute = z.enum(['public', 'market', 'private', 'all']).default('all');
const code = z.int().min(1000).max(4999).nullable().default(null);

export const SOCKET_FAULTS = [
  /** The sockets of a route die: with a closing handshake when `code` is given. */
  z.strictObject({ kind: z.literal('close'), route, code }),
  /** Open sockets stay open, but nothing is sent or read any more: messages, pings and closing handshakes go unanswered. */
  z.strictObject({ kind: z.literal('half-open'), route: route.default('all'), count: z.int().positive().optional() }),
  /** A stream socket dies after the `message`th message from now on, or from its opening on when that is later. */
  z.strictObject({
    kind: z.literal('disconnect-at'),
    route: streamRoute,
    message: z.int().positive(),
    count: z.int().positive().default(1),
    code,
  }),
  /** New sockets are refused with this status, or reset without a word when it is null. */
  z.strictObject({
    kind: z.literal('refuse-upgrade'),
    route: route.default('all'),
    status: z.int().min(400).max(599).nullable().default(503),
    count: PICK.count,
    ms: PICK.ms,
  }),
  /** Listen keys end before their time; their sockets stay open, and silent. */
  z.strictObject({ kind: z.literal('expire-listen-key'), apiKey: z.string().optional() }),
] as const;
const SocketFault = z.discriminatedUnion('kind', [...SOCKET_FAULTS]);
export type SocketFault = z.infer<typeof SocketFault>;
type OfKind<K extends SocketFault['kind']> = Extract<SocketFault, { kind: K }>;

export type SocketFaultsOptions = {
  readonly board: FaultBoard;
  readonly hub: () => StreamHub;
  readonly wsApi: () => WsApiHub;
  readonly listenKeys: () => ListenKeys;
  readonly apiKeys: () => readonly string[];
};

export class SocketFaults {
  readonly #options: SocketFaultsOptions;
  #cuts: { readonly armed: Armed<OfKind<'disconnect-at'>>; readonly sent: WeakMap<StreamConnection, number> }[] = [];
  #refusals: Armed<OfKind<'refuse-upgrade'>>[] = [];

  constructor(options: SocketFaultsOptions) {
    this.#options = options;
  }

  /** What it did, for the one who asked. */
  start(fault: SocketFault): Record<string, unknown> {
    const { board } = this.#options;
    switch (fault.kind) {
      case 'close':
        board.happen(fault);
        return { closed: this.#close(fault) };
      case 'half-open':
        board.happen(fault);
        return { halfOpen: this.#freeze(fault) };
      case 'disconnect-at':
        this.#cuts.push({ armed: board.arm(fault, { count: fault.count, forMs: null }), sent: new WeakMap() });
        return {};
      case 'refuse-upgrade':
        this.#refusals.push(board.arm(fault, lifeOf(fault)));
        return {};
      case 'expire-listen-key':
        board.happen(fault);
        return { expired: this.expire(fault.apiKey) };
      default:
        throw new Error(`Cannot make fault: ${JSON.stringify(fault satisfies never)}`);
    }
  }

  /** Ends the listen key of one account or of all; how many had one. */
  expire(apiKey: string | undefined): number {
    const { apiKeys, listenKeys } = this.#options;
    return (apiKey === undefined ? apiKeys() : [apiKey]).filter((each) => listenKeys().expire(each)).length;
  }

  /** A message has just gone out on this connection. */
  onSent(connection: StreamConnection): void {
    if (this.#cuts.length === 0) return;
    this.#cuts = this.#cuts.filter(({ armed }) => armed.isLive());
    for (const { armed, sent } of this.#cuts) {
      const { route: where, message, code: closing } = armed.fault;
      if (where !== 'all' && where !== connection.route) continue;
      const count = (sent.get(connection) ?? 0) + 1;
      sent.set(connection, count);
      if (count !== message) continue;
      armed.fire();
      connection.close(closing);
    }
  }

  /** The status a new socket is refused with, null for a reset; undefined: it is welcome. */
  refusal(where: SocketRoute): number | null | undefined {
    this.#refusals = this.#refusals.filter((entry) => entry.isLive());
    const entry = this.#refusals.find(({ fault }) => fault.route === 'all' || fault.route === where);
    entry?.fire();
    return entry?.fault.status;
  }

  #close({ route: where, code: closing }: OfKind<'close'>): number {
    const streams = this.#options.hub().connections(where);
    for (const connection of streams) connection.close(closing);
    return streams.length + (where === 'ws-api' || where === 'all' ? this.#options.wsApi().closeAll() : 0);
  }

  #freeze({ route: where, count }: OfKind<'half-open'>): number {
    const hit = this.#options
      .hub()
      .connections(where)
      .slice(0, count ?? Number.POSITIVE_INFINITY);
    for (const connection of hit) connection.freeze();
    const left = (count ?? Number.POSITIVE_INFINITY) - hit.length;
    return hit.length + (where === 'ws-api' || where === 'all' ? this.#options.wsApi().freeze(left) : 0);
  }
}
