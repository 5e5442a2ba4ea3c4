import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITED, liveLimits, type Script } from '../../kit/limits/history.ts';
import { history } from '../../kit/limits/step.ts';

/** Of histories that the property lives here; `npm run test:soak -- --limits` lives many more. */
const HISTORIES = 8;

test('whatever commands and events come: worst-case position, notional, open orders and rate stay within their limits, by the exchange', async () => {
  const reached = { position: 0, notional: 0, gross: 0, open: 0, rate: 0 };
  await fc.assert(
    fc.asyncProperty(history(40), async (one) => {
      const lived = await liveLimits(one);
      expect(lived.violations).toEqual([]);
      for (const name of Object.keys(reached) as (keyof typeof reached)[]) reached[name] = Math.max(reached[name], lived.reached[name]);
    }),
    { numRuns: HISTORIES, seed: 7, endOnFailure: true },
  );
  expect(Object.values(reached).every((share) => share > 0.5)).toBe(true); // each limit was come near to
}, 60_000);

test('the judge of it finds an order beyond each limit', async () => {
  const buy = { symbol: 'BTCUSDT', side: 'buy', behind: 10, share: 0.5, how: 'gtc', reduceOnly: false } as const;
  const script: Script = {
    seed: 1,
    steps: [
      { do: 'place', orders: [buy, buy], batch: false },
      { do: 'wait', ms: 200 },
    ],
  };
  const tight = { maxPosition: '0.049', maxOrderNotional: '1500', maxOpenOrders: 1, collarPercent: 2 };
  const { rate } = LIMITED.limits;
  const limits = {
    ...LIMITED.limits,
    maxGrossNotional: '3000',
    symbols: { BTCUSDT: tight, ETHUSDT: tight },
    rate: { ...rate, maxCommandsPerSecond: 1 },
  };
  const { violations } = await liveLimits(script, { ...LIMITED, limits });
  expect(new Set(violations.map((sentence) => sentence.split(' ')[0]?.replace(':', '')))).toEqual(
    new Set(['position', 'notional', 'gross', 'open', 'rate']),
  );
  expect((await liveLimits(script)).violations).toEqual([]);
});
