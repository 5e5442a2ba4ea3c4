import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runExits, slippageLines, spreadOf, summaryOf } from '../../../scripts/soak/exits.ts';
import { allowanceMs, type Call, detectMs, ordersMax } from '../../kit/exits/deadline.ts';
import { average, Mirror } from '../../kit/exits/mirror.ts';
import type { PathRecord } from '../../kit/exits/path.ts';
import { planOf } from '../../kit/exits/plan.ts';
import { config, documents, positionDoc } from '../../kit/brain.ts';

const closed = (over: Partial<PathRecord['closed'][number]>): PathRecord['closed'][number] => ({
  ...{ why: 'stop-loss', trigger: 100, average: 99, slippageBps: 1, tookMs: 100, allowedMs: 1_000, orders: 1, faults: [] },
  ...over,
});
const record = (over: Partial<PathRecord>): PathRecord => ({
  ...{ seed: 1, faults: [], violations: [], closed: [], unseenMs: 0, blind: { ms: 0, allowedMs: 0 }, turns: 10 },
  ...over,
});

test('spreadOf() is by nearest rank, and passes over what is no number', () => {
  expect(spreadOf([3, Number.NaN, 1, 2])).toEqual({ n: 3, p5: 1, p50: 2, p95: 3, p99: 3, max: 3 });
  expect(spreadOf(Array.from({ length: 200 }, (_, i) => i + 1))).toEqual({ n: 200, p5: 10, p50: 100, p95: 190, p99: 198, max: 200 });
  expect(spreadOf([])).toEqual({ n: 0, p5: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});

test('summaryOf() tells slippage and time by cause, what went wrong, and the seeds that found something', () => {
  const told = summaryOf([
    record({
      seed: 5,
      faults: ['hang', 'sweep'],
      closed: [closed({ slippageBps: 4, tookMs: 900 }), closed({ why: 'take-profit', slippageBps: -2 })],
    }),
    record({ seed: 6, faults: ['hang'], violations: ['something'], closed: [closed({ slippageBps: 6 })] }),
  ]);
  expect(told).toMatchObject({ paths: 2, found: 1, closed: 3, seeds: [6], faults: { hang: 2, sweep: 1 }, mostOfAllowed: 0.9, turns: 20 });
  expect(told.slippageBps).toEqual({
    all: { n: 3, p5: -2, p50: 4, p95: 6, p99: 6, max: 6 },
    'stop-loss': { n: 2, p5: 4, p50: 4, p95: 6, p99: 6, max: 6 },
    'take-profit': { n: 1, p5: -2, p50: -2, p95: -2, p99: -2, max: -2 },
  });
  const [titles, all, ...causes] = slippageLines(told);
  expect([titles, all].map((line) => line?.trim().split(/ {2,}/))).toEqual([
    ['SLIPPAGE, BPS', 'CLOSES', 'P5', 'P50', 'P95', 'P99', 'MAX'],
    ['all', '3', '-2', '4', '6', '6', '6'],
  ]);
  expect(causes.map((line) => line.split(' ')[0])).toEqual(['stop-loss', 'take-profit']);
});

describe('runExits()', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-exit-soak-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('goes on where it was left, and has nothing to do when all are there', async () => {
    const file = join(dir, 'exits-seed-3.jsonl');
    writeFileSync(file, [1, 2].map((seed) => `${JSON.stringify(record({ seed, closed: [closed({})] }))}\n`).join(''));
    const before = readFileSync(file, 'utf8');
    const told = await runExits({ seed: 3, paths: 2, dir, stop: new AbortController().signal, tell: () => undefined });
    expect([told.paths, told.closed, readFileSync(file, 'utf8')]).toEqual([2, 2, before]);
  });
});

describe('how long a close may take', () => {
  const call = (over: Partial<Call> = {}): Call => ({
    target: 'POST /fapi/v1/order',
    sentMs: 0,
    endedMs: 50,
    failed: false,
    lost: false,
    ...over,
  });
  const read = (over: Partial<Call> = {}): Call => call({ target: 'GET /fapi/v3/positionRisk', ...over });
  const allowed = (over: Partial<Parameters<typeof allowanceMs>[0]>): number =>
    allowanceMs({ calls: [], outMs: 0, restarts: 0, isProfit: false, ...over }, { config: config(), sliceMs: 25 });

  test.each<[string, Partial<Parameters<typeof allowanceMs>[0]>, number]>([
    ['clearing, and two looks', {}, 2_050],
    ['a rung of a maker for a profit', { isProfit: true }, 8_050],
    ['an order and its turn', { calls: [call()] }, 2_250],
    ['silence for one that came back without a word', { calls: [call({ failed: true, lost: true })] }, 2_050 + 1_000 + 150],
    ['no more than silence for one that hangs', { calls: [call({ endedMs: 3_000 })] }, 3_200],
    ['spaces between orders beyond the eighth', { calls: Array.from({ length: 10 }, () => call()) }, 2_050 + 10 * 200 + 1_000],
    ['a read', { calls: [read()] }, 2_250],
    ['one that failed, and the next', { calls: [read({ failed: true })] }, 2_500],
    ['one that hangs', { calls: [read({ endedMs: 3_000, failed: true })] }, 3_450],
    ['nothing for other calls', { calls: [call({ target: 'DELETE /fapi/v1/order', endedMs: 9_000 })] }, 2_050],
    ['time in which nobody can close', { outMs: 700 }, 2_750],
    ['clearing anew and the next ask after a restart', { restarts: 1 }, 2_050 + 2_000 + 1_000 + 150],
  ])('%s', (_name, over, want) => {
    expect(allowed(over)).toBe(want);
  });

  test('orders are bounded, and the sight of a stop is a matter of periods', () => {
    expect([ordersMax([]), ordersMax([call({ failed: true }), read({ failed: true })])]).toEqual([12, 14]);
    expect(detectMs(config())).toBe(100 + 200 + 10 + 50);
  });
});

test('planOf() is of its seed alone, and seeds differ', () => {
  const plan = (seed: number) => planOf({ seed, startMs: 0, lastMs: 60_000 });
  expect(plan(1)).toEqual(plan(1));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(plan(seed)))).size).toBe(20);
});

describe('the plain rules', () => {
  const mirror = (rules: object) => new Mirror('BTCUSDT', { cooldownMs: 0, maxMarkAgeMs: 3_000, ...rules });
  const held = (entryPrice: string) => documents({ docs: { position: positionDoc({ size: '0.010', entryPrice }) } }); // 60000 bid

  test.each<[string, object, string, string | null]>([
    ['a loss', { stopLossPercent: 1 }, '60700', 'stop-loss'],
    ['no loss', { stopLossPercent: 1 }, '60500', null],
    ['a profit', { stopLossPercent: 1, takeProfitDistance: '100' }, '59900', 'take-profit'],
    ['money lost', { stopLossAmount: '1' }, '60100', 'stop-loss'],
  ])('see %s', (_name, rules, entryPrice, fires) => {
    expect(mirror(rules).read(held(entryPrice), 0)).toMatchObject({ fires, size: 0.01, live: true, fresh: true, opening: null });
  });

  test('say nothing of what is not known', () => {
    expect(mirror({}).read(documents({ docs: { position: positionDoc({ known: false, size: null }) } }), 0)).toBeNull();
  });

  test('average a walk through the rows', () => {
    expect(
      average(
        [
          ['100', '1'],
          ['90', '1'],
        ],
        1.5,
      ),
    ).toBeCloseTo((100 + 45) / 1.5, 9);
    expect(average([['100', '1']], 3)).toBeCloseTo(100, 9);
    expect(average([], 1)).toBeNull();
  });
});
