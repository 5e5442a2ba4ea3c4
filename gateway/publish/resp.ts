/** The wire form of Redis (RESP2): commands to one text, bytes to replies. Pure. */

export type RespCommand = readonly string[];
export class RespError extends Error {}
/** A bulk of null and an array of null are both null: no value, or a transaction that fell through. */
export type Reply = string | number | null | RespError | readonly Reply[];

/** All commands as one text, to be sent as UTF-8. */
export function encodeCommands(commands: readonly RespCommand[]): string {
  let text = '';
  for (const command of commands) {
    text += `*${command.length}\r\n`;
    for (const part of command) text += `$${Buffer.byteLength(part)}\r\n${part}\r\n`;
  }
  return text;
}

/** Throws on bytes that are no reply. */
export class Replies {
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The replies that these bytes complete; what is left waits for more. */
  push(bytes: Buffer): readonly Reply[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#at = 0;
    const replies: Reply[] = [];
    for (;;) {
      const from = this.#at;
      const reply = this.#at < this.#rest.length ? this.#next() : undefined;
      if (reply === undefined) {
        this.#rest = this.#rest.subarray(from);
        return replies;
      }
      replies.push(reply);
    }
  }

  /** Undefined: not whole yet. */
  #next(): Reply | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const [kind, text] = [line.charCodeAt(0), line.slice(1)];
    switch (kind) {
      case PLUS:
        return text;
      case MINUS:
        return new RespError(text);
      case COLON:
        return countOf(text);
      case DOLLAR:
        return this.#bulk(countOf(text));
      case STAR:
        return this.#array(countOf(text));
      default:
        throw new RangeError(`Redis said what is no reply: ${JSON.stringify(line.slice(0, 60))}`);
    }
  }

  #line(): string | undefined {
    const end = this.#rest.indexOf('\r\n', this.#at, 'latin1');
    if (end < 0) return undefined;
    const line = this.#rest.toString('latin1', this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(length: number): string | null | undefined {
    if (length < 0) return null;
    const end = this.#at + length;
    if (end + 2 > this.#rest.length) return undefined;
    const text = this.#rest.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #array(length: number): readonly Reply[] | null | undefined {
    if (length < 0) return null;
    const parts: Reply[] = [];
    for (let n = 0; n < length; n++) {
      const part = this.#at < this.#rest.length ? this.#next() : undefined;
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return parts;
  }
}

const [PLUS, MINUS, COLON, DOLLAR, STAR] = [43, 45, 58, 36, 42] as const;

function countOf(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new RangeError(`Redis said what is no count: ${JSON.stringify(text.slice(0, 60))}`);
  return Number(text);
}
