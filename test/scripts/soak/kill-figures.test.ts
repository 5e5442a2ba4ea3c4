import { expect, test } from 'vitest';
import { figures, type KillRow, spread } from '../../../scripts/soak/kill-figures.ts';

const row = (over: Partial<KillRow> = {}): KillRow => ({
  ...{
    victim: 'gateway',
    how: 'kill',
    alone: true,
    interrupted: false,
    protectedMs: 300,
    quotingMs: 800,
    atExchangeMs: 790,
    heldUpMs: null,
    troubles: [],
  },
  ...over,
});

test('spread() of nothing is nothing; of many it is middle, nineteen of twenty, and worst', () => {
  expect(spread([])).toBeNull();
  expect(spread([7])).toEqual({ n: 1, median: 7, p95: 7, max: 7 });
  expect(spread(Array.from({ length: 100 }, (_, n) => 100 - n))).toEqual({ n: 100, median: 50, p95: 95, max: 100 });
});

test('figures() tells gateway and brain apart, leaves out of quoting what a person held up, and hides no start that failed', () => {
  const rows = [
    row(),
    row({ quotingMs: 9_000, heldUpMs: 8_500 }),
    row({ protectedMs: null, quotingMs: null, atExchangeMs: null }),
    row({ interrupted: true, protectedMs: null, quotingMs: null }),
    row({ victim: 'brain', quotingMs: 500 }),
  ];
  const { gateway, brain, slowest } = figures(rows);
  expect(gateway).toMatchObject({
    kills: 4,
    interrupted: 1,
    heldUp: 1,
    never: 1,
    spawnToProtectedMs: { n: 2 },
    spawnToQuotingMs: { n: 1, max: 800 },
  });
  expect(brain).toMatchObject({ kills: 1, heldUp: 0, never: 0, spawnToQuotingMs: { max: 500 } });
  expect(slowest[0]).toMatchObject({ quotingMs: null });
});
