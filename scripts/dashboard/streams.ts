/** The streams in Redis as the page reads them: from the newest backwards once, then on from there. Entries that cannot be read are passed over. */
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import { FillDoc, TradeDoc } from '../../shared/snapshot.ts';

type Entry = readonly [id: string, fields: readonly string[]];
type Kind<T> = { readonly field: string; readonly schema: z.ZodType<T> };

const COUNT = 1_000;

export class StreamTail<T> {
  readonly #key: string;
  readonly #kind: Kind<T>;
  #last = '-';

  private constructor(key: string, kind: Kind<T>) {
    this.#key = key;
    this.#kind = kind;
  }

  static fills = (key: string): StreamTail<FillDoc> => new StreamTail(key, { field: 'fill', schema: FillDoc });
  static trades = (key: string): StreamTail<TradeDoc> => new StreamTail(key, { field: 'trade', schema: TradeDoc });

  /** The newest `count`, oldest first; later reads go on from there. */
  async begin(redis: Redis, count: number): Promise<readonly T[]> {
    const entries = ((await redis.xrevrange(this.#key, '+', '-', 'COUNT', count)) as readonly Entry[]).toReversed();
    return this.#take(entries);
  }

  async next(redis: Redis): Promise<readonly T[]> {
    const from = this.#last === '-' ? '-' : `(${this.#last}`;
    return this.#take((await redis.xrange(this.#key, from, '+', 'COUNT', COUNT)) as readonly Entry[]);
  }

  #take(entries: readonly Entry[]): readonly T[] {
    this.#last = entries.at(-1)?.[0] ?? this.#last;
    return entries.flatMap(([, fields]) => {
      const text = fields[fields.indexOf(this.#kind.field) + 1];
      const parsed = text === undefined ? null : this.#kind.schema.safeParse(jsonOf(text));
      return parsed?.success ? [parsed.data] : [];
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // refused by the schema like any other stray text
  }
}

/** Of the ledger that writes now: going back from the newest, numbers only fall; where they rise, an older ledger begins. */
export function ofThisLedger(fills: readonly FillDoc[], fillSeq: number): readonly FillDoc[] {
  const own: FillDoc[] = [];
  let above = fillSeq + 1;
  for (const fill of fills.toReversed()) {
    if (fill.n >= above) return fill.n > fillSeq && own.length === 0 ? [] : own.reverse();
    own.push(fill);
    above = fill.n;
  }
  return own.reverse();
}
