import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StallGuard } from '../../../gateway/orders/stall-guard.ts';

/** As in the process: a beat every 50 ms while it runs, none while it stands still. */
const BEAT_MS = 50;

test.each([
  ['runs on time', 50, false],
  ['is held up for less than the limit', 480, false],
  ['stood still for 0.6 s', 600, true],
  ['stood still for a minute', 60_000, true],
])('a process that %s drops what waited: %d ms', (_name, gapMs, stalled) => {
  const guard = new StallGuard(0);
  expect(guard.isStalled(gapMs)).toBe(stalled);
  expect(guard.stalls).toBe(stalled ? 1 : 0);
});

test('what waited is dropped whether the beat or the command comes first, and what comes after is taken', () => {
  for (const beatFirst of [true, false]) {
    const guard = new StallGuard(0);
    if (beatFirst) guard.beat(3_000);
    expect([guard.isStalled(3_000.5), guard.isStalled(3_090)]).toEqual([true, true]);
    guard.beat(3_095);
    expect(guard.isStalled(3_196)).toBe(false);
    expect(guard.stalls).toBe(1);
  }
});

test('for any freezes: a command handled at the end of one over half a second is dropped, and between them none is', () => {
  const freezes = fc.array(fc.record({ runMs: fc.integer({ min: 200, max: 3_000 }), freezeMs: fc.integer({ min: 0, max: 60_000 }) }));
  fc.assert(
    fc.property(freezes, (script) => {
      const guard = new StallGuard(0);
      let now = 0;
      let long = 0;
      for (const { runMs, freezeMs } of script) {
        for (const end = now + runMs; now < end; now += BEAT_MS) guard.beat(now);
        expect(guard.isStalled(now)).toBe(false);
        now += freezeMs;
        const over = freezeMs + BEAT_MS > 500; // the last beat was up to one period before
        if (over) long++;
        if (freezeMs > 500 || !over) expect(guard.isStalled(now)).toBe(over);
        else guard.isStalled(now);
      }
      expect(guard.stalls).toBeLessThanOrEqual(long);
    }),
  );
});
