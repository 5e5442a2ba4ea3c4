import { expect, test } from 'vitest';
import type { BacktestResult } from '../../../../scripts/lib/backtest/result.ts';
import { Risk } from '../../../../shared/risk.ts';
import { configOf } from '../../../kit/bar-backtest.ts';
import { ARRIVES_MS, playedOn, quote, Script, START_MS, toldRun } from '../../../kit/depth-backtest.ts';

const BIDS = [
  ['50000.0', '1.000'],
  ['49999.0', '2.000'],
] as const;
const ASKS = [
  ['50000.1', '1.000'],
  ['50001.0', '2.000'],
] as const;
const fillsOf = ({ fills }: BacktestResult) =>
  fills.map(({ atMs, side, price, size, maker }) => [atMs - START_MS, side, price, size, maker]);
/** Rests 0.2 at the best bid from the first snapshot on. */
const atBestBid = toldRun(() => ({ quotes: [quote('buy', 50_000, 200)] }));
const book = () => new Script(BIDS, ASKS);
/** The first snapshot is made at once: the recording begins with a book. */
const FIRST_MS = 0;

test('a quote waits behind what was there when it came, and fills part by part', () => {
  const script = book()
    .trade(20, 'sell', ['50000.0', '0.400']) // before it rests: not its line
    .trade(200, 'sell', ['50000.0', '0.600'])
    .trade(250, 'sell', ['50000.0', '0.500']) // 0.4 of the line, and 0.1 of ours
    .trade(300, 'sell', ['50000.0', '5.000'])
    .until(600);
  const result = playedOn(script, atBestBid);
  expect(fillsOf(result)).toEqual([
    [250, 'buy', '50000.00', '0.100', true],
    [300, 'buy', '50000.00', '0.100', true],
  ]);
  expect(result.orders).toMatchObject({ touched: 1, filled: 1 });
});

test('a quote is at the venue one snapshot, poll, decision and way later, not before', () => {
  const arrives = FIRST_MS + ARRIVES_MS;
  const through = (afterMs: number) => fillsOf(playedOn(book().trade(afterMs, 'sell', ['49999.9', '0.001']).until(400), atBestBid));
  expect(through(arrives - 1)).toEqual([]);
  expect(through(arrives + 1)).toEqual([[arrives + 1, 'buy', '50000.00', '0.200', true]]);
});

test('a trade beyond the price fills a quote whole, however much stood before it', () => {
  const result = playedOn(book().trade(300, 'sell', ['49999.9', '0.001']).until(400), atBestBid);
  expect(fillsOf(result)).toEqual([[300, 'buy', '50000.00', '0.200', true]]);
});

test('a touch that the queue does not let through fills a quote under the naive model', () => {
  const script = () => book().trade(300, 'sell', ['50000.0', '0.001']).until(400);
  expect(fillsOf(playedOn(script(), atBestBid))).toEqual([]);
  expect(fillsOf(playedOn(script(), atBestBid, { naive: true }))).toEqual([[300, 'buy', '50000.00', '0.200', true]]);
});

test('a cancel that is on its way loses against a trade that comes first', () => {
  const run = toldRun(({ afterMs }) => ({ quotes: afterMs < 500 ? [quote('buy', 50_000, 200)] : [] }));
  const canceled = 500 + ARRIVES_MS;
  const played = (afterMs: number) => playedOn(book().trade(afterMs, 'sell', ['49999.9', '0.001']).until(900), run);
  const lost = played(canceled - 1);
  expect(fillsOf(lost)).toEqual([[canceled - 1, 'buy', '50000.00', '0.200', true]]);
  expect(lost.orders).toMatchObject({ cancels: 1, canceled: 0, lostRaces: 1, filled: 1 });
  const won = played(canceled + 1);
  expect(won.fills).toEqual([]);
  expect(won.orders).toMatchObject({ cancels: 1, canceled: 1, lostRaces: 0 });
});

test('what is left of a quote after a part of it was filled is taken back', () => {
  const run = toldRun(({ afterMs }) => ({ quotes: afterMs < 500 ? [quote('buy', 50_000, 200)] : [] }));
  const result = playedOn(book().trade(300, 'sell', ['50000.0', '1.050']).until(900), run);
  expect(fillsOf(result)).toEqual([[300, 'buy', '50000.00', '0.050', true]]);
  expect(result.orders).toMatchObject({ touched: 1, filled: 0, canceled: 1 });
  expect(result.samples.symbols['BTCUSDT']?.position.at(-1)).toBe('0.050');
});

test('a post-only quote is refused when the market has come to it meanwhile', () => {
  const run = toldRun(({ afterMs }) => ({ quotes: afterMs === FIRST_MS ? [quote('buy', 50_000, 200)] : [] }));
  const comes = (afterMs: number) =>
    playedOn(
      book()
        .depth(afterMs, { bids: [['50000.0', '0']], asks: [['49999.5', '1.000']] })
        .until(600),
      run,
    ).orders;
  expect(comes(FIRST_MS + ARRIVES_MS - 1)).toMatchObject({ placed: 1, postOnlyRejected: 1 });
  expect(comes(FIRST_MS + ARRIVES_MS + 1)).toMatchObject({ placed: 1, postOnlyRejected: 0 });
});

test('a change of the market is known one way of the feed later', () => {
  const seen: number[] = [];
  const run = toldRun(({ afterMs, view }) => {
    if (view.bestBid === 499_990 && seen.length === 0) seen.push(afterMs);
    return {};
  });
  const falls = (afterMs: number) => {
    seen.length = 0;
    playedOn(
      book()
        .depth(afterMs, { bids: [['50000.0', '0']] })
        .until(800),
      run,
    );
    return seen[0];
  };
  expect([falls(294), falls(296), falls(394)]).toEqual([300, 400, 400]);
});

test('where snapshots are pushed each change of the best price is decided on when it was heard, and the newest wins', () => {
  const seen: (readonly [number, number | null])[] = [];
  const run = toldRun(({ afterMs, view }) => {
    const [, before] = seen.at(-1) ?? [0, null];
    if (view.bestBid !== before) seen.push([afterMs, view.bestBid]);
    return {};
  });
  const config = configOf({ brain: { feed: 'push' } });
  const script = () =>
    book()
      .depth(320, { bids: [['50000.0', '0']] })
      .depth(324, { bids: [['49999.5', '1.000']] }) // while the one before is on its way
      .depth(325, { bids: [['49999.7', '1.000']] }) // heard before that is decided on: the newest wins
      .depth(350, { bids: [['49998.0', '3.000']] }) // behind the best: nothing to tell
      .until(700);
  playedOn(script(), run, { config });
  const pushed = [...seen];
  seen.length = 0;
  playedOn(script(), run, { config: configOf({ brain: { feed: 'poll' } }) });
  expect(pushed).toEqual([
    [0, 500_000],
    [325, 499_990],
    [330, 499_997],
  ]);
  expect(seen).toEqual([
    [0, 500_000],
    [400, 499_997],
  ]);
});

test('a quote that a pushed snapshot asks for is at the venue its ways later, not a period later', () => {
  const run = toldRun(({ view }) => ({ quotes: view.bestBid === 499_990 ? [quote('buy', 49_999, 200)] : [] }));
  const script = (afterMs: number) =>
    book()
      .depth(320, { bids: [['50000.0', '0']] })
      .trade(afterMs, 'sell', ['49998.9', '0.001'])
      .until(390);
  const heard = 320 + 5; // and published, decided on, and on its way
  const arrives = heard + 1 + 1 + 20;
  const fills = (afterMs: number) => fillsOf(playedOn(script(afterMs), run, { config: configOf({ brain: { feed: 'push' } }) }));
  expect(fills(arrives - 1)).toEqual([]);
  expect(fills(arrives + 1)).toEqual([[arrives + 1, 'buy', '49999.00', '0.200', true]]);
});

test('public trades reach the strategy in order, each once, after their way', () => {
  const seen: (readonly [number, number])[] = [];
  const run = toldRun(({ afterMs, view }) => {
    for (const { price } of view.trades ?? []) seen.push([afterMs, price]);
    return {};
  });
  const script = book()
    .trade(50, 'sell', ['49000.0', '0.010'])
    .trade(150, 'sell', ['50000.0', '0.010'])
    .trade(196, 'buy', ['50000.1', '0.010']);
  playedOn(script.trade(199, 'buy', ['50000.2', '0.010']).trade(294, 'sell', ['50000.0', '0.010']).until(600), run);
  // before the first one nobody can tell whether some were missed; at the look of 203 what came by then is there, what takes until 204 is not
  expect(seen).toEqual([
    [200, 500_000],
    [200, 500_001],
    [300, 500_002],
    [300, 500_000],
  ]);
});

test('what takes walks the levels that are there when it arrives', () => {
  const run = toldRun(({ view }) => (view.position === 0 ? { target: 150 } : {}));
  const script = new Script(BIDS, [
    ['50000.1', '0.100'],
    ['50002.0', '5.000'],
  ]).until(500);
  expect(fillsOf(playedOn(script, run))).toEqual([
    [FIRST_MS + ARRIVES_MS, 'buy', '50000.10', '0.100', false],
    [FIRST_MS + ARRIVES_MS, 'buy', '50002.00', '0.050', false],
  ]);
});

test('a hard stop closes by the ladder: as a taker, and only what is held', () => {
  const config = configOf({ exits: { stopLossPercent: 0.1, cooldownMs: 30_000 } });
  const run = toldRun(({ afterMs }) => (afterMs < 400 ? { target: 100 } : {}));
  const fallen = {
    bids: [
      ['50000.0', '0'],
      ['49999.0', '0'],
      ['49900.0', '3.000'],
    ],
    asks: [
      ['50000.1', '0'],
      ['50001.0', '0'],
      ['49901.0', '3.000'],
    ],
  } as const;
  const result = playedOn(book().depth(450, fallen).until(1_500), run, { config });
  expect(result.exits.map(({ rule, atMs }) => [rule, atMs - START_MS])).toEqual([['stop-loss', 503]]);
  const [, exit] = result.fills;
  expect(exit).toMatchObject({
    side: 'sell',
    price: '49900.00',
    size: '0.100',
    maker: false,
    strategy: 'exit',
    reason: 'stop-loss',
    position: '0.000',
  });
});

test('funding is exchanged at its hour on what is held then', () => {
  const hour = 10_000;
  const run = toldRun(({ afterMs }) => ({ target: afterMs > 5_000 ? 100 : 0 }));
  const result = playedOn(book().until(hour + 2_000), run);
  // the premium is none, so the rate is the interest: 0.01 % of 0.1 at the mark
  expect(result.funding).toEqual([
    expect.objectContaining({ atMs: START_MS + hour, rate: '0.0001', position: '0.100', mark: '50000.05', amount: '-0.5000005' }),
  ]);
  expect(result.pnl.funding).toBe('-0.5000005');
});

test('a position is liquidated by the mark, and the result says so', () => {
  const run = toldRun(({ view }) => (view.position < 1_800 ? { target: view.position + 180 } : {}));
  const deep = new Script([['50000.0', '50.000']], [['50000.1', '50.000']]).until(3_000);
  const fall = deep.depth(3_050, {
    bids: [
      ['50000.0', '0'],
      ['40000.0', '50.000'],
    ],
    asks: [
      ['50000.1', '0'],
      ['40001.0', '50.000'],
    ],
  });
  for (let s = 4; s < 20; s++) fall.until(s * 1_000);
  const result = playedOn(fall, run);
  expect(result.liquidations).toHaveLength(1);
  expect(result.liquidations[0]).toMatchObject({ symbol: 'BTCUSDT', side: 'sell', size: '1.800' });
  expect(result.fills.filter(({ strategy }) => strategy === 'venue').length).toBeGreaterThan(0);
  expect(result.samples.symbols['BTCUSDT']?.position.at(-1)).toBe('0.000');
});

test('mids after a fill are those of just that time later; what the data does not reach is not known', () => {
  const script = book()
    .trade(300, 'sell', ['49999.9', '0.001'])
    .depth(390, {
      bids: [['50000.0', '0']],
      asks: [
        ['50000.1', '0'],
        ['50000.0', '1.000'],
      ],
    })
    .until(2_000);
  const [fill] = playedOn(script, atBestBid).fills;
  expect(fill?.mid).toBe('50000.05');
  expect(fill?.midAfter).toEqual(['49999.5', '49999.5', null, null, null]);
});

test('the same seed gives the same result to the letter, another one other ways', () => {
  const random = { kind: 'lognormal', medianMs: 20, sigma: 0.5, spike: null } as const;
  const latencies = { feed: random, order: random, response: random };
  const script = () => {
    const made = book();
    for (let n = 1; n < 40; n++) made.trade(n * 97, n % 2 ? 'sell' : 'buy', [n % 2 ? '50000.0' : '50000.1', '0.900']);
    return made;
  };
  const run = toldRun(({ afterMs }) => ({ quotes: afterMs % 700 < 400 ? [quote('buy', 50_000, 200), quote('sell', 50_000.1, 200)] : [] }));
  const [a, b, c] = [1, 1, 2].map((seed) => JSON.stringify(playedOn(script(), run, { latencies, seed })));
  expect(a).toBe(b);
  expect(a).not.toBe(c);
});

/** This monitor alone acts. */
const watching = (monitors: object): Risk => Risk.parse({ monitors: { ...CALM_FEED, ...monitors } });
const CALM_FEED = Object.fromEntries(
  ['feedAgeMs', 'positionPercent', 'depthShare', 'jumpBps', 'spreadBps', 'markGapBps'].map((name) => [name, { on: false }]),
);

test('own fills are counted for the monitors: too many of them restrain the run', () => {
  const config = configOf({ risk: watching({ fillsPerMinute: { warn: 2, act: 2, tier: 'pause' } }) });
  const script = book();
  for (let n = 0; n < 4; n++) script.trade(300 + n * 300, 'sell', ['49999.9', '0.001']);
  const again = toldRun(() => ({ quotes: [quote('buy', 50_000, 100)] }));
  const filled = (over: object) => playedOn(script.until(3_000), again, over).fills.length;
  expect(filled({})).toBeGreaterThan(2);
  expect(filled({ config })).toBe(2);
});

test('an emergency closes everything and ends the trading', () => {
  const config = configOf({ risk: watching({ dailyLossPercent: { warn: 1, act: 1, tier: 'emergency' } }) });
  const run = toldRun(({ view }) => ({ target: 100, quotes: [quote('buy', view.bestBid / 10 - 100, 50)] }));
  const fallen = book()
    .depth(450, {
      bids: [
        ['50000.0', '0'],
        ['49999.0', '0'],
        ['48000.0', '9.000'],
      ],
      asks: [
        ['50000.1', '0'],
        ['50001.0', '0'],
        ['48001.0', '9.000'],
      ],
    })
    .until(8_000); // the mark follows slowly
  const result = playedOn(fallen, run, { config });
  expect(result.exits).toEqual([expect.objectContaining({ symbol: 'BTCUSDT', rule: 'emergency-stop' })]);
  expect(result.fills.map(({ side, reason, position }) => [side, reason, position])).toEqual([
    ['buy', 'as-told', '0.100'],
    ['sell', 'emergency-stop', '0.000'],
  ]);
  const { placed, canceled, filled } = result.orders;
  expect(placed - canceled - filled).toBe(0); // nothing rests any more
  expect(result.reasons['told']?.['emergency-stop']).toBeGreaterThan(10);
});
