/** The account of a backtest on a book as the venue has it: what it is worth at the mid prices, and what is left of it at the end. */
import type { UserEvent } from '../../../shared/sim/exchange-events.ts';
import { unrealizedOf } from '../../../shared/sim/position.ts';
import { midOf } from '../../../shared/sim/symbol-market.ts';
import { type Atoms, atoms, formatAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import type { DepthVenue } from './depth-venue.ts';
import { moneyNumber, sumOf, type Tally } from './tally.ts';

export class DepthAccount {
  readonly #venue: DepthVenue;
  readonly #mids = new Map<string, number>();

  constructor(venue: DepthVenue) {
    this.#venue = venue;
  }

  equity(): Atoms {
    return sumOf([...this.#wallets().values(), ...this.#unrealized().values()]);
  }

  equityNumber(): number {
    return moneyNumber(this.equity());
  }

  holds(): boolean {
    return this.#venue.trader.account.held().length > 0;
  }

  left(): { readonly wallets: ReadonlyMap<string, Atoms>; readonly unrealized: ReadonlyMap<string, Atoms> } {
    return { wallets: this.#wallets(), unrealized: this.#unrealized() };
  }

  tellFunding({ wallets, symbol, atMs }: Extract<UserEvent, { kind: 'account' }>, tally: Tally): void {
    const market = symbol === null ? null : this.#venue.exchange.market(symbol);
    const settlement = market?.feed.mark.funding.settledAt(atMs) ?? null;
    if (!market || !settlement || symbol === null) return;
    const { rate, mark } = settlement;
    const position = this.#venue.trader.account.position(symbol).size;
    tally.funding({
      atMs,
      symbol,
      rate: String(Number(rate) / 1e8),
      mark: formatAtoms(mark),
      position,
      amount: wallets[0]?.change ?? ZERO_ATOMS,
    });
  }

  #wallets(): ReadonlyMap<string, Atoms> {
    return new Map(this.#venue.trader.account.wallets().map(({ asset, balance }) => [asset, balance]));
  }

  /** At the mid, in halves of a tick; while a side is empty, at the one before. */
  #unrealized(): ReadonlyMap<string, Atoms> {
    const { exchange, trader } = this.#venue;
    return new Map(
      [...exchange.markets].map(([symbol, market]) => {
        const position = trader.account.position(symbol);
        if (position.size === 0) return [symbol, ZERO_ATOMS];
        const mid = midOf(market) ?? this.#mids.get(symbol) ?? 0;
        this.#mids.set(symbol, mid);
        const tick = BigInt(Math.round(Number(market.instrument.tickSize) * 1e8));
        return [symbol, unrealizedOf(market.instrument, position, atoms((BigInt(Math.round(mid * 2)) * tick) / 2n))];
      }),
    );
  }
}
