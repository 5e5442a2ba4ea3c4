import { expect, test } from 'vitest';
import { subjectOf, textOf } from '../../../scripts/alerts/message.ts';
import { type Observed, OF_THE_HEADER, statesOf } from '../../../scripts/alerts/rules.ts';
import { ALARM_CODES } from '../../../shared/alarm.ts';
import { Header } from '../../../shared/snapshot.ts';

const stream = { state: 'live', ageMs: 1 } as const;
const use = { used: 0, limit: 1 };
const header = (over: Partial<Header> = {}): Header =>
  Header.parse({
    ...{ schema: 1, epoch: 1, seq: 1, venue: 'v', environment: 'sim', accountHash: 'a', configHash: 'c', wallMs: 0, symbols: ['BTCUSDT'] },
    ...{
      mode: 'normal',
      reasons: [],
      health: { market: stream, account: stream, orderEntry: 'rest' },
      paused: false,
      closing: [],
      fillSeq: 0,
    },
    ...{ budgets: { weight: use, orders1m: use, orders10s: use }, brainEpoch: 7, ...over },
  });
const codes = (over: Partial<Observed>, rules = {}) =>
  statesOf({ header: header(), risk: null, gatewayDead: null, venueFault: null, failing: new Map(), ...over }, { rules }).map(
    ({ code, symbol }) => (symbol === null ? code : `${code} ${symbol}`),
  );
type RiskDoc = NonNullable<Observed['risk']>;
const risk = (over: Partial<RiskDoc> = {}): RiskDoc => ({ state: 'normal', reasons: [], breakers: [], alarms: [], ...over });
const breaker = (over: Partial<NonNullable<RiskDoc['breakers']>[number]> = {}): NonNullable<RiskDoc['breakers']>[number] => ({
  ...{ where: 'BTCUSDT', at: 'open', tier: 'pause', sinceMs: 0, relapses: 0 },
  findings: [{ monitor: 'jumpBps', reading: 116.6789, threshold: 100 }],
  ...over,
});
const alarm = (): NonNullable<RiskDoc['alarms']>[number] => ({
  ...{ monitor: 'runLossPercent', where: 'run:mm', alarm: 'warn', on: true, reading: 0.45, warn: 0.4, act: 0.6 },
});
const left = {
  reason: 'r',
  source: 'file',
  everything: false,
  phase: 'canceling',
  sinceMs: 0,
  left: ['BTCUSDT: position 1'],
} satisfies Header['emergency'];

test.each<[string, Partial<Observed>, readonly string[]]>([
  ['all is well', {}, []],
  ['the gateway is dead', { header: null, gatewayDead: 'silent for 15 s' }, ['gateway-silent']],
  ['no brain holds the lease', { header: header({ brainEpoch: 0 }) }, ['brain-silent']],
  ['the mode is bad for a reason nobody wants', { header: header({ mode: 'blind', reasons: ['account-lost'] }) }, ['mode']],
  ['a person has paused', { header: header({ mode: 'reduce-only', reasons: ['paused'], paused: true }) }, []],
  [
    'paused, and the venue is gone as well',
    { header: header({ mode: 'cancel-only', reasons: ['venue-unreachable', 'paused'] }) },
    ['mode'],
  ],
  ['stopped', { header: header({ mode: 'stopped', reasons: ['stopped'], emergency: left }) }, ['emergency-stop']],
  ['the ledger fails', { header: header({ mode: 'reduce-only', reasons: ['ledger-unavailable'] }) }, ['ledger-unavailable']],
  [
    'margin is short',
    { header: header({ mode: 'reduce-only', reasons: ['margin-call'], margin: { ratio: 0.9, multiAssets: false } }) },
    ['margin-call'],
  ],
  [
    'a symbol is halted, another unprotected',
    { header: header({ reasons: ['halted:BTCUSDT', 'stop-missing:ETHUSDT', 'closing:BTCUSDT', 'leverage:SOLUSDT'] }) },
    ['symbol-halted BTCUSDT', 'stop-missing ETHUSDT', 'symbol-halted SOLUSDT'],
  ],
  ['the brain is at ease', { risk: risk() }, []],
  ['a breaker pauses a symbol', { risk: risk({ breakers: [breaker()] }) }, ['risk-breaker BTCUSDT']],
  ['a breaker of the account only widens', { risk: risk({ breakers: [breaker({ where: 'account', tier: 'widen' })] }) }, ['risk-warning']],
  ['a breaker probes', { risk: risk({ breakers: [breaker({ at: 'half-open', tier: null, findings: [] })] }) }, ['risk-warning BTCUSDT']],
  ['a monitor warns', { risk: risk({ alarms: [alarm()] }) }, ['risk-warning run:mm']],
  ['a monitor that is off would warn', { risk: risk({ alarms: [{ ...alarm(), on: false }] }) }, []],
  ['a book is stale', { header: header({ reasons: ['book-stale:BTCUSDT'] }) }, []],
  ['orders are unknown for a moment', { header: header({ unknownOrders: { count: 1, oldestMs: 29_000 } }) }, []],
  ['orders are unknown for long', { header: header({ unknownOrders: { count: 1, oldestMs: 30_000 } }) }, ['order-unknown']],
  ['the watchdog is blind', { venueFault: 'no answer' }, ['watchdog-blind']],
  ['a channel is dead', { failing: new Map([['phone', 'HTTP 500']]) }, ['channel-failed phone']],
])('statesOf() when %s', (_name, observed, want) => {
  expect(codes(observed)).toEqual(want);
});

test('an unknown order is told by the age that the configuration names', () => {
  expect(
    codes({ header: header({ unknownOrders: { count: 1, oldestMs: 5_000 } }) }, { 'order-unknown': { enabled: true, afterMs: 4_000 } }),
  ).toEqual(['order-unknown']);
});

test('sentences say what a person needs', () => {
  const sentence = (over: Partial<Header>) =>
    statesOf({ header: header(over), risk: null, gatewayDead: null, venueFault: null, failing: new Map() }, { rules: {} })[0]?.sentence;
  expect(sentence({ emergency: left })).toBe('by file: r; canceling: BTCUSDT: position 1');
  expect(sentence({ emergency: { ...left, phase: 'done', left: [] } })).toBe('by file: r; flat, no order of ours is left');
  expect(sentence({ mode: 'reduce-only', reasons: ['margin-call'], margin: { ratio: 0.876, multiAssets: null } })).toContain('88 %');
});

test('every code that only a header tells is one of ours', () => {
  expect(OF_THE_HEADER.filter((code) => !ALARM_CODES.includes(code))).toEqual([]);
});

test('subjectOf() and textOf() of many lines fit a phone: the rest is counted', () => {
  const line = { code: 'restart', severity: 'warning', symbol: null, sentence: 'x', atMs: 0 } as const;
  const lines = Array.from({ length: 30 }, (_, i) => ({ ...line, id: `a${i}` }));
  const message = { kind: 'raised', from: 'sim', atMs: 0, lines } as const;
  expect(subjectOf(message)).toBe('[mmbot sim] WARNING restart (and 29 more)');
  expect(textOf(message).split('\n')).toHaveLength(23);
  expect(textOf(message)).toContain('... and 10 more: scripts/mm alerts');
  expect(textOf({ ...message, kind: 'recovered' })).not.toContain('acknowledge');
  expect(subjectOf({ ...message, kind: 'test', lines: [] })).toBe('[mmbot sim] TEST ');
});

test.each<[RiskDoc, string]>([
  [risk({ breakers: [breaker()] }), 'breaker open, tier pause; jumpBps 116.7, allowed 100'],
  [risk({ breakers: [breaker({ at: 'half-open', tier: null, findings: [] })] }), 'breaker probes with small orders'],
  [risk({ alarms: [alarm()] }), 'runLossPercent 0.45, warns at 0.4, acts at 0.6'],
])('statesOf() tells the evidence of a breaker or a monitor, case %#', (observed, want) => {
  const seen = statesOf({ header: header(), risk: observed, gatewayDead: null, venueFault: null, failing: new Map() }, { rules: {} });
  expect(seen.map(({ sentence }) => sentence)).toEqual([want]);
});
