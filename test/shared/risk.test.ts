import { expect, test } from 'vitest';
import { MONITORS, Risk } from '../../shared/risk.ts';
import { blockOf, docText } from '../kit/docs.ts';

const PAGE = docText('risk.md');

test('Risk: the defaults are whole, and act where they are said to', () => {
  const { monitors, breaker } = Risk.parse({});
  for (const [name, { act, warn, tier }] of Object.entries(MONITORS))
    expect(monitors[name as keyof typeof MONITORS]).toMatchObject({ on: true, act, warn, tier });
  expect(breaker).toEqual({ widenFactor: 2, openMs: 30_000, openMsMax: 1_800_000, probeMs: 60_000, probeSizePercent: 25 });
});

test.each([
  ['a warning beyond the act of a reading that is bad above', { jumpBps: { warn: 50, act: 40 } }],
  ['a warning below the act of a reading that is bad below', { depthShare: { warn: 0.01, act: 0.05 } }],
  ['an unknown monitor', { moonPhase: {} }],
  ['an unknown tier', { jumpBps: { tier: 'panic' } }],
  ['a hysteresis that would swallow the threshold', { jumpBps: { hysteresisPercent: 95 } }],
])('Risk refuses %s', (_name, monitors) => {
  expect(Risk.safeParse({ monitors }).success).toBe(false);
});

test('risk.md names every monitor, and its sample is a section that is taken', () => {
  for (const name of Object.keys(MONITORS)) expect(PAGE).toContain(`\`${name}\``);
  expect(Risk.parse(JSON.parse(blockOf(PAGE, 'json risk')))).toMatchObject({
    monitors: { dailyLossPercent: { warn: 0.5, act: 0.6, tier: 'emergency' }, fillsPerMinute: { on: false } },
    breaker: { openMs: 60_000 },
  });
});
