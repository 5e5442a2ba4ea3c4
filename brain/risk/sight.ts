/** What the risk watch sees in one turn: figures of the account, of each symbol and of each run, from the same snapshot as the decisions. Pure. */
import type { Instrument } from '../../shared/instrument.ts';
import type { PositionDoc } from '../../shared/snapshot.ts';
import { ATOM_DECIMALS, parseAtoms } from '../../shared/units.ts';
import type { Look } from '../look.ts';
import type { Holding } from '../portfolio/holding.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { holdingOf } from '../portfolio/sub-ledger.ts';
import { readsOf, type Run } from '../runs.ts';
import type { Turn } from '../turn.ts';
import type { AccountSeen, Earned } from './account-pulse.ts';
import type { MarketSeen } from './market-pulse.ts';

export type Seeing = {
  readonly turn: Turn;
  readonly looks: ReadonlyMap<string, Look>;
  readonly portfolio: Portfolio;
  readonly runs: readonly Run[];
};
export type Sight = { readonly account: AccountSeen; readonly symbols: Readonly<Record<string, MarketSeen | null>> };

export function sightOf(seeing: Seeing): Sight {
  const equity = equityOf(seeing);
  const hearsTrades = readsOf(seeing.runs).trades; // not where they are fetched for a shadow alone
  const about = { seeing, equity, hearsTrades };
  const symbols = Object.fromEntries([...seeing.looks].map(([symbol, look]) => [symbol, marketSeen(look, about)]));
  const { documents, now, nowMs } = seeing.turn;
  const { epoch, fillSeq } = documents.header;
  const account = {
    nowMs,
    equity,
    ...earnedOf(seeing),
    fillSeq,
    runs: runProfits(seeing),
    largestPercent: largestOf(symbols, equity),
  };
  return { symbols, account: { ...account, epoch, lateMs: Math.max(0, now - documents.seenAt) } };
}

/** Of all assets that are traded against, taken as worth the same; null while one is not known. */
function equityOf({ turn: { documents }, looks }: Seeing): number | null {
  const assets = new Set([...looks.values()].flatMap(({ held }) => (held ? [held.instrument.quoteAsset] : [])));
  const values = [...assets].map((asset) => documents.equity?.[asset] ?? null);
  return values.length === 0 || values.includes(null) ? null : values.reduce((sum, value) => sum + Number(value), 0);
}

/** Null while a position, or what it is worth, is not known. */
function earnedOf({ turn: { documents }, looks }: Seeing): Pick<AccountSeen, 'earned' | 'parts'> {
  const parts: Record<string, Earned> = {};
  const sum = { total: 0, fees: 0, funding: 0 };
  for (const symbol of looks.keys()) {
    const document = documents.symbols[symbol]?.position ?? null;
    const open = unrealizedOf(document);
    if (open === null || !document) return { earned: null, parts: null };
    const [fees, funding] = [Number(document.fees), Number(document.funding)];
    const total = Number(document.realizedPnl) + open + funding - fees;
    parts[symbol] = { total, fees, funding };
    sum.total += total;
    sum.fees += fees;
    sum.funding += funding;
  }
  return { earned: sum, parts };
}

function unrealizedOf(document: PositionDoc | null): number | null {
  if (!document?.known || document.size === null) return null;
  if (Number(document.size) === 0) return 0;
  return document.unrealizedPnl === null ? null : Number(document.unrealizedPnl);
}

/** By run; null of one that holds what nobody can value now: its loss is not known, and not nothing. */
function runProfits({ runs, portfolio, looks }: Seeing): AccountSeen['runs'] {
  return Object.fromEntries(
    runs.map(({ id, symbols }) => {
      const parts = symbols.map((symbol) => {
        const [ledger, held] = [portfolio.ledgers[symbol], looks.get(symbol)?.held];
        return ledger && held ? profitOf(holdingOf(ledger, id), held) : null;
      });
      return [id, parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)] as const;
    }),
  );
}

const ONE = 10 ** ATOM_DECIMALS;

/** Fees in another asset than that of the quote are not in it. */
function profitOf(holding: Holding, { instrument, markPrice }: { readonly instrument: Instrument; readonly markPrice: string | null }) {
  const mark = markPrice === null ? null : parseAtoms(markPrice.replace(/(\.\d{8})\d+$/, '$1'));
  if (holding.size !== 0n && mark === null) return null;
  const worth = (Number(holding.size) * Number(mark ?? 0)) / ONE;
  const fees = Number(holding.fees[instrument.quoteAsset] ?? 0n);
  return (Number(holding.realized) + worth - Number(holding.cost) + Number(holding.funding) - fees) / ONE;
}

function largestOf(symbols: Sight['symbols'], equity: number | null): number | null {
  if (equity === null) return null;
  const worths = Object.values(symbols).map((seen) => (seen === null ? null : worthOf(seen)));
  return worths.includes(null) ? null : Math.max(0, ...worths.map((worth) => shareOf(worth ?? 0, equity)));
}

const shareOf = (worth: number, equity: number): number => (worth === 0 ? 0 : equity <= 0 ? Number.MAX_VALUE : (worth / equity) * 100);

function worthOf({ position, markTicks, instrument }: MarketSeen): number | null {
  if (position === 0) return 0;
  if (position === null || markTicks === null) return null;
  return Math.abs(position) * markTicks * Number(instrument.tickSize) * Number(instrument.stepSize);
}

type About = { readonly seeing: Seeing; readonly equity: number | null; readonly hearsTrades: boolean };

/** Null while not even the position is known. */
function marketSeen({ symbol, held }: Look, { seeing, equity, hearsTrades }: About) {
  if (held === null) return null;
  const { documents, now, nowMs } = seeing.turn;
  const { instrument, bids, asks, position, markPrice, document } = held;
  const docs = documents.symbols[symbol];
  const ageMs = docs?.book?.ageMs ?? null;
  const trade = hearsTrades ? docs?.trades?.rows.at(-1)?.price : undefined;
  const ticksOf = (price: string | null | undefined): number | null => (price == null ? null : Number(price) / Number(instrument.tickSize));
  return {
    nowMs,
    instrument,
    bids,
    asks,
    position,
    equity,
    bookAgeMs: ageMs === null ? null : ageMs + Math.max(0, now - documents.seenAt),
    markTicks: ticksOf(markPrice),
    tradeTicks: ticksOf(trade),
    fundingRate: document.fundingRate === null ? null : Number(document.fundingRate),
  };
}
