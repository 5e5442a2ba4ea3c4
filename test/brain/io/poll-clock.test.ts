import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PollClock } from '../../../brain/io/poll-clock.ts';
import { VirtualClock } from '../../../shared/clock.ts';

const ORIGIN = 1_700_000_000_000;
type Case = { readonly pollMs: number; readonly snapshotMs: number; readonly forMs: number; readonly startMs?: number };

/** When Redis was asked, ms after the origin; `answer` is what each poll finds. */
async function polls({ pollMs, snapshotMs, forMs, startMs = 0 }: Case, answer: (at: number) => boolean | null): Promise<readonly number[]> {
  const clock = new VirtualClock(ORIGIN);
  clock.advance(startMs);
  const asked: number[] = [];
  const poll = (): Promise<boolean | null> => {
    asked.push(clock.wallMs() - ORIGIN);
    return Promise.resolve(answer(clock.wallMs() - ORIGIN));
  };
  const one = new PollClock({ clock, pollMs, snapshotMs, poll });
  for (let ms = 0; ms < forMs; ms++) {
    clock.advance(1);
    await Promise.resolve(); // the answer of a poll comes before the next millisecond
    await Promise.resolve();
  }
  one[Symbol.dispose]();
  const before = asked.length;
  clock.advance(1_000);
  expect(asked).toHaveLength(before);
  return asked;
}

const found = (): boolean => true;

test('polls come a period apart, and a millisecond after each tick', async () => {
  const asked = await polls({ pollMs: 10, snapshotMs: 100, startMs: 37, forMs: 185 }, found);
  expect(asked).toEqual([47, 57, 67, 77, 87, 97, 101, 111, 121, 131, 141, 151, 161, 171, 181, 191, 201, 211, 221]);
});

test('a snapshot that has not landed is looked for each millisecond until it has', async () => {
  const asked = await polls({ pollMs: 10, snapshotMs: 100, startMs: 90, forMs: 35 }, (at) => at >= 104);
  expect(asked).toEqual([100, 101, 102, 103, 104, 111, 121]);
});

test('one that is late is left to the common period', async () => {
  const asked = await polls({ pollMs: 20, snapshotMs: 100, startMs: 99, forMs: 45 }, () => false);
  expect(asked).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 109, 121, 141]);
});

test('a period no shorter than that of the snapshots is all there is', async () => {
  expect(await polls({ pollMs: 100, snapshotMs: 100, startMs: 37, forMs: 350 }, () => false)).toEqual([137, 237, 337]);
});

test('where pushes made a poll needless nothing is looked for', async () => {
  expect(await polls({ pollMs: 10, snapshotMs: 100, startMs: 99, forMs: 13 }, () => null)).toEqual([101, 111]);
});

test('whatever the periods, the next poll is at most one away, and none comes twice in a moment', async () => {
  const periods = fc.record({
    pollMs: fc.integer({ min: 1, max: 60 }),
    snapshotMs: fc.integer({ min: 20, max: 300 }),
    startMs: fc.integer({ min: 0, max: 999 }),
  });
  await fc.assert(
    fc.asyncProperty(periods, fc.infiniteStream(fc.boolean()), async ({ startMs, ...rest }, answers) => {
      const asked = await polls({ ...rest, startMs, forMs: 400 }, () => answers.next().value ?? false);
      const all = [startMs, ...asked, startMs + 400];
      for (const [i, at] of all.slice(1).entries()) {
        expect(at - (all[i] ?? 0)).toBeLessThanOrEqual(rest.pollMs);
        if (i > 0 && i < asked.length) expect(at).toBeGreaterThan(all[i] ?? 0);
      }
    }),
    { numRuns: 100 },
  );
});

test('a wall clock that is set back or on does not stop it', async () => {
  class SetClock extends VirtualClock {
    offMs = 0;
    override wallMs() {
      return (super.wallMs() + this.offMs) as ReturnType<VirtualClock['wallMs']>;
    }
  }
  const clock = new SetClock(ORIGIN);
  let count = 0;
  using _ = new PollClock({ clock, pollMs: 10, snapshotMs: 100, poll: () => Promise.resolve(++count > 0) });
  for (const byMs of [0, -3_600_000.4, 7_030.7, -40]) {
    clock.offMs += byMs;
    const before = count;
    clock.advance(1_000);
    expect(count - before).toBeGreaterThanOrEqual(99);
    expect(count - before).toBeLessThanOrEqual(112);
  }
});
