/** What a shadow holds of one symbol: position, fees by the account's own rates, funding at the venue's hours. Pure. */
import { formatPrice, formatSize, type Instrument, notionalOf } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import type { PositionDoc } from '../../shared/snapshot.ts';
import { ATOM_DECIMALS, type Atoms, atoms, formatAtoms, lots, type Lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { entryPriceOf, type Holding, lotsOf, NOTHING, traded, withFee, withFunding } from '../portfolio/holding.ts';

/** The next exchange of funding as it was last told: share of the notional, and the mark price then. */
type Due = { readonly atMs: number; readonly rate: Atoms; readonly mark: Atoms };
export type ShadowMoney = {
  readonly holding: Holding;
  /** Fill that took the position away from flat. */
  readonly opening: { readonly tradeId: string; readonly atMs: number } | null;
  readonly due: Due | null;
  readonly fills: number;
};
export type ShadowTrade = { readonly side: Side; readonly price: Ticks; readonly size: Lots; readonly maker: boolean };
type Booking = { readonly instrument: Instrument; readonly commission: NonNullable<PositionDoc['commission']>; readonly atMs: number };

export const NO_MONEY: ShadowMoney = { holding: NOTHING, opening: null, due: null, fills: 0 };

const ONE = 10n ** BigInt(ATOM_DECIMALS);
const times = (a: bigint, b: bigint): Atoms => atoms((a * b) / ONE);

/** `fee` in the quote asset, positive is paid. */
export function booked(
  money: ShadowMoney,
  { trade, booking }: { readonly trade: ShadowTrade & { readonly tradeId: string }; readonly booking: Booking },
): { readonly money: ShadowMoney; readonly fee: Atoms; readonly realized: Atoms } {
  const { instrument, commission, atMs } = booking;
  const { side, price, size, maker, tradeId } = trade;
  const signed = atoms(BigInt(side === 'buy' ? size : -size) * instrument.stepAtoms);
  const after = traded(money.holding, { size: signed, price: parseAtoms(formatPrice(instrument, price)) ?? ZERO_ATOMS });
  const fee = times(notionalOf(instrument, { price, size }), parseAtoms(maker ? commission.maker : commission.taker) ?? ZERO_ATOMS);
  const [was, is] = [money.holding.size, after.size];
  const opens = is !== 0n && (was === 0n || was > 0n !== is > 0n);
  const opening = is === 0n ? null : opens ? { tradeId, atMs } : money.opening;
  const holding = withFee(after, { asset: instrument.quoteAsset, fee });
  return { money: { ...money, holding, opening, fills: money.fills + 1 }, fee, realized: atoms(after.realized - money.holding.realized) };
}

/** Paid once for each hour, at the last rate and mark that were told before it. */
export function settled(money: ShadowMoney, { document, atMs }: { readonly document: PositionDoc; readonly atMs: number }): ShadowMoney {
  const { due } = money;
  const paid =
    due && atMs >= due.atMs
      ? { ...money, holding: withFunding(money.holding, atoms(-times(times(money.holding.size, due.mark), due.rate))), due: null }
      : money;
  const { fundingRate, nextFundingMs, markPrice } = document;
  const [rate, mark] = [exactly(fundingRate), exactly(markPrice)];
  return rate === null || mark === null || nextFundingMs === null || nextFundingMs <= atMs
    ? paid
    : { ...paid, due: { atMs: nextFundingMs, rate, mark } };
}

/** The position document that an account with this money would have; nothing of it rests at the venue. */
export function positionOf(
  money: ShadowMoney,
  { document, instrument }: { readonly document: PositionDoc; readonly instrument: Instrument },
): PositionDoc {
  const { holding, opening } = money;
  const { stop: _, ...live } = document;
  return {
    ...live,
    ...{ known: true, size: formatSize(instrument, lotsOf(holding, instrument)), entryPrice: entryPriceOf(holding), opening },
    ...{ unrealizedPnl: unrealizedOf(holding, document.markPrice), liquidationPrice: null },
    ...{
      realizedPnl: formatAtoms(holding.realized),
      fees: formatAtoms(feesOf(holding, instrument)),
      funding: formatAtoms(holding.funding),
    },
  };
}

/** Of a holding; null while there is no mark price. */
export function unrealizedOf({ size, cost }: Holding, markPrice: string | null): string | null {
  const mark = exactly(markPrice);
  return size === 0n ? '0' : mark === null ? null : formatAtoms(atoms(times(size, mark) - cost));
}

/** Realized and unrealized, less fees, and funding, quote units; null where it is not known, or fees were paid in another asset. */
export function netOf(
  holding: Holding,
  { quoteAsset, markPrice }: { readonly quoteAsset: string; readonly markPrice: string | null },
): Atoms | null {
  const unrealized = unrealizedOf(holding, markPrice);
  const others = Object.entries(holding.fees).some(([asset, fee]) => asset !== quoteAsset && fee !== 0n);
  if (unrealized === null || others) return null;
  const open = parseAtoms(unrealized) ?? ZERO_ATOMS;
  return atoms(holding.realized + open - (holding.fees[quoteAsset] ?? 0n) + holding.funding);
}

export const feesOf = ({ fees }: Holding, { quoteAsset }: Instrument): Atoms => fees[quoteAsset] ?? ZERO_ATOMS;
export const heldLots = ({ holding }: ShadowMoney, instrument: Instrument): Lots => lots(lotsOf(holding, instrument));

/** Prices of marks have more digits than money; what is finer is cut. */
const exactly = (text: string | null): Atoms | null => (text === null ? null : parseAtoms(text.replace(/(\.\d{8})\d+$/, '$1')));
