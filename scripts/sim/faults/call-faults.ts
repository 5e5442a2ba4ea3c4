/** Faults of REST calls: wrong, mutilated, late and missing answers, to calls that were or were not executed. */
import * as z from 'zod';
import type { RestRequest, RestResponse } from '../../../shared/sim/binance/rest.ts';
import type { Armed, FaultBoard } from './board.ts';
import { fits, lifeOf, PICK } from './pick.ts';
import { VENUE_ERROR_NAMES, VENUE_ERRORS } from './venue-errors.ts';

const calls = {
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  /** `*` stands for anything. */
  path: z.string().startsWith('/').optional(),
  apiKey: z.string().optional(),
  ...PICK,
};
/** Whether the call takes effect all the same. */
const execute = z.boolean().default(false);
const headers = z.record(z.string(), z.string()).default({});

export const CALL_FAULTS = [
  /** A made-up answer. */
  z.strictObject({ kind: z.literal('reply'), ...calls, execute, status: z.int().min(200).max(599), body: z.string(), headers }),
  /** An error of the venue, word for word; 429 comes with `Retry-After`. */
  z.strictObject({
    kind: z.literal('error'),
    ...calls,
    execute,
    error: z.enum(VENUE_ERROR_NAMES),
    retryAfterS: z.int().positive().default(5),
  }),
  /** No answer ever; the connection stays open. */
  z.strictObject({ kind: z.literal('hang'), ...calls, execute }),
  /** The connection is reset: before the answer, or after `bytes` of its body. */
  z.strictObject({
    kind: z.literal('reset'),
    ...calls,
    execute: z.boolean().default(true),
    bytes: z.int().nonnegative().nullable().default(null),
  }),
  /** `byMs` more on the way to the engine, or on the way back. */
  z.strictObject({ kind: z.literal('slow'), ...calls, byMs: z.number().positive(), leg: z.enum(['request', 'answer']).default('answer') }),
  /** The answer ends in the middle, as if that were all; `bytes` of it, or half. */
  z.strictObject({ kind: z.literal('truncate'), ...calls, bytes: z.int().nonnegative().nullable().default(null) }),
  /** A page of a machine in between instead of the answer. */
  z.strictObject({
    kind: z.literal('garbage'),
    ...calls,
    execute: z.boolean().default(true),
    status: z.int().min(200).max(599).default(502),
  }),
  z.strictObject({
    kind: z.literal('empty'),
    ...calls,
    execute: z.boolean().default(true),
    status: z.int().min(200).max(599).default(502),
  }),
] as const;
const CallFault = z.discriminatedUnion('kind', [...CALL_FAULTS]);
export type CallFault = z.infer<typeof CallFault>;

/** What is put on the wire. */
export type Told = {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The connection is reset after so many bytes of the body; null: it is not. */
  readonly resetAt: number | null;
};

const GARBAGE =
  '<html>\r\n<head><title>nginx</title></head>\r\n<body>\r\n<center><h1>It works, somewhere else</h1></center>\r\n</body>\r\n</html>\r\n';

export class CallFaults {
  readonly #board: FaultBoard;
  #armed: Armed<CallFault>[] = [];

  constructor(board: FaultBoard) {
    this.#board = board;
  }

  /** Null when it is armed, or one line that says what is wrong with it. */
  start(fault: CallFault): string | null {
    if (fault.kind === 'error' && fault.execute && !VENUE_ERRORS[fault.error].mayExecute)
      return `execute: a call that is answered ${fault.error} is never executed`;
    this.#armed.push(this.#board.arm(fault, lifeOf(fault)));
    return null;
  }

  /** The oldest armed fault for this call, used up by one. */
  take(call: RestRequest): CallFault | null {
    if (this.#armed.length === 0) return null;
    this.#armed = this.#armed.filter((entry) => entry.isLive());
    const entry = this.#armed.find(({ fault }) => isFor(fault, call) && this.#board.chance(fault.probability));
    entry?.fire();
    return entry?.fault ?? null;
  }
}

function isFor(fault: CallFault, { method, path, apiKey, query, body }: RestRequest): boolean {
  if ((fault.method ?? method) !== method || !fits(fault.path, path) || (fault.apiKey ?? apiKey) !== apiKey) return false;
  return !(fault.kind === 'error' && fault.error === 'overloaded' && isClosing(`${query}&${body}`));
}

/** Orders that only close are exempt from the throttle that answers -1008 (reference sheet 2026-11, section 11). */
function isClosing(params: string): boolean {
  const has = (text: string): boolean => new RegExp(`(?:^|&)${text}(?:&|$)`).test(params);
  if (has('reduceOnly=true') || has('closePosition=true')) return true;
  return (has('positionSide=LONG') && has('side=SELL')) || (has('positionSide=SHORT') && has('side=BUY'));
}

/** Whether a call that meets this fault takes effect. */
export const executes = (fault: CallFault | null): boolean => fault === null || !('execute' in fault) || fault.execute;

/** What is answered instead of `made`, which is null for a call that took no effect; null: nothing is. */
export function tell(fault: CallFault | null, made: RestResponse | null): Told | null {
  const plain = { status: made?.status ?? 200, body: made?.body ?? '', headers: made?.headers ?? {}, resetAt: null };
  switch (fault?.kind) {
    case undefined:
    case 'slow':
      return plain;
    case 'hang':
      return null;
    case 'reply':
      return { ...plain, status: fault.status, body: fault.body, headers: fault.headers };
    case 'error':
      return { ...plain, ...errorOf(fault) };
    case 'reset':
      return { ...plain, resetAt: fault.bytes ?? Math.floor(plain.body.length / 2) };
    case 'truncate':
      return { ...plain, body: plain.body.slice(0, fault.bytes ?? Math.floor(plain.body.length / 2)) };
    case 'garbage':
      return { ...plain, status: fault.status, body: GARBAGE, headers: { 'Content-Type': 'text/html' } };
    case 'empty':
      return { ...plain, status: fault.status, body: '', headers: {} };
    default:
      throw new Error(`Cannot tell fault: ${JSON.stringify(fault satisfies never)}`);
  }
}

function errorOf({ error, retryAfterS }: Extract<CallFault, { kind: 'error' }>): Pick<Told, 'status' | 'body' | 'headers'> {
  const { status, body } = VENUE_ERRORS[error];
  const retry: Record<string, string> = status === 429 ? { 'Retry-After': String(retryAfterS) } : {};
  return { status, body, headers: { ...retry, ...(body.startsWith('<') ? { 'Content-Type': 'text/html' } : {}) } };
}
