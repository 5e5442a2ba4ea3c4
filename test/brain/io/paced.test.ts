import { expect, test } from 'vitest';
import { Paced } from '../../../brain/io/paced.ts';
import { VirtualClock } from '../../../shared/clock.ts';

function paced() {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const begin = clock.monoMs();
  const pace = new Paced({ clock, apartMs: 50, run: () => void ran.push(clock.monoMs() - begin) });
  return { clock, ran, pace };
}

test('the first is served at once, those that follow within the time by one at its end, one after it at once again', () => {
  const { clock, ran, pace } = paced();
  pace.ask();
  clock.advance(10);
  pace.ask();
  pace.ask();
  expect(ran).toEqual([0]);
  clock.advance(40);
  expect(ran).toEqual([0, 50]);
  clock.advance(70);
  pace.ask();
  expect(ran).toEqual([0, 50, 120]);
});

test('nothing runs once it is disposed of', () => {
  const { clock, ran, pace } = paced();
  pace.ask();
  pace.ask();
  pace[Symbol.dispose]();
  clock.advance(1_000);
  expect(ran).toEqual([0]);
});
