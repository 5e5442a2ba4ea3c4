import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pulse } from '../../../gateway/io/pulse.ts';
import { TickClock } from '../../../gateway/publish/tick-clock.ts';
import { VirtualClock } from '../../../shared/clock.ts';

/** Takes the time of the tick as the snapshot; answers when told. */
function running() {
  const clock = new VirtualClock();
  const sent: number[] = [];
  let answer: (() => void) | null = null;
  const outlet = {
    get ready() {
      return answer === null;
    },
    skipped: 0,
    write: (taken: number) =>
      new Promise<void>((resolve) => {
        sent.push(taken);
        answer = resolve;
      }),
  };
  const pulse = new Pulse({ ticks: new TickClock({ clock, periodMs: 100, speed: 1 }), outlet, take: () => clock.monoMs() });
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await turn();
  };
  const answered = async (): Promise<void> => {
    const done = answer;
    answer = null;
    done?.();
    await turn();
    await turn();
  };
  return { timer: pulse.start(), outlet, sent, advance, answered };
}

test('one snapshot a tick while each is answered before the next', async () => {
  const { outlet, sent, advance, answered } = running();
  for (let n = 0; n < 3; n++) {
    await advance(100);
    await answered();
  }
  expect(sent).toEqual([100, 200, 300]);
  expect(outlet.skipped).toBe(0);
});

test('a slow Redis is sent one thing at a time: ticks are left out and counted, and the newest state goes out with the answer', async () => {
  const { outlet, sent, advance, answered } = running();
  await advance(100);
  await advance(100);
  await advance(100);
  expect(sent).toEqual([100]);
  await advance(30);
  await answered();
  expect(sent).toEqual([100, 330]);
  expect(outlet.skipped).toBe(2);
  await answered(); // nothing is owed now: the next goes out with its tick
  expect(sent).toEqual([100, 330]);
  await advance(70);
  expect(sent).toEqual([100, 330, 400]);
});

test('after its end an answer that comes late sends nothing more', async () => {
  const { timer, sent, advance, answered } = running();
  await advance(100);
  await advance(100);
  timer.cancel();
  await answered();
  await advance(200);
  expect(sent).toEqual([100]);
});
