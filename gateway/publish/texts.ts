/**
 * The documents of `renderSnapshot`, text for text, of which only what has changed since the last snapshot is written anew: every document
 * carries new numbers and ages at every tick, so its text is joined from pieces that are kept.
 */
import type { Bar } from '../../shared/events.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import type { Keys } from '../../shared/snapshot.ts';
import type { Lots, MonoMs, Ticks } from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';
import { bestLevels, topUpdateId } from '../market/top.ts';
import type { News, SymbolNews } from './news.ts';
import type { BookView } from '../venues/venue.ts';
import {
  ageOf,
  balanceDoc,
  barRow,
  type Document,
  isShown,
  markAgeOf,
  type Moment,
  orderAgeOf,
  orderDoc,
  positionDoc,
  type SymbolMoment,
} from './snapshot.ts';

/** A text around one value that changes all the time. */
type Around = { readonly before: string; readonly after: string };
type Changing = { readonly symbol: SymbolMoment; readonly changed: SymbolNews; readonly tick: Tick };
type Tick = { readonly head: string; readonly now: MonoMs; readonly known: boolean; readonly levels: number };

export class SnapshotTexts {
  readonly #keys: Keys;
  readonly #symbols = new Map<string, SymbolTexts>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** All of them, or only those that say something new. */
  render(moment: Moment, news: News | null = null): readonly Document[] {
    const { header, now, accountKnown: known, bookLevels: levels } = moment;
    const { epoch, seq } = header;
    const tick = { head: `{"epoch":${epoch},"seq":${seq},`, now, known, levels };
    const documents: Document[] = [[this.#keys.header, JSON.stringify(news?.header ?? header)]];
    if (news?.balance ?? true) documents.push([this.#keys.balance, JSON.stringify(balanceDoc(moment, { epoch, seq }))]);
    for (const [n, symbol] of moment.symbols.entries()) {
      const texts = this.#of(symbol.instrument);
      const changed = news?.symbols[n];
      if (changed === undefined) texts.add(documents, symbol, tick);
      else texts.addChanged(documents, { symbol, changed, tick });
    }
    return documents;
  }

  /** What is kept is in ticks and lots of one version of the contract. */
  #of(instrument: Instrument): SymbolTexts {
    const known = this.#symbols.get(instrument.symbol);
    if (known?.instrument === instrument) return known;
    const texts = new SymbolTexts(instrument, this.#keys);
    this.#symbols.set(instrument.symbol, texts);
    return texts;
  }
}

class SymbolTexts {
  readonly instrument: Instrument;
  readonly #keys: Keys;
  /** As it stands in each document behind the numbers. */
  readonly #symbol: string;
  readonly #names: { readonly book: string; readonly position: string; readonly entryPrice: string; readonly orders: string };
  readonly #bids: SideText;
  readonly #asks: SideText;
  #position: { readonly of: SymbolMoment; readonly known: boolean; readonly text: Around } | null = null;
  readonly #orders = new WeakMap<LedgerOrder, Around>();
  readonly #bars = new Map<string, { readonly key: string; open: Bar | null; text: string }>();

  constructor(instrument: Instrument, keys: Keys) {
    const { symbol } = instrument;
    this.instrument = instrument;
    this.#keys = keys;
    this.#symbol = `"symbol":${JSON.stringify(symbol)},`;
    this.#names = {
      book: keys.book(symbol),
      position: keys.position(symbol),
      entryPrice: keys.entryPrice(symbol),
      orders: keys.orders(symbol),
    };
    [this.#bids, this.#asks] = [new SideText(instrument, 'bids'), new SideText(instrument, 'asks')];
  }

  add(documents: Document[], symbol: SymbolMoment, tick: Tick): void {
    const { position, entryPrice, bars } = symbol;
    const held = tick.known && position.size !== 0 ? entryPrice : null;
    documents.push(
      [this.#names.book, this.#bookText(symbol.book, tick)],
      [this.#names.position, this.#positionText(symbol, tick)],
      [this.#names.entryPrice, tick.known ? (held ?? 'none') : null],
      [this.#names.orders, this.#ordersText(symbol.orders, tick)],
    );
    for (const [interval, { open }] of bars) documents.push(this.#bar(interval, open, tick));
  }

  addChanged(documents: Document[], { symbol, changed, tick }: Changing): void {
    if (changed.book) documents.push([this.#names.book, this.#bookText(symbol.book, tick)]);
    if (changed.position) documents.push([this.#names.position, this.#positionText(symbol, tick)]);
    if (changed.orders) documents.push([this.#names.orders, this.#ordersText(symbol.orders, tick)]);
    for (const interval of changed.bars) documents.push(this.#bar(interval, symbol.bars.get(interval)?.open ?? null, tick));
  }

  #bookText(book: BookView, { head, now, levels }: Tick): string {
    const { status, lastUpdateId, exchangeMs } = book;
    const ids = `"lastUpdateId":${lastUpdateId},"topUpdateId":${topUpdateId(book)},"exchangeMs":${exchangeMs}`;
    const sides = `"bids":[${this.#bids.text(book, levels)}],"asks":[${this.#asks.text(book, levels)}]`;
    return `${head}${this.#symbol}"status":"${status}","ageMs":${ageOf(book, now)},${ids},${sides}}`;
  }

  #positionText(symbol: SymbolMoment, { head, known }: Tick): string {
    const kept = this.#position;
    if (!kept || kept.known !== known || !isSamePosition(kept.of, symbol)) {
      const text = around(positionDoc(symbol, { stamp: NO_STAMP, known }), 'markAgeMs');
      this.#position = { of: symbol, known, text };
    }
    const { before, after } = (this.#position as NonNullable<typeof kept>).text;
    return `${head}${before}${markAgeOf(symbol)}${after}`;
  }

  #ordersText(orders: readonly LedgerOrder[], { head, now, known }: Tick): string {
    let list = '';
    for (const order of orders) {
      if (!isShown(order, now)) continue;
      const { before, after } = this.#order(order, now);
      list += `${list === '' ? '' : ','}${before}${orderAgeOf(order, now)}${after}`;
    }
    return `${head}${this.#symbol}"known":${known},"orders":[${list}]}`;
  }

  #order(order: LedgerOrder, now: MonoMs): Around {
    const kept = this.#orders.get(order);
    if (kept) return kept;
    const { before, after } = around({ ...NO_STAMP, ...orderDoc(this.instrument, { order, now }) }, 'ageMs');
    const made = { before: `{${before}`, after };
    this.#orders.set(order, made);
    return made;
  }

  #bar(interval: string, open: Bar | null, { head }: Tick): Document {
    let kept = this.#bars.get(interval);
    if (!kept || kept.open !== open) {
      const text = `${this.#symbol}"interval":${JSON.stringify(interval)},"bar":${JSON.stringify(open ? barRow(open) : null)}}`;
      kept = { key: kept?.key ?? this.#keys.kline(this.instrument.symbol, interval), open, text };
      this.#bars.set(interval, kept);
    }
    return [kept.key, head + kept.text];
  }
}

/** Prices whose text is kept, each at its own place: those shown stand close together, and stay where they are when the best moves. */
const KEPT = 64;

/**
 * The levels of one side, kept once they have been the same for a tick. Of a side that changes at every tick only the texts of prices are kept:
 * what lives from one tick to the next outgrows the young generation, and costs more memory than it saves time.
 */
class SideText {
  readonly #instrument: Instrument;
  readonly #side: 'bids' | 'asks';
  /** Price and size of each level, alternating; and as they were written. */
  #now = new Float64Array(0);
  #then = new Float64Array(0);
  #written = -1;
  /** Null while it is another one at every tick. */
  #text: string | null = null;
  readonly #prices = new Float64Array(KEPT);
  readonly #priceTexts = new Array<string>(KEPT).fill('');

  constructor(instrument: Instrument, side: 'bids' | 'asks') {
    this.#instrument = instrument;
    this.#side = side;
  }

  text(view: BookView, levels: number): string {
    if (this.#now.length !== 2 * levels) {
      [this.#now, this.#then, this.#written] = [new Float64Array(2 * levels), new Float64Array(2 * levels), -1];
    }
    const found = this.#read(view, levels);
    const isSame = found === this.#written && this.#isSame(found);
    if (isSame && this.#text !== null) return this.#text;
    let text = '';
    for (let n = 0; n < found; n++) text += `${n === 0 ? '' : ','}${this.#level(n)}`;
    [this.#now, this.#then, this.#written, this.#text] = [this.#then, this.#now, found, isSame ? text : null];
    return text;
  }

  #read(view: BookView, levels: number): number {
    if (view.top === null) return view.book[this.#side].top(levels, this.#now);
    const rows = bestLevels(view, this.#side, levels);
    for (const [n, [price, size]] of rows.entries()) [this.#now[2 * n], this.#now[2 * n + 1]] = [price, size];
    return rows.length;
  }

  #isSame(found: number): boolean {
    for (let i = 0; i < 2 * found; i++) if (this.#now[i] !== this.#then[i]) return false;
    return true;
  }

  #level(n: number): string {
    const [price, size] = [this.#now[2 * n] as Ticks, this.#now[2 * n + 1] as Lots];
    const at = price & (KEPT - 1);
    if (this.#prices[at] !== price || this.#priceTexts[at] === '') {
      this.#prices[at] = price;
      this.#priceTexts[at] = `["${formatPrice(this.#instrument, price)}","`;
    }
    return `${this.#priceTexts[at]}${formatSize(this.#instrument, size)}"]`;
  }
}

const NO_STAMP = { epoch: 0, seq: 0 } as const;
const NO_HEAD = '{"epoch":0,"seq":0,';

/** What a document with that stamp says before and after the value of one of its fields, without the stamp. */
function around(document: object, field: string): Around {
  const text = JSON.stringify(document);
  const from = text.indexOf(`"${field}":`) + field.length + 3;
  const end = /[,}]/.exec(text.slice(from));
  if (!text.startsWith(NO_HEAD) || end === null) throw new Error(`Cannot cut ${field} out of ${text}`);
  return { before: text.slice(NO_HEAD.length, from), after: text.slice(from + end.index) };
}

/** Rows, marks and rates are replaced by what is new, never written into. */
export function isSamePosition(one: SymbolMoment, other: SymbolMoment): boolean {
  return (
    one.position === other.position &&
    one.mark === other.mark &&
    one.entryPrice === other.entryPrice &&
    one.leverage === other.leverage &&
    one.isolated === other.isolated &&
    one.commission === other.commission &&
    one.liquidationPrice === other.liquidationPrice &&
    one.stop?.status === other.stop?.status &&
    one.stop?.trigger === other.stop?.trigger &&
    one.stop?.size === other.stop?.size &&
    one.stop?.foreign === other.stop?.foreign
  );
}
