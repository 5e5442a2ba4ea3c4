import { expect, test } from 'vitest';
import { Reference } from '../../../gateway/market/reference.ts';
import { MarketSession } from '../../../gateway/market/session.ts';
import { monoMs } from '../../../shared/units.ts';

const reference = () => new Reference({ isCandidate: (name) => name.endsWith('@depth'), perSecondMin: 5 });
/** Ten seconds: `busy` comes 40 times a second, `other` 10 times. */
function feed(to: Reference, fromMs: number): void {
  for (let n = 0; n < 500; n++) to.hears(n % 5 === 0 ? 'other@depth' : 'busy@depth', monoMs(fromMs + n * 20));
}

test('every message proves a connection before there is a choice', () => {
  const it = reference();
  expect([it.hears('x@trade', monoMs(0)), it.hears('a@depth', monoMs(1)), it.chosen]).toEqual([true, true, null]);
});

test('then only the busiest stream of the right kind does, until the next connection', () => {
  const it = reference();
  feed(it, 0);
  expect(it.chosen).toBe('busy@depth');
  const at = monoMs(20_000);
  expect([it.hears('busy@depth', at), it.hears('other@depth', at), it.hears('busy@trade', at)]).toEqual([true, false, false]);
  it.reset();
  expect([it.chosen, it.hears('other@depth', at)]).toEqual([null, true]);
});

test('a reference that falls silent is not replaced by those that go on', () => {
  const it = reference();
  feed(it, 0);
  for (let n = 0; n < 5_000; n++) expect(it.hears('other@depth', monoMs(20_000 + n * 20))).toBe(false);
});

test('one that is overtaken while it speaks hands over', () => {
  const it = reference();
  feed(it, 0);
  for (let n = 0; n < 5_000; n++) it.hears(n % 5 === 0 ? 'busy@depth' : 'other@depth', monoMs(20_000 + n * 20));
  expect(it.chosen).toBe('other@depth');
});

test('where nothing is busy enough every message counts', () => {
  const it = reference();
  for (let n = 0; n < 1_000; n++) it.hears('thin@depth', monoMs(n * 1_000));
  expect([it.chosen, it.hears('x@trade', monoMs(2_000_000))]).toEqual([null, true]);
});

test('MarketSession gives a connection up on which only other streams than the reference speak', () => {
  const heard = new Set(['pulse']);
  const pulse = { reset: () => {}, beats: (text: string) => heard.has(text) };
  const session = new MarketSession({ silenceMsMax: 1_000, retryMs: () => 0, pulse });
  session.handle({ kind: 'opening' }, monoMs(0));
  session.handle({ kind: 'frame', text: 'pulse' }, monoMs(10));
  for (let at = 20; at <= 1_010; at += 10) {
    session.handle({ kind: 'frame', text: 'other' }, monoMs(at));
    expect(session.handle({ kind: 'tick' }, monoMs(at))).toEqual([]);
  }
  expect(session.handle({ kind: 'tick' }, monoMs(1_011))).toEqual([{ kind: 'lost', reason: 'silent' }, { kind: 'close' }]);
});
