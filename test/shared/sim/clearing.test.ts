import { expect, test } from 'vitest';
import { setHedge, setMarginType, setMultiAssets } from '../../../shared/sim/account-settings.ts';
import type { OwnTrade } from '../../../shared/sim/exchange-events.ts';
import { formatAtoms, lots, ticks } from '../../../shared/units.ts';
import { money, Walls } from '../../kit/walls.ts';

const text = (value: bigint): string => formatAtoms(value as never);
const btc = (walls: Walls) => walls.exchange.market('BTCUSDT');
const isolate = (walls: Walls, by = 'a') =>
  setMarginType(walls.exchange.bank, walls.trader(by), { market: btc(walls), marginType: 'isolated' });
const account = (walls: Walls, by = 'a') => walls.trader(by).account;
const rows = (walls: Walls, type: string) =>
  account(walls)
    .income()
    .filter((row) => row.type === type);
const reasons = (walls: Walls) => walls.told('account').map(({ reason }) => reason);

test('funding is paid by the long and received by the short at the mark, told as a balance alone', () => {
  const walls = new Walls({ accounts: { a: { USDT: '10000' }, b: { USDT: '10000' } } });
  walls.place('buy', 1_000);
  walls.place('sell', 500, { by: 'b' });
  walls.wait(60_000);
  // 0.01 % of 64000 and of 32000
  expect([text(rows(walls, 'funding')[0]!.amount), text(walls.told('account', 'b').at(-1)!.wallets[0]!.change)]).toEqual(['-6.4', '3.2']);
  const told = walls.told('account').at(-1)!;
  expect([told.reason, told.symbol, told.positions]).toEqual(['funding', 'BTCUSDT', []]);
  expect(text(told.wallets[0]!.wallet)).toBe('9961.59995');
  walls.wait(60_000);
  expect(rows(walls, 'funding')).toHaveLength(1);
});

test('an isolated position pays funding out of its own margin, and shows itself', () => {
  const walls = new Walls();
  isolate(walls);
  walls.place('buy', 1_000);
  walls.wait(60_000);
  expect(text(account(walls).isolated('BTCUSDT', 'both'))).toBe('3193.605'); // 3200.005 less 6.4
  const told = walls.told('account').at(-1)!;
  expect([told.reason, told.positions.map(({ isolated }) => text(isolated))]).toEqual(['funding', ['3193.605']]);
  expect([text(told.wallets[0]!.cross), text(told.wallets[0]!.wallet)]).toEqual(['6767.99495', '9961.59995']);
});

test('no position pays no funding, also when one was held a second before', () => {
  const walls = new Walls();
  walls.place('buy', 1_000);
  walls.wait(59_000);
  walls.place('sell', 1_000);
  walls.wait(2_000);
  expect(rows(walls, 'funding')).toEqual([]);
});

test('a cross account is warned once, then liquidated: orders expire first, then the position goes, then the fund takes its fee', () => {
  const walls = new Walls({ accounts: { a: { USDT: '3500' } } });
  walls.place('buy', 1_000);
  walls.place('sell', 10, { price: ticks(650_000), clientId: 'rest' });
  walls.price(608_400, { waitMs: 30_000 }); // worth 312 at 60844 against a need of 254
  expect(walls.told('margin-call').map(({ cross, positions }) => [text(cross ?? 0n), positions.length])).toEqual([['3467.99995', 1]]);
  walls.users.length = 0;
  walls.price(607_000);
  expect(account(walls).held()).toEqual([]);
  expect(walls.told('margin-call')).toEqual([]);
  const events = walls.users.map((event) => (event.kind === 'order' ? `${event.execution} ${event.order.expiry}` : event.kind));
  expect(events).toEqual(['expired liquidated', 'fill', 'new none', 'account', 'trade none', 'account']);
  expect(reasons(walls)).toEqual(['order', 'insurance']);
  const { order, id, fee, price } = walls.told('fill')[0]!.trade;
  expect(order.clientId).toMatch(/^autoclose-\d{19}$/);
  expect([order.forced, order.side, fee, price]).toEqual(['liquidation', 'sell', 0n, 606_999]);
  expect(
    walls
      .trader()
      .orders.trades('BTCUSDT')
      .map((trade: OwnTrade) => trade.id),
  ).toContain(id);
  // lost 3300.2 (64000.1 to 60699.9); of the rest the fund takes up to 1.25 %
  expect(text(rows(walls, 'realized').at(-1)!.amount)).toBe('-3300.2');
  expect(rows(walls, 'insurance').map(({ amount }) => text(amount))).toEqual(['-167.79995']);
  expect(text(account(walls).wallet('USDT'))).toBe('0');
  const public_ = walls.markets.filter((event) => event.kind === 'liquidation');
  expect(public_).toMatchObject([{ side: 'sell', size: 1_000, averagePrice: 606_999, status: 'filled' }]);
});

test('what the market does not take in time the fund takes over at the bankruptcy price; a hole in the wallet is filled', () => {
  const walls = new Walls({ accounts: { a: { USDT: '3500' } } });
  walls.place('buy', 1_000);
  walls.flow().wallLots = 1;
  walls.price(500_000, { waitMs: 10_000 }); // falls through the bankruptcy price: the walls stand far below it
  expect(account(walls).held()).toEqual([]);
  const trades = walls.told('fill').filter(({ trade }) => trade.order.forced);
  expect(trades).toHaveLength(1);
  expect(trades[0]!.trade.price).toBeGreaterThan(600_000);
  expect(account(walls).wallet('USDT')).toBe(0n);
  expect(
    account(walls)
      .income()
      .reduce((sum, { amount }) => sum + amount, 0n),
  ).toBe(-money('3500'));
});

test('an isolated liquidation costs its margin and nothing of the cross wallet', () => {
  const walls = new Walls();
  isolate(walls);
  walls.place('buy', 1_000);
  const cross = account(walls).crossWallet('USDT');
  walls.flow().wallLots = 300; // it has to be sold in pieces
  walls.price(605_000);
  expect(account(walls).held()).toEqual([]);
  expect(account(walls).isolated('BTCUSDT', 'both')).toBe(0n);
  expect(account(walls).crossWallet('USDT')).toBe(cross);
  expect(reasons(walls).at(-1)).toBe('insurance');
});

test('the hungriest position goes first, and only as many as it takes', () => {
  const walls = new Walls({ symbols: ['BTCUSDT', 'ETHUSDT'], accounts: { a: { USDT: '3900' } } });
  walls.place('buy', 1_000);
  walls.place('buy', 1_000, { symbol: 'ETHUSDT' });
  walls.price(603_800, { waitMs: 30_000 });
  expect(
    account(walls)
      .held()
      .map(({ symbol }) => symbol),
  ).toEqual(['ETHUSDT']);
});

test('in multi-assets mode the other dollars pay what one kind lacks', () => {
  const walls = new Walls({ symbols: ['BTCUSDT', 'BTCUSDC'], accounts: { a: { USDT: '100', USDC: '3400' } } });
  setMultiAssets(walls.exchange.bank, walls.trader(), true);
  walls.place('buy', 1_000);
  walls.price(606_700);
  expect(account(walls).held()).toEqual([]);
  expect(account(walls).wallet('USDT')).toBe(0n);
  expect(account(walls).wallet('USDC') >= 0n).toBe(true);
  expect(reasons(walls)).toContain('auto-exchange');
  const swaps = rows(walls, 'auto-exchange');
  expect(swaps.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
});

test('a short is liquidated by a rise', () => {
  const walls = new Walls({ accounts: { a: { USDT: '3500' } } });
  walls.place('sell', 1_000);
  walls.price(673_000);
  expect(account(walls).held()).toEqual([]);
  expect(walls.told('fill').at(-1)!.trade.order).toMatchObject({ forced: 'liquidation', side: 'buy' });
});

test('adl closes at the mark without a fee, no more than there is, on the side that is meant', () => {
  const walls = new Walls();
  setHedge(walls.exchange.bank, walls.trader(), true);
  walls.place('buy', 100, { positionSide: 'long' });
  walls.place('sell', 40, { positionSide: 'short' });
  const adl = (side: 'long' | 'short', size: number) =>
    walls.exchange.clearing.adl(walls.trader(), { symbol: 'BTCUSDT', side, size: lots(size) });
  expect([adl('short', 100), adl('long', 30)]).toEqual([40, 30]);
  expect(
    account(walls)
      .held()
      .map(({ side, position }) => [side, position.size]),
  ).toEqual([['long', 70]]);
  const [first] = walls.told('fill').filter(({ trade }) => trade.order.forced === 'adl');
  expect(first!.trade).toMatchObject({ fee: 0n, price: 640_000, size: 40, order: { clientId: 'adl_autoclose', side: 'buy' } });
  expect(walls.exchange.adl(walls.trader(), 'BTCUSDT', lots(1_000))).toBe(70);
  expect(walls.exchange.adl(walls.trader(), 'BTCUSDT', lots(1_000))).toBe(0);
});

test('an account comes back from its record as it was', () => {
  const walls = new Walls({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  isolate(walls);
  walls.place('buy', 100);
  walls.place('sell', 100, { symbol: 'ETHUSDT' });
  const record = account(walls).record();
  const other = account(new Walls({ accounts: { a: { BNB: '1' } } }));
  other.restore(record);
  expect(other.record()).toEqual(record);
  other.credit({ type: 'transfer', amount: money('1'), asset: 'USDT', symbol: null, tradeId: null, atMs: 0 });
  expect(new Set(other.income().map(({ id }) => id)).size).toBe(record.income.length + 1);
});
