/** Newline-delimited JSON over a byte stream: one message a line, at most 64 KiB, so that `nc -U` works. */
export const MESSAGE_BYTES_MAX = 65_536;

export type Framed = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-large' };

const NEWLINE = 0x0a;

/**
 * Splits a byte stream into lines. Bytes beyond the limit without a newline end in one `too-large`, after which the splitter stays
 * silent: the caller answers and cuts the connection. Empty lines are passed over.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #broken = false;

  constructor(bytesMax = MESSAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): readonly Framed[] {
    const out: Framed[] = [];
    let from = 0;
    while (!this.#broken) {
      const end = chunk.indexOf(NEWLINE, from);
      const part = end < 0 ? chunk.subarray(from) : chunk.subarray(from, end);
      this.#bytes += part.length;
      if (this.#bytes > this.#bytesMax) {
        this.#broken = true;
        this.#parts = [];
        out.push({ kind: 'too-large' });
        break;
      }
      if (end < 0) {
        if (part.length > 0) this.#parts.push(part);
        break;
      }
      const text = this.#take(part);
      if (text.trim() !== '') out.push({ kind: 'line', text });
      from = end + 1;
    }
    return out;
  }

  #take(last: Buffer): string {
    const text = this.#parts.length === 0 ? last.toString('utf8') : Buffer.concat([...this.#parts, last]).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }
}

export const frame = (message: unknown): string => `${JSON.stringify(message)}\n`;
