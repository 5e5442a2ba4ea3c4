/** A request of the WebSocket API, read from its text frame (reference sheet 2026-11, section 10). */
import { Refusal } from './refusal.ts';
import { keepDigits, textOf } from './json.ts';

const ID = /^[\w-]{1,36}$/;
const VERSIONED = /^(?:v(\d)\/)?([A-Za-z.]+)$/;

/** An id as it is echoed: a text, a number digit for digit, or null. */
export type RequestId = unknown;

export type WsRequest = {
  readonly id: RequestId;
  /** As sent. */
  readonly method: string;
  /** Without its version. */
  readonly name: string;
  readonly version: number;
  /** Every value as the text the signature covers: numbers keep their digits. */
  readonly values: ReadonlyMap<string, string>;
};

/** A frame that is no request: what is wrong with it, and the id to answer to. */
export class BadFrame extends Refusal {
  readonly id: RequestId;

  constructor(message: string, id: RequestId = null) {
    super({ code: -1135, message });
    this.id = id;
  }
}

/** Throws `BadFrame`. */
export function readRequest(text: string): WsRequest {
  const frame = parse(text);
  if (!isObject(frame)) throw new BadFrame('Invalid JSON Request');
  const { id, method, params = {} } = frame;
  if (!isId(id))
    throw new BadFrame("Invalid 'id' in JSON request; expected an integer, a string matching '^[a-zA-Z0-9-_]{1,36}$', or null.");
  if (typeof method !== 'string') throw new BadFrame("Invalid 'method' in JSON request; expected a string.", id);
  if (!isObject(params)) throw new BadFrame("Invalid 'params' in JSON request; expected an object.", id);
  const [, version = '1', name = method] = VERSIONED.exec(method) ?? [];
  const sent = Object.entries(params).filter(([, value]) => value !== null);
  return { id, method, name, version: Number(version), values: new Map(sent.map(([key, value]) => [key, textOf(value)])) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return null; // answered as an invalid request
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && digitsOf(value) === null;

const isId = (id: unknown): boolean => id === null || (typeof id === 'string' ? ID.test(id) : /^-?\d+$/.test(digitsOf(id) ?? ''));

const digitsOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'rawJSON' in value && Object.isFrozen(value) ? String(value.rawJSON) : null;
