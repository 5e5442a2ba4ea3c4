import { expect, test } from 'vitest';
import { exitsView } from '../../../scripts/dashboard/exit-lines.ts';
import { histogramsOf } from '../../../scripts/dashboard/histograms.ts';
import type { Head } from '../../../scripts/dashboard/model.ts';
import { age, micros, money, plain, reading, seconds, signed, stepped } from '../../../scripts/dashboard/page/format.ts';
import { lightsOf, type Seen } from '../../../scripts/dashboard/page/lights.ts';
import { parameterGroups } from '../../../scripts/dashboard/parameters.ts';
import { loadConfig } from '../../../shared/config-file.ts';
import type { PositionDoc } from '../../../shared/snapshot.ts';

test('what is not known is "unknown", never a zero', () => {
  expect([plain(null), stepped(undefined, '0.1'), money(null), signed(null), age(null)]).toEqual(Array(5).fill('unknown'));
});

test('figures carry their sign, their places and their unit', () => {
  expect([money('-1234.567', 'USDT'), money('0.00012'), money('0')]).toEqual(['−1,234.57 USDT', '+0.000120', '0.00']);
  expect([stepped('63966.1', '0.10'), stepped('0.01', '0.001')]).toEqual(['63,966.1', '0.010']);
  expect([age(43.4), age(1_200), age(200_000), age(7_600_000)]).toEqual(['43 ms', '1.2 s', '3.3 min', '2.1 h']);
  expect([micros(40), micros(4_620), micros(239_600), seconds(0.0005), seconds(0.025), seconds(2.5)]).toEqual([
    '40 µs',
    '4.62 ms',
    '239.6 ms',
    '500 µs',
    '25 ms',
    '2.5 s',
  ]);
  expect([reading('dailyLossPercent'), reading('ordersPerMinute'), reading('feedAgeMs')]).toEqual([
    { label: 'daily loss', unit: '%' },
    { label: 'orders', unit: '/min' },
    { label: 'feed age', unit: 'ms' },
  ]);
});

const position = (over: Partial<PositionDoc>): PositionDoc =>
  ({ known: true, size: '2', entryPrice: '100', liquidationPrice: null, ...over }) as PositionDoc;
const RULES = { cooldownMs: 1, maxMarkAgeMs: 1, takeProfitPercent: 1, stopLossPercent: 5, stopLossAmount: '4' };

test('exitsView() draws the nearest of each kind on its side of the entry, mirrored for a short', () => {
  const lines = (size: string) => exitsView(position({ size }), RULES)?.lines.map(({ kind, price }) => [kind, price]);
  expect(lines('2')).toEqual([
    ['take-profit', 101],
    ['stop-loss', 98],
  ]);
  expect(lines('-2')).toEqual([
    ['take-profit', 99],
    ['stop-loss', 102],
  ]);
  expect(lines('0')).toEqual([]);
  expect(exitsView(position({ known: false }), RULES)).toBeNull();
  expect(exitsView(null, RULES)).toBeNull();
});

test('exitsView() tells of the stop at the exchange only while it rests there', () => {
  const stop = { status: 'resting', triggerPrice: '97', size: '2', foreign: 0 } as const;
  const kinds = (status: 'resting' | 'placing') =>
    exitsView(position({ stop: { ...stop, status } }), { cooldownMs: 1, maxMarkAgeMs: 1 })?.lines.map(({ kind }) => kind);
  expect([kinds('resting'), kinds('placing')]).toEqual([['venue-stop'], []]);
});

test('histogramsOf() sums a name over paths and keeps steps apart', () => {
  const bucket = (labels: string, le: string, n: number) => `mmbot_x_seconds_bucket{le="${le}",${labels}} ${n}`;
  const text = [
    '# HELP mmbot_x_seconds What it is',
    ...[bucket('path="a"', '0.1', 1), bucket('path="a"', '+Inf', 3), bucket('path="b"', '0.1', 2), bucket('path="b"', '+Inf', 2)],
    ...[bucket('step="told"', '0.1', 4), bucket('step="told"', '+Inf', 4), bucket('step="none"', '+Inf', 0)],
    'mmbot_venue_call_seconds_bucket{le="+Inf",path="a"} 5',
  ].join('\n');
  expect(histogramsOf(text)).toEqual([
    { name: 'x', help: 'What it is', bounds: [0.1], counts: [3, 2] },
    { name: 'x · told', help: 'What it is', bounds: [0.1], counts: [4, 0] },
  ]);
});

const stream = { state: 'live', ageMs: 5 } as const;
const head = { health: { market: stream, account: stream, orderEntry: 'rest' } } as Head;
const seen = (over: Partial<Seen>): Seen => ({
  ...{ head, pulse: { redisProblem: null, ageMs: 5, wallMs: 1, seq: 1 }, probes: [], staleMs: 1_500, ageMs: 5 },
  ...{ brain: { leased: true, behind: 0 } as Seen['brain'], rows: [{ symbol: 'A', book: 'live' }] as unknown as Seen['rows'] },
  ...over,
});
const shown = (over: Partial<Seen>) => Object.fromEntries(lightsOf(seen(over)).map(({ name, light }) => [name, light]));

test('lightsOf() is green only for what lives, and streams of a silent gateway are unknown', () => {
  expect(new Set(Object.values(shown({})))).toEqual(new Set(['good']));
  expect(shown({ ageMs: 2_000 })).toMatchObject({ gateway: 'bad', brain: 'unknown', 'market data': 'unknown', books: 'unknown' });
  expect(shown({ ageMs: null, head: null })).toMatchObject({ gateway: 'unknown', account: 'unknown' });
  expect(shown({ brain: null })).toMatchObject({ brain: 'bad', gateway: 'good' });
  expect(shown({ brain: null, pulse: { redisProblem: 'gone', ageMs: 9_000, wallMs: 1, seq: 1 } })).toMatchObject({
    brain: 'unknown',
    redis: 'bad',
  });
  expect(shown({ rows: [{ symbol: 'A', book: 'stale' }] as unknown as Seen['rows'] })).toMatchObject({ books: 'bad' });
});

test('parameterGroups() names every parameter with its meaning', () => {
  const loaded = loadConfig('config.json');
  if (!loaded.ok) throw new Error(loaded.error.join());
  const groups = parameterGroups(loaded.value.config);
  expect(groups.map(({ title }) => title)).toEqual(['market-making: on BTCUSDT', 'hard exits on BTCUSDT', 'limits on BTCUSDT']);
  expect(groups[0]?.rows).toContainEqual({ name: 'spreadBps', value: '1', what: expect.stringContaining('basis points') });
  expect(groups.flatMap(({ rows }) => rows).filter(({ what }) => what === '')).toEqual([]);
});
