import { describe, expect, test } from 'vitest';
import { marketMakingSchema } from '../../shared/market-making-config.ts';
import { blocksOf, docText } from '../kit/docs.ts';

const PLAIN = { spreadBps: 1, skewBps: 0.5, orderSize: '0.010', maxInventory: '0.050' };
const messages = (over: object): string[] =>
  (marketMakingSchema.safeParse({ ...PLAIN, ...over }).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

test('the plain keys alone are enough, and choose the simplest models with every guard off', () => {
  const { fairPrice, spread, skew, size, placement, edge, funding, sessions, pull, levels, minQuoteLifeMs } =
    marketMakingSchema.parse(PLAIN);
  expect([fairPrice.model, spread.model, skew.model, size.model, placement.mode]).toEqual(['mid', 'fixed', 'linear', 'fixed', 'model']);
  expect([fairPrice.markWeight, fairPrice.flowBps, fairPrice.momentumWeight, edge.minProfitBps, funding.tiltWeight]).toEqual([
    0,
    0,
    0,
    null,
    0,
  ]);
  expect([funding.window, sessions.windows, levels, minQuoteLifeMs]).toEqual(['none', [], 1, 0]);
  expect([pull.jump.bps, pull.jump.sigmas, pull.burst.factor, pull.toxicFlow.vpin, pull.markout.bps]).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

describe('refuses', () => {
  test.each<[string, object, string]>([
    ['a largest spread below the smallest', { spread: { minBps: 5, maxBps: 4 } }, 'spread.maxBps: at least minBps'],
    [
      'a window too short for its samples',
      { volatility: { estimator: 'realized', windowMs: 20_000 } },
      'volatility.windowMs: at least samplesMin times sampleMs',
    ],
    ['a time that is none', { sessions: { windows: [{ from: '8:00', to: '16:00' }] } }, 'sessions.windows.0.from: a time such as "08:30"'],
    [
      'the end of a day as its hour 24',
      { sessions: { windows: [{ from: '08:00', to: '24:00' }] } },
      'sessions.windows.0.to: a time such as "08:30"',
    ],
  ])('%s', (_name, over, want) => {
    expect(messages(over)).toEqual([want]);
  });

  test('a model that does not exist, and a key that does not', () => {
    expect(messages({ spread: { model: 'best' } })).toHaveLength(1);
    expect(messages({ spread: { modell: 'glft' } })).toHaveLength(1);
  });
});

const profiles = blocksOf(docText('strategies.md')).flatMap(({ language, text }) => {
  const name = /^json profile=(\w+)$/.exec(language)?.[1];
  return name === undefined ? [] : [[name, JSON.parse(text)] as const];
});

test('strategies.md has three profiles', () => {
  expect(profiles.map(([name]) => name)).toEqual(['wide', 'near', 'grid']);
});

test.each(profiles)('the profile %s can be laid over the plain keys', (_name, profile) => {
  expect(messages(profile)).toEqual([]);
});
