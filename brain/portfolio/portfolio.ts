/** The sub-ledgers of all symbols, and how far the fills are counted that made them. Pure. */
import type { Instrument } from '../../shared/instrument.ts';
import type { FillDoc, PositionDoc } from '../../shared/snapshot.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { type Moment, type Pnl, pnlAfter } from './pnl.ts';
import { emptyLedger, feeTold, filled, ownedBy, type SubLedger, settled } from './sub-ledger.ts';

export type Portfolio = {
  /** Number of the newest fill counted; null before the first snapshot that was looked at. */
  readonly seq: number | null;
  readonly ledgers: Readonly<Record<string, SubLedger>>;
  /** The position documents' words that the ledgers agree with, by symbol. */
  readonly agreed: Readonly<Record<string, string>>;
  /** By symbol, where its profit comes from. */
  readonly pnl: Pnl;
};

export const emptyPortfolio: Portfolio = { seq: null, ledgers: {}, agreed: {}, pnl: {} };

/** `owners` tells the runs on each symbol that is traded. */
export function withOwners(portfolio: Portfolio, owners: ReadonlyMap<string, readonly string[]>): Portfolio {
  const ledgers = [...owners].map(([symbol, ids]): [string, SubLedger] => {
    const before = portfolio.ledgers[symbol];
    return [symbol, before ? ownedBy(before, ids) : emptyLedger(ids)];
  });
  return { ...portfolio, ledgers: Object.fromEntries(ledgers), agreed: {} };
}

/** Fills in order of number; those counted before are passed over, and behind a hole nothing is counted. */
export function counted(
  portfolio: Portfolio,
  fills: readonly FillDoc[],
): { readonly portfolio: Portfolio; readonly news: readonly FillDoc[] } {
  let { seq } = portfolio;
  const ledgers = { ...portfolio.ledgers };
  const news: FillDoc[] = [];
  for (const fill of fills) {
    if (seq === null || fill.n !== seq + 1) continue;
    const ledger = ledgers[fill.symbol];
    if (ledger) ledgers[fill.symbol] = filled(ledger, fill);
    news.push(fill);
    seq = fill.n;
  }
  return news.length === 0 ? { portfolio, news } : { portfolio: { ...portfolio, seq, ledgers }, news };
}

export function feesTold(portfolio: Portfolio, fills: readonly FillDoc[]): Portfolio {
  const ledgers = { ...portfolio.ledgers };
  for (const fill of fills) {
    const ledger = ledgers[fill.symbol];
    if (ledger) ledgers[fill.symbol] = feeTold(ledger, fill);
  }
  return fills.length === 0 ? portfolio : { ...portfolio, ledgers };
}

type Shown = { readonly fillSeq: number; readonly instrument: Instrument; readonly document: PositionDoc };

/**
 * Brings a sub-ledger into agreement with the position of a snapshot, all of whose fills are counted. The first one looked at is where
 * counting begins; numbers that went back belong to another ledger, and counting begins anew there.
 */
export function agreed(portfolio: Portfolio, { fillSeq, instrument, document }: Shown): Portfolio {
  const { symbol, size, funding, entryPrice, markPrice } = document;
  const seq = portfolio.seq === null || portfolio.seq > fillSeq ? fillSeq : portfolio.seq;
  const ledger = portfolio.ledgers[symbol];
  const words = `${size} ${funding} ${instrument.stepSize} ${seq}`;
  if (!ledger || seq !== fillSeq || portfolio.agreed[symbol] === words) return seq === portfolio.seq ? portfolio : { ...portfolio, seq };
  const [net, received] = [parseAtoms(size ?? ''), parseAtoms(funding)];
  const price = exactly(markPrice) ?? exactly(entryPrice);
  const next = settled(ledger, {
    net: net ?? ZERO_ATOMS,
    step: parseAtoms(instrument.stepSize) ?? ZERO_ATOMS,
    price: ledger.fundingSeen === null ? (exactly(entryPrice) ?? price) : price, // the first look takes over what is held, at what it cost
    funding: received ?? ZERO_ATOMS,
  });
  return { ...portfolio, seq, ledgers: { ...portfolio.ledgers, [symbol]: next }, agreed: { ...portfolio.agreed, [symbol]: words } };
}

/** After the fills of a turn and the agreement with its snapshot: each symbol valued at the mid of that. */
export const valued = (portfolio: Portfolio, moment: Omit<Moment, 'ledgers'>): Portfolio => ({
  ...portfolio,
  pnl: pnlAfter(portfolio.pnl, { ...moment, ledgers: portfolio.ledgers }),
});

/** Fees not told yet: the numbers of their fills. */
export const feesOwed = ({ ledgers }: Portfolio): readonly number[] => Object.values(ledgers).flatMap(({ owed }) => owed.map(({ n }) => n));

/** Prices of positions have more digits than money; what is finer is cut. */
const exactly = (text: string | null) => (text === null ? null : parseAtoms(text.replace(/(\.\d{8})\d+$/, '$1')));
