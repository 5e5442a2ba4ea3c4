/** An exchange whose public is two walls around a price that the test sets: fills, marks, funding and liquidations come out by hand. */
import { Random } from '../../shared/random.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { Exchange } from '../../shared/sim/exchange.ts';
import type { MarketEvent, UserEvent } from '../../shared/sim/exchange-events.ts';
import type { FlowAction, FlowMarket, Side } from '../../shared/sim/market.ts';
import type { PlaceRequest, Trader } from '../../shared/sim/order-desk.ts';
import { type Atoms, atoms, lots, parseAtoms, ticks } from '../../shared/units.ts';
import { simInstrument } from './flow-harness.ts';

/** 2023-11-14 15:59:00 UTC: a minute before a funding time. */
export const WALLS_START_MS = 1_699_977_540_000;
const WALL_LOTS = 800_000;

export const money = (text: string): Atoms => {
  const value = parseAtoms(text);
  if (value === null) throw new Error(`${text} is no amount`);
  return value;
};

/** One tick to either side of `middle` stands a wall; it is built anew at every act. */
class WallFlow implements FlowMarket {
  readonly instrument: Instrument;
  middle: number;
  wallLots = WALL_LOTS;
  #ids = 0;
  #standing: number[] = [];

  constructor(instrument: Instrument, middle: number) {
    this.instrument = instrument;
    this.middle = middle;
  }

  opening(): readonly FlowAction[] {
    return this.act();
  }

  nextDelayMs(): number {
    return 250;
  }

  act(): readonly FlowAction[] {
    const old = this.#standing.map((flowId): FlowAction => ({ kind: 'cancel', flowId }));
    const wall = (side: Side, price: number): FlowAction => {
      const flowId = ++this.#ids;
      this.#standing.push(flowId);
      return { kind: 'limit', flowId, side, price: ticks(price), size: lots(this.wallLots) };
    };
    this.#standing = [];
    return [...old, wall('buy', this.middle - 1), wall('sell', this.middle + 1)];
  }

  gone(flowId: number): void {
    this.#standing = this.#standing.filter((id) => id !== flowId);
  }
}

export type WallsOptions = {
  readonly symbols?: readonly string[];
  /** Account names to balances. */
  readonly accounts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly startMs?: number;
};

/** Prices are whole ticks, sizes whole lots. */
export class Walls {
  readonly exchange: Exchange;
  readonly users: UserEvent[] = [];
  readonly markets: MarketEvent[] = [];
  readonly #flows = new Map<string, WallFlow>();
  #names = 0;

  constructor({ symbols = ['BTCUSDT'], accounts = { a: { USDT: '10000' } }, startMs = WALLS_START_MS }: WallsOptions = {}) {
    const specs = symbols.map((symbol) => {
      const { instrument, startPrice } = simInstrument(symbol);
      const flow = new WallFlow(instrument, Math.round(startPrice / Number(instrument.tickSize)));
      this.#flows.set(symbol, flow);
      return { kind: 'flow', flow, history: [], startPrice } as const;
    });
    this.exchange = new Exchange({
      startMs,
      random: new Random(1),
      markets: specs,
      accounts: Object.entries(accounts).map(([apiKey, balances]) => ({
        apiKey,
        balances: Object.fromEntries(Object.entries(balances).map(([asset, text]) => [asset, money(text)])),
      })),
      onMarket: (event) => this.markets.push(event),
      onUser: (event) => this.users.push(event),
    });
  }

  trader(name = 'a'): Trader {
    return this.exchange.trader(name);
  }

  instrument(symbol = 'BTCUSDT'): Instrument {
    return this.exchange.market(symbol).instrument;
  }

  wait(ms: number): void {
    this.exchange.advance(this.exchange.nowMs + ms);
  }

  /** Moves the walls, in ticks; the mark follows within a minute, to the last atom but few. */
  price(middle: number, { symbol = 'BTCUSDT', waitMs = 60_000 }: { readonly symbol?: string; readonly waitMs?: number } = {}): void {
    this.flow(symbol).middle = middle;
    this.wait(waitMs);
  }

  flow(symbol = 'BTCUSDT'): WallFlow {
    const flow = this.#flows.get(symbol);
    if (!flow) throw new Error(`${symbol} is not open`);
    return flow;
  }

  /** A market order unless a price is given; what became of it, or the kind of refusal. */
  place(side: Side, size: number, over: Partial<PlaceRequest> & { readonly by?: string } = {}) {
    const { by = 'a', ...rest } = over;
    const limit =
      rest.price === undefined || rest.price === null
        ? ({ type: 'market', timeInForce: 'ioc', price: null } as const)
        : ({ type: 'limit', timeInForce: 'gtc' } as const);
    const placed = this.exchange.desk.place(this.trader(by), {
      symbol: 'BTCUSDT',
      side,
      positionSide: 'both',
      selfTrade: 'none',
      size: lots(size),
      reduceOnly: false,
      clientId: `c${++this.#names}`,
      ...limit,
      ...rest,
    } as PlaceRequest);
    return placed.ok ? placed.value : placed.error.kind;
  }

  /** Everything told to one account since, of one kind. */
  told<K extends UserEvent['kind']>(kind: K, name = 'a'): readonly Extract<UserEvent, { kind: K }>[] {
    return this.users.filter((event): event is Extract<UserEvent, { kind: K }> => event.kind === kind && event.apiKey === name);
  }

  sum(asset: string, name = 'a'): Atoms {
    return atoms(
      this.trader(name)
        .account.income()
        .reduce((sum, row) => (row.asset === asset ? sum + row.amount : sum), 0n),
    );
  }
}
