/**
 * The documents that pushes have told so far. A push that adds to the one before leaves out what has not changed: that is of the new snapshot as
 * well, under its numbers, and older by the time between the two.
 */
import type * as z from 'zod';
import type { Pushed } from '../../shared/command.ts';
import {
  BalanceDoc,
  BookDoc,
  Header,
  InstrumentDoc,
  type Keys,
  KlineDoc,
  KlinesDoc,
  OrdersDoc,
  PositionDoc,
  type Stamp,
} from '../../shared/snapshot.ts';

/** The value where the schema takes it, else null. */
export type Check = (key: string, asked: { readonly value: unknown; readonly schema: z.ZodType }) => unknown;
export type PushedDocsOptions = {
  readonly keys: Keys;
  readonly symbols: readonly string[];
  readonly intervals: readonly string[];
  readonly check: Check;
};

type Later = { readonly stamp: Stamp; readonly afterMs: number };
type Again<T> = (document: T, told: Later) => T;
type Kind<T> = { readonly schema: z.ZodType<T>; readonly again: Again<T> };
/** `seq`: of the push that told it, at the gateway's time `at`. */
type Held = { readonly value: unknown; readonly kind: AnyKind; readonly seq: number; readonly at: number };
type AnyKind = { readonly schema: z.ZodType; readonly again: (document: never, told: Later) => unknown };

const kindOf = <T>(schema: z.ZodType<T>, again: Again<T>): Kind<T> => ({ schema, again });
const BOOK = kindOf<BookDoc>(BookDoc, (doc, { stamp, afterMs }) => ({
  ...doc,
  ...stamp,
  ageMs: doc.ageMs === null ? null : doc.ageMs + afterMs,
}));
const POSITION = kindOf<PositionDoc>(PositionDoc, (doc, { stamp, afterMs }) =>
  doc.markAgeMs == null ? { ...doc, ...stamp } : { ...doc, ...stamp, markAgeMs: doc.markAgeMs + afterMs },
);
const ORDERS = kindOf<OrdersDoc>(OrdersDoc, (doc, { stamp, afterMs }) => ({
  ...{ ...doc, ...stamp },
  orders: doc.orders.map((order) => ({ ...order, ageMs: order.ageMs + afterMs })),
}));
const BALANCE = kindOf<BalanceDoc>(BalanceDoc, (doc, { stamp }) => ({ ...doc, ...stamp }));
/** Told under the numbers of its last change. */
const asItIs = <T>(doc: T): T => doc;
const INSTRUMENT = kindOf<InstrumentDoc>(InstrumentDoc, asItIs);
const KLINES = kindOf<KlinesDoc>(KlinesDoc, asItIs);
const KLINE = kindOf<KlineDoc>(KlineDoc, (doc, { stamp }) => ({ ...doc, ...stamp }));

export class PushedDocs {
  readonly #headerKey: string;
  readonly #check: Check;
  readonly #kinds: ReadonlyMap<string, AnyKind>;
  #held = new Map<string, Held>();
  #header: Header | null = null;
  #at = 0;

  constructor({ keys, symbols, intervals, check }: PushedDocsOptions) {
    this.#headerKey = keys.header;
    this.#check = check;
    const perSymbol = symbols.flatMap((symbol): [string, AnyKind][] => [
      [keys.book(symbol), BOOK],
      [keys.position(symbol), POSITION],
      [keys.orders(symbol), ORDERS],
      [keys.instrument(symbol), INSTRUMENT],
      ...intervals.flatMap((interval): [string, AnyKind][] => [
        [keys.kline(symbol, interval), KLINE],
        [keys.klines(symbol, interval), KLINES],
      ]),
    ]);
    this.#kinds = new Map<string, AnyKind>([[keys.balance, BALANCE], ...perSymbol]);
  }

  /** Of the newest push; null while one is missing in between, until the next whole one. */
  get header(): Header | null {
    return this.#header;
  }

  /** In their order. */
  take({ at, base, docs }: Pushed): void {
    const before = this.#held;
    const known = base === undefined ? {} : this.#headerOf(base);
    if (base === undefined || known === null) this.#held = new Map();
    const header = known && this.#headerWith(known, docs[this.#headerKey]);
    this.#header = header;
    if (header === null) return;
    this.#at = at;
    for (const key in docs) {
      const kind = this.#kinds.get(key);
      if (!kind) continue;
      const told = docs[key];
      const value = before.get(key)?.value === told ? told : this.#check(key, { value: told, schema: kind.schema });
      this.#held.set(key, { value, kind, seq: header.seq, at });
    }
  }

  /** Null: that push was missed. */
  #headerOf(seq: number): Header | null {
    return this.#header?.seq === seq ? this.#header : null;
  }

  /** Null also where it is of another run of the gateway than what it adds to. */
  #headerWith(known: Partial<Header>, told: unknown): Header | null {
    const value = typeof told === 'object' ? { ...known, ...told } : told;
    const header = this.#check(this.#headerKey, { value, schema: Header }) as Header | null;
    return known.epoch === undefined || known.epoch === header?.epoch ? header : null;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  /** As of the newest push. */
  get(key: string): unknown {
    const held = this.#held.get(key);
    if (!held || held.value === null || this.#header === null) return null;
    const { epoch, seq } = this.#header;
    if (held.seq === seq) return held.value;
    return held.kind.again(held.value as never, { stamp: { epoch, seq }, afterMs: Math.round((this.#at - held.at) * 1_000) / 1_000 });
  }
}
