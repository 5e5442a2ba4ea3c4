import { expect, test } from 'vitest';
import { assetMargin, jointMargin, liquidationPrice, positionMargin, symbolMargins } from '../../../shared/sim/margin.ts';
import { setHedge, setLeverage, setMarginType, setMultiAssets } from '../../../shared/sim/account-settings.ts';
import { formatAtoms, ticks } from '../../../shared/units.ts';
import { money, Walls, type WallsOptions } from '../../kit/walls.ts';

/** BTCUSDT stands at 64000 between 63999.9 and 64000.1. */
const open = (options?: WallsOptions): Walls => new Walls(options);
const btc = (walls: Walls) => walls.exchange.market('BTCUSDT');
const margin = (walls: Walls) => positionMargin({ trader: walls.trader(), market: btc(walls), side: 'both' });
const usdt = (walls: Walls) => assetMargin(walls.trader(), walls.exchange.markets.values(), 'USDT');
const texts = (...values: bigint[]) => values.map((value) => formatAtoms(value as never));

test('a position needs its notional at the mark over leverage, and maintenance by bracket', () => {
  const walls = open();
  walls.place('buy', 1_000);
  const { notional, unrealized, positionInitial, maintenance } = margin(walls);
  // 64000 at 20 times; 0.5 % of 64000 less 50; bought a tick above the mark
  expect(texts(notional, unrealized, positionInitial, maintenance)).toEqual(['64000', '-0.1', '3200', '270']);
  const { available, withdrawable, cross } = usdt(walls);
  expect(texts(cross, available, withdrawable)).toEqual(['9967.99995', '6767.89995', '6767.89995']);
});

test('open orders reserve the worse side over leverage, and give it back when canceled', () => {
  const walls = open();
  walls.place('buy', 100, { price: ticks(600_000) });
  walls.place('sell', 300, { price: ticks(650_000), clientId: 'far' });
  expect(texts(margin(walls).openOrderInitial, usdt(walls).available)).toEqual(['975', '9025']); // 0.3 x 65000 / 20
  walls.exchange.desk.cancel(walls.trader(), { symbol: 'BTCUSDT', clientId: 'far' });
  expect(texts(margin(walls).openOrderInitial, usdt(walls).available)).toEqual(['300', '9700']);
});

test('what only reduces the worst case reserves nothing', () => {
  const walls = open();
  walls.place('buy', 100);
  walls.place('sell', 200, { price: ticks(640_100) }); // turns 0.1 long into 0.1 short, at a higher price
  expect(formatAtoms(margin(walls).openOrderInitial)).toBe('0.1'); // 6,402 short against 6,400 long
  walls.place('sell', 100, { price: ticks(650_000) });
  expect(Number(formatAtoms(margin(walls).openOrderInitial))).toBeCloseTo((12_802 + 6_500 - 6_400 - 6_400) / 20, 2);
});

test.each([
  [20, 3_000, 'filled'], // 192,000 at 20: 9,600 of 10,000
  [20, 3_200, 'margin-insufficient'], // 10,240
  [125, 700, 'filled-not'], // 44,800 fits the first bracket
  [125, 800, 'leverage-cap'], // 51,200 does not
  [100, 800, 'filled-not'],
])('at leverage %i a market order of %i lots is answered %s', (leverage, size, want) => {
  const walls = open();
  expect(setLeverage(walls.exchange.bank, walls.trader(), { market: btc(walls), leverage })).toBeNull();
  const placed = walls.place('buy', size);
  expect(typeof placed === 'string' ? placed : 'filled').toBe(want.replace('-not', ''));
});

test('setLeverage() keeps within the table, the position and the margin', () => {
  const walls = open({ accounts: { a: { USDT: '5000' } } });
  const set = (leverage: number) => setLeverage(walls.exchange.bank, walls.trader(), { market: btc(walls), leverage });
  expect([set(0), set(126), set(1.5)]).toEqual(['leverage-range', 'leverage-range', 'leverage-range']);
  walls.place('buy', 1_000);
  expect(set(125)).toBe('leverage-cap');
  expect(set(10)).toBe('leverage-margin'); // 6,400 of less than 5,000
  expect([set(13), walls.trader().account.leverage('BTCUSDT')]).toEqual([null, 13]);
  expect(walls.told('leverage').map(({ leverage }) => leverage)).toEqual([13]);
});

test('isolated margin leaves the cross wallet at the fill, grows with adding, and comes back in shares', () => {
  const walls = open();
  setMarginType(walls.exchange.bank, walls.trader(), { market: btc(walls), marginType: 'isolated' });
  const { account } = walls.trader();
  walls.place('buy', 1_000);
  expect(texts(account.isolated('BTCUSDT', 'both'), account.crossWallet('USDT'))).toEqual(['3200.005', '6767.99495']);
  walls.place('buy', 1_000);
  expect(formatAtoms(account.isolated('BTCUSDT', 'both'))).toBe('6400.01');
  walls.place('sell', 500, { reduceOnly: true });
  expect(formatAtoms(account.isolated('BTCUSDT', 'both'))).toBe('4800.0075');
  walls.place('sell', 1_500, { reduceOnly: true });
  expect(texts(account.isolated('BTCUSDT', 'both'), account.crossWallet('USDT'))).toEqual(['0', formatAtoms(account.wallet('USDT'))]);
});

test('the loss of one isolated position is not margin of another contract', () => {
  const walls = open({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  setMarginType(walls.exchange.bank, walls.trader(), { market: btc(walls), marginType: 'isolated' });
  walls.place('buy', 1_000);
  const before = usdt(walls).available;
  walls.price(620_000);
  expect(usdt(walls).available).toBe(before);
  expect(usdt(walls).unrealized < 0n).toBe(true);
});

test.each([
  // long 1 at 64000.1: (64000.1 - 3200.005 - 50) / (1 - 0.005)
  ['isolated long', 'buy', 'isolated', 61_055.37186],
  // short 1 at 63999.9: (63999.9 + 3199.995 + 50) / (1 + 0.005)
  ['isolated short', 'sell', 'isolated', 66_915.31841],
  // the whole wallet of 9967.99995 stands behind it
  ['cross long', 'buy', 'cross', 54_253.36688],
  ['cross short', 'sell', 'cross', 73_649.65179],
] as const)('liquidationPrice() of %s is where its margin meets maintenance', (_name, side, marginType, want) => {
  const walls = open();
  setMarginType(walls.exchange.bank, walls.trader(), { market: btc(walls), marginType });
  walls.place(side, 1_000);
  const own = margin(walls);
  const equity = marginType === 'isolated' ? own.isolated : walls.trader().account.crossWallet('USDT');
  expect(Number(formatAtoms(liquidationPrice([own], equity)))).toBeCloseTo(want, 4);
});

test('hedge mode margins each side by itself and asks nothing of what closes', () => {
  const walls = open();
  expect(setHedge(walls.exchange.bank, walls.trader(), true)).toBeNull();
  walls.place('buy', 1_000, { positionSide: 'long' });
  walls.place('sell', 400, { positionSide: 'short' });
  walls.place('sell', 1_000, { positionSide: 'long', price: ticks(650_000) });
  const sides = symbolMargins(walls.trader(), btc(walls));
  expect(sides.map(({ side, positionInitial, openOrderInitial }) => [side, ...texts(positionInitial, openOrderInitial)])).toEqual([
    ['long', '3200', '0'],
    ['short', '1280', '0'],
  ]);
  expect(setHedge(walls.exchange.bank, walls.trader(), true)).toBe('position-mode-same');
  expect(setHedge(walls.exchange.bank, walls.trader(), false)).toBe('position-mode-open-orders');
  walls.exchange.desk.cancelAll(walls.trader(), 'BTCUSDT');
  expect(setHedge(walls.exchange.bank, walls.trader(), false)).toBe('position-mode-positions');
});

test('with all assets as one margin, dollars of either kind carry a position of either kind', () => {
  const walls = open({ symbols: ['BTCUSDT', 'BTCUSDC'], accounts: { a: { USDT: '100', USDC: '9900' } } });
  expect(walls.place('buy', 1_000)).toBe('margin-insufficient');
  expect(setMultiAssets(walls.exchange.bank, walls.trader(), true)).toBeNull();
  expect(typeof walls.place('buy', 1_000)).toBe('object');
  const joint = jointMargin(walls.trader(), walls.exchange.markets.values());
  expect(texts(joint.wallet, joint.available)).toEqual(['9967.99995', '6767.89995']);
  expect(setMarginType(walls.exchange.bank, walls.trader(), { market: walls.exchange.market('BTCUSDC'), marginType: 'isolated' })).toBe(
    'margin-type-multi-assets',
  );
  expect(setMultiAssets(walls.exchange.bank, walls.trader(), false)).toBe('asset-mode-margin');
});

test('a transfer cannot take what positions and orders need, nor open profit', () => {
  const walls = open();
  const move = (text: string) => walls.exchange.transfer(walls.trader(), 'USDT', money(text));
  expect([move('-10000.00000001'), move('-9000'), move('9000')]).toEqual([false, true, true]);
  expect(
    walls.told('account').map(({ reason, wallets }) => [reason, formatAtoms(wallets[0]!.change), formatAtoms(wallets[0]!.wallet)]),
  ).toEqual([
    ['withdraw', '-9000', '1000'],
    ['deposit', '9000', '10000'],
  ]);
  walls.place('buy', 1_000);
  walls.price(650_000);
  expect(Number(formatAtoms(usdt(walls).available))).toBeCloseTo(9967.99995 - 6.5 + 999.9 - 3_250, 1); // funding passed meanwhile
  expect(Number(formatAtoms(usdt(walls).withdrawable))).toBeCloseTo(9967.99995 - 6.5 - 3_250, 1);
});
