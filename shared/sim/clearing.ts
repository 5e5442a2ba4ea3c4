/**
 * What the venue does to accounts by itself: funding at its hours, margin calls, liquidation and auto-deleveraging (Binance USD-M docs;
 * reference sheet 2026-11, sections 8.2 to 8.5). Looks at accounts that hold a position of the symbol whose mark was just told.
 */
import { type Atoms, atoms, type Lots, lots, ZERO_ATOMS } from '../units.ts';
import { accountEvent, marginCallEvent, noChange } from './account-events.ts';
import type { Holding } from './account.ts';
import type { Bank } from './bank.ts';
import type { MarketEvent } from './exchange-events.ts';
import type { Settlement } from './funding.ts';
import { bankruptcyTicks, clearanceFee, nearestTicks } from './liquidation-price.ts';
import { type AssetMargin, poolMargin, positionMargin, type PositionMargin } from './margin.ts';
import type { OrderDesk, Trader } from './order-desk.ts';
import { type PositionSide, valueAt } from './position.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type ClearingOptions = {
  readonly bank: Bank;
  readonly desk: OrderDesk;
  /** Ends everything an account has open on a symbol. */
  readonly endOrders: (trader: Trader, symbol: string) => void;
  readonly traders: () => Iterable<Trader>;
  readonly publish: (event: MarketEvent) => void;
};

type Seat = { readonly trader: Trader; readonly market: SymbolMarket; readonly side: PositionSide };

/** Maintenance over margin, per cent, at which the account is warned. */
const CALL_PERCENT = 80n;

export class Clearing {
  readonly #options: ClearingOptions;
  /** Pools and isolated positions that were warned and have not recovered since. */
  readonly #called = new Set<string>();
  #closes = 0;

  constructor(options: ClearingOptions) {
    this.#options = options;
  }

  /** To be told after each new mark of a symbol. */
  onMark(symbol: string, atMs: number): void {
    const market = this.#market(symbol);
    const settlement = market.feed.mark.funding.settledAt(atMs);
    for (const trader of this.#options.traders()) {
      const held = trader.account.held(symbol);
      if (held.length === 0) continue;
      if (settlement) for (const holding of held) this.#fund(trader, holding, settlement);
      this.#check(trader, market, held);
    }
  }

  /** Exchanges the funding of every hour since then that nobody was there to charge: those who hold now have held all the while. */
  fundSince(leftMs: number): void {
    const { bank, traders } = this.#options;
    const due = [...bank.markets.values()].flatMap(({ instrument, feed }) =>
      feed.mark.funding
        .missed({ leftMs, nowMs: bank.nowMs(), mark: feed.mark.get().mark })
        .map((settlement) => ({ symbol: instrument.symbol, settlement })),
    );
    for (const { symbol, settlement } of due.toSorted((a, b) => a.settlement.atMs - b.settlement.atMs))
      for (const trader of traders()) for (const holding of trader.account.held(symbol)) this.#fund(trader, holding, settlement);
  }

  /** Closes up to `size` of a position at the mark, as the other side of somebody's bankruptcy; what was closed. */
  adl(trader: Trader, { symbol, side, size }: { readonly symbol: string; readonly side: PositionSide; readonly size: Lots }): Lots {
    const market = this.#market(symbol);
    const { position, markAtoms } = positionMargin({ trader, market, side });
    const closed = lots(Math.min(size, Math.abs(position.size)));
    if (closed <= 0) return lots(0);
    this.#options.desk.force(trader, {
      symbol,
      positionSide: side,
      side: position.size > 0 ? 'sell' : 'buy',
      size: closed,
      price: nearestTicks(market.instrument, markAtoms),
      clientId: 'adl_autoclose',
      forced: 'adl',
    });
    return closed;
  }

  /** Above zero rates are paid by longs to shorts, at the value of the position at the mark. Isolated positions pay themselves. */
  #fund(trader: Trader, { symbol, asset, side, position }: Holding, { rate, mark, atMs }: Settlement): void {
    const { bank } = this.#options;
    const market = this.#market(symbol);
    const value = valueAt(market.instrument, { size: position.size, priceAtoms: mark });
    const amount = atoms((-value * rate) / 100_000_000n);
    const isolated = trader.account.settings(symbol).marginType === 'isolated';
    trader.account.credit({ type: 'funding', amount, asset, symbol, tradeId: null, atMs });
    if (isolated) trader.account.addIsolated({ symbol, side, amount });
    const positions = isolated ? [{ market, side }] : [];
    bank.tell(accountEvent({ trader, atMs, reason: 'funding', wallets: [{ asset, change: amount }], positions, symbol }));
  }

  #check(trader: Trader, market: SymbolMarket, held: readonly Holding[]): void {
    const { symbol, quoteAsset } = market.instrument;
    if (trader.account.settings(symbol).marginType === 'cross') this.#checkCross(trader, quoteAsset);
    else for (const { side } of held) this.#checkIsolated({ trader, market, side });
  }

  #checkIsolated(seat: Seat): void {
    const { trader, market, side } = seat;
    const margin = positionMargin(seat);
    const equity = atoms(margin.isolated + margin.unrealized);
    const name = `${trader.account.apiKey} ${market.instrument.symbol} ${side}`;
    const verdict = this.#judge(name, equity, margin.maintenance);
    if (verdict === 'call')
      this.#options.bank.tell(marginCallEvent(trader, { atMs: this.#options.bank.nowMs(), cross: null, places: [seat] }));
    if (verdict !== 'liquidate') return;
    this.#options.endOrders(trader, market.instrument.symbol);
    const closed = this.#close(seat, equity);
    this.#settle(trader, {
      asset: market.instrument.quoteAsset,
      left: atoms(margin.isolated + closed.realized),
      notional: closed.notional,
      seat,
    });
    this.#called.delete(name);
  }

  #checkCross(trader: Trader, asset: string): void {
    const { bank, endOrders } = this.#options;
    const { multiAssets, apiKey } = trader.account;
    const name = `${apiKey} ${multiAssets ? 'USD' : asset}`;
    const { crossMaintenance, cross, crossUnrealized } = this.#pool(trader, asset);
    const verdict = this.#judge(name, cross + crossUnrealized, crossMaintenance);
    if (verdict === 'call') {
      const places = this.#crossSeats(trader, asset);
      bank.tell(marginCallEvent(trader, { atMs: bank.nowMs(), cross, places }));
    }
    if (verdict !== 'liquidate') return;
    for (const { instrument } of bank.markets.values())
      if (multiAssets || instrument.quoteAsset === asset) endOrders(trader, instrument.symbol);
    this.#liquidateCross(trader, asset);
    this.#called.delete(name);
  }

  /** One position after the other, the hungriest first, until what is left is margined; then a hole in the wallet is filled. */
  #liquidateCross(trader: Trader, asset: string): void {
    for (;;) {
      const pool = this.#pool(trader, asset);
      const equity = atoms(pool.cross + pool.crossUnrealized);
      const seat = this.#hungriest(trader, asset);
      if (!seat || equity >= pool.crossMaintenance) break;
      const { notional } = this.#close(seat, equity);
      const after = this.#pool(trader, asset);
      const left = atoms(after.cross + after.crossUnrealized - after.crossMaintenance); // the fee does not pull down what stays open
      if (left > 0n) this.#settle(trader, { asset: seat.market.instrument.quoteAsset, left, notional, seat: null });
    }
    if (this.#crossSeats(trader, asset).length === 0) this.#fillHoles(trader, asset);
  }

  /** Other assets of the same margin pay first, the insurance fund the rest. */
  #fillHoles(trader: Trader, asset: string): void {
    const { account } = trader;
    const assets = account.multiAssets ? account.wallets().map((wallet) => wallet.asset) : [asset];
    for (const short of assets) {
      for (const other of assets) {
        const [hole, spare] = [-account.crossWallet(short), account.crossWallet(other)];
        if (hole > 0n && spare > 0n) this.#exchange(trader, { from: other, to: short, amount: atoms(hole < spare ? hole : spare) });
      }
      const hole = atoms(-account.crossWallet(short));
      if (hole > 0n) this.#insure(trader, { asset: short, amount: hole, seat: null });
    }
  }

  #exchange(trader: Trader, { from, to, amount }: { readonly from: string; readonly to: string; readonly amount: Atoms }): void {
    const atMs = this.#options.bank.nowMs();
    const row = { type: 'auto-exchange', symbol: null, tradeId: null, atMs } as const;
    trader.account.credit({ ...row, asset: from, amount: atoms(-amount) });
    trader.account.credit({ ...row, asset: to, amount });
    const wallets = [
      { asset: from, change: atoms(-amount) },
      { asset: to, change: amount },
    ];
    this.#options.bank.tell(accountEvent({ trader, atMs, reason: 'auto-exchange', wallets }));
  }

  /** After a forced close: the insurance fund takes its fee out of what is left, or pays what is missing. */
  #settle(
    trader: Trader,
    { asset, left, notional, seat }: { readonly asset: string; readonly left: Atoms; readonly notional: Atoms; readonly seat: Seat | null },
  ): void {
    const fee = clearanceFee(notional);
    const amount = left < 0n ? atoms(-left) : atoms(-(left < fee ? left : fee));
    if (amount !== 0n) this.#insure(trader, { asset, amount, seat });
  }

  #insure(trader: Trader, { asset, amount, seat }: { readonly asset: string; readonly amount: Atoms; readonly seat: Seat | null }): void {
    const { bank } = this.#options;
    const atMs = bank.nowMs();
    const symbol = seat?.market.instrument.symbol ?? null;
    trader.account.credit({ type: 'insurance', amount, asset, symbol, tradeId: null, atMs });
    bank.tell(
      accountEvent({ trader, atMs, reason: 'insurance', wallets: [{ ...noChange(asset), change: amount }], positions: seat ? [seat] : [] }),
    );
  }

  /** Takes what the market gives down to the price at which nothing is left of `equity`; the fund takes the rest at that price. */
  #close(seat: Seat, equity: Atoms): { readonly realized: Atoms; readonly notional: Atoms } {
    const { desk, bank, publish } = this.#options;
    const { trader, market, side } = seat;
    const margin = positionMargin(seat);
    const { position, markAtoms } = margin;
    const { symbol } = market.instrument;
    const atMs = bank.nowMs();
    const price = bankruptcyTicks(market.instrument, { position, markAtoms, equity });
    const closing = position.size > 0 ? 'sell' : 'buy';
    const size = lots(Math.abs(position.size));
    const clientId = `autoclose-${Math.floor(atMs)}${String(++this.#closes).padStart(6, '0')}`;
    const order = desk.force(trader, { symbol, positionSide: side, side: closing, size, price, clientId, forced: 'liquidation' });
    const average = nearestTicks(market.instrument, averageOf(margin, order.filledNotional));
    publish({ kind: 'liquidation', symbol, atMs, side: closing, price, size, averagePrice: average, status: order.status });
    return { realized: atoms(trader.account.position(symbol, side).realized - position.realized), notional: order.filledNotional };
  }

  #judge(name: string, equity: bigint, maintenance: bigint): 'liquidate' | 'call' | 'fine' {
    if (equity < maintenance) return 'liquidate';
    if (maintenance * 100n < equity * CALL_PERCENT) {
      this.#called.delete(name);
      return 'fine';
    }
    if (this.#called.has(name)) return 'fine';
    this.#called.add(name);
    return 'call';
  }

  #hungriest(trader: Trader, asset: string): Seat | null {
    const needs = this.#crossSeats(trader, asset).map((seat) => ({ seat, maintenance: positionMargin(seat).maintenance }));
    return (
      needs.reduce<(typeof needs)[number] | null>((worst, each) => (worst && worst.maintenance >= each.maintenance ? worst : each), null)
        ?.seat ?? null
    );
  }

  #crossSeats(trader: Trader, asset: string): readonly Seat[] {
    const { account } = trader;
    return account
      .held()
      .filter((held) => (account.multiAssets || held.asset === asset) && account.settings(held.symbol).marginType === 'cross')
      .map(({ symbol, side }) => ({ trader, market: this.#market(symbol), side }));
  }

  #pool(trader: Trader, asset: string): AssetMargin {
    return poolMargin(trader, this.#options.bank.markets.values(), asset);
  }

  #market(symbol: string): SymbolMarket {
    const market = this.#options.bank.markets.get(symbol);
    if (!market) throw new Error(`Cannot clear ${symbol}: it is not open`);
    return market;
  }
}

/** Average price of a whole position closed for `notional`, in atoms per base unit. */
function averageOf({ position, instrument }: PositionMargin, notional: Atoms): Atoms {
  const units = BigInt(Math.abs(position.size)) * instrument.stepAtoms;
  return units === 0n ? ZERO_ATOMS : atoms((notional * 100_000_000n) / units);
}
