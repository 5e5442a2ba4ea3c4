/** A turn as JSON for a tape: all that goes in, and what comes out. Whoever runs a turn again compares the same texts. Pure. */
import type { Stepped } from './step.ts';
import type { Turn } from './turn.ts';
import type { Documents, SymbolDocs } from './view.ts';

/** Whole numbers beyond 2^53 as text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

export const toldText = (value: unknown): string => JSON.stringify(value, plain);

/** What came of each symbol. */
export const toldSteps = ({ symbols }: Pick<Stepped, 'symbols'>): readonly ToldStep[] =>
  symbols.map(({ symbol, commands, close, ask, outcomes }) => ({
    symbol,
    outcomes: outcomes.map(({ run, reason, detail, signals }) => ({ run, reason, detail, signals })),
    ...(commands.length > 0 && { commands }),
    ...(close !== null && { close }),
    ...(ask.length > 0 && { ask }),
  }));
export type ToldStep = {
  readonly symbol: string;
  readonly outcomes: readonly { readonly run: string; readonly reason: string; readonly detail: object; readonly signals: object }[];
  readonly commands?: readonly object[];
  readonly close?: string;
  readonly ask?: readonly string[];
};

/** Documents that last from snapshot to snapshot are told when they change: what is missing is as it was before. */
export type ToldSymbol = Pick<SymbolDocs, 'book' | 'position' | 'orders' | 'openKlines' | 'trades'> &
  Partial<Pick<SymbolDocs, 'instrument' | 'klines'>>;
export type ToldTurn = Omit<Documents, 'symbols' | 'fills'> & {
  readonly symbols: Readonly<Record<string, ToldSymbol>>;
  readonly turn: Pick<Turn, 'fills' | 'fees' | 'deeds' | 'now' | 'nowMs' | 'mayTrade'>;
};

/** Remembers which of the lasting documents were told. */
export class TurnTeller {
  readonly #lasting = new Map<string, unknown>();

  /** The next turn is told whole. */
  forget(): void {
    this.#lasting.clear();
  }

  tell({ documents, fills, fees, deeds, now, nowMs, mayTrade }: Omit<Turn, 'nextId'>): ToldTurn {
    const { symbols, fills: _, ...rest } = documents;
    const told = Object.entries(symbols).map(([symbol, docs]) => [symbol, this.#symbol(symbol, docs)] as const);
    return { ...rest, symbols: Object.fromEntries(told), turn: { fills, fees, deeds, now, nowMs, mayTrade } };
  }

  #symbol(symbol: string, { book, position, orders, openKlines, trades, instrument, klines }: SymbolDocs): ToldSymbol {
    const bars = Object.values(klines);
    return {
      ...{ book, position, orders, openKlines, trades },
      ...(this.#isNew(`${symbol} instrument`, instrument) && { instrument }),
      ...(bars.filter((one, n) => this.#isNew(`${symbol} bars ${n}`, one)).length > 0 && { klines }),
    };
  }

  /** The poller gives the same object for the same text. */
  #isNew(name: string, document: unknown): boolean {
    const isNew = !this.#lasting.has(name) || this.#lasting.get(name) !== document;
    this.#lasting.set(name, document);
    return isNew;
  }
}

/** The other way: turns as they were. */
export class TurnReader {
  readonly #lasting = new Map<string, Pick<SymbolDocs, 'instrument' | 'klines'>>();

  read({ symbols, turn, ...rest }: ToldTurn): Omit<Turn, 'nextId'> {
    const whole = Object.entries(symbols).map(([symbol, told]): [string, SymbolDocs] => {
      const before = this.#lasting.get(symbol) ?? { instrument: null, klines: {} };
      const lasting = {
        instrument: told.instrument === undefined ? before.instrument : told.instrument,
        klines: told.klines ?? before.klines,
      };
      this.#lasting.set(symbol, lasting);
      return [symbol, { ...told, ...lasting }];
    });
    return { ...turn, documents: { ...rest, symbols: Object.fromEntries(whole), fills: [] } };
  }
}
