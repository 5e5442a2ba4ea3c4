/** The snapshot in Redis as a person's tools read it: one moment, or null ("unknown") for whatever is absent, broken or of another moment. */
import type { Redis } from 'ioredis';
import type * as z from 'zod';
import type { Config } from '../../shared/config.ts';
import { BrainDoc } from '../../shared/brain-doc.ts';
import { BalanceDoc, BookDoc, Header, keysOf, OrdersDoc, PositionDoc, SNAPSHOT_TTL_MS } from '../../shared/snapshot.ts';

export type SymbolState = {
  readonly symbol: string;
  readonly book: BookDoc | null;
  readonly position: PositionDoc | null;
  readonly orders: OrdersDoc | null;
};
export type State = {
  readonly header: Header | null;
  /** Since the gateway wrote it, ms of real time, by the time the key has left; null without a header. */
  readonly ageMs: number | null;
  readonly balance: BalanceDoc | null;
  readonly symbols: readonly SymbolState[];
  readonly brain: BrainDoc | null;
};

/** One transaction, so that all parts are of one write. */
export async function readState(redis: Redis, { redis: { prefix }, symbols }: Config): Promise<State> {
  const keys = keysOf(prefix);
  const perSymbol = symbols.flatMap((symbol) => [keys.book(symbol), keys.position(symbol), keys.orders(symbol)]);
  const names = [keys.header, keys.balance, keys.brain, ...perSymbol];
  const replies = await redis.multi().mget(names).pttl(keys.header).exec();
  const texts = (replies?.[0]?.[1] ?? []) as readonly (string | null)[];
  const leftMs = Number(replies?.[1]?.[1] ?? -1);
  const at = new Map(names.map((name, i) => [name, texts[i] ?? null]));
  const header = read(at.get(keys.header), Header);
  const part = <T extends { readonly epoch: number; readonly seq: number }>(key: string, schema: z.ZodType<T>): T | null => {
    const doc = read(at.get(key), schema);
    return doc && header && doc.epoch === header.epoch && doc.seq === header.seq ? doc : null;
  };
  return {
    header,
    ageMs: header && leftMs >= 0 ? Math.max(0, SNAPSHOT_TTL_MS - leftMs) : null,
    balance: part(keys.balance, BalanceDoc),
    symbols: symbols.map((symbol) => ({
      symbol,
      book: part(keys.book(symbol), BookDoc),
      position: part(keys.position(symbol), PositionDoc),
      orders: part(keys.orders(symbol), OrdersDoc),
    })),
    brain: read(at.get(keys.brain), BrainDoc),
  };
}

function read<T>(text: string | null | undefined, schema: z.ZodType<T>): T | null {
  if (text === null || text === undefined) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // not JSON: somebody else's key, so nothing is known
  }
}
