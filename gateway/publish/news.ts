/** Which documents of a moment say something else than the ones that subscribers were told last, but for their numbers and their ages. Pure. */
import type { BalanceReport, Bar } from '../../shared/events.ts';
import type { Header } from '../../shared/snapshot.ts';
import { topUpdateId } from '../market/top.ts';
import type { BookView } from '../venues/venue.ts';
import type { Moment, SymbolMoment } from './snapshot.ts';
import { isSamePosition } from './texts.ts';

export type SymbolNews = {
  readonly book: boolean;
  readonly position: boolean;
  readonly orders: boolean;
  /** Intervals of the open bars that have changed. */
  readonly bars: readonly string[];
};
/** `header`: what of it has changed, its numbers in any case. `symbols`: in the order of the moment. */
export type News = { readonly header: Partial<Header>; readonly balance: boolean; readonly symbols: readonly SymbolNews[] };

/** What of a moment can be compared later: books and bars are written into, everything else is replaced by what is new. */
export type Told = {
  readonly header: Header;
  readonly accountKnown: boolean;
  readonly balances: readonly BalanceReport[];
  readonly symbols: readonly ToldSymbol[];
};
type ToldSymbol = {
  readonly moment: SymbolMoment;
  readonly book: BookFacts;
  readonly open: ReadonlyMap<string, Bar | null>;
};
type BookFacts = Pick<BookView, 'status' | 'lastUpdateId' | 'exchangeMs'> & { readonly topUpdateId: number };

export const toldOf = ({ header, accountKnown, balances, symbols }: Moment): Told => ({
  header,
  accountKnown,
  balances,
  symbols: symbols.map((moment) => ({
    moment,
    book: factsOf(moment.book),
    open: new Map([...moment.bars].map(([interval, { open }]) => [interval, open])),
  })),
});

const factsOf = (book: BookView): BookFacts => {
  const { status, lastUpdateId, exchangeMs } = book;
  return { status, lastUpdateId, exchangeMs, topUpdateId: topUpdateId(book) };
};

/** Null where other contracts are told, the account came to be known or unknown, or a field of the header is gone: then all of it is news. */
export function newsSince(told: Told, { header, accountKnown, balances, symbols }: Moment): News | null {
  const isComparable =
    told.accountKnown === accountKnown &&
    told.symbols.length === symbols.length &&
    symbols.every(({ instrument }, n) => told.symbols[n]?.moment.instrument === instrument);
  const headerChanged = headerNews(told.header, header);
  if (!isComparable || headerChanged === null) return null;
  const changed = symbols.map((symbol, n) => symbolNews(told.symbols[n] as ToldSymbol, symbol));
  return {
    header: headerChanged,
    balance: !isSameList(told.balances, balances) || changed.some(({ position }) => position),
    symbols: changed,
  };
}

function headerNews(before: Header, now: Header): Partial<Header> | null {
  const [was, is]: [Fields, Fields] = [before, now];
  for (const name in was) if (was[name] !== undefined && is[name] === undefined) return null;
  const { epoch, seq } = now;
  const changed = Object.keys(is).filter((name) => !isSame(was[name], is[name]));
  return { epoch, seq, ...Object.fromEntries(changed.map((name) => [name, is[name]])) };
}
type Fields = Readonly<Record<string, unknown>>;

/** Of plain data. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [some, others] = [one as Fields, other as Fields];
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => isSame(some[name], others[name]));
}

function symbolNews({ moment: before, book, open }: ToldSymbol, now: SymbolMoment): SymbolNews {
  return {
    book: !isSameBook(book, factsOf(now.book)),
    position: !isSamePosition(before, now),
    orders: !isSameList(before.orders, now.orders),
    bars: [...now.bars].flatMap(([interval, bars]) => (open.has(interval) && open.get(interval) === bars.open ? [] : [interval])),
  };
}

const isSameBook = (one: BookFacts, other: BookFacts): boolean =>
  one.status === other.status &&
  one.lastUpdateId === other.lastUpdateId &&
  one.topUpdateId === other.topUpdateId &&
  one.exchangeMs === other.exchangeMs;

const isSameList = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((one, n) => one === others[n]);
