import { expect, test } from 'vitest';
import type { Wish } from '../../../brain/strategy/strategy.ts';
import { wishProblem } from '../../../brain/strategy/wish-check.ts';
import { INSTRUMENT } from '../../kit/brain.ts';

const GOOD = { quotes: [], target: null, reason: 'quoting', signals: {} };
const quote = (over: object = {}) => ({ side: 'buy', price: 599_900, size: 10, level: 0, ...over });
/** As a person's own strategy may say it. */
const problem = (over: unknown): string | null =>
  wishProblem((typeof over === 'object' && over !== null ? { ...GOOD, ...over } : over) as Wish | undefined, INSTRUMENT);

test.each([
  [{}],
  [{ quotes: [quote(), quote({ side: 'sell', price: 599_901 }), quote({ level: 3 })] }],
  [{ target: { position: -20, slippageBps: 0 } }],
  [{ reason: 'x'.repeat(60) }],
  [{ signals: { a: 1, b: 'x', c: null, d: undefined, e: Number.NaN }, detail: { price: '1' } }],
])('wishProblem() has nothing to say about %j', (over) => {
  expect(problem(over)).toBeNull();
});

test.each<[unknown, RegExp]>([
  [undefined, /no object/],
  [5, /no object/],
  [{ reason: '' }, /reason/],
  [{ reason: 'x'.repeat(61) }, /reason/],
  [{ reason: undefined }, /reason/],
  [{ signals: null }, /signals/],
  [{ signals: { a: {} } }, /signals\.a/],
  [{ signals: { a: true } }, /signals\.a/],
  [{ signals: { a: 'x'.repeat(201) } }, /signals\.a/],
  [{ signals: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, n])) }, /more than 100/],
  [{ detail: 5 }, /detail/],
  [{ quotes: {} }, /no list/],
  [{ quotes: Array.from({ length: 41 }, () => quote()) }, /at most 40/],
  [{ quotes: [quote({ side: 'BUY' })] }, /quotes\[0\]\.side/],
  [{ quotes: [quote(), quote({ price: Number.NaN })] }, /quotes\[1\]\.price NaN/],
  [{ quotes: [quote({ price: 599_900.5 })] }, /whole number of ticks/],
  [{ quotes: [quote({ price: 0 })] }, /price 0/],
  [{ quotes: [quote({ price: Number.POSITIVE_INFINITY })] }, /price Infinity/],
  [{ quotes: [quote({ price: '599900' })] }, /price 599900/],
  [{ quotes: [quote({ size: 0 })] }, /size 0/],
  [{ quotes: [quote({ size: -1 })] }, /size -1/],
  [{ quotes: [quote({ size: 0.5 })] }, /size 0\.5/],
  [{ quotes: [quote({ level: -1 })] }, /level -1/],
  [{ quotes: [quote({ tag: 'x'.repeat(41) })] }, /tag is no text/],
  [{ quotes: [quote({ tag: 3 })] }, /tag is no text/],
  [{ quotes: [quote(), quote({ side: 'sell' })] }, /a buy at 599900 would meet a sell at 599900/],
  [{ target: 5 }, /target/],
  [{ target: { position: 0.5, slippageBps: 1 } }, /target\.position 0\.5/],
  [{ target: { position: 1, slippageBps: Number.NaN } }, /slippageBps NaN/],
  [{ target: { position: 1, slippageBps: -1 } }, /slippageBps -1/],
  [{ target: { position: 1 } }, /slippageBps undefined/],
])('wishProblem() of %j', (over, words) => {
  expect(problem(over)).toMatch(words);
});
