import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyWindow, offer, type Window } from '../../../brain/oms/window.ts';
import type { OrderCommand } from '../../../brain/oms/working.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { SYMBOL } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

type Item = { readonly command: OrderCommand };
const terms = { symbol: SYMBOL, strategy: 'mm', price: ticks(600_000), size: lots(10) } as const;
const place = (n: number, reduceOnly = false): Item => ({
  command: { kind: 'place', clientId: id(n), side: 'buy', timeInForce: 'post-only', reduceOnly, reason: '', ...terms },
});
const amend = (n: number): Item => ({ command: { kind: 'amend', clientId: id(n), ...terms } });
const cancel = (n: number): Item => ({ command: { kind: 'cancel', symbol: SYMBOL, clientId: id(n) } });
const WINDOW = 10;
const play = (turns: readonly (readonly [atMs: number, ...items: Item[]])[]) => {
  let window: Window<Item> = emptyWindow();
  return turns.map(([now, ...commands]) => {
    const told = offer(window, { commands, now: monoMs(now), windowMs: WINDOW });
    window = told.window;
    return told;
  });
};
const left = (told: ReturnType<typeof play>): Item[][] => told.map(({ leave }) => [...leave]);

test('the first turn after a quiet time leaves at once, as one message', () => {
  expect(
    left(
      play([
        [0, place(1), place(2)],
        [10, amend(1)],
        [25, amend(2)],
      ]),
    ),
  ).toEqual([[place(1), place(2)], [amend(1)], [amend(2)]]);
});

test('turns within the window leave together at its end', () => {
  const told = play([[0, place(1)], [3, amend(2)], [7, amend(3)], [10]]);
  expect(left(told)).toEqual([[place(1)], [], [], [amend(2), amend(3)]]);
  expect(told.map(({ wakeAt }) => wakeAt)).toEqual([null, 10, 10, null]);
});

test('a cancel and an exit never wait, and take with them what does; cancels go first', () => {
  expect(
    left(
      play([
        [0, place(1)],
        [2, amend(2)],
        [3, place(3), cancel(4)],
      ]),
    )[2],
  ).toEqual([cancel(4), amend(2), place(3)]);
  expect(
    left(
      play([
        [0, place(1)],
        [2, amend(2)],
        [3, place(3, true)],
      ]),
    )[2],
  ).toEqual([amend(2), place(3, true)]);
});

test('what waits for an order is overtaken by its cancel; a place that never left needs none', () => {
  const [, , third] = play([
    [0, place(1)],
    [2, place(2), amend(3)],
    [4, cancel(2), cancel(3)],
  ]);
  expect([third?.leave, third?.dropped]).toEqual([[cancel(3)], [place(2), amend(3), cancel(2)]]);
});

test('without a window every turn leaves at once', () => {
  let window: Window<Item> = emptyWindow();
  for (const n of [1, 2, 3]) {
    const told = offer(window, { commands: [place(n)], now: monoMs(0), windowMs: 0 });
    expect(told.leave).toEqual([place(n)]);
    window = told.window;
  }
});

const anItem = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((n) => amend(n)),
  fc.integer({ min: 0, max: 5 }).map((n) => cancel(n)),
  fc.integer({ min: 0, max: 5 }).map((n) => place(n)),
);
const someTurns = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 12 }), items: fc.array(anItem, { maxLength: 3 }) }), {
  maxLength: 20,
});

test('whatever comes leaves or is dropped, once, within the window, and a cancel of what has left never waits', () => {
  fc.assert(
    fc.property(someTurns, (turns) => {
      let [window, now]: [Window<Item>, number] = [emptyWindow(), 0];
      const since = new Map<Item, number>();
      const take = (commands: readonly Item[]): void => {
        for (const one of commands) since.set(one, now);
        const { window: next, leave, dropped, wakeAt } = offer(window, { commands, now: monoMs(now), windowMs: WINDOW });
        for (const one of [...leave, ...dropped]) {
          expect(now - (since.get(one) ?? Number.NEGATIVE_INFINITY)).toBeLessThanOrEqual(WINDOW);
          expect(since.delete(one)).toBe(true);
        }
        expect(commands.filter(({ command }) => command.kind === 'cancel').every((one) => !since.has(one))).toBe(true);
        expect(wakeAt === null).toBe(since.size === 0);
        window = next;
      };
      for (const { afterMs, items } of turns) {
        const until = now + afterMs;
        if (window.waiting.length > 0 && window.opensAt !== null && window.opensAt <= until) {
          now = window.opensAt; // the timer
          take([]);
        }
        now = until;
        take(items.map((one) => ({ ...one })));
      }
    }),
    { numRuns: 200 },
  );
});
