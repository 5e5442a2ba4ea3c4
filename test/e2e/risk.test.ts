import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { BrainDoc } from '../../shared/brain-doc.ts';
import { KEYS } from '../kit/run.ts';
import { TwoProcesses } from '../kit/two-processes.ts';

const [KEY, WHALE] = ['own-key', 'whale-key'];
const SYMBOL = 'BTCUSDT';
const WHOLE = 0.01;
/** One monitor, so that a busy machine trips no other. */
const OFF = ['feedAgeMs', 'bookAgeMs', 'acknowledgeMs', 'errorPercent', 'rejectPercent', 'markGapBps', 'tradeGapBps', 'spreadBps'];
const CONFIG = {
  exits: { takeProfitPercent: 5, stopLossPercent: 1.5 },
  risk: {
    monitors: {
      ...Object.fromEntries(OFF.map((name) => [name, { on: false }])),
      jumpBps: { warn: 10, act: 15, coolDownMs: 300 },
    },
    breaker: { openMs: 1_500, probeMs: 1_500 },
  },
};

test('a shock of the market trips the breaker: no quotes, also after a kill of the brain; then small ones, then whole ones', async () => {
  await using two = await TwoProcesses.open([KEY, WHALE]);
  const redis = new Redis(two.redis.url);
  const doc = async (): Promise<BrainDoc | null> => {
    const text = await redis.get(KEYS.brain);
    return text === null ? null : BrainDoc.parse(JSON.parse(text));
  };
  const breaker = async () => (await doc())?.risk.breakers?.find(({ where }) => where === SYMBOL);
  const sizes = async (): Promise<readonly number[]> => {
    const { body } = await two.sim.admin(`/sim/account?apiKey=${KEY}`);
    return (body['openOrders'] as readonly { readonly origQty: string }[]).map(({ origQty }) => Number(origQty));
  };
  try {
    const file = two.config('own', KEY, CONFIG);
    two.start('gateway', file);
    const first = two.start('brain', file);
    await two.until('whole quotes', async () => (await sizes()).includes(WHOLE));

    const bid = Number(JSON.parse((await redis.get(KEYS.book(SYMBOL))) ?? '').bids[0][0]);
    const price = (Math.round(bid * 1.003 * 10) / 10).toFixed(1);
    await two.fault({ kind: 'foreign-order', apiKey: WHALE, symbol: SYMBOL, side: 'BUY', price, quantity: '60' });
    await two.until('the breaker open', async () => (await breaker())?.tier === 'pause');
    expect(await breaker()).toMatchObject({ findings: [{ monitor: 'jumpBps', threshold: 15 }] });
    await two.until('no quotes', async () => (await sizes()).length === 0);

    const before = (await doc())?.brainEpoch ?? 0;
    await first.kill();
    expect(first.log).toContain('Circuit breaker');
    two.start('brain', file);
    await two.until('its successor', async () => ((await doc())?.brainEpoch ?? 0) > before);
    expect((await breaker())?.at).toMatch(/^(open|half-open)$/); // a brain that forgets would quote as if nothing had been
    await two.until('small quotes while it probes', async () => {
      const [at, resting] = [(await breaker())?.at, await sizes()];
      return at === 'half-open' && resting.length > 0 && resting.every((size) => size <= WHOLE / 4);
    });
    await two.until('whole quotes again', async () => (await breaker()) === undefined && (await sizes()).includes(WHOLE));
  } finally {
    redis.disconnect();
  }
});
