/** How far one Redis stream has been read. It begins with the newest entries: what is older is told by other ways, or past. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** Entries read at once; more are read by the next poll. */
const AT_ONCE = 2_000;

export class StreamCursor {
  readonly key: string;
  readonly #first: number;
  /** Null before the first reading. */
  #last: string | null = null;

  /** `first`: entries read at the beginning, the newest. */
  constructor(key: string, first: number) {
    this.key = key;
    this.#first = first;
  }

  /** What is asked of Redis next. */
  command(): string[] {
    return this.#last === null
      ? ['xrevrange', this.key, '+', '-', 'COUNT', String(this.#first)]
      : ['xrange', this.key, `(${this.#last}`, '+', 'COUNT', String(AT_ONCE)];
  }

  /** The answer to it, as the texts of the entries, oldest first. */
  take(entries: readonly Entry[]): readonly string[] {
    const inOrder = this.#last === null ? entries.toReversed() : entries;
    this.#last = inOrder.at(-1)?.[0] ?? this.#last ?? '0-0';
    return inOrder.map(([, fields]) => fields[1] ?? '');
  }

  /** The stream may have been lost with its server. */
  rewind(): void {
    this.#last = null;
  }
}
