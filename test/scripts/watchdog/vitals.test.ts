import { expect, test } from 'vitest';
import { Vitals } from '../../../scripts/watchdog/vitals.ts';
import { monoMs } from '../../../shared/units.ts';

const LOOK_MS = 1_000;
const open = () => new Vitals({ lookMs: LOOK_MS, silenceMs: 5_000 });

test('a gateway is dead after as much silence as is allowed, and alive at the first sign', () => {
  const vitals = open();
  for (let at = 0; at < 5_000; at += LOOK_MS) vitals.look({ sign: false, now: monoMs(at) });
  expect([vitals.silentMs, vitals.isDead]).toEqual([4_000, false]);
  vitals.look({ sign: false, now: monoMs(5_000) });
  expect(vitals.isDead).toBe(true);
  vitals.look({ sign: true, now: monoMs(6_000) });
  expect([vitals.silentMs, vitals.isDead]).toEqual([0, false]);
});

test('one sign in each span shorter than the limit keeps it alive for ever', () => {
  const vitals = open();
  for (let at = 0; at < 200_000; at += LOOK_MS) {
    vitals.look({ sign: at % 4_000 === 0, now: monoMs(at) });
    expect(vitals.isDead).toBe(false);
  }
});

test('time in which nobody looked is not silence: it counts as two looks', () => {
  const vitals = open();
  vitals.look({ sign: true, now: monoMs(0) });
  vitals.look({ sign: false, now: monoMs(3_600_000) }); // the watchdog itself was frozen for an hour
  expect([vitals.silentMs, vitals.isDead]).toEqual([2_000, false]);
});
