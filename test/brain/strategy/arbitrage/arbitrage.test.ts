import { expect, test } from 'vitest';
import { ArbitrageParameters } from '../../../../shared/arbitrage.ts';
import { type ArbitrageState, arbitrage } from '../../../../brain/strategy/arbitrage/arbitrage.ts';
import type { SymbolView, Wish } from '../../../../brain/strategy/strategy.ts';
import { explain } from '../../../../shared/reasons.ts';
import { lots, ticks, wallMs } from '../../../../shared/units.ts';
import { INSTRUMENT, view } from '../../../kit/brain.ts';

const P = ArbitrageParameters.parse({
  orderSize: '0.010',
  warmUpMinutes: 0,
  meanMinutes: 1_000,
  entryBps: 5,
  exitBps: 1,
  cooldownMs: 0,
  holdMinutes: 60,
});
const START = 1_700_000_000_000;
const FEES = { maker: 0, taker: 0.0001 };
const SECOND = { ...INSTRUMENT, symbol: 'BTCUSDC', quoteAsset: 'USDC' };

/** A book of one level a side around mid, a tick wide. */
function side(symbol: string, mid: number, over: Partial<SymbolView> = {}): SymbolView {
  const [bid, ask] = [ticks(Math.floor(mid)), ticks(Math.floor(mid) + 1)];
  const level = (price: typeof bid) => [{ price, size: lots(500) }];
  const instrument = symbol === 'BTCUSDC' ? SECOND : INSTRUMENT;
  const funding = { rate: 0, nextMs: wallMs(START + 8 * 3_600_000) };
  return view({ symbol, instrument, bids: level(bid), asks: level(ask), commission: FEES, funding, atMs: wallMs(START), ...over });
}

type World = { a: number; b: number; held: [number, number]; atMs: number };
/** Turn after turn on two mids; the fills follow the targets as far as `filled` lets them. */
class Pair {
  readonly #strategy;
  state: ArbitrageState;
  world: World = { a: 600_000, b: 600_000, held: [0, 0], atMs: START };
  wishes: ReadonlyMap<string, Wish> = new Map();

  constructor(parameters = P) {
    this.#strategy = arbitrage(parameters);
    this.state = this.#strategy.initial();
  }

  turn(over: { a?: Partial<SymbolView> | string; b?: Partial<SymbolView> | string } = {}): string {
    const { a, b, held, atMs } = this.world;
    const at = wallMs(atMs);
    const one = typeof over.a === 'string' ? over.a : side('BTCUSDT', a, { position: lots(held[0]), atMs: at, ...over.a });
    const two = typeof over.b === 'string' ? over.b : side('BTCUSDC', b, { position: lots(held[1]), atMs: at, ...over.b });
    const decided = this.#strategy.decide(
      new Map([
        ['BTCUSDT', one],
        ['BTCUSDC', two],
      ]),
      this.state,
    );
    this.state = JSON.parse(JSON.stringify(decided.state)) as ArbitrageState;
    this.wishes = decided.wishes;
    this.world.atMs += 100;
    return decided.wishes.get('BTCUSDT')?.reason ?? 'none';
  }

  get targets(): (number | null)[] {
    return ['BTCUSDT', 'BTCUSDC'].map((symbol) => this.wishes.get(symbol)?.target?.position ?? null);
  }

  /** Both legs get what they ask for. */
  fill(): void {
    const [a, b] = this.targets;
    this.world.held = [a ?? this.world.held[0], b ?? this.world.held[1]];
  }
}

test('waits at the mean, enters where the edge is above all costs, leg after leg, holds, and leaves at the mean', () => {
  const pair = new Pair();
  expect(pair.turn()).toBe('arb-no-edge');
  pair.world.a = 600_000 * 1.0012; // 12 bps dear: 4 bps of fees are left behind
  expect([pair.turn(), pair.targets]).toEqual(['arb-entering', [-10, null]]);
  pair.fill();
  expect([pair.turn(), pair.targets]).toEqual(['arb-hedging', [null, 10]]);
  pair.fill();
  expect([pair.turn(), pair.targets]).toEqual(['arb-holding', [null, null]]);
  pair.world.a = 600_000;
  expect([pair.turn(), pair.targets]).toEqual(['arb-leaving-target', [0, 0]]);
  pair.fill();
  expect([pair.turn(), pair.state.legs.at]).toEqual(['arb-closed', 'flat']);
});

test.each([
  ['just below the least edge', 1.00089, 'arb-no-edge'], // 8.9 gross - 4 fees - 0.2 spreads < 5
  ['just above it', 1.00094, 'arb-entering'],
])('%s', (_name, factor, want) => {
  const pair = new Pair();
  pair.turn();
  pair.world.a = Math.round(600_000 * factor);
  expect(pair.turn()).toBe(want);
});

test('funding due while it is expected to be held counts: the same spread pays one way and not the other', () => {
  const due = { rate: 0.0006, nextMs: wallMs(START + 30 * 60_000) };
  const short = new Pair();
  short.turn();
  short.world.a = 600_000 * 1.0012;
  expect(short.turn({ a: { funding: due } })).toBe('arb-entering'); // the short receives
  const long = new Pair();
  long.turn();
  long.world.a = 600_000 * 0.9988;
  expect(long.turn({ a: { funding: due } })).toBe('arb-no-edge'); // the long would pay
});

test('a leg that is not hedged before the deadline is unwound with the wider slippage', () => {
  const pair = new Pair();
  pair.turn();
  pair.world.a = 600_000 * 1.002;
  pair.turn();
  expect(pair.wishes.get('BTCUSDT')?.target?.slippageBps).toBe(P.maxSlippageBps);
  pair.world.held = [-10, 0];
  pair.world.atMs += P.hedgeDeadlineMs;
  expect([pair.turn(), pair.targets]).toEqual(['arb-leaving-hedge-late', [0, null]]);
  expect(pair.wishes.get('BTCUSDT')?.target?.slippageBps).toBe(P.exitSlippageBps);
});

test.each<[string, [number, number], number, (number | null)[]]>([
  ['a leg without its hedge is taken back after the deadline', [-10, 0], 1, [0, null]],
  ['as much of it as has no hedge', [-10, 4], 1, [-4, null]],
  ['not before the deadline', [-10, 0], 0.5, [null, null]],
  ['a hedged one stays', [-10, 10], 1, [null, null]],
  ['nothing is opened against what is not seen', [0, 10], 1, [null, null]],
])('while the other book cannot be seen, %s', (_name, held, deadlines, want) => {
  const pair = new Pair();
  pair.turn();
  pair.world.a = 600_000 * 1.002;
  pair.turn();
  pair.world.held = held;
  expect(pair.turn()).toMatch(/^arb-(hedging|entering|holding|leaving-wrong-side)$/);
  pair.world.atMs += P.hedgeDeadlineMs * deadlines;
  pair.turn({ b: 'rejections' });
  expect(pair.targets).toEqual(want);
});

test('a leg that was taken back while the other could not be seen is flattened whole when both are', () => {
  const pair = new Pair();
  pair.turn();
  pair.world.a = 600_000 * 1.002;
  pair.turn();
  pair.world.held = [-10, 0];
  pair.turn();
  pair.world.atMs += P.hedgeDeadlineMs;
  expect(pair.turn({ b: 'rejections' })).toBe('arb-leaving-hedge-late');
  pair.fill();
  pair.world.held = [pair.world.held[0], 10]; // the hedge had been filled after all
  expect([pair.turn(), pair.targets]).toEqual(['arb-leaving-hedge-late', [null, 0]]);
  pair.fill();
  expect(pair.turn()).toBe('arb-closed');
});

test.each<[string, Parameters<Pair['turn']>[0], string]>([
  ['a leg that cannot be seen', { b: 'book-not-live' }, 'arb-one-sided'],
  ['unknown fees', { a: { commission: null } }, 'arb-unpriced'],
  ['unknown funding', { b: { funding: null } }, 'arb-unpriced'],
  ['a book too thin for the size', { b: { bids: [{ price: ticks(600_000), size: lots(9) }] } }, 'arb-unpriced'],
  ['two coins', { b: { instrument: { ...SECOND, baseAsset: 'ETH' } } }, 'arb-two-coins'],
])('%s enters nothing', (_name, over, want) => {
  const pair = new Pair();
  pair.turn();
  pair.world.a = 600_000 * 1.01;
  expect([pair.turn(over), pair.targets]).toEqual([want, [null, null]]);
});

test('nothing is entered before the mean has been followed long enough', () => {
  const pair = new Pair(ArbitrageParameters.parse({ ...P, warmUpMinutes: 1 }));
  pair.turn();
  pair.world.a = 600_000 * 1.01;
  expect(pair.turn()).toBe('warming-up');
  pair.world.atMs = START + 60_000;
  expect(pair.turn()).toBe('arb-entering');
});

test('contracts of different steps meet in their common one', () => {
  const pair = new Pair();
  const coarse = { ...SECOND, stepSize: '0.01' };
  pair.turn({ b: { instrument: coarse } });
  pair.world.a = 600_000 * 1.002;
  pair.turn({ b: { instrument: coarse, bids: [{ price: ticks(600_000), size: lots(90) }] } });
  expect(pair.targets).toEqual([-10, null]); // 0.010 in steps of 0.001
  pair.fill();
  pair.turn({ b: { instrument: coarse } });
  expect(pair.targets).toEqual([null, 1]); // 0.010 in steps of 0.01
});

test('a state goes on after a restart, and what is no state does not', () => {
  const { resume } = arbitrage(P);
  const pair = new Pair();
  pair.turn();
  expect(resume?.read(JSON.parse(JSON.stringify(pair.state)))).toEqual(pair.state);
  expect(resume?.read({ basis: null, legs: { at: 'elsewhere' } }) ?? null).toBeNull();
});

test('every reason it gives is explained', () => {
  for (const why of ['target', 'too-long', 'funding', 'uneven', 'hedge-late', 'wrong-side', 'leftover'])
    expect(explain(`arb-leaving-${why}`)).toBeTruthy();
  for (const reason of ['arb-two-symbols', 'arb-one-sided', 'arb-unpriced', 'arb-no-edge', 'arb-holding'])
    expect(explain(reason)).toBeTruthy();
});
