import { expect, test } from 'vitest';
import { MarketSession, type StreamInput } from '../../../gateway/market/session.ts';
import { monoMs } from '../../../shared/units.ts';

const session = () => new MarketSession({ silenceMsMax: 1_000, retryMs: (failures) => failures * 100 });
const feed = (to: MarketSession, inputs: readonly (readonly [number, StreamInput['kind']])[]) =>
  inputs.map(([at, kind]) => to.handle(kind === 'frame' ? { kind, text: `f${at}` } : { kind }, monoMs(at)).map((action) => action.kind));

test('is live by data, not by an open socket', () => {
  const it = session();
  expect(
    feed(it, [
      [0, 'opening'],
      [10, 'opened'],
      [20, 'frame'],
      [30, 'frame'],
    ]),
  ).toEqual([[], [], ['live', 'frame'], ['frame']]);
  expect(it.health(monoMs(130))).toEqual({ state: 'live', ageMs: 100 });
});

test('closes a stream that opens and stays silent, and says nothing was lost', () => {
  const it = session();
  expect(
    feed(it, [
      [0, 'opening'],
      [10, 'opened'],
      [900, 'tick'],
      [1_011, 'tick'],
      [1_012, 'tick'],
    ]),
  ).toEqual([[], [], [], ['close'], []]);
  expect(it.health(monoMs(1_012))).toEqual({ state: 'connecting', ageMs: null });
});

test('gives a half-open socket up after silence, once, and ignores its late frames', () => {
  const it = session();
  feed(it, [
    [0, 'opening'],
    [0, 'opened'],
    [10, 'frame'],
  ]);
  expect(it.handle({ kind: 'tick' }, monoMs(1_011))).toEqual([{ kind: 'lost', reason: 'silent' }, { kind: 'close' }]);
  expect(it.handle({ kind: 'frame', text: 'late' }, monoMs(1_012))).toEqual([]);
  expect(it.handle({ kind: 'closed' }, monoMs(1_013))).toEqual([{ kind: 'open-after', delayMs: 0 }]);
  expect(it.health(monoMs(1_020))).toEqual({ state: 'lost', ageMs: 1_010 });
});

test('reopens at once, then later and later, and at once again after data', () => {
  const it = session();
  const delays = Array.from({ length: 3 }, (_, i) => {
    it.handle({ kind: 'opening' }, monoMs(i));
    return it.handle({ kind: 'closed' }, monoMs(i));
  });
  expect(delays.flat()).toEqual([0, 100, 200].map((delayMs) => ({ kind: 'open-after', delayMs })));
  feed(it, [
    [10, 'opening'],
    [11, 'opened'],
    [12, 'frame'],
  ]);
  expect(it.handle({ kind: 'closed' }, monoMs(13))).toEqual([
    { kind: 'lost', reason: 'disconnected' },
    { kind: 'open-after', delayMs: 0 },
  ]);
});
