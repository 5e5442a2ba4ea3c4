/** The account of a backtest on K-lines at the simulated exchange, and what the brain and the guard are told of it. */
import type { Commission } from '../../../brain/strategy/strategy.ts';
import { formatPrice, notionalOf } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import type { PlaceCommand } from '../../../brain/oms/working.ts';
import { INTERVAL_MS } from '../../../brain/strategy/macd-series.ts';
import { ratesWith } from '../../../shared/sim/account.ts';
import { Exchange } from '../../../shared/sim/exchange.ts';
import type { MarketEvent, UserEvent } from '../../../shared/sim/exchange-events.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';
import type { Trader } from '../../../shared/sim/order-desk.ts';
import { unrealizedOf } from '../../../shared/sim/position.ts';
import { type Atoms, atoms, formatAtoms, lots, type Ticks, ticks, ZERO_ATOMS } from '../../../shared/units.ts';
import type { BarAccount } from './bar-documents.ts';
import { positionDocOf } from './bar-documents.ts';
import { BarMarket } from './bar-market.ts';
import { BarSymbol } from './bar-symbol.ts';
import { BarWindow } from './bar-window.ts';
import type { KlineOptions } from './kline-options.ts';
import type { Shares } from './shares.ts';
import { moneyNumber, sumOf } from './tally.ts';

type Liquidated = Pick<Extract<MarketEvent, { kind: 'liquidation' }>, 'symbol' | 'atMs' | 'side' | 'size' | 'averagePrice'>;
export type BarAccountsOptions = KlineOptions & {
  readonly exitsOf: (symbol: string) => ExitParameters;
  readonly onUser: (event: UserEvent) => void;
  readonly onLiquidation: (row: Liquidated) => void;
};

export type Placed = { readonly rejected: string | null; readonly filled: boolean };

const ACCOUNT = 'backtest';
const START_PRICE = ticks(1);

export class BarAccounts implements BarAccount {
  readonly symbols: ReadonlyMap<string, BarSymbol>;
  readonly leverage: number;
  heldCount = 0;
  readonly #exchange: Exchange;
  readonly #trader: Trader;
  readonly #commissions = new Map<string, Commission>();
  readonly #funded = new Map<string, Atoms>();
  #wallet: number;

  constructor(options: BarAccountsOptions) {
    const { symbols, balances, fees, leverage, seed, onUser, onLiquidation } = options;
    const startMs = Math.min(...symbols.map(({ firstMs }) => firstMs));
    const markets = new Map<string, BarMarket>();
    this.leverage = leverage;
    this.#exchange = new Exchange({
      ...{ startMs, random: new Random(seed), accounts: [{ apiKey: ACCOUNT, balances, fees }], lean: true },
      markets: symbols.map(({ instrument }) => ({
        kind: 'own',
        open: (surroundings) => {
          const { takerCostBps } = options;
          const market = new BarMarket({ ...surroundings, instrument, takerCostBps, startPrice: START_PRICE });
          markets.set(instrument.symbol, market);
          return market;
        },
      })),
      onMarket: (event) => {
        if (event.kind === 'liquidation') onLiquidation(event);
      },
      onUser,
    });
    this.#trader = this.#exchange.trader(ACCOUNT);
    this.#wallet = moneyNumber(this.#walletAtoms());
    this.symbols = new Map(symbols.map((symbol) => [symbol.instrument.symbol, this.#open(options, { symbol, markets })]));
  }

  of(symbol: string): BarSymbol {
    const one = this.symbols.get(symbol);
    if (!one) throw new Error(`Cannot find ${symbol}: it has no bars`);
    return one;
  }

  advance(toMs: number): void {
    this.#exchange.advance(toMs);
  }

  /** What the venue makes of it: why it refused, and whether it was filled. */
  place(one: BarSymbol, { clientId, side, price, size, reduceOnly, timeInForce }: PlaceCommand): Placed {
    const terms = { symbol: one.symbol, clientId, side, price, size, reduceOnly, timeInForce } as const;
    const placed = this.#exchange.desk.place(this.#trader, { ...terms, type: 'limit', positionSide: 'both', selfTrade: 'expire-maker' });
    return placed.ok ? { rejected: null, filled: placed.value.filled > 0 } : { rejected: placed.error.kind, filled: false };
  }

  /** All of the position that one order may be. */
  closeAtMarket(one: BarSymbol, clientId: string): string | null {
    const side = one.position > 0 ? 'sell' : 'buy';
    const size = lots(Math.min(Math.abs(one.position), one.instrument.maxMarketLots));
    const terms = { symbol: one.symbol, clientId, side, price: null, size, reduceOnly: true, timeInForce: 'ioc', type: 'market' } as const;
    const placed = this.#exchange.desk.place(this.#trader, { ...terms, positionSide: 'both', selfTrade: 'expire-maker' });
    return placed.ok ? null : placed.error.kind;
  }

  sync(trade: { readonly tradeId: string; readonly atMs: number } | null, shares: Shares): void {
    this.#wallet = moneyNumber(this.#walletAtoms());
    const { markets } = this.#exchange;
    this.heldCount = 0;
    for (const one of this.symbols.values()) {
      one.sync(this.#trader, { markets: markets.values(), trade });
      if (one.position !== 0) this.heldCount += 1;
      shares.agree(one.instrument, () => positionDocOf(one, this));
    }
  }

  equity(): number {
    if (this.heldCount === 0) return this.#wallet;
    let sum = this.#wallet;
    for (const one of this.symbols.values()) sum += one.unrealized();
    return sum;
  }

  equityAtoms(): Atoms {
    return sumOf([this.#walletAtoms(), ...this.#unrealized().values()]);
  }

  available(asset: string): string {
    return formatAtoms(this.#exchange.available(this.#trader, asset));
  }

  commission(symbol: string): Commission {
    return this.#commissions.get(symbol) ?? { maker: 0, taker: 0 };
  }

  funding(symbol: string): string {
    return formatAtoms(this.#funded.get(symbol) ?? ZERO_ATOMS);
  }

  funded(symbol: string, amount: Atoms): void {
    this.#funded.set(symbol, atoms((this.#funded.get(symbol) ?? 0n) + amount));
  }

  /** Notional of what is held of the other symbols. */
  grossBut(except: BarSymbol): Atoms {
    return sumOf(
      [...this.symbols.values()]
        .filter((one) => one !== except && one.position !== 0)
        .map(({ instrument, market, position }) => notionalOf(instrument, { price: market.price, size: lots(Math.abs(position)) })),
    );
  }

  left(): { readonly wallets: ReadonlyMap<string, Atoms>; readonly unrealized: ReadonlyMap<string, Atoms> } {
    const wallets = new Map(this.#trader.account.wallets().map(({ asset, balance }) => [asset, balance]));
    return { wallets, unrealized: this.#unrealized() };
  }

  readonly priceText = ({ instrument }: BarSymbol, price: Ticks): string => formatPrice(instrument, price);

  #unrealized(): ReadonlyMap<string, Atoms> {
    if (!this.symbols) return new Map();
    return new Map(
      [...this.symbols.values()].map(({ symbol, instrument, market }) => {
        const position = this.#trader.account.position(symbol);
        return [symbol, unrealizedOf(instrument, position, market.markOf(market.price))];
      }),
    );
  }

  #walletAtoms(): Atoms {
    return sumOf(this.#trader.account.wallets().map(({ balance }) => balance));
  }

  #open(options: BarAccountsOptions, { symbol: { instrument, funding }, markets }: Opened): BarSymbol {
    const { symbol, quoteAsset } = instrument;
    const market = markets.get(symbol);
    if (!market) throw new Error(`Cannot open ${symbol}: it has no market`);
    const { makerPpm, takerPpm } = ratesWith(options.fees, quoteAsset);
    this.#commissions.set(symbol, { maker: Number(makerPpm) / 1e6, taker: Number(takerPpm) / 1e6 });
    this.#trader.account.set(symbol, { leverage: options.leverage });
    const { barMs } = options;
    const windows = [...options.keep].map(([interval, keep]): [string, BarWindow] => {
      const intervalMs = INTERVAL_MS[interval as keyof typeof INTERVAL_MS];
      return [interval, new BarWindow({ barMs, intervalMs, keep })];
    });
    const exits = options.exitsOf(symbol);
    return new BarSymbol({ market, windows: new Map(windows), exits, takerShare: Number(takerPpm) / 1e6, funding });
  }
}

type Opened = { readonly symbol: KlineOptions['symbols'][number]; readonly markets: ReadonlyMap<string, BarMarket> };
