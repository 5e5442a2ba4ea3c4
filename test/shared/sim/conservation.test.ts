/** Money and positions balance to the last atom, whatever several accounts do and whatever the market and the venue do to them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notionalOf } from '../../../shared/instrument.ts';
import { changeMargin, setHedge, setLeverage, setMarginType, setMultiAssets } from '../../../shared/sim/account-settings.ts';
import type { IncomeType } from '../../../shared/sim/income.ts';
import type { AccountReason, OwnTrade } from '../../../shared/sim/exchange-events.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { type PositionSide, unrealizedOf, valueAt } from '../../../shared/sim/position.ts';
import { atoms, lots, ticks } from '../../../shared/units.ts';
import { money, Walls } from '../../kit/walls.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC'] as const;
const NAMES = ['cross', 'isolated', 'hedge', 'multi'] as const;
const ASSETS = ['USDT', 'USDC'] as const;
/** Little of one kind where both kinds are one margin, so that the other has to pay. */
const startOf = (name: string, asset: string): string => (name === 'multi' && asset === 'USDT' ? '100' : '4000');
const START_TICKS = { BTCUSDT: 640_000, ETHUSDT: 310_000, BTCUSDC: 640_000 } as const;

type Who = { readonly by: (typeof NAMES)[number]; readonly symbol: (typeof SYMBOLS)[number] };
type Command = Who &
  (
    | { readonly kind: 'place'; readonly side: Side; readonly size: number; readonly away: number | null; readonly reduceOnly: boolean }
    | { readonly kind: 'cancel-all' }
    | { readonly kind: 'price'; readonly permille: number; readonly seconds: number; readonly thin: boolean }
    | { readonly kind: 'transfer'; readonly amount: number; readonly asset: (typeof ASSETS)[number] }
    | { readonly kind: 'margin'; readonly amount: number }
    | { readonly kind: 'leverage'; readonly leverage: number }
    | { readonly kind: 'adl'; readonly size: number }
  );

const who = { by: fc.constantFrom(...NAMES), symbol: fc.constantFrom(...SYMBOLS) };
const side = fc.constantFrom<Side>('buy', 'sell');
const size = fc.integer({ min: 1, max: 1_500 });
const away = fc.option(fc.integer({ min: -30, max: 30 }), { freq: 3 });
const amount = fc.integer({ min: -3_000, max: 3_000 });
const seconds = fc.integer({ min: 1, max: 40 });
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('place' as const), ...who, side, size, away, reduceOnly: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel-all' as const), ...who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('price' as const),
      ...who,
      permille: fc.integer({ min: 930, max: 1_070 }),
      seconds,
      thin: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('transfer' as const), ...who, amount, asset: fc.constantFrom(...ASSETS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('margin' as const), ...who, amount }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leverage' as const), ...who, leverage: fc.integer({ min: 5, max: 75 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('adl' as const), ...who, size }) },
);

function open(): Walls {
  const balances = (name: string) => ({ USDT: startOf(name, 'USDT'), USDC: startOf(name, 'USDC') });
  const walls = new Walls({ symbols: SYMBOLS, accounts: Object.fromEntries(NAMES.map((name) => [name, balances(name)])) });
  const { bank, markets } = walls.exchange;
  for (const market of markets.values()) setMarginType(bank, walls.trader('isolated'), { market, marginType: 'isolated' });
  expect([setHedge(bank, walls.trader('hedge'), true), setMultiAssets(bank, walls.trader('multi'), true)]).toEqual([null, null]);
  return walls;
}

const sideOf = ({ by }: Who, bought: Side): PositionSide => (by !== 'hedge' ? 'both' : bought === 'buy' ? 'long' : 'short');

function run(walls: Walls, command: Command): void {
  const { by, symbol } = command;
  const { exchange } = walls;
  const trader = walls.trader(by);
  const market = exchange.market(symbol);
  const flow = walls.flow(symbol);
  switch (command.kind) {
    case 'place': {
      const price = command.away === null ? null : ticks(flow.middle + command.away);
      const reduceOnly = command.reduceOnly && by !== 'hedge';
      // in hedge mode a closing order names the side it closes
      const opens = command.reduceOnly && by === 'hedge' ? (command.side === 'buy' ? 'sell' : 'buy') : command.side;
      walls.place(command.side, command.size, { by, symbol, price, reduceOnly, positionSide: sideOf(command, opens) });
      return;
    }
    case 'cancel-all':
      exchange.desk.cancelAll(trader, symbol);
      return;
    case 'price': {
      flow.wallLots = command.thin ? 200 : 800_000;
      const middle = Math.round((flow.middle * command.permille) / 1_000);
      const [low, high] = [START_TICKS[symbol] * 0.7, START_TICKS[symbol] * 1.4];
      walls.price(Math.round(Math.min(high, Math.max(low, middle))), { symbol, waitMs: command.seconds * 1_000 });
      return;
    }
    case 'transfer':
      exchange.transfer(trader, command.asset, money(String(command.amount)));
      return;
    case 'margin': {
      const marginSide = sideOf(command, 'buy');
      changeMargin(exchange.bank, trader, { market, side: marginSide, amount: money(String(command.amount)) });
      return;
    }
    case 'leverage':
      setLeverage(exchange.bank, trader, { market, leverage: command.leverage });
      return;
    case 'adl':
      exchange.adl(trader, symbol, lots(command.size));
      return;
    default:
      throw new Error(`Unknown command ${JSON.stringify(command satisfies never)}`);
  }
}

const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);
const tradesOf = (walls: Walls, name: string): readonly OwnTrade[] => walls.told('fill', name).map(({ trade }) => trade);

/** Cash of a trade without any regard to positions: what was paid for what was bought. */
function cashOf(walls: Walls, { order, price, size: traded }: OwnTrade): bigint {
  const value = notionalOf(walls.instrument(order.symbol), { price, size: traded });
  return order.side === 'buy' ? -value : value;
}

/** The account of a bookkeeper who saw only trades, fees, funding, insurance and transfers: must equal the wallet at any mark. */
function checkAsset(walls: Walls, name: string, asset: string): void {
  const { account } = walls.trader(name);
  const income = (type: IncomeType): bigint =>
    total(
      account
        .income()
        .filter((row) => row.asset === asset && row.type === type)
        .map((row) => row.amount),
    );
  const trades = tradesOf(walls, name).filter(({ feeAsset }) => feeAsset === asset);
  const cash = total(trades.map((trade) => cashOf(walls, trade)));
  expect(income('commission')).toBe(-total(trades.map(({ fee }) => fee)));
  expect(income('realized')).toBe(total(trades.map(({ realized }) => realized)));
  expect(account.wallet(asset)).toBe(money(startOf(name, asset)) + walls.sum(asset, name));
  const others = income('commission') + income('funding') + income('insurance') + income('transfer') + income('auto-exchange');
  const held = account.held().filter((each) => each.asset === asset);
  for (const markFactor of [50n, 100n, 173n]) {
    let [unrealized, value] = [0n, 0n];
    for (const { symbol, position } of held) {
      const priceAtoms = atoms((walls.exchange.market(symbol).feed.mark.get().mark * markFactor) / 100n);
      unrealized += unrealizedOf(walls.instrument(symbol), position, priceAtoms);
      value += valueAt(walls.instrument(symbol), { size: position.size, priceAtoms });
    }
    expect(account.wallet(asset) + unrealized).toBe(money(startOf(name, asset)) + cash + value + others);
  }
}

/** What the stream told of balances adds up to what they are. */
function checkTold(walls: Walls, name: string): void {
  const { account } = walls.trader(name);
  const told = walls.told('account', name);
  const types: readonly (readonly [IncomeType, readonly AccountReason[]])[] = [
    ['funding', ['funding']],
    ['insurance', ['insurance']],
    ['transfer', ['deposit', 'withdraw']],
    ['auto-exchange', ['auto-exchange']],
  ];
  for (const asset of ASSETS) {
    const wallets = told
      .flatMap(({ reason, wallets: states }) => states.map((state) => ({ reason, ...state })))
      .filter((each) => each.asset === asset);
    if (wallets.length > 0) expect(wallets.at(-1)?.wallet).toBe(account.wallet(asset));
    for (const [type, reasons] of types) {
      const rows = account.income().filter((row) => row.asset === asset && row.type === type);
      expect(total(wallets.filter(({ reason }) => reasons.includes(reason)).map(({ change }) => change))).toBe(
        total(rows.map((row) => row.amount)),
      );
    }
  }
}

/** Margin set aside belongs to an isolated position, and to nothing else. */
function checkIsolated(walls: Walls, name: string): void {
  const { account } = walls.trader(name);
  for (const { symbol, position, isolated } of account.holdings())
    if (position.size === 0 || account.settings(symbol).marginType === 'cross') expect(isolated).toBe(0n);
  for (const asset of ASSETS) {
    const aside = total(
      account
        .holdings()
        .filter((each) => each.asset === asset)
        .map(({ isolated }) => isolated),
    );
    expect(account.crossWallet(asset) + aside).toBe(account.wallet(asset));
  }
}

/** Every trade has two sides: two of our accounts, or one and the public or the insurance fund. What is held is what was traded. */
function checkTrades(walls: Walls): void {
  for (const symbol of SYMBOLS) {
    const seen = new Map<number, OwnTrade[]>();
    for (const name of NAMES) {
      const trades = tradesOf(walls, name).filter(({ order }) => order.symbol === symbol);
      for (const trade of trades) seen.set(trade.id, [...(seen.get(trade.id) ?? []), trade]);
      const net = trades.reduce((sum, { order, size: traded }) => sum + (order.side === 'buy' ? traded : -traded), 0);
      const held = walls.trader(name).account.held(symbol);
      expect(held.reduce((sum, { position }) => sum + position.size, 0)).toBe(net);
    }
    for (const [first, second, ...more] of seen.values()) {
      expect(more).toEqual([]);
      if (first && second) {
        expect([second.price, second.size]).toEqual([first.price, first.size]);
        if (first.order.apiKey !== second.order.apiKey) expect(new Set([first.order.side, second.order.side]).size).toBe(2);
      }
    }
  }
}

function check(walls: Walls): void {
  for (const name of NAMES) {
    for (const asset of ASSETS) checkAsset(walls, name, asset);
    checkTold(walls, name);
    checkIsolated(walls, name);
    const ids = walls
      .trader(name)
      .account.income()
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
  checkTrades(walls);
}

function live(commands: readonly Command[]): Walls {
  const walls = open();
  for (const command of commands) run(walls, command);
  check(walls);
  return walls;
}

const histories = fc.array(anyCommand, { minLength: 5, maxLength: 40 });

test('cash, positions, fees, funding, insurance and transfers balance to the last atom for arbitrary histories', () => {
  fc.assert(
    fc.property(histories, (commands) => void live(commands)),
    { numRuns: 40 },
  );
});

test('histories of one seed balance too, and everything that moves money happens in them', () => {
  const met = new Set<string>();
  const meet = (commands: readonly Command[]): void => {
    const walls = live(commands);
    for (const name of NAMES) {
      for (const row of walls.trader(name).account.income()) met.add(row.type);
      for (const { order } of tradesOf(walls, name)) met.add(order.forced ?? 'ordinary');
    }
  };
  fc.assert(fc.property(histories, meet), { numRuns: 60, seed: 7 });
  const all = ['adl', 'auto-exchange', 'commission', 'funding', 'insurance', 'liquidation', 'ordinary', 'realized', 'transfer'];
  expect([...met].sort()).toEqual(all);
});
