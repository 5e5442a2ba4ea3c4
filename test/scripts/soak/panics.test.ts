import { afterAll, beforeAll, expect, test } from 'vitest';
import { figuresOf } from '../../../scripts/soak/panic-figures.ts';
import { drawPanicFaults, PANIC_FAULTS } from '../../../scripts/soak/panic-faults.ts';
import { panicOnce, type PanicOptions, type PanicRecord } from '../../../scripts/soak/panics.ts';
import { readFault } from '../../../scripts/sim/faults/fault.ts';
import { Random } from '../../../shared/random.ts';
import { TestRedis } from '../../kit/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** A seed whose stop is asked for by the operator. */
const BY_OPERATOR = 1;
/** Figures belong to the soak, on an idle machine: here it counts that it ends, and that the exchange agrees. */
test.each<[string, number, Pick<PanicOptions, 'faults' | 'before'>]>([
  ['several things go wrong, by a seed', 1_003, { faults: true }],
  ['the brain is dead', BY_OPERATOR, { faults: false, before: async (brain) => await brain[Symbol.asyncDispose]() }],
  ['Redis is dead', 2, { faults: false, before: () => redis.kill() }],
])(
  'an emergency stop over real sockets ends flat, with no order left, by the word of the exchange: %s',
  async (_name, seed, options) => {
    const record = await panicOnce({ seed, redisUrl: redis.url, ...options });
    expect(record.violations).toEqual([]);
    expect(record.faults.length > 0).toBe(options.faults);
    if (seed === BY_OPERATOR) expect(record.asked).toBe('operator');
    for (const ms of [record.goneMs, record.flatMs, record.doneMs]) expect(ms).toBeGreaterThan(0);
  },
  90_000,
);

test('every fault that can be drawn is one that the simulator knows, and every kind is drawn', () => {
  const drawn = Array.from({ length: 200 }, (_, seed) => drawPanicFaults(new Random(seed), [{ symbol: 'BTCUSDT', midText: '64000.1' }]));
  for (const { faults } of drawn.flat()) for (const fault of faults) expect(readFault(fault)).toMatchObject({ ok: true });
  expect(new Set(drawn.flat().map(({ name }) => name))).toEqual(new Set(PANIC_FAULTS));
});

test('figuresOf() tells median and maximum, and apart what the venue itself had forbidden', () => {
  const record = (goneMs: number | null, over: Partial<PanicRecord> = {}): PanicRecord => ({
    ...{ seed: 1, asked: 'file', everything: false, faults: [], goneMs, flatMs: goneMs, doneMs: goneMs, forbiddenMs: { gone: 0, flat: 0 } },
    ...{ violations: [], ...over },
  });
  const limited = record(1_050, { faults: ['429'], forbiddenMs: { gone: 1_000, flat: 1_000 } });
  const figures = figuresOf([record(10), record(20), limited]);
  expect(figures).toMatchObject({ ok: true, panics: 3, goneMs: { median: 20, max: 1_050 }, allowed: { goneMs: { median: 20, max: 50 } } });
  expect(figures.without429).toMatchObject({ panics: 2, goneMs: { max: 20 } });
  const broken = figuresOf([record(null, { violations: ['not done'] })]);
  expect(broken).toMatchObject({ ok: false, found: [{ seed: 1 }], goneMs: { median: null, never: 1 } });
});
