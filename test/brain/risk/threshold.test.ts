import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALM, judge, type Watched } from '../../../brain/risk/threshold.ts';
import { MONITORS, type MonitorName, Risk, type Threshold } from '../../../shared/risk.ts';

const defaults = Risk.parse({}).monitors;
const thresholdOf = (name: MonitorName): Threshold => ({ ...defaults[name], holdMs: 0, bad: MONITORS[name].bad });
const UP: Threshold = { bad: 'above', warn: 5, act: 10, holdMs: 0, coolDownMs: 1_000, hysteresisPercent: 20 };
const DOWN: Threshold = { ...UP, bad: 'below', warn: 10, act: 5 };
const run = (threshold: Threshold, reads: readonly (readonly [now: number, reading: number | null])[]) => {
  const alarms: string[] = [];
  reads.reduce((watched: Watched, [now, reading]) => {
    const next = judge(watched, { reading, threshold, now });
    alarms.push(next.alarm);
    return next;
  }, CALM);
  return alarms;
};

describe.each(Object.keys(MONITORS) as MonitorName[])('monitor %s', (name) => {
  const threshold = thresholdOf(name);
  const { bad, act, warn, coolDownMs, hysteresisPercent } = threshold;
  const worse = bad === 'above' ? 1 : -1;
  const near = (limit: number): number => limit - worse * Math.abs(limit) * 1e-6;
  const well = (limit: number): number => limit * (1 - (worse * (hysteresisPercent + 1)) / 100);

  test('acts at its threshold', () => {
    expect(run(threshold, [[0, act]])).toEqual(['act']);
  });

  test('nearly acts: just inside it only warns, and just inside the warning it is quiet', () => {
    expect([...run(threshold, [[0, near(act)]]), ...run(threshold, [[0, near(warn)]])]).toEqual(['warn', 'quiet']);
  });

  test('recovers only well inside, and only after its time', () => {
    const inside = well(warn);
    const reads = [
      [0, act],
      [1, near(act)],
      [10, inside],
      [10 + coolDownMs - 1, inside],
      [10 + coolDownMs, inside],
    ] as const;
    expect(run(threshold, reads)).toEqual(['act', 'act', 'act', 'act', 'quiet']);
  });
});

test.each<[string, Threshold, readonly (readonly [number, number | null])[], readonly string[]]>([
  [
    'must be bad for its time',
    { ...UP, holdMs: 100 },
    [
      [0, 11],
      [99, 11],
      [100, 11],
    ],
    ['quiet', 'quiet', 'act'],
  ],
  [
    'counts that time anew after a good reading',
    { ...UP, holdMs: 100 },
    [
      [0, 11],
      [50, 1],
      [60, 11],
      [159, 11],
      [160, 11],
    ],
    ['quiet', 'quiet', 'quiet', 'quiet', 'act'],
  ],
  [
    'falls from act to warn first, when it is still beyond the warning',
    UP,
    [
      [0, 11],
      [10, 7],
      [1_010, 7],
    ],
    ['act', 'act', 'warn'],
  ],
  [
    'stays while it is between threshold and hysteresis',
    UP,
    [
      [0, 11],
      [10, 9],
      [9_999, 9],
    ],
    ['act', 'act', 'act'],
  ],
  [
    'does not learn from what is not known',
    UP,
    [
      [0, 11],
      [10, null],
      [9_999, null],
      [10_000, 1],
      [11_000, 1],
    ],
    ['act', 'act', 'act', 'act', 'quiet'],
  ],
  [
    'works downwards as well',
    DOWN,
    [
      [0, 11],
      [1, 10],
      [2, 5],
      [3, 5.5],
      [4, 20],
      [1_004, 20],
    ],
    ['quiet', 'warn', 'act', 'act', 'act', 'quiet'],
  ],
])('judge() %s', (_name, threshold, reads, want) => {
  expect(run(threshold, reads)).toEqual(want);
});

test('judge(): while a reading is beyond its threshold it acts, whatever was before, when it needs no time', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.double({ min: 0, max: 20, noNaN: true })), { maxLength: 40 }), (readings) => {
      const alarms = run(
        UP,
        readings.map((reading, i) => [i * 400, reading]),
      );
      for (const [i, reading] of readings.entries()) if (reading !== null && reading >= UP.act) expect(alarms[i]).toBe('act');
    }),
  );
});
