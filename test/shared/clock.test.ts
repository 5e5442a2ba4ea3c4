import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClockSpec, formatClockSpec, parseClockSpec, systemClock, VirtualClock } from '../../shared/clock.ts';

test('VirtualClock runs timers in order of their time, then of their making', () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name}@${clock.monoMs()}`);
  clock.after(20, note('late'));
  clock.after(10, note('first'));
  clock.after(10, note('second'));
  clock.after(10, () => clock.after(0, note('at once')));
  clock.after(-5, note('overdue'));
  clock.advance(9.5);
  expect(seen).toEqual(['overdue@0']);
  clock.advance(10.5);
  expect(seen).toEqual(['overdue@0', 'first@10', 'second@10', 'at once@10', 'late@20']);
  expect(clock.monoMs()).toBe(20);
});

test('VirtualClock tells wall time from its origin, in whole milliseconds', () => {
  const clock = new VirtualClock(1_000);
  clock.advance(1.75);
  expect([clock.wallMs(), clock.monoMs()]).toEqual([1_001, 1.75]);
});

test('VirtualClock forgets a cancelled timer, and wakes who sleeps', async () => {
  const clock = new VirtualClock();
  let ran = false;
  clock
    .after(5, () => {
      ran = true;
    })
    .cancel();
  const slept = clock.sleep(5).then(() => clock.monoMs());
  clock.advance(10);
  expect([ran, await slept]).toEqual([false, 10]);
});

test('VirtualClock never goes back when a timer moves it on', () => {
  const clock = new VirtualClock();
  clock.after(1, () => clock.advance(100));
  clock.advance(10);
  expect(clock.monoMs()).toBe(101);
});

test('every() keeps to its grid and skips what it missed instead of bunching', () => {
  const clock = new VirtualClock();
  const at: number[] = [];
  const timer = clock.every(10, () => {
    at.push(clock.monoMs());
    if (at.length === 2) clock.advance(35); // a stall inside the run: 30 .. 50 pass
  });
  clock.advance(30);
  clock.advance(45);
  timer.cancel();
  clock.advance(100);
  expect(at.slice(0, 2)).toEqual([10, 20]);
  const gaps = at.slice(3).map((time, i) => time - (at[i + 2] ?? 0));
  expect(at.every((time, i) => i < 3 || time % 10 === 0)).toBe(true);
  expect(gaps.every((gap) => gap >= 10)).toBe(true);
  expect(new Set(at).size).toBe(at.length); // one run at one time
});

test('every() that is late by whole periods runs once and then one period later', () => {
  const timers: { at: number; run: () => void }[] = [];
  const clock = new (class extends VirtualClock {
    override after(delayMs: number, run: () => void) {
      timers.push({ at: this.monoMs() + delayMs, run });
      return { cancel: () => undefined };
    }
  })();
  let runs = 0;
  clock.every(10, () => {
    runs++;
  });
  clock.advance(30); // the timer fell due at 10 and comes at 30, exactly on the grid
  timers[0]?.run();
  expect([runs, timers[1]?.at]).toEqual([1, 40]);
});

test('every() whose timer comes a little early does not run twice for one point of the grid', () => {
  const delays: number[] = [];
  let run = (): void => undefined;
  const clock = new (class extends VirtualClock {
    override after(delayMs: number, each: () => void) {
      delays.push(delayMs);
      run = each;
      return { cancel: () => undefined };
    }
  })();
  clock.every(10, () => undefined);
  clock.advance(9.5);
  run();
  expect(delays).toEqual([10, 10.5]);
});

test('every() stops when its own run cancels it', () => {
  const clock = new VirtualClock();
  let runs = 0;
  const timer = clock.every(10, () => {
    runs++;
    timer.cancel();
  });
  clock.advance(100);
  expect(runs).toBe(1);
});

test('parseClockSpec() reads back what formatClockSpec() wrote', () => {
  const time = fc.integer({ min: 0, max: 4e12 });
  const speed = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(0.5, 0.25, 2.5));
  fc.assert(
    fc.property(time, time, speed, (originMs, originRealMs, times) => {
      const spec: ClockSpec = { originMs, originRealMs, speed: times };
      expect(parseClockSpec(formatClockSpec(spec))).toEqual(spec);
    }),
  );
  const fractional = { originMs: 1.5, originRealMs: 1_700_000_000_000.25, speed: 20 };
  expect(parseClockSpec(formatClockSpec(fractional))).toEqual(fractional);
});

test.each(['', '1@2', '1@2x0', '1@2x1001', '1@2x-1', 'a@2x1', '1@2x1 ', '1@2xNaN', '-1@2x1'])('parseClockSpec() refuses %j', (text) => {
  expect(parseClockSpec(text)).toBeNull();
});

test('systemClock() scales monotonic and wall time by the same speed', () => {
  const speed = 500;
  const originRealMs = Math.floor(performance.timeOrigin + performance.now());
  const clock = systemClock({ originMs: 1_000_000, originRealMs, speed });
  const before = [performance.now(), clock.monoMs(), performance.now()] as const;
  while (performance.now() < before[2] + 5); // real time passes
  const after = [performance.now(), clock.monoMs(), performance.now()] as const;
  const mono = after[1] - before[1];
  expect(mono).toBeGreaterThanOrEqual((after[0] - before[2]) * speed);
  expect(mono).toBeLessThanOrEqual((after[2] - before[0]) * speed);
  const [low, wall, high] = [performance.now(), clock.wallMs(), performance.now()];
  const simulated = (real: number): number => 1_000_000 + (performance.timeOrigin + real - originRealMs) * speed;
  expect(wall).toBeGreaterThanOrEqual(Math.floor(simulated(low)) - 1);
  expect(wall).toBeLessThanOrEqual(simulated(high) + 1);
  expect(Number.isInteger(wall)).toBe(true);
});

test('systemClock() runs timers in scaled time, and not those cancelled', async () => {
  const clock = systemClock({ originMs: 0, originRealMs: 0, speed: 1_000 });
  let cancelled = true;
  clock
    .after(1, () => {
      cancelled = false;
    })
    .cancel();
  const started = clock.monoMs();
  await clock.sleep(20_000);
  const took = clock.monoMs() - started;
  expect(cancelled).toBe(true);
  expect(took).toBeGreaterThanOrEqual(18_000); // timers have a real millisecond
});

test('systemClock() does not run a timer of months at once', async () => {
  const clock = systemClock();
  let ran = false;
  const timer = clock.after(2 ** 31 + 1_000, () => {
    ran = true;
  });
  await clock.sleep(5);
  timer.cancel();
  expect(ran).toBe(false);
});

test('systemClock() without a spec is the machine', () => {
  const clock = systemClock();
  const [low, wall, high] = [Date.now(), clock.wallMs(), Date.now()];
  expect(wall).toBeGreaterThanOrEqual(low);
  expect(wall).toBeLessThanOrEqual(high);
});
