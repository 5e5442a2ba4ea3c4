import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFault } from '../../../scripts/sim/faults/fault.ts';
import { drawStrike, drawTrouble, handActs, TROUBLE_KINDS } from '../../../scripts/soak/strikes.ts';
import { Random } from '../../../shared/random.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test('same seed, same strikes and troubles; each fault is one that the simulator takes', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const draw = () => {
        const random = new Random(seed);
        const strike = drawStrike(random);
        const steps = [...handActs(random, { person: strike.person, symbol: 'BTCUSDT' }), ...drawTrouble(random, 'BTCUSDT').steps];
        return { strike, steps };
      };
      expect(draw()).toEqual(draw());
      for (const { fault } of draw().steps) expect(readFault(fault)).toMatchObject({ ok: true });
    }),
  );
});

test('in a campaign of two hundred every kind of trouble comes, and each process is struck', () => {
  const random = new Random(1);
  const strikes = Array.from({ length: 200 }, () => drawStrike(random));
  const of = (name: string): number => strikes.filter(({ victims }) => victims.some((victim) => victim === name)).length;
  expect(of('gateway')).toBeGreaterThan(70);
  expect(of('brain')).toBeGreaterThan(60);
  expect(of('redis')).toBeGreaterThan(5);
  expect(new Set(strikes.map(({ how }) => how))).toEqual(new Set(['kill', 'freeze', 'freeze-then-kill']));
  expect(new Set(strikes.map(({ person }) => person)).size).toBe(3);
  expect(new Set(Array.from({ length: 600 }, () => drawTrouble(random, 'BTCUSDT').kind))).toEqual(new Set(TROUBLE_KINDS));
});
