/**
 * A shadow: a run of its own with a made-up account, taking the same turns on the same snapshots as the brain. Its step is the brain's; what
 * that wants to send is taken by `ShadowSymbol` and by nobody else: neither options nor results of a world hold a way to the gateway.
 */
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import { EPOCH_MAX, type Role } from '../../shared/client-id.ts';
import type { FillDoc, Header } from '../../shared/snapshot.ts';
import type { QueueModelName } from '../../shared/sim/queue.ts';
import type { MonoMs, WallMs } from '../../shared/units.ts';
import { ClientIds } from '../oms/ids.ts';
import type { OrderCommand } from '../oms/working.ts';
import type { Run } from '../runs.ts';
import { NO_DEEDS } from '../risk/account-pulse.ts';
import { wantsStop } from '../risk/watch.ts';
import { type BrainState, initialState, type Settings, step, type SymbolStep } from '../step.ts';
import { type Documents, instrumentIn, levelsOf, type SymbolDocs } from '../view.ts';
import { NO_MONEY, type ShadowMoney } from './shadow-money.ts';
import { ShadowSymbol, type Seen } from './shadow-symbol.ts';

/** A command in words, for the records. */
export type Intent = {
  readonly symbol: string;
  readonly kind: OrderCommand['kind'] | 'close';
  readonly side: string | null;
  readonly price: string | null;
  readonly size: string | null;
  readonly reason: string;
};
export type ShadowTurn = {
  readonly intents: readonly Intent[];
  readonly fills: readonly FillDoc[];
  /** Why it would have asked for the emergency stop; null when it did not. Nobody stops for it: it has to be ended. */
  readonly stop: string | null;
};
export type WorldOptions = {
  readonly run: Run;
  /** Of the brain, with this run alone. */
  readonly settings: Settings;
  readonly queueModel: QueueModelName;
  /** What an earlier life held, by symbol. Its orders are gone. */
  readonly money: Readonly<Record<string, ShadowMoney>>;
};
export type Moment = { readonly documents: Documents; readonly now: MonoMs; readonly nowMs: WallMs };

/** No gateway grants it: ids of a shadow are nobody else's. */
const LEASE = EPOCH_MAX;
/** A book that no frame has proved for longer is not matched with. */
const BOOK_AGE_MS = 1_500;

export class ShadowWorld {
  readonly #options: WorldOptions;
  readonly #symbols: ReadonlyMap<string, ShadowSymbol>;
  #ids = new ClientIds(LEASE);
  #state: BrainState;
  #steps: ReadonlyMap<string, SymbolStep> = new Map();
  #number = 0;

  constructor(options: WorldOptions) {
    const { run, settings, queueModel, money } = options;
    this.#options = options;
    this.#state = initialState(settings);
    const number = (): number => ++this.#number;
    this.#symbols = new Map(
      settings.symbols.map((symbol) => [
        symbol,
        new ShadowSymbol({ role: run.strategy.role, queueModel, number, money: money[symbol] ?? NO_MONEY }),
      ]),
    );
  }

  get run(): Run {
    return this.#options.run;
  }

  symbol(symbol: string): ShadowSymbol | null {
    return this.#symbols.get(symbol) ?? null;
  }

  /** Of the last turn. */
  stepOf(symbol: string): SymbolStep | null {
    return this.#steps.get(symbol) ?? null;
  }

  take({ documents, now, nowMs }: Moment): ShadowTurn {
    const seen = new Map([...this.#symbols.keys()].map((symbol) => [symbol, seenOf(documents, symbol)]));
    const fills = [...this.#symbols].flatMap(([symbol, one]) => {
      const visible = seen.get(symbol);
      return visible ? one.look(visible) : [];
    });
    const stepped = step(this.#state, {
      settings: this.#options.settings,
      turn: {
        ...{ documents: this.#own(documents, seen), fills, fees: [], deeds: NO_DEEDS, now, nowMs },
        ...{ nextId: (role) => this.#nextId(role), mayTrade: true },
      },
    });
    this.#state = stepped.state;
    this.#steps = new Map(stepped.symbols.map((one) => [one.symbol, one]));
    for (const { symbol, commands, close } of stepped.symbols) this.#symbols.get(symbol)?.ask(commands, close !== null);
    return { intents: stepped.symbols.flatMap((one) => intentsOf(one, documents)), fills, stop: wantsStop(stepped.state.risk) };
  }

  /** The snapshot as it would be for the made-up account: market, mode and limits of the real one. */
  #own(documents: Documents, seen: ReadonlyMap<string, Seen | null>): Documents {
    const { inheritsFrom: _, ...live } = documents.header;
    const closing = [...this.#symbols].filter(([, one]) => one.closing).map(([symbol]) => symbol);
    const header: Header = { ...live, brainEpoch: LEASE, fillSeq: this.#number, closing };
    const symbols = [...this.#symbols].map(([symbol, one]): [string, SymbolDocs] => {
      const [docs, visible] = [documents.symbols[symbol] ?? NO_DOCS, seen.get(symbol)];
      return [symbol, visible ? { ...docs, ...one.documents(visible, { epoch: live.epoch, seq: live.seq }) } : { ...docs, position: null }];
    });
    return { ...documents, header, symbols: Object.fromEntries(symbols), fills: [] };
  }

  /** By the time they are used up, the orders of the first ones have ended long ago. */
  #nextId(role: Role): string | null {
    const id = this.#ids.next(role);
    if (id === null) this.#ids = new ClientIds(LEASE);
    return id ?? this.#ids.next(role);
  }
}

const NO_DOCS: SymbolDocs = { book: null, position: null, orders: null, instrument: null, klines: {}, openKlines: {}, trades: null };

/** Null while contract, mark or fees are not known: then nothing can be simulated. */
function seenOf(documents: Documents, symbol: string): Seen | null {
  const { header, symbols } = documents;
  const { book = null, position = null, trades = null } = symbols[symbol] ?? {};
  const instrument = instrumentIn(documents, symbol);
  if (!instrument || !position?.commission || position.epoch !== header.epoch || position.seq !== header.seq) return null;
  const isLive =
    book !== null && book.status === 'live' && book.seq === header.seq && (book.ageMs ?? Number.POSITIVE_INFINITY) <= BOOK_AGE_MS;
  const [bids, asks] = isLive ? [levelsOf(instrument, book.bids), levelsOf(instrument, book.asks)] : [null, null];
  const { commission } = position;
  return { instrument, sides: bids && asks && { bids, asks }, trades, position: { ...position, commission }, atMs: header.wallMs };
}

/** Also of what the brain sends: both are recorded in the same words. */
export function intentsOf(
  { symbol, commands, close }: Pick<SymbolStep, 'symbol' | 'commands' | 'close'>,
  documents: Documents,
): readonly Intent[] {
  const instrument = instrumentIn(documents, symbol);
  if (!instrument) return [];
  const orders = commands.map((command): Intent => {
    if (command.kind === 'cancel') return { symbol, kind: 'cancel', side: null, price: null, size: null, reason: '' };
    const texts = { price: formatPrice(instrument, command.price), size: formatSize(instrument, command.size) };
    const [side, reason] = command.kind === 'place' ? [command.side, command.reason] : [null, ''];
    return { symbol, kind: command.kind, side, ...texts, reason };
  });
  return close === null ? orders : [...orders, { symbol, kind: 'close', side: null, price: null, size: null, reason: close }];
}

/** Money in words, so that it can be stored; and back. */
export const moneyText = (money: ShadowMoney): string =>
  JSON.stringify(money, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
export const moneyOf = (text: string): ShadowMoney =>
  JSON.parse(text, (_key, value) => (typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value));
