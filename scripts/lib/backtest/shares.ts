/** Who holds what where several runs trade one symbol: the sub-ledgers of the brain, fed with the fills of the backtest. */
import { entryPriceOf, lotsOf } from '../../../brain/portfolio/holding.ts';
import { agreed, counted, emptyPortfolio, type Portfolio, withOwners } from '../../../brain/portfolio/portfolio.ts';
import { crossed, holdingOf } from '../../../brain/portfolio/sub-ledger.ts';
import { type Run, runsOn } from '../../../brain/runs.ts';
import type { CrossInside } from '../../../brain/taker.ts';
import { formatPrice, formatSize, type Instrument } from '../../../shared/instrument.ts';
import type { OwnTrade } from '../../../shared/sim/exchange-events.ts';
import type { PositionDoc } from '../../../shared/snapshot.ts';
import { formatAtoms, type Lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../../../shared/units.ts';

export type Share = { readonly position: Lots; readonly entryPrice: string | null };

export class Shares {
  readonly #shared: ReadonlySet<string>;
  #portfolio: Portfolio;
  #n = 0;

  constructor(symbols: readonly string[], runs: readonly Run[]) {
    const owners = new Map(symbols.map((symbol) => [symbol, runsOn(runs, symbol).map(({ id }) => id)]));
    this.#shared = new Set([...owners].filter(([, ids]) => ids.length > 1).map(([symbol]) => symbol));
    this.#portfolio = withOwners({ ...emptyPortfolio, seq: 0 }, owners);
  }

  /** Null where one run has the symbol for itself: what is held is its own. */
  of(instrument: Instrument, run: string): Share | null {
    const ledger = this.#portfolio.ledgers[instrument.symbol];
    if (!ledger || !this.#shared.has(instrument.symbol)) return null;
    const holding = holdingOf(ledger, run);
    return { position: lotsOf(holding, instrument), entryPrice: entryPriceOf(holding) };
  }

  onTrade(
    { id, order, price, size, maker, fee, feeAsset, realized, atMs }: OwnTrade,
    { instrument, strategy }: { readonly instrument: Instrument; readonly strategy: string },
  ) {
    if (!this.#shared.has(order.symbol)) return;
    const words = { symbol: order.symbol, clientId: order.clientId, role: '', tradeId: String(id), side: order.side, maker, strategy };
    const amounts = { price: formatPrice(instrument, price), size: formatSize(instrument, size), fee: formatAtoms(fee), feeAsset };
    const fill = { n: ++this.#n, ...words, ...amounts, realizedPnl: formatAtoms(realized), wallMs: Math.floor(atMs) };
    this.#portfolio = counted(this.#portfolio, [fill]).portfolio;
  }

  /** What the account holds and was paid so far, so that the shares add up to it. */
  agree(instrument: Instrument, document: () => PositionDoc): void {
    if (!this.#shared.has(instrument.symbol)) return;
    this.#portfolio = agreed(this.#portfolio, { fillSeq: this.#n, instrument, document: document() });
  }

  cross({ buyer, seller, size }: CrossInside, { instrument, price }: { readonly instrument: Instrument; readonly price: Ticks }): void {
    const ledger = this.#portfolio.ledgers[instrument.symbol];
    if (!ledger) return;
    const amounts = {
      size: parseAtoms(formatSize(instrument, size)) ?? ZERO_ATOMS,
      price: parseAtoms(formatPrice(instrument, price)) ?? ZERO_ATOMS,
    };
    const ledgers = { ...this.#portfolio.ledgers, [instrument.symbol]: crossed(ledger, { buyer, seller, ...amounts }) };
    this.#portfolio = { ...this.#portfolio, ledgers };
  }
}
