import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryPriceOf } from '../../../brain/portfolio/holding.ts';
import {
  crossed,
  emptyLedger,
  feeTold,
  filled,
  holdingOf,
  netOf,
  ownedBy,
  type SubLedger,
  settled,
  UNASSIGNED,
} from '../../../brain/portfolio/sub-ledger.ts';
import { agreed, counted, emptyPortfolio, type Portfolio, withOwners } from '../../../brain/portfolio/portfolio.ts';
import { readPortfolio, writePortfolio } from '../../../brain/portfolio/row.ts';
import type { FillDoc } from '../../../shared/snapshot.ts';
import { type Atoms, atoms, parseAtoms } from '../../../shared/units.ts';
import { fillDoc, INSTRUMENT, positionDoc, SYMBOL } from '../../kit/brain.ts';

const STEP = INSTRUMENT.stepAtoms;
const money = (text: string): Atoms => parseAtoms(text) ?? atoms(0n);
const TWO: SubLedger = { ...emptyLedger(['a', 'b']), step: atoms(STEP) };
const told = (net: string, over: Partial<Parameters<typeof settled>[1]> = {}) => ({
  ...{ net: money(net), step: atoms(STEP), price: money('60000'), funding: atoms(0n) },
  ...over,
});
let n = 0;
/** Signed size; whose it is, or nobody's. */
const fill = (size: string, owner?: string, over: Partial<FillDoc> = {}): FillDoc =>
  fillDoc(++n, {
    side: size.startsWith('-') ? 'sell' : 'buy',
    size: size.replace('-', ''),
    ...(owner === undefined ? { role: 'close', clientId: '' } : { strategy: owner }),
    ...over,
  });
const booked = (...fills: readonly FillDoc[]): SubLedger => fills.reduce(filled, TWO);
const sizes = ({ holdings }: SubLedger): Record<string, number> =>
  Object.fromEntries(Object.entries(holdings).map(([id, { size }]) => [id, Number(size) / 1e8]));

describe('whose share is what', () => {
  test('a fill of a run is its own, with its fee', () => {
    const ledger = booked(fill('0.030', 'a', { fee: '0.5' }), fill('-0.010', 'b', { fee: '0.2', feeAsset: 'BNB' }));
    expect(sizes(ledger)).toEqual({ a: 0.03, b: -0.01, unassigned: 0 });
    expect([holdingOf(ledger, 'a').fees, holdingOf(ledger, 'b').fees]).toEqual([{ USDT: money('0.5') }, { BNB: money('0.2') }]);
  });

  test.each<[string, readonly FillDoc[], Record<string, number>]>([
    ['opens what is nobody’s', [fill('0.010')], { a: 0, b: 0, unassigned: 0.01 }],
    ['adds what is nobody’s', [fill('0.010', 'a'), fill('0.005')], { a: 0.01, b: 0, unassigned: 0.005 }],
    ['closes half of everybody', [fill('0.030', 'a'), fill('0.010', 'b'), fill('-0.020')], { a: 0.015, b: 0.005, unassigned: 0 }],
    [
      'closes the same share of who stands against the net',
      [fill('0.030', 'a'), fill('-0.010', 'b'), fill('-0.010')],
      { a: 0.015, b: -0.005, unassigned: 0 },
    ],
    [
      'closes all and leaves nobody with anything',
      [fill('0.030', 'a'), fill('-0.010', 'b'), fill('-0.020')],
      { a: 0, b: 0, unassigned: 0 },
    ],
    ['passes through flat: what is beyond is nobody’s', [fill('0.010', 'a'), fill('-0.030')], { a: 0, b: 0, unassigned: -0.02 }],
    ['takes lots whole', [fill('0.002', 'a'), fill('0.001', 'b'), fill('-0.001')], { a: 0.001, b: 0.001, unassigned: 0 }],
    ['with a tag that nobody here has is nobody’s', [fill('0.010', 'gone')], { a: 0, b: 0, unassigned: 0.01 }],
  ])('a fill of no run %s', (_name, fills, want) => {
    expect(sizes(booked(...fills))).toEqual(want);
  });

  test('the only run of a symbol has all of it: what it finds, and what anybody trades', () => {
    const alone = settled(emptyLedger(['a']), told('0.020'));
    expect(sizes([fill('0.010'), fill('-0.005', 'gone')].reduce(filled, alone))).toEqual({ a: 0.025, unassigned: 0 });
  });

  test('a book entry changes both and not the net, and nobody pays', () => {
    const ledger = crossed(booked(fill('0.030', 'a'), fill('-0.010', 'b')), {
      buyer: 'b',
      seller: 'a',
      size: money('0.010'),
      price: money('60100'),
    });
    expect([sizes(ledger), Number(netOf(ledger)) / 1e8]).toEqual([{ a: 0.02, b: 0, unassigned: 0 }, 0.02]);
    expect([holdingOf(ledger, 'a').realized, holdingOf(ledger, 'b').realized]).toEqual([money('1'), money('-1')]);
  });

  test('a change that no fill explains goes by the same rule', () => {
    const ledger = settled(booked(fill('0.030', 'a'), fill('0.010', 'b')), told('0.020', { price: money('61000') }));
    expect(sizes(ledger)).toEqual({ a: 0.015, b: 0.005, unassigned: 0 });
    expect(holdingOf(ledger, 'a').realized).toBe(money('15'));
    const unpriced = settled(booked(fill('0.030', 'a'), fill('0.010', 'b')), told('0', { price: null }));
    expect([sizes(unpriced), holdingOf(unpriced, 'a').realized]).toEqual([{ a: 0, b: 0, unassigned: 0 }, 0n]);
  });

  test('a fee told later is shared as its fill was', () => {
    const late = fill('-0.020', undefined, { fee: null, feeAsset: null });
    const ledger = booked(fill('0.030', 'a', { fee: '0' }), fill('0.010', 'b', { fee: '0' }), late);
    expect(ledger.owed.map((one) => one.n)).toEqual([late.n]);
    const paid = feeTold(ledger, { ...late, fee: '0.4', feeAsset: 'USDT' });
    expect([paid.owed, holdingOf(paid, 'a').fees, holdingOf(paid, 'b').fees]).toEqual([[], { USDT: money('0.3') }, { USDT: money('0.1') }]);
    expect(feeTold(paid, { ...late, fee: '0.4', feeAsset: 'USDT' })).toBe(paid);
  });

  test('funding is shared by what is held, and who stands against the net gets what the others pay', () => {
    const held = settled(booked(fill('0.030', 'a'), fill('-0.010', 'b')), told('0.020', { funding: money('5') }));
    expect(holdingOf(held, 'a').funding).toBe(0n); // what was paid before is not theirs
    const paid = settled(held, told('0.020', { funding: money('4.8') }));
    expect([holdingOf(paid, 'a').funding, holdingOf(paid, 'b').funding]).toEqual([money('-0.3'), money('0.1')]);
    const flat = settled(settled(booked(), told('0')), told('0', { funding: money('1') }));
    expect(holdingOf(flat, UNASSIGNED).funding).toBe(money('1'));
  });

  test('what a run held that is gone is nobody’s, or that of the only one left; its profit is kept', () => {
    const ledger = booked(fill('0.030', 'a'), fill('-0.010', 'a', { price: '61000.00' }), fill('0.010', 'b'));
    const other = ownedBy(ledger, ['b', 'c']);
    expect([sizes(other), holdingOf(other, UNASSIGNED).realized]).toEqual([{ b: 0.01, c: 0, unassigned: 0.02 }, money('10')]);
    const only = ownedBy(ledger, ['b']);
    expect([sizes(only), entryPriceOf(holdingOf(only, 'b'))]).toEqual([{ b: 0.03, unassigned: 0 }, '60000']);
    expect(ownedBy(ledger, ['a', 'b'])).toEqual(ledger);
    expect(sizes(ownedBy(booked(fill('0.030', 'a'), fill('-0.010', 'b')), ['c']))).toEqual({ c: 0.02, unassigned: 0 });
  });

  test('a coarser step leaves the runs whole lots', () => {
    const ledger = settled(booked(fill('0.035', 'a'), fill('-0.012', 'b')), told('0.023', { step: money('0.01') }));
    expect(sizes(ledger)).toEqual({ a: 0.03, b: -0.01, unassigned: 0.003 });
  });
});

const whole = fc.integer({ min: -40, max: 40 }).filter((size) => size !== 0);
const lotsText = (size: number): string => (size / 1_000).toFixed(3);
type Event = { readonly kind: 'fill' | 'cross' | 'correct' | 'fund' | 'owners'; readonly size: number; readonly who: number };
const event: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom<Event['kind']>('fill', 'fill', 'fill', 'cross', 'correct', 'fund', 'owners'),
  size: whole,
  who: fc.integer({ min: 0, max: 3 }),
});
const OWNERS = [['a', 'b', 'c'], ['a', 'b'], ['c'], ['b', 'd']] as const;

test('whatever happens, shares and the unassigned rest add up to the net position, in whole lots, and money is neither made nor lost', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let portfolio: Portfolio = { ...withOwners(emptyPortfolio, new Map([[SYMBOL, OWNERS[0]]])), seq: 0 };
      let [net, seq, funding, fees, alone] = [0, 0, 0, 0n, false];
      const look = (): void => {
        const document = positionDoc({ size: lotsText(net), funding: String(funding), entryPrice: net === 0 ? null : '60000' });
        portfolio = agreed(portfolio, { fillSeq: seq, instrument: INSTRUMENT, document });
      };
      look();
      for (const { kind, size, who } of events) {
        const owner = ['a', 'b', 'c', undefined][who];
        if (kind === 'fill') {
          net += size;
          fees += 700n;
          const one = fillDoc(++seq, {
            ...{ side: size > 0 ? 'buy' : 'sell', size: lotsText(Math.abs(size)), fee: '0.000007' },
            ...(owner === undefined ? { role: 'close' } : { strategy: owner }),
          });
          portfolio = counted(portfolio, [one]).portfolio;
        } else if (kind === 'correct') net += size;
        else if (kind === 'fund') funding += size;
        else if (kind === 'owners') {
          portfolio = withOwners(portfolio, new Map([[SYMBOL, OWNERS[who] ?? OWNERS[0]]]));
          alone = who === 2;
        } else if (!alone) {
          const [buyer = 'a', seller = 'b'] = portfolio.ledgers[SYMBOL]?.owners ?? [];
          const entry = { buyer, seller, size: money(lotsText(Math.abs(size))), price: money('60000') };
          portfolio = { ...portfolio, ledgers: { [SYMBOL]: crossed(portfolio.ledgers[SYMBOL]!, entry) } };
        }
        look();
        const ledger = portfolio.ledgers[SYMBOL]!;
        const all = Object.values(ledger.holdings);
        expect(netOf(ledger)).toBe(BigInt(net) * STEP);
        expect(Object.keys(ledger.holdings)).toEqual([...ledger.owners, UNASSIGNED]);
        for (const { size: held } of all) expect(held % STEP).toBe(0n);
        if (alone) expect(holdingOf(ledger, UNASSIGNED).size).toBe(0n);
        expect(all.reduce((sum, one) => sum + (one.fees['USDT'] ?? 0n), 0n)).toBe(fees);
        expect(all.reduce((sum, one) => sum + one.funding, 0n)).toBe(BigInt(funding) * 100_000_000n);
        expect(readPortfolio(writePortfolio(portfolio) ?? '')).toEqual({ ...portfolio, agreed: {} });
      }
    }),
    { numRuns: 60 },
  );
});

describe('a portfolio', () => {
  const begun = (): Portfolio => withOwners(emptyPortfolio, new Map([[SYMBOL, ['a', 'b']]]));
  const look = (portfolio: Portfolio, fillSeq: number, size: string) =>
    agreed(portfolio, { fillSeq, instrument: INSTRUMENT, document: positionDoc({ size, entryPrice: '59000.123456789' }) });
  const of = (portfolio: Portfolio) => sizes(portfolio.ledgers[SYMBOL]!);

  test('begins counting at the first look, with what is held at what it cost', () => {
    const first = look(begun(), 7, '0.010');
    expect([first.seq, of(first)]).toEqual([7, { a: 0, b: 0, unassigned: 0.01 }]);
    expect(entryPriceOf(holdingOf(first.ledgers[SYMBOL]!, UNASSIGNED))).toBe('59000.123456');
    const { portfolio, news } = counted(first, [
      fillDoc(7, { strategy: 'a' }),
      fillDoc(8, { strategy: 'a' }),
      fillDoc(10, { strategy: 'a' }),
    ]);
    expect([portfolio.seq, news.map((one) => one.n), of(portfolio)]).toEqual([8, [8], { a: 0.01, b: 0, unassigned: 0.01 }]);
  });

  test('does not believe a position whose fills it has not counted', () => {
    const behind = look(look(begun(), 7, '0.000'), 8, '0.010');
    expect([behind.seq, of(behind)]).toEqual([7, { a: 0, b: 0, unassigned: 0 }]);
  });

  test('begins anew where numbers went back: that is another ledger', () => {
    const other = look(look(begun(), 7, '0.010'), 2, '-0.020');
    expect([other.seq, of(other)]).toEqual([2, { a: 0, b: 0, unassigned: -0.02 }]);
  });

  test('counts fills of symbols that it does not trade any more, and keeps nothing of them', () => {
    const { portfolio } = counted(look(begun(), 0, '0.000'), [fillDoc(1, { symbol: 'ETHUSDT' }), fillDoc(2, { strategy: 'b' })]);
    expect([portfolio.seq, of(portfolio), Object.keys(portfolio.ledgers)]).toEqual([2, { a: 0, b: 0.01, unassigned: 0 }, [SYMBOL]]);
  });

  test.each(['{"seq":1}', 'nothing', '{"seq":1,"ledgers":{"X":{"owners":[],"holdings":{},"step":"1.x","fundingSeen":null,"owed":[]}}}'])(
    'cannot be read from %s',
    (text) => {
      expect(() => readPortfolio(text)).toThrow();
    },
  );

  test('is not written before anything was counted', () => {
    expect(writePortfolio(begun())).toBeNull();
  });
});
