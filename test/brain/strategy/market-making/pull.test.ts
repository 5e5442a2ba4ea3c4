import { describe, expect, test } from 'vitest';
import { pullAfter, type Pulled, type Shock } from '../../../../brain/strategy/market-making/pull.ts';
import type { Senses } from '../../../../brain/strategy/market-making/senses.ts';
import { priceRange } from '../../../../brain/signals/price-range.ts';
import { mmParameters, senses } from '../../../kit/market-making.ts';

const AT = 1_700_000_000_000;
const MID = 600_000;
const moved = (ticksAway: number): Partial<Senses> => ({
  range: priceRange(priceRange(null, { mid: MID - ticksAway, atMs: AT - 500, withinMs: 1_000 }), { mid: MID, atMs: AT, withinMs: 1_000 }),
});
const flow = (lots: number, sinceMs = 0) => ({ buys: lots, sells: 0, sinceMs, atMs: AT });
const shock = (pull: object, of: Partial<Senses>, over: Partial<Shock> = {}): Shock => ({
  parameters: mmParameters({ pull }),
  senses: senses(of),
  sigma: 1,
  mid: MID,
  atMs: AT,
  lotWorth: 60,
  ...over,
});
const why = (pull: object, of: Partial<Senses>, over: Partial<Shock> = {}): string | null =>
  pullAfter(null, shock(pull, of, over)).pulled?.why ?? null;

describe('pullAfter() pulls on a price jump', () => {
  // 60 ticks of 600,000 are 1 basis point
  test.each<[string, object, number, Partial<Shock>, boolean]>([
    ['of the size told', { bps: 5 }, 300, {}, true],
    ['downwards too', { bps: 5 }, -300, {}, true],
    ['not on a smaller one', { bps: 5 }, 299, {}, false],
    ['of so many sigmas: 4 x 2 in a second', { sigmas: 4 }, 480, { sigma: 2 }, true],
    ['not on fewer', { sigmas: 4 }, 479, { sigma: 2 }, false],
    ['not by sigmas while sigma is unknown', { sigmas: 4 }, 9_000, { sigma: null }, false],
    ['not by sigmas of a market that never moved', { sigmas: 4 }, 0, { sigma: 0 }, false],
    ['never by default', {}, 9_000, {}, false],
  ])('%s', (_name, jump, away, over, pulled) => {
    expect(why({ jump }, moved(away), over)).toBe(pulled ? 'pulled-price-jump' : null);
  });
});

describe('pullAfter() pulls on a burst of trades', () => {
  // half-lives 1 s and 100 s: 100 lots now are 69 a second, 1,000 usual ones 6.9
  const burst = { factor: 9, withinMs: 1_000, baselineMs: 100_000 };
  test.each<[string, object, Partial<Senses>, boolean]>([
    ['of so many times the usual volume', burst, { nowFlow: flow(100), usualFlow: flow(1_000) }, true],
    ['not on fewer', { ...burst, factor: 11 }, { nowFlow: flow(100), usualFlow: flow(1_000) }, false],
    ['not on little money', { ...burst, minNotional: 6_001 }, { nowFlow: flow(100), usualFlow: flow(1_000) }, false],
    ['not before it knows what is usual', burst, { nowFlow: flow(100), usualFlow: flow(1_000, AT - 99_999) }, false],
    ['not before trades were seen', burst, {}, false],
    ['never by default', {}, { nowFlow: flow(100), usualFlow: flow(1) }, false],
  ])('%s', (_name, of, seen, pulled) => {
    expect(why({ burst: of }, seen)).toBe(pulled ? 'pulled-volume-burst' : null);
  });
});

describe('pullAfter() pulls on toxic flow', () => {
  const toxicFlow = { vpin: 0.6, buckets: 2 };
  const vpin = (...closed: readonly number[]): Partial<Senses> => ({ vpin: { size: 10, buys: 0, sells: 0, closed } });
  test.each<[string, Partial<Senses>, boolean]>([
    ['at the mean told', vpin(0.5, 0.7), true],
    ['not below it', vpin(0.5, 0.69), false],
    ['not before all buckets are full', vpin(1), false],
    ['not before trades were seen', {}, false],
  ])('%s', (_name, seen, pulled) => {
    expect(why({ toxicFlow }, seen)).toBe(pulled ? 'pulled-toxic-flow' : null);
  });
});

describe('pullAfter() pulls on own fills that are run over', () => {
  const markout = { bps: -1, fills: 2 };
  const done = (...bps: readonly number[]): Partial<Senses> => ({ markouts: { waiting: [], done: bps } });
  test.each<[string, object, Partial<Senses>, boolean]>([
    ['on average more than told', markout, done(-3, 0.9), true],
    ['not at the threshold itself', markout, done(-3, 1), false],
    ['not on fewer fills', markout, done(-9), false],
    ['never by default', {}, done(...new Array(20).fill(-50)), false],
  ])('%s', (_name, of, seen, pulled) => {
    expect(why({ markout: of }, seen)).toBe(pulled ? 'pulled-markout' : null);
  });
});

describe('the cool-down', () => {
  const pull = { jump: { bps: 5, coolDownMs: 1_000 }, markout: { bps: -1, fills: 2, coolDownMs: 60_000 } };
  const at = (before: Pulled | null, of: Partial<Senses>, atMs: number) => pullAfter(before, shock(pull, of, { atMs }));

  test('lasts from the last moment of the shock, then ends', () => {
    const first = at(null, moved(300), AT);
    expect(first).toEqual({ pulled: { why: 'pulled-price-jump', untilMs: AT + 1_000 }, fresh: 'pulled-price-jump' });
    const again = at(first.pulled, moved(300), AT + 400);
    expect(again.pulled?.untilMs).toBe(AT + 1_400);
    expect(at(again.pulled, {}, AT + 1_399)).toEqual({ pulled: again.pulled, fresh: null });
    expect(at(again.pulled, {}, AT + 1_400)).toEqual({ pulled: null, fresh: null });
  });

  test('of a longer pull is not cut short by a shorter one', () => {
    const long = { why: 'pulled-markout', untilMs: AT + 60_000 } as const;
    expect(at(long, moved(300), AT)).toEqual({ pulled: long, fresh: 'pulled-price-jump' });
    expect(at({ ...long, untilMs: AT + 10 }, moved(300), AT).pulled).toEqual({ why: 'pulled-price-jump', untilMs: AT + 1_000 });
  });

  test('of zero pulls for as long as the shock lasts', () => {
    const none = shock({ jump: { bps: 5, coolDownMs: 0 } }, moved(300));
    const { pulled } = pullAfter(null, none);
    expect(pulled?.why).toBe('pulled-price-jump');
    expect(pullAfter(pulled, { ...none, senses: senses(moved(0)) }).pulled).toBeNull();
  });
});
