/** What an account is told of itself: the state of its wallets and positions after a change. */
import { type Atoms, ZERO_ATOMS } from '../units.ts';
import type { AccountReason, PositionState, UserEvent, WalletState } from './exchange-events.ts';
import { positionMargin } from './margin.ts';
import type { Trader } from './order-desk.ts';
import { type PositionSide, unrealizedOf } from './position.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type Place = { readonly market: SymbolMarket; readonly side: PositionSide };

export type AccountChange = {
  readonly trader: Trader;
  readonly atMs: number;
  readonly reason: AccountReason;
  readonly wallets: readonly Pick<WalletState, 'asset' | 'change'>[];
  readonly positions?: readonly Place[];
  readonly symbol?: string;
};

export function accountEvent({ trader, atMs, reason, wallets, positions = [], symbol }: AccountChange): UserEvent {
  const { account } = trader;
  return {
    kind: 'account',
    apiKey: account.apiKey,
    atMs,
    reason,
    wallets: wallets.map(({ asset, change }) => ({ asset, change, wallet: account.wallet(asset), cross: account.crossWallet(asset) })),
    positions: positions.map((place) => positionState(trader, place)),
    symbol: symbol ?? null,
  };
}

function positionState({ account }: Trader, { market, side }: Place): PositionState {
  const { instrument, feed } = market;
  const { symbol, quoteAsset: asset } = instrument;
  const position = account.position(symbol, side);
  return {
    symbol,
    asset,
    side,
    position,
    unrealized: unrealizedOf(instrument, position, feed.mark.get().mark),
    marginType: account.settings(symbol).marginType,
    isolated: account.isolated(symbol, side),
  };
}

/** All positions of one pool: `cross` is its wallet, or null for one isolated position. */
export function marginCallEvent(
  trader: Trader,
  { atMs, cross, places }: { readonly atMs: number; readonly cross: Atoms | null; readonly places: readonly Place[] },
): UserEvent {
  const positions = places.map((place) => {
    const { markAtoms: mark, maintenance } = positionMargin({ trader, ...place });
    return { ...positionState(trader, place), mark, maintenance };
  });
  return { kind: 'margin-call', apiKey: trader.account.apiKey, atMs, cross, positions };
}

export const noChange = (asset: string): Pick<WalletState, 'asset' | 'change'> => ({ asset, change: ZERO_ATOMS });
