import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baseLots, countedOf, sizesOf } from '../../../../brain/strategy/market-making/sizes.ts';
import { INSTRUMENT } from '../../../kit/brain.ts';
import { mmParameters } from '../../../kit/market-making.ts';

const sizes = (over: object, { position = 0, side = 'buy' as 'buy' | 'sell', base = 10, fullLots = 50, reduces = false } = {}) =>
  sizesOf({ parameters: mmParameters(over), base, fullLots, position, side, reduces });

test.each<[string, object, Parameters<typeof sizes>[1], readonly number[]]>([
  ['all alike', { levels: 3 }, {}, [10, 10, 10]],
  ['each half as large again, whole lots', { levels: 3, size: { levelFactor: 1.5 } }, {}, [10, 15, 22]],
  ['each a half', { levels: 3, size: { levelFactor: 0.5 } }, {}, [10, 5, 2]],
  ['no more than still fits, nearer levels first', { levels: 3 }, { position: 35 }, [10, 5, 0]],
  ['nothing on the side of a full inventory', { levels: 2 }, { position: 50 }, [0, 0]],
  ['nothing beyond it either', { levels: 2 }, { position: 70 }, [0, 0]],
  ['the other side whole, whatever is held', { levels: 2 }, { position: 50, side: 'sell' }, [10, 10]],
  ['the growing side smaller, by half of the inventory', { size: { inventoryShrink: 0.5 } }, { position: 40 }, [6]],
  ['the shrinking side as large as ever', { size: { inventoryShrink: 0.5 } }, { position: 40, side: 'sell' }, [10]],
  ['of a short, mirrored', { levels: 3 }, { position: -35, side: 'sell' }, [10, 5, 0]],
  ['only what closes, when it must only shrink', { levels: 3 }, { position: 15, side: 'sell', reduces: true }, [10, 5, 0]],
  ['nothing that grows, when it must only shrink', { levels: 2 }, { position: 15, side: 'buy', reduces: true }, [0, 0]],
])('sizesOf() %s', (_name, over, at, want) => {
  expect(sizes(over, at)).toEqual(want);
});

// one lot of 0.001 at 60,000 is worth 60; 1,000 is 16 lots; 5 percent of 9,000 is 450: 7 lots
test('baseLots() by size, by worth and by equity', () => {
  const at = { counted: countedOf(mmParameters(), INSTRUMENT), lotWorth: 60, equity: 9_000 };
  expect(at.counted).toEqual({ orderLots: 10, fullLots: 50 });
  expect(baseLots(mmParameters(), at)).toBe(10);
  expect(baseLots(mmParameters({ size: { model: 'notional' } }), at)).toBe(16);
  expect(baseLots(mmParameters({ size: { model: 'equity', equityPercent: 5 } }), at)).toBe(7);
  expect(baseLots(mmParameters({ size: { model: 'equity', equityPercent: 5 } }), { ...at, equity: -5 })).toBe(0);
  expect(baseLots(mmParameters({ size: { model: 'equity' } }), { ...at, equity: null })).toBe('equity-unknown');
});

test('sizesOf() never takes the inventory beyond its largest, and mirrors', () => {
  const some = fc.record({
    levels: fc.integer({ min: 1, max: 10 }),
    size: fc.record({
      levelFactor: fc.double({ min: 0.1, max: 10, noNaN: true }),
      inventoryShrink: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  });
  fc.assert(
    fc.property(some, fc.integer({ min: -90, max: 90 }), fc.integer({ min: 0, max: 60 }), (over, position, base) => {
      const buys = sizes(over, { position, base });
      const total = buys.reduce((sum, size) => sum + size, 0);
      expect(total === 0 || position + total <= 50).toBe(true);
      expect(buys.every((size) => Number.isInteger(size) && size >= 0)).toBe(true);
      expect(sizes(over, { position: -position, base, side: 'sell' })).toEqual(buys);
    }),
  );
});
