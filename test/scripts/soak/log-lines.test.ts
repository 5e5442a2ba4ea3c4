import { expect, test } from 'vitest';
import { withoutCause, wrongLines } from '../../../scripts/soak/log-lines.ts';

const AT = Date.parse('2026-01-01T00:00:00.000Z');
const row = (level: number, seconds: number, msg: string): string =>
  JSON.stringify({ level, time: new Date(AT + seconds * 1_000).toISOString(), process: 'gateway', msg });

test('wrongLines() takes errors, deaths and words of the runtime, and dates what has no time by the line after', () => {
  const text = [
    row(30, 0, 'Gateway ready'),
    row(40, 1, 'Stream lost'),
    row(50, 2, 'Keep-alive of the private stream failed'),
    'gateway died (code 1); starting it again in 0 ms',
    'TypeError: x is not a function',
    '1:M 21 Nov 2026 # Redis is now ready to exit',
    '{"level":50,"time":"2026-01', // cut short
    row(60, 3, 'Gateway dies of an unexpected error'),
  ].join('\n');
  expect(wrongLines(text).map(({ atMs, message }) => [atMs - AT, message])).toEqual([
    [2_000, 'Keep-alive of the private stream failed'],
    [3_000, 'gateway died (code 1); starting it again in 0 ms'],
    [3_000, 'TypeError: x is not a function'],
    [3_000, 'Gateway dies of an unexpected error'],
  ]);
});

const KEY = 'Key of the private stream expired; a new one is asked for';
test.each([
  ['the fault that makes it, just before', KEY, { kind: 'expire-listen-key', atMs: AT - 5_000 }, true],
  ['that fault, too long ago', KEY, { kind: 'expire-listen-key', atMs: AT - 15_000 }, false],
  ['that fault, afterwards', KEY, { kind: 'expire-listen-key', atMs: AT + 5_000 }, false],
  ['another fault', KEY, { kind: 'gap', atMs: AT - 1_000 }, false],
  ['a kill of its own', 'brain died (SIGKILL); starting it again in 0 ms', { kind: 'kill-brain', atMs: AT }, true],
  ['a kill, but the process ended by itself', 'brain died (code 1); starting it again in 0 ms', { kind: 'kill-brain', atMs: AT }, false],
  ['anything, for what nothing explains', 'Account event could not be read', { kind: 'truncate', atMs: AT - 1 }, false],
] as const)('withoutCause(): %s', (_name, message, fault, explained) => {
  const lines = [{ atMs: AT, from: 'gateway', message, text: message }];
  expect(withoutCause(lines, { happened: [fault], withinMs: 10_000 })).toHaveLength(explained ? 0 : 1);
});
