import { expect, test } from 'vitest';
import type { FileBar } from '../../../../scripts/lib/backtest/bar-file.ts';
import { constantFunding } from '../../../../scripts/lib/backtest/funding-table.ts';
import { KlineEngine } from '../../../../scripts/lib/backtest/kline-engine.ts';
import { BAR_MS, bar, configOf, DAY0_MS, finished, instrumentOf, optionsOf, played, scriptedRun } from '../../../kit/bar-backtest.ts';

const BTC = instrumentOf('BTCUSDT');
const SYMBOLS = ['BTCUSDT'];
/** Prices in whole dollars; the n-th bar. */
const btc = (n: number, [open, high, low, close]: readonly [number, number, number, number]): FileBar =>
  bar(BTC, DAY0_MS + n * BAR_MS, [open * 10, high * 10, low * 10, close * 10]);
const still = (n: number, price = 50_000): FileBar => btc(n, [price, price, price, price]);
const closeOf = (n: number): number => DAY0_MS + (n + 1) * BAR_MS;
/** Wants this from the close of the n-th bar on. */
const fromBar = (n: number, size: number) => scriptedRun('told', SYMBOLS, ({ atMs }) => (atMs >= closeOf(n) ? size : 0));
const exits = (rules: object) => configOf({ exits: { stopLossPercent: 99, cooldownMs: 30_000, ...rules } });

test('what is decided at a close is filled at the next open, a tick beside it, after the delay', () => {
  const result = played(optionsOf({ runs: [fromBar(0, 100)] }), [still(0), btc(1, [50_010, 50_100, 49_900, 50_050]), still(2, 50_050)]);
  expect(result.fills).toEqual([
    expect.objectContaining({ atMs: closeOf(0) + 200, side: 'buy', price: '50010.10', size: '0.100', maker: false, strategy: 'told' }),
  ]);
  expect(result.pnl).toMatchObject({ realized: '0', unrealized: '3.99', total: '3.99', fills: 1 });
  expect(result.endEquity).toBe('10003.99');
});

test('fees are those of a taker, and a reversal closes before it opens', () => {
  const run = scriptedRun('told', SYMBOLS, ({ atMs }) => (atMs >= closeOf(1) ? -100 : 100));
  const result = played(
    optionsOf({ runs: [run], fees: { makerPpm: 200n, takerPpm: 500n } }),
    [0, 1, 2, 3].map((n) => still(n)),
  );
  expect(result.fills.map(({ side, size, position, fee }) => [side, size, position, fee])).toEqual([
    ['buy', '0.100', '0.100', '-2.500005'],
    ['sell', '0.100', '0.000', '-2.499995'],
    ['sell', '0.100', '-0.100', '-2.499995'],
  ]);
  expect(result.pnl).toMatchObject({ realized: '-0.02', fees: '-7.499995', unrealized: '-0.01' });
});

test('funding is exchanged on what is held at its moment, not on what is bought at the same open', () => {
  const hours = 8 * 12; // bars to the next time of funding
  const funded = (n: number) => {
    const options = optionsOf({ runs: [fromBar(n, 100)] });
    const symbols = options.symbols.map((symbol) => ({ ...symbol, funding: constantFunding('BTCUSDT', '0.0001') }));
    return played(
      { ...options, symbols },
      Array.from({ length: hours + 2 }, (_, i) => still(i)),
    );
  };
  expect(funded(hours - 1).funding).toEqual([]);
  const paid = funded(hours - 2);
  expect(paid.funding).toEqual([
    expect.objectContaining({ atMs: DAY0_MS + hours * BAR_MS, rate: '0.0001', mark: '50000.00', position: '0.100', amount: '-0.5' }),
  ]);
  expect(paid.pnl).toMatchObject({ funding: '-0.5', total: '-0.51' });
});

test('a stop inside a bar is done at the first tick where it fires, not at the low', () => {
  const result = played(optionsOf({ runs: [fromBar(0, 100)], config: exits({ stopLossPercent: 1 }) }), [
    still(0),
    btc(1, [50_000, 50_200, 48_000, 50_100]),
  ]);
  // bought at 50000.1; a sale at 49500.0 (1 % is 500.001) is not quite there, one at 49500.0 or less is
  expect(result.exits).toEqual([expect.objectContaining({ rule: 'stop-loss', price: '49500.00', atMs: DAY0_MS + BAR_MS + BAR_MS / 3 })]);
  expect(result.fills[1]).toMatchObject({ side: 'sell', price: '49500.00', strategy: 'exit', reason: 'stop-loss', position: '0.000' });
});

test('a bar that opens beyond the stop is not traded through: the open is the price', () => {
  const result = played(optionsOf({ runs: [fromBar(0, 100)], config: exits({ stopLossPercent: 1 }) }), [
    still(0),
    still(1),
    btc(2, [48_000, 50_200, 47_000, 50_100]),
  ]);
  expect(result.fills[1]).toMatchObject({ price: '47999.90', reason: 'stop-loss' });
});

test('within one bar the worse end comes first, unless told otherwise', () => {
  const bars = [still(0), btc(1, [50_000, 51_000, 49_000, 50_000])];
  const run = (side: 1 | -1, intrabar: 'worst-first' | 'best-first') =>
    played(optionsOf({ runs: [fromBar(0, side * 100)], intrabar, config: exits({ stopLossPercent: 1, takeProfitPercent: 1 }) }), bars)
      .exits[0]?.rule;
  expect([run(1, 'worst-first'), run(1, 'best-first'), run(-1, 'worst-first'), run(-1, 'best-first')]).toEqual([
    ...['stop-loss', 'take-profit', 'stop-loss', 'take-profit'],
  ]);
});

test('a trailing stop follows the high of the bar and fires on the way to its close', () => {
  const config = exits({ trailing: { activationPercent: 1, percent: 0.5 } });
  const result = played(optionsOf({ runs: [fromBar(0, 100)], config }), [still(0), btc(1, [50_000, 51_000, 49_990, 50_500])]);
  expect(result.exits).toEqual([expect.objectContaining({ rule: 'trailing-stop', price: '50749.80' })]); // 50999.9 less 250.0005
});

/** Ever more, by 0.18 a bar: no single order may be larger than the equity. */
const growing = (most: number) => scriptedRun('told', SYMBOLS, ({ position }) => Math.min(most, position + 180));

test('a position is liquidated where its margin ends, and never below what was there', () => {
  const held = Array.from({ length: 22 }, (_, n) => still(n));
  const crash = [btc(22, [50_000, 50_000, 40_000, 40_000]), still(23, 40_000)];
  const calm = played(optionsOf({ runs: [growing(3_600)] }), held);
  expect(calm.samples.symbols['BTCUSDT']?.position.at(-1)).toBe('3.600');
  const result = played(optionsOf({ runs: [growing(3_600)] }), [...held, ...crash]);
  // 3.6 for 180000.36 with 10000 behind it; the bracket wants 0.5 % less 50: (170000.36 - 50) / (3.6 * 0.995) = 47445.66..., sold a tick below
  expect(result.liquidations[0]).toMatchObject({
    symbol: 'BTCUSDT',
    side: 'sell',
    size: '3.600',
    atMs: DAY0_MS + 22 * BAR_MS + BAR_MS / 3,
  });
  expect(result.liquidations[0]?.averagePrice).toBe('47445.50');
  const forced = result.fills.find(({ strategy }) => strategy === 'venue');
  expect(forced).toMatchObject({ reason: 'liquidation', fee: '0', position: '0.000', maker: false });
  const { total, realized, insurance } = result.pnl;
  expect(Number(insurance)).toBeLessThan(0); // the fee of the clearance
  expect(Number(result.endEquity)).toBeGreaterThanOrEqual(0);
  expect(Number(realized) + Number(insurance)).toBeCloseTo(Number(total), 6);
});

test('what margin cannot hold is refused by the venue, and counted', () => {
  const bars = Array.from({ length: 8 }, (_, n) => still(n));
  const result = played(optionsOf({ runs: [growing(10_000)], leverage: 5 }), bars);
  expect(result.samples.symbols['BTCUSDT']?.position.at(-1)).toBe('0.900');
  expect(result.orders.rejected['margin-insufficient']).toBeGreaterThan(0);
});

test('what the limits forbid never reaches the venue', () => {
  const limits = {
    maxGrossNotional: '1000',
    default: { maxPosition: '1000', maxOrderNotional: '100000', maxOpenOrders: 20, collarPercent: 20 },
  };
  const result = played(optionsOf({ runs: [fromBar(0, 100)], config: configOf({ limits }) }), [still(0), still(1)]);
  expect(result.orders).toMatchObject({ placed: 0, refused: { 'limit-equity': expect.any(Number) } });
});

test.each([2, 5])('a hole in the bars is told, and orders decided on before it are too old after it: bar %i is the next', (n) => {
  const result = played(optionsOf({ runs: [scriptedRun('told', SYMBOLS, ({ atMs }) => (atMs === closeOf(0) ? 100 : null))] }), [
    still(0),
    still(n),
  ]);
  expect(result.gaps).toEqual([{ symbol: 'BTCUSDT', fromMs: closeOf(0), toMs: DAY0_MS + n * BAR_MS, what: 'no bars' }]);
  expect(result.fills).toEqual([]);
  expect(result.orders.refused).toEqual({ 'ttl-expired': 1 });
});

test('two runs on one symbol hold their own shares, and trade with each other without paying', () => {
  const long = scriptedRun('long', SYMBOLS, () => 100);
  const short = scriptedRun('short', SYMBOLS, ({ atMs }) => (atMs >= closeOf(1) ? -40 : 0));
  const flat = scriptedRun('short', SYMBOLS, () => 0);
  const bars = [0, 1, 2, 3].map((n) => still(n));
  expect(played(optionsOf({ runs: [long, flat] }), bars).fills).toHaveLength(1);
  const both = played(optionsOf({ runs: [long, short] }), bars);
  expect(both.fills.map(({ strategy, side, size, position }) => [strategy, side, size, position])).toEqual([
    ['long', 'buy', '0.100', '0.100'],
    ['short', 'sell', '0.040', '0.060'],
  ]);
});

test('several symbols share one account', () => {
  const config = configOf({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  const runs = [scriptedRun('btc', ['BTCUSDT'], () => 100), scriptedRun('eth', ['ETHUSDT'], () => -1_000)];
  const options = optionsOf({ config, runs });
  const engine = new KlineEngine(options);
  const eth = instrumentOf('ETHUSDT');
  for (let n = 0; n < 3; n++) {
    const bars = new Map([
      ['BTCUSDT', btc(n, [50_000 + n, 50_000 + n, 50_000 + n, 50_000 + n])],
      ['ETHUSDT', bar(eth, DAY0_MS + n * BAR_MS, [300_000, 300_000, 300_000, 300_000])],
    ]);
    engine.take({ openMs: DAY0_MS + n * BAR_MS, bars });
  }
  const result = finished(engine, closeOf(2));
  expect(result.fills.map(({ symbol, side, price }) => [symbol, side, price])).toEqual([
    ['BTCUSDT', 'buy', '50001.10'],
    ['ETHUSDT', 'sell', '2999.99'],
  ]);
  expect(result.pnlBySymbol).toMatchObject({ BTCUSDT: { total: '0.09' }, ETHUSDT: { total: '-0.01' } });
  expect(result.pnl.total).toBe('0.08');
});
