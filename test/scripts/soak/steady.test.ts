import { describe, expect, test } from 'vitest';
import { figuresOf, lineOf } from '../../../scripts/soak/steady.ts';

type Looks = Parameters<typeof figuresOf>[0];
type Look = Looks[number];

const MINUTE_MS = 60_000;
const start: Look = {
  atMs: 1_000,
  pids: { gateway: 1, brain: 2 },
  cpuMs: { gateway: 500, brain: 700 },
  mb: { gateway: 100, brain: 110 },
  ticks: { begun: 50, late: 5, missed: 2 },
  isFlagged: false,
  orders: 7,
  fills: 3,
};
/** A minute after the one before: six hundred ticks on time, a tenth of a core. */
const next = (look: Look, { late = 0, missed = 0, isFlagged = false, cpuMs = 6_000, mb = 100 } = {}): Look => ({
  ...look,
  atMs: look.atMs + MINUTE_MS,
  cpuMs: { gateway: look.cpuMs.gateway + cpuMs, brain: look.cpuMs.brain + 3_000 },
  mb: { gateway: mb, brain: 120 },
  ticks: { begun: look.ticks.begun + 600 - missed, late: look.ticks.late + late, missed: look.ticks.missed + missed },
  isFlagged,
  orders: look.orders + 10,
  fills: look.fills + 4,
});
const figures = (...looks: Look[]) => figuresOf(looks, ['BTCUSDT']);

describe('what a steady run tells', () => {
  test('counts from its first look on', () => {
    const two = next(start);
    expect(figures(start, two, next(two))).toMatchObject({
      ...{
        ok: true,
        minutes: 2,
        availability: 100,
        ticks: { due: 1_200, late: 0, missed: 0 },
        unflagged: 0,
        orders: 20,
        fills: 8,
        restarts: 0,
      },
      processes: { gateway: { cpu: 10, cpuMost: 10, rssMostMb: 100 }, brain: { cpu: 5, rssMostMb: 120 } },
    });
  });

  test.each([
    ['three of six hundred ticks late', { late: 3 }, true, 99.5, 3],
    ['four late', { late: 4 }, false, 99.333, 4],
    ['two late and two missed', { late: 2, missed: 2 }, false, 99.333, 4],
    ['forty late while the gateway said so', { late: 40, isFlagged: true }, true, 100, 0],
  ])('%s', (_name, over, ok, availability, unflagged) => {
    expect(figures(start, next(start, over))).toMatchObject({ ok, availability, unflagged });
  });

  test.each([
    ['half a core', { cpuMs: 30_000 }],
    ['five hundred megabytes', { mb: 500 }],
  ])('%s is too much', (_name, over) => {
    expect(figures(start, next(start, over)).ok).toBe(false);
  });

  test('a process that died is told, and fails it', () => {
    const later = { ...next(start), pids: { gateway: 1, brain: 9 } };
    expect(figures(start, later)).toMatchObject({ ok: false, restarts: 1 });
  });

  test("growth of memory is an hour's, and a person reads all of it in one line", () => {
    const two = next(start, { mb: 101 });
    const told = figures(start, two, next(two, { mb: 102 }));
    expect(told.processes.gateway.memory).toMatchObject({ mbPerHour: 60 });
    expect(lineOf(told)).toBe(
      '2 min: 100 % of ticks on time or flagged (0 late, 0 missed, 0 of them unflagged, of 1200); 20 orders ended, 8 fills; gateway 10 % CPU, 102 MB at most, 60 MB/h; brain 5 % CPU, 120 MB at most, 0 MB/h',
    );
  });
});
