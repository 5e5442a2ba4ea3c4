import { expect, test } from 'vitest';
import { ACT_KINDS, drawAct, healing } from '../../../scripts/soak/acts.ts';
import { FAULT_KINDS, readFault } from '../../../scripts/sim/faults/fault.ts';
import { Random } from '../../../shared/random.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const draw = (seed: number, kinds: readonly string[]) => {
  const random = new Random(seed);
  return Array.from({ length: 200 }, () => drawAct(random, { kinds, symbols: SYMBOLS }));
};

test('drawAct() knows every fault of the simulator, and kills and stalls every process', () => {
  expect(new Set(ACT_KINDS)).toEqual(
    new Set([
      ...FAULT_KINDS.filter((kind) => kind !== 'clear'),
      ...['redis', 'sim', 'gateway', 'brain'].flatMap((name) => [`kill-${name}`, `stall-${name}`]),
    ]),
  );
});

test.each(ACT_KINDS)('drawAct() of %s draws only what the simulator accepts', (kind) => {
  for (const act of draw(7, [kind])) {
    expect(act.kind).toBe(kind);
    for (const { fault } of act.does === 'faults' ? act.steps : []) expect(readFault(fault)).toMatchObject({ ok: true });
  }
});

test('drawAct() draws the same from the same seed, and other things from another', () => {
  expect(draw(1, ACT_KINDS)).toEqual(draw(1, ACT_KINDS));
  expect(draw(1, ACT_KINDS)).not.toEqual(draw(2, ACT_KINDS));
  expect(() => draw(1, ['earthquake'])).toThrow('"earthquake"');
});

test('healing() is what the simulator accepts', () => {
  for (const fault of healing(SYMBOLS)) expect(readFault(fault)).toMatchObject({ ok: true });
});
