import { expect, test } from 'vitest';
import { TickClock } from '../../../gateway/publish/tick-clock.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { wallMs } from '../../../shared/units.ts';

/** A clock whose wall time somebody sets, and whose timers come late. */
class SetClock extends VirtualClock {
  offMs = 0;
  lateMs = 0;
  override wallMs() {
    return wallMs(super.wallMs() + this.offMs);
  }
  override after(delayMs: number, run: () => void) {
    return super.after(delayMs + this.lateMs, run);
  }
}

function started(originMs = 1_700_000_000_000): {
  clock: SetClock;
  ticks: TickClock;
  walls: number[];
  onTick: { run: (() => void) | null };
} {
  const clock = new SetClock(originMs);
  const ticks = new TickClock({ clock, periodMs: 100, speed: 1 });
  const walls: number[] = [];
  const onTick: { run: (() => void) | null } = { run: null };
  ticks.start(() => {
    walls.push(clock.wallMs());
    onTick.run?.();
  });
  return { clock, ticks, walls, onTick };
}

test('ticks at whole multiples of the period, whenever it was started', () => {
  const { clock, walls } = started(1_700_000_000_037);
  clock.advance(400);
  expect(walls).toEqual([1_700_000_000_100, 1_700_000_000_200, 1_700_000_000_300, 1_700_000_000_400]);
});

test('a tick whose work took long moves no later one, and is told as late only when it began late', () => {
  const { clock, ticks, walls, onTick } = started();
  onTick.run = () => clock.advance(60);
  clock.advance(350);
  onTick.run = null;
  clock.advance(1_000);
  expect(walls.every((wall) => wall % 100 === 0)).toBe(true);
  expect(ticks.late).toBe(0);
  expect(ticks.missed).toBe(0);
});

test('ticks that a blocked process slept through are counted and not made up for', () => {
  const { clock, ticks, walls } = started();
  clock.lateMs = 155; // of the timer that is armed at 100
  clock.advance(100);
  clock.lateMs = 0;
  clock.advance(400);
  expect(walls.map((wall) => wall - 1_700_000_000_000)).toEqual([100, 355, 400, 500]);
  expect(ticks.missed).toBe(1); // at 300: the one of 200 came at 355
  expect(ticks.late).toBe(1);
  expect(ticks.lateness.read().count).toBe(4);
});

test('the newest tick tells how far behind its time it is, at the moment of asking', () => {
  const { clock, ticks, onTick } = started();
  const seen: unknown[] = [];
  onTick.run = () => seen.push(ticks.behind());
  expect(ticks.behind()).toBeNull();
  clock.advance(50);
  clock.lateMs = 155; // of the timer that is armed at 100
  clock.advance(50);
  clock.lateMs = 0;
  clock.advance(300);
  expect(seen).toEqual([null, { ms: 155, missed: 1 }, null]);
  clock.advance(30); // a Redis that answers late: what is taken then is of the tick at 400
  expect(ticks.behind()).toEqual({ ms: 30, missed: 0 });
});

test('a timer that comes a little early makes no second tick of the same instant', () => {
  const { clock, walls } = started();
  clock.lateMs = -1;
  clock.advance(400);
  expect(walls.map((wall) => wall - 1_700_000_000_000)).toEqual([100, 199, 299, 399]);
});

test.each([+7_030, -7_030, +60, -40])('a clock that is set by %i ms is followed within two periods', (byMs) => {
  const { clock, walls } = started();
  clock.advance(510);
  const before = walls.length;
  clock.offMs = byMs;
  clock.advance(350);
  const [first = 0, second = 0] = walls.slice(before);
  expect(walls.length - before).toBeGreaterThanOrEqual(2);
  expect(second - first).toBeLessThanOrEqual(200);
  expect(second % 100).toBe(0);
});
