/** What the brain writes down for people and for the supervisor, from its state and the last turn. Pure. */
import { formatPrice, formatSize, type Instrument } from '../shared/instrument.ts';
import type { BrainDoc, RunDoc } from '../shared/brain-doc.ts';
import type { PnlDoc } from '../shared/pnl-doc.ts';
import { formatAtoms } from '../shared/units.ts';
import type { Outcome } from './act.ts';
import { entryPriceOf } from './portfolio/holding.ts';
import { pnlDoc } from './portfolio/pnl.ts';
import { holdingOf, type SubLedger, UNASSIGNED } from './portfolio/sub-ledger.ts';
import { type Run, runsOn } from './runs.ts';
import type { BrainState, SymbolStep } from './step.ts';
import { emptyLedger } from './portfolio/sub-ledger.ts';
import type { WantedQuote } from './strategy/strategy.ts';
import { type Documents, instrumentIn } from './view.ts';
import type { WhyLog } from './why.ts';

export type Told = {
  readonly runs: readonly Run[];
  readonly state: BrainState;
  readonly documents: Documents;
  /** The last turn. */
  readonly steps: ReadonlyMap<string, SymbolStep>;
  readonly why: WhyLog;
  /** Reasons told of each run on each symbol. */
  readonly whyMost: number;
  /** Why nothing is decided at all; '' when it is. */
  readonly reason: string;
  /** By the fills that the brain itself has read, base units. */
  readonly position: (symbol: string) => string | null;
};

export function symbolDocs(symbols: readonly string[], told: Told): BrainDoc['symbols'] {
  return Object.fromEntries(symbols.map((symbol) => [symbol, symbolDoc(symbol, told)]));
}

function symbolDoc(symbol: string, told: Told): BrainDoc['symbols'][string] {
  const outcomes = told.steps.get(symbol)?.outcomes ?? [];
  const exits = told.state.symbols[symbol]?.exits;
  return {
    reason: told.reason || (outcomes[0]?.reason ?? 'starting'),
    quotes: outcomes.flatMap(({ quotes }) => quoteTexts(quotes, instrumentIn(told.documents, symbol))),
    signals: { ...outcomes[0]?.signals },
    position: told.position(symbol) ?? '0',
    takeProfits: exits?.takeProfits ?? 0,
    stopLosses: exits?.stopLosses ?? 0,
  };
}

/** One row for each run on each symbol. */
export const runDocs = (told: Told): readonly RunDoc[] =>
  told.runs.flatMap((run) => run.symbols.map((symbol) => runDoc(run, { symbol, told })));

function runDoc(run: Run, { symbol, told }: { readonly symbol: string; readonly told: Told }): RunDoc {
  const outcome: Outcome | undefined = told.steps.get(symbol)?.outcomes.find((one) => one.run === run.id);
  const holding = holdingOf(ledgerOf(told, symbol), run.id);
  return {
    ...{ run: run.id, strategy: run.strategy.name, symbol },
    reason: told.reason || (outcome?.reason ?? 'starting'),
    detail: told.reason === '' ? { ...outcome?.detail } : {},
    quotes: quoteTexts(outcome?.quotes ?? [], instrumentIn(told.documents, symbol)),
    signals: { ...outcome?.signals },
    position: formatAtoms(holding.size),
    entryPrice: entryPriceOf(holding),
    realizedPnl: formatAtoms(holding.realized),
    fees: Object.fromEntries(Object.entries(holding.fees).map(([asset, fee]) => [asset, formatAtoms(fee)])),
    funding: formatAtoms(holding.funding),
    why: told.why
      .of(run.id, symbol)
      .slice(0, told.whyMost)
      .map((one) => ({ ...one, detail: { ...one.detail } })),
  };
}

/** Of the symbols that were looked at. */
export const pnlDocs = (told: Told): Readonly<Record<string, PnlDoc>> =>
  Object.fromEntries(
    Object.entries(told.state.portfolio.pnl).flatMap(([symbol, pnl]) => {
      const quoteAsset = instrumentIn(told.documents, symbol)?.quoteAsset;
      return quoteAsset === undefined ? [] : [[symbol, pnlDoc(pnl, { ledger: ledgerOf(told, symbol), quoteAsset })]];
    }),
  );

/** What is nobody's, of symbols that more than one run trades, or none. */
export const unassignedDocs = (symbols: readonly string[], told: Told): Readonly<Record<string, string>> =>
  Object.fromEntries(
    symbols
      .filter((symbol) => runsOn(told.runs, symbol).length !== 1)
      .map((symbol) => [symbol, formatAtoms(holdingOf(ledgerOf(told, symbol), UNASSIGNED).size)]),
  );

const ledgerOf = ({ state }: Told, symbol: string): SubLedger => state.portfolio.ledgers[symbol] ?? emptyLedger([]);

const quoteTexts = (quotes: readonly WantedQuote[], instrument: Instrument | null): RunDoc['quotes'] =>
  instrument === null
    ? []
    : quotes.map(({ side, price, size }) => ({ side, price: formatPrice(instrument, price), size: formatSize(instrument, size) }));
