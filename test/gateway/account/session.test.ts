import { expect, test } from 'vitest';
import { type AccountFrame, AccountSession } from '../../../gateway/account/session.ts';
import type { StreamInput } from '../../../gateway/market/session.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { monoMs, wallMs } from '../../../shared/units.ts';

const LEVERAGE: AccountEvent = { kind: 'leverage', symbol: 'S', leverage: 3, atMs: wallMs(1) };

function scripted(frames: Readonly<Record<string, AccountFrame>> = {}) {
  const told: AccountEvent[] = [];
  const notes: string[] = [];
  const session = new AccountSession({
    pingMs: 5_000,
    pongMs: 5_000,
    retryMs: (failures) => failures * 100,
    port: {
      decode: (text) => frames[text] ?? { kind: 'unknown', name: text },
      emit: (event) => told.push(event),
      onUnknown: (name, first) => notes.push(`unknown ${name}${first ? ' first' : ''}`),
      onUnreadable: (sentence) => notes.push(`unreadable ${sentence}`),
      onExpired: () => notes.push('expired'),
    },
  });
  const feed = (at: number, kind: StreamInput['kind'], text = '') =>
    session.handle(kind === 'frame' ? { kind, text } : { kind }, monoMs(at)).map((action) => action.kind);
  const connect = (at: number): void => {
    feed(at, 'opening');
    feed(at, 'opened');
    feed(at, 'pong');
  };
  return { session, told, notes, feed, connect };
}
const states = (told: readonly AccountEvent[]) =>
  told.map((event) => (event.kind === 'stream' ? `${event.state} ${event.reason}`.trim() : event.kind));

test('is live from the first pong of a connection, and says so once', () => {
  const { told, feed } = scripted();
  expect([feed(0, 'opening'), feed(10, 'opened'), feed(20, 'pong'), feed(30, 'pong')]).toEqual([[], ['ping'], ['live'], []]);
  expect(states(told)).toEqual(['live']);
});

test('asks an idle stream every five seconds and gives it up when it does not answer', () => {
  const { told, feed, connect } = scripted();
  connect(0);
  expect([feed(4_999, 'tick'), feed(5_000, 'tick'), feed(5_100, 'pong'), feed(10_000, 'tick')]).toEqual([[], ['ping'], [], ['ping']]);
  expect([feed(15_000, 'tick'), feed(15_001, 'tick')]).toEqual([[], ['lost', 'close']]);
  expect([feed(15_002, 'closed'), feed(15_003, 'opening'), feed(15_004, 'opened'), feed(15_005, 'pong')]).toEqual([
    ['open-after'],
    [],
    ['ping'],
    ['live'],
  ]);
  expect(states(told)).toEqual(['live', 'lost silent', 'live']);
});

test('gives up an opening that never comes', () => {
  const { feed } = scripted();
  feed(0, 'opening');
  expect([feed(10_000, 'tick'), feed(10_001, 'tick')]).toEqual([[], ['close']]);
});

test('passes events on in order of arrival, even before the first pong', () => {
  const { told, feed } = scripted({ a: { kind: 'events', events: [LEVERAGE, LEVERAGE] } });
  feed(0, 'opening');
  feed(1, 'opened');
  feed(2, 'frame', 'a');
  feed(3, 'pong');
  expect(states(told)).toEqual(['leverage', 'leverage', 'live']);
});

test('an event it cannot read ends the connection, so that the account is read afresh', () => {
  const { told, notes, feed, connect } = scripted({ x: { kind: 'unreadable', sentence: 'odd' } });
  connect(0);
  expect(feed(1, 'frame', 'x')).toEqual(['lost', 'close']);
  expect(feed(2, 'frame', 'x')).toEqual([]); // late, of the socket given up
  expect([states(told), notes]).toEqual([['live', 'lost unreadable'], ['unreadable odd']]);
});

test('a key that expired ends the connection', () => {
  const { told, notes, feed, connect } = scripted({ x: { kind: 'expired' } });
  connect(0);
  expect(feed(1, 'frame', 'x')).toEqual(['lost', 'close']);
  expect([states(told), notes]).toEqual([['live', 'lost key-expired'], ['expired']]);
});

test('counts events of unknown kinds and names each once', () => {
  const { notes, feed, connect } = scripted();
  connect(0);
  feed(1, 'frame', 'GRID_UPDATE');
  feed(2, 'frame', 'GRID_UPDATE');
  expect(notes).toEqual(['unknown GRID_UPDATE first', 'unknown GRID_UPDATE']);
});
