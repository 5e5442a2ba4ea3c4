import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StallGuard } from '../../../gateway/orders/stall-guard.ts';

/** As in the process: a beat every 50 ms while it runs, none while it stands still. */
const BEAT_MS = 50;

/** Both clocks of a machine, moved by hand. */
function machine() {
  const time = { mono: 0, wall: 1_000_000 };
  const guard = new StallGuard({ mono: () => time.mono, wall: () => time.wall });
  const pass = (ms: number): void => {
    time.mono += ms;
    time.wall += ms;
  };
  return { guard, time, pass };
}

test.each([
  ['runs on time', 50, false],
  ['is held up for less than the limit', 480, false],
  ['stood still for 0.6 s', 600, true],
  ['stood still for a minute', 60_000, true],
])('a process that %s drops what waited: %d ms', (_name, gapMs, stalled) => {
  const { guard, pass } = machine();
  pass(gapMs);
  expect(guard.isStalled()).toBe(stalled);
  expect(guard.stalls).toBe(stalled ? 1 : 0);
});

test('what waited is dropped whether the beat or the command comes first, and what comes after is taken', () => {
  for (const beatFirst of [true, false]) {
    const { guard, pass } = machine();
    pass(3_000);
    if (beatFirst) guard.beat();
    const first = guard.isStalled();
    pass(90);
    expect([first, guard.isStalled()]).toEqual([true, true]);
    guard.beat();
    pass(101);
    expect(guard.isStalled()).toBe(false);
    expect(guard.stalls).toBe(1);
  }
});

test('a machine that slept: its monotonic clock slept, too, and the wall clock tells', () => {
  const { guard, time, pass } = machine();
  time.wall += 3_600_000;
  expect(guard.isStalled()).toBe(true);
  guard.beat();
  pass(150);
  guard.beat();
  expect([guard.isStalled(), guard.stalls]).toEqual([false, 1]);
  time.wall -= 3_600_000; // a clock set back is no stall
  expect(guard.isStalled()).toBe(false);
});

test('for any freezes: a command handled at the end of one over half a second is dropped, and between them none is', () => {
  const freezes = fc.array(fc.record({ runMs: fc.integer({ min: 200, max: 3_000 }), freezeMs: fc.integer({ min: 0, max: 60_000 }) }));
  fc.assert(
    fc.property(freezes, (script) => {
      const { guard, time, pass } = machine();
      let long = 0;
      for (const { runMs, freezeMs } of script) {
        for (const end = time.mono + runMs; time.mono < end; pass(BEAT_MS)) guard.beat();
        expect(guard.isStalled()).toBe(false);
        pass(freezeMs);
        const over = freezeMs + BEAT_MS > 500; // the last beat was up to one period before
        if (over) long++;
        if (freezeMs > 500 || !over) expect(guard.isStalled()).toBe(over);
        else guard.isStalled();
      }
      expect(guard.stalls).toBeLessThanOrEqual(long);
    }),
  );
});
