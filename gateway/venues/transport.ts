/** What an adapter asks of a network driver: one HTTP exchange, told apart by whether its bytes can have reached the venue. */
import type { OnWritten, Transport } from './venue.ts';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, exactly as they go out. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onWritten?: OnWritten;
  /** Asked in the moment the bytes would leave, for a request that had to wait for its socket. */
  readonly mayLeave?: () => boolean;
};

export type HttpAnswer = {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
};

/**
 * `unsent`: not one byte left (refused, unresolved, no free connection in time). `unanswered`: the request was handed to a socket and no
 * whole answer came: it may have been executed. `sentence` is the system's error, never the query.
 */
export type HttpOutcome =
  | HttpAnswer
  | { readonly kind: 'unsent'; readonly timedOut: boolean; readonly sentence: string }
  | { readonly kind: 'unanswered'; readonly timedOut: boolean; readonly sentence: string; readonly via?: Transport };

export type HttpSend = (request: HttpRequest) => Promise<HttpOutcome>;
