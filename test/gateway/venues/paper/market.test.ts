import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lots, monoMs, ticks } from '../../../../shared/units.ts';
import { FUNDING_MS, FUNDS, PaperExchange, START_MS } from '../../../kit/paper-exchange.ts';

describe('a resting order', () => {
  test('waits for what stood before it, then fills at its own price', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1'));
    paper.trade(639_990, 100, 'sell');
    expect(paper.fills()).toEqual([]);
    paper.trade(639_990, 4, 'sell');
    paper.trade(639_990, 50, 'sell');
    expect(paper.fills()).toEqual(['buy 4 at 639990 maker', 'buy 6 at 639990 maker']);
    expect(paper.position).toBe(10);
  });

  test('fills whole when a trade goes through its price; trades of its own side do nothing', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1'));
    paper.trade(639_000, 1, 'buy');
    expect(paper.fills()).toEqual([]);
    paper.trade(639_989, 1, 'sell');
    expect(paper.fills()).toEqual(['buy 10 at 639990 maker']);
  });

  test('a trade that is told twice counts once', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1'));
    paper.trade(639_990, 60, 'sell', 'a');
    paper.trade(639_990, 60, 'sell', 'a');
    expect(paper.fills()).toEqual([]);
    paper.trade(639_990, 45, 'sell', 'b');
    expect(paper.fills()).toEqual(['buy 5 at 639990 maker']);
  });

  test.each([
    ['risk-averse', 0],
    ['proportional', 5],
  ] as const)('under %s, a level that shrinks without a trade brings it forward as the model says', async (queueModel, filled) => {
    const paper = new PaperExchange({ queueModel });
    await paper.orders.place(paper.order('1'));
    paper.depth({ bids: [[639_990, 160]] }); // 60 came after us
    paper.depth({ bids: [[639_990, 80]] }); // half of all went: 50 of those before us, or none
    paper.trade(639_990, 55, 'sell');
    expect(paper.position).toBe(filled);
  });

  test('fills from what comes to rest at its price, once and no more than came', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1', { price: ticks(640_000) }));
    paper.depth({ asks: [[640_000, 3]] });
    paper.depth({ bids: [[639_980, 5]] }); // the same three still stand there
    paper.step(() => paper.market.look());
    expect(paper.fills()).toEqual(['buy 3 at 640000 maker']);
    paper.depth({ asks: [[640_000, 5]] });
    expect(paper.fills()).toEqual(['buy 3 at 640000 maker', 'buy 2 at 640000 maker']);
  });

  test('shares what came between two orders, the better price first', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1', { price: ticks(639_995), size: lots(4) }));
    await paper.orders.place(paper.order('2', { price: ticks(640_000), size: lots(4) }));
    paper.depth({ asks: [[639_995, 6]] });
    expect(paper.fills()).toEqual(['buy 4 at 640000 maker', 'buy 2 at 639995 maker']);
  });

  test('is met by an own order of the other side: it ends, they never trade with each other', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1', { price: ticks(640_000) }));
    expect(await paper.orders.place(paper.order('2', { side: 'sell', price: ticks(640_000) }))).toMatchObject({
      value: { state: 'accepted' },
    });
    expect(await paper.orders.queryOrder({ symbol: 'BTCUSDT', clientId: '1' })).toMatchObject({
      value: { state: 'expired', reason: 'self-trade' },
    });
    expect(paper.fills()).toEqual([]);
  });
});

describe('a taking order', () => {
  test('walks the live levels: size beyond the best one costs slippage', async () => {
    const paper = new PaperExchange();
    paper.depth({
      asks: [
        [640_010, 3],
        [640_020, 4],
        [640_050, 100],
      ],
    });
    await paper.take('1', 'buy', 10);
    expect(paper.fills()).toEqual(['buy 3 at 640010 taker', 'buy 4 at 640020 taker', 'buy 3 at 640050 taker']);
  });

  test('cannot take the same lots twice from one picture of the book', async () => {
    const paper = new PaperExchange();
    paper.depth({
      asks: [
        [640_010, 3],
        [640_020, 30],
      ],
    });
    await paper.take('1', 'buy', 3);
    await paper.take('2', 'buy', 3);
    paper.depth({ bids: [[639_970, 1]] });
    await paper.take('3', 'buy', 3);
    expect(paper.fills()).toEqual(['buy 3 at 640010 taker', 'buy 3 at 640020 taker', 'buy 3 at 640010 taker']);
  });

  test('meets the newest best level where that is ahead of the book, and what the book has behind it', async () => {
    const paper = new PaperExchange();
    paper.depth({ asks: [[640_020, 4]] });
    const best = { price: ticks(639_980), size: lots(5) };
    paper.top = { updateId: 50, bid: best, ask: { price: ticks(640_020), size: lots(2) }, receivedAt: monoMs(0) }; // 640010 was taken meanwhile
    expect(await paper.orders.place(paper.order('1', { price: ticks(640_010), timeInForce: 'post-only' }))).toMatchObject({ ok: true });
    await paper.take('2', 'buy', 5);
    expect(paper.fills()).toEqual(['buy 2 at 640020 taker']);
  });

  test('rests with what the book did not have, immediate ones end', async () => {
    const paper = new PaperExchange();
    const asks = { asks: [[640_010, 3]] } as const;
    paper.depth(asks);
    expect(await paper.orders.place(paper.order('1', { price: ticks(640_010) }))).toMatchObject({
      value: { state: 'partially-filled', filled: 3 },
    });
    paper.depth({
      asks: [
        [640_010, 0],
        [640_020, 3],
      ],
    });
    const ioc = paper.order('2', { price: ticks(640_020), timeInForce: 'ioc' });
    expect(await paper.orders.place(ioc)).toMatchObject({ value: { state: 'expired', filled: 3, reason: 'ioc-remainder' } });
  });

  test('is refused as busy while the book is not live; a cancel is not', async () => {
    const paper = new PaperExchange();
    await paper.orders.place(paper.order('1'));
    paper.status('stale');
    expect(await paper.take('2', 'buy', 1)).toMatchObject({ ok: false, error: { kind: 'busy', reason: 'book-not-live' } });
    expect(
      await paper.orders.amend({ symbol: 'BTCUSDT', clientId: '1', side: 'buy', price: ticks(639_980), size: lots(10) }),
    ).toMatchObject({
      ok: false,
      error: { kind: 'busy' },
    });
    expect(await paper.orders.cancel({ symbol: 'BTCUSDT', clientId: '1' })).toMatchObject({ ok: true, value: { state: 'canceled' } });
  });
});

describe('funding', () => {
  const notional = (price: bigint): bigint => 10n * 100_000n * price; // ten lots of 0.001

  test('is paid at the hour at the rate and mark told last before it, once', async () => {
    const paper = new PaperExchange();
    await paper.take('1', 'buy', 10);
    paper.mark('64100', { rate: '0.0002' });
    const before = paper.wallet;
    paper.at(FUNDING_MS - 1);
    expect(paper.wallet).toBe(before);
    paper.at(FUNDING_MS + 20);
    paper.mark('65000', { rate: '0.5', nextMs: FUNDING_MS }); // late: of the hour that is over
    paper.mark('65000', { rate: '0.5', nextMs: FUNDING_MS + 28_800_000 });
    paper.at(FUNDING_MS + 60_000);
    expect(before - paper.wallet).toBe((notional(64_100n) * 2n) / 10_000n);
    expect(paper.events.filter((event) => event.kind === 'account' && event.reason === 'funding')).toHaveLength(1);
  });

  test('is not lost when the venue goes on to its next hour before our clock does, nor while the book is not known', async () => {
    const paper = new PaperExchange();
    await paper.take('1', 'sell', 10);
    const before = paper.wallet;
    paper.status('stale');
    paper.mark('65000', { rate: '0.5', nextMs: FUNDING_MS + 28_800_000 });
    paper.at(FUNDING_MS + 1);
    expect(paper.wallet).toBe(before);
    paper.status('live');
    expect(paper.wallet - before).toBe(notional(64_000n) / 10_000n); // a short is paid
  });
});

describe('a stop', () => {
  const stop = { symbol: 'BTCUSDT', clientId: '9', side: 'sell', trigger: ticks(635_000), size: lots(10), working: 'mark' } as const;

  test('closes at the market when the mark reaches it', async () => {
    const paper = new PaperExchange();
    await paper.take('1', 'buy', 10);
    expect(await paper.orders.placeStop(stop)).toMatchObject({ ok: true });
    paper.mark('63500.1');
    expect(paper.position).toBe(10);
    paper.mark('63500');
    expect(paper.position).toBe(0);
    expect(paper.fills().at(-1)).toBe('sell 10 at 639990 taker');
    expect(await paper.orders.queryStop(stop)).toMatchObject({ value: { state: 'finished', childId: expect.stringMatching(/^\d{19}$/) } });
  });

  test('waits for the book when that is not known, and fires with its return', async () => {
    const paper = new PaperExchange();
    await paper.take('1', 'buy', 10);
    await paper.orders.placeStop(stop);
    paper.status('stale');
    paper.mark('63000');
    expect(await paper.orders.queryStop(stop)).toMatchObject({ value: { state: 'waiting' } });
    paper.status('live');
    expect(paper.position).toBe(0);
  });
});

type Act = (paper: PaperExchange, id: string) => unknown;
const price = fc.integer({ min: 639_960, max: 640_040 });
const size = fc.integer({ min: 1, max: 40 });
const side = fc.constantFrom('buy' as const, 'sell' as const);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ side, price, size, timeInForce: fc.constantFrom('gtc', 'ioc', 'fok', 'post-only'), reduceOnly: fc.boolean() }).map(
    (order): Act =>
      (paper, id) =>
        paper.orders.place(paper.order(id, { ...order, price: ticks(order.price), size: lots(order.size) })),
  ),
  fc.nat({ max: 30 }).map(
    (n): Act =>
      (paper) =>
        paper.orders.cancel({ symbol: 'BTCUSDT', clientId: String(n) }),
  ),
  fc.record({ n: fc.nat({ max: 30 }), side, price, size }).map(
    ({ n, side: of, price: to, size: total }): Act =>
      (paper) =>
        paper.orders.amend({ symbol: 'BTCUSDT', clientId: String(n), side: of, price: ticks(to), size: lots(total) }),
  ),
  fc.tuple(price, size, side).map(
    (trade): Act =>
      (paper) =>
        paper.trade(...trade),
  ),
  // the public's own sides never cross: such a book is not live
  fc.record({ away: fc.integer({ min: 1, max: 40 }), size: fc.nat({ max: 40 }), side }).map(
    ({ away, size: visible, side: of }): Act =>
      (paper) =>
        paper.depth(of === 'buy' ? { bids: [[640_000 - away, visible]] } : { asks: [[640_000 + away, visible]] }),
  ),
  fc.boolean().map(
    (live): Act =>
      (paper) =>
        paper.status(live ? 'live' : 'stale'),
  ),
);

test('arbitrary histories: no order fills beyond its size or its limit, and fills, position and money agree to the last atom', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 20, maxLength: 80 }),
      fc.constantFrom('risk-averse' as const, 'square-proportional' as const),
      async (acts, queueModel) => {
        const paper = new PaperExchange({ queueModel });
        for (const [n, run] of acts.entries()) {
          paper.nowMs = START_MS + n;
          await run(paper, String(n));
        }
        const { orders } = paper.exchange.trader('paper');
        const trades = orders.trades('BTCUSDT');
        for (const order of orders.all('BTCUSDT')) {
          const own = trades.filter((trade) => trade.order.key === order.key);
          expect(own.reduce((sum, trade) => sum + trade.size, 0)).toBe(order.filled);
          expect(order.filled).toBeLessThanOrEqual(order.size);
          for (const trade of own) {
            if (trade.maker) expect(trade.price).toBe(trade.order.price);
            else expect(order.side === 'buy' ? trade.price <= trade.order.price : trade.price >= trade.order.price).toBe(true);
          }
          if (order.timeInForce === 'post-only') expect(own.every(({ maker }) => maker)).toBe(true);
        }
        expect(trades.reduce((sum, { order, size: part }) => sum + (order.side === 'buy' ? part : -part), 0)).toBe(paper.position);
        expect(paper.wallet).toBe(FUNDS + trades.reduce((sum, { realized, fee }) => sum + realized - fee, 0n));
        expect(new Set(trades.map(({ id }) => id)).size).toBe(trades.length);
      },
    ),
    { numRuns: 300 },
  );
});
