import { expect, test } from 'vitest';
import { hedged } from '../../../../gateway/venues/binance/hedge.ts';
import { VirtualClock } from '../../../../shared/clock.ts';
import { settle } from '../../../kit/order-side.ts';

/** Questions whose answers the test gives, each when it wants. */
function rig() {
  const clock = new VirtualClock();
  const asked: ((answer: string) => void)[] = [];
  let result: string | null = null;
  const ask = (): Promise<string> => new Promise((resolve) => asked.push(resolve));
  void hedged(ask, { clock, afterMs: 400, isAnswer: (text) => text !== 'silence' }).then((text) => {
    result = text;
  });
  return { clock, asked, result: () => result };
}

test('an answer in time: nothing is asked twice', async () => {
  const { clock, asked, result } = rig();
  clock.advance(399);
  asked[0]?.('first');
  await settle();
  clock.advance(1_000);
  expect([result(), asked.length]).toEqual(['first', 1]);
});

test('a slow first one: the second is asked, and the first of both to answer counts', async () => {
  for (const faster of [0, 1]) {
    const { clock, asked, result } = rig();
    clock.advance(400);
    expect(asked).toHaveLength(2);
    asked[faster]?.(`from ${faster}`);
    await settle();
    asked[1 - faster]?.('late');
    await settle();
    expect(result()).toBe(`from ${faster}`);
  }
});

test('a slow second one as well: a third is asked, and no more', async () => {
  const { clock, asked, result } = rig();
  clock.advance(400);
  clock.advance(799);
  expect(asked).toHaveLength(2);
  clock.advance(1);
  expect(asked).toHaveLength(3);
  clock.advance(60_000);
  asked[2]?.('third');
  await settle();
  expect([result(), asked.length]).toEqual(['third', 3]);
});

test('a silence does not end it while the other may still answer; two of them do', async () => {
  const { clock, asked, result } = rig();
  clock.advance(400);
  asked[0]?.('silence');
  await settle();
  expect(result()).toBeNull();
  asked[1]?.('silence');
  await settle();
  expect(result()).toBe('silence');
});

test('one that fails at once is told at once: asking again is for those who know what failed', async () => {
  const { clock, asked, result } = rig();
  asked[0]?.('silence');
  await settle();
  clock.advance(1_000);
  expect([result(), asked.length]).toEqual(['silence', 1]);
});
