import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import type { SymbolView } from '../../../brain/strategy/strategy.ts';
import { MarketMakingParameters } from '../../../shared/config.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { levels, qty, view } from '../../kit/brain.ts';

const parameters = (over: Partial<MarketMakingParameters> = {}): MarketMakingParameters =>
  MarketMakingParameters.parse({ spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.2, ...over });
const decide = (seen: SymbolView, p: MarketMakingParameters) => {
  const strategy = marketMaking(p);
  return strategy.decide(seen, strategy.initial()).wish;
};
const wish = (over: Parameters<typeof view>[0] = {}, p = parameters()) => decide(view(over), p);
const prices = (side: string, over: Parameters<typeof view>[0] = {}, p = parameters()): number[] =>
  wish(over, p)
    .quotes.filter((one) => one.side === side)
    .map(({ price }) => price);

// mid 60000.05; half of 2 bps is 6.000005; rounded away from the market to ticks of 0.1
test('marketMaking() quotes half a spread from mid, rounded away from the market', () => {
  expect(wish().quotes).toEqual([
    { side: 'buy', price: 599_940, size: 10, level: 0 },
    { side: 'sell', price: 600_061, size: 10, level: 0 },
  ]);
  expect(wish()).toMatchObject({ reason: 'quoting', target: null, signals: { mid: 60_000.05, inventory: 0 } });
});

test('marketMaking() spaces its levels by the gap', () => {
  const two = parameters({ levels: 2, levelGapBps: 1, orderSize: '0.005' });
  expect([prices('buy', {}, two), prices('sell', {}, two)]).toEqual([
    [599_940, 599_880],
    [600_061, 600_121],
  ]);
});

test('marketMaking() stays a tick away from taking, however far the skew pushes', () => {
  const narrow = parameters({ spreadBps: 0.1, skewBps: 100 });
  expect(prices('sell', { position: qty('0.040') }, narrow)).toEqual([600_001]);
  expect(prices('buy', { position: qty('-0.040') }, narrow)).toEqual([600_000]);
});

test('marketMaking() trims the growing side to the room that is left, and stops it when there is none', () => {
  expect(wish({ position: qty('0.045') }).quotes).toMatchObject([
    { side: 'buy', size: 5 },
    { side: 'sell', size: 10 },
  ]);
  const full = wish({ position: qty('0.050') });
  expect([full.quotes.map(({ side }) => side), full.reason]).toEqual([['sell'], 'inventory-full']);
  expect(wish({ position: qty('-0.070') }).quotes.map(({ side }) => side)).toEqual(['buy']);
});

test('marketMaking() wants nothing where no size is worth sending', () => {
  expect(wish({}, parameters({ orderSize: '0.0001' }))).toMatchObject({ quotes: [], reason: 'size-below-minimum' });
});

const someParameters = fc.record({
  spreadBps: fc.double({ min: 0.01, max: 50, noNaN: true }),
  skewBps: fc.double({ min: 0, max: 50, noNaN: true }),
  levels: fc.integer({ min: 1, max: 5 }),
  levelGapBps: fc.double({ min: 0, max: 20, noNaN: true }),
});
const someMarket = fc.record({
  bid: fc.integer({ min: 100_000, max: 1_000_000 }),
  spread: fc.integer({ min: 1, max: 500 }),
  position: fc.integer({ min: -80, max: 80 }),
});
const marketView = ({ bid, spread, position }: { bid: number; spread: number; position: number }) => {
  const one = levels(['60000.00', '1.000'])[0]!;
  return view({ bids: [{ ...one, price: ticks(bid) }], asks: [{ ...one, price: ticks(bid + spread) }], position: lots(position) });
};

test('marketMaking() never crosses the touch nor itself, stays on tick and lot, and never grows a full inventory', () => {
  fc.assert(
    fc.property(someParameters, someMarket, (p, market) => {
      const seen = marketView(market);
      const { quotes } = decide(seen, parameters(p));
      const [bids, asks] = [quotes.filter(({ side }) => side === 'buy'), quotes.filter(({ side }) => side === 'sell')];
      for (const { price, size } of quotes) {
        expect(Number.isInteger(price) && Number.isInteger(size)).toBe(true);
        expect(size).toBeGreaterThan(0);
      }
      for (const { price } of bids) expect(price).toBeLessThan(seen.bestAsk);
      for (const { price } of asks) expect(price).toBeGreaterThan(seen.bestBid);
      for (const bid of bids) for (const ask of asks) expect(bid.price).toBeLessThan(ask.price);
      const total = (side: typeof quotes) => side.reduce((sum, { size }) => sum + size, 0);
      expect(bids.length === 0 || market.position + total(bids) <= 50).toBe(true);
      expect(asks.length === 0 || -market.position + total(asks) <= 50).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('marketMaking() moves both quotes down, never up, as the inventory grows', () => {
  fc.assert(
    fc.property(someParameters, someMarket, fc.integer({ min: 1, max: 20 }), (p, market, more) => {
      const quotesAt = (position: number) => decide(marketView({ ...market, position }), parameters(p)).quotes;
      const [less, fuller] = [quotesAt(market.position), quotesAt(market.position + more)];
      for (const one of fuller) {
        const same = less.find(({ side, level }) => side === one.side && level === one.level);
        if (same) expect(one.price).toBeLessThanOrEqual(same.price);
      }
    }),
    { numRuns: 1_000 },
  );
});
