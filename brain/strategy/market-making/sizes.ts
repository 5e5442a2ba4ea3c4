/** How much each quote shows, whole lots. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { floorSteps, type Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import type { Reason } from './reasons.ts';

/** What config.json says in decimals, counted in lots of one instrument. */
export type Counted = { readonly orderLots: number; readonly fullLots: number };

export const countedOf = ({ orderSize, maxInventory }: MarketMakingParameters, { stepSize: step }: Instrument): Counted => ({
  orderLots: floorSteps({ text: orderSize, step }),
  fullLots: floorSteps({ text: maxInventory, step }),
});

type Basis = {
  readonly counted: Counted;
  /** Worth of one lot and of the account, quote units. */
  readonly lotWorth: number;
  readonly equity: number | null;
};

/** Size of level 0 with no inventory. */
export function baseLots({ size }: MarketMakingParameters, { counted, lotWorth, equity }: Basis): number | Reason {
  if (size.model === 'fixed') return counted.orderLots;
  if (size.model === 'notional') return Math.floor(size.notional / lotWorth);
  return equity === null ? 'equity-unknown' : Math.max(0, Math.floor((equity * size.equityPercent) / 100 / lotWorth));
}

type Sizing = {
  readonly parameters: MarketMakingParameters;
  readonly base: number;
  readonly fullLots: number;
  readonly position: number;
  readonly side: Side;
  /** Only what takes the inventory towards zero, and not beyond. */
  readonly reduces: boolean;
};

/** Level by level from the market outwards, never more together than still fits below the largest inventory. */
export function sizesOf({ parameters, base, fullLots, position, side, reduces }: Sizing): number[] {
  const held = side === 'buy' ? position : -position;
  const { levelFactor, inventoryShrink } = parameters.size;
  const full = fullLots === 0 ? 1 : Math.min(1, Math.max(0, held) / fullLots);
  let room = reduces ? -held : fullLots - held;
  let wanted = base * (1 - inventoryShrink * full);
  return Array.from({ length: parameters.levels }, () => {
    const size = Math.max(0, Math.min(Math.floor(wanted), room));
    room -= size;
    wanted *= levelFactor;
    return size;
  });
}
