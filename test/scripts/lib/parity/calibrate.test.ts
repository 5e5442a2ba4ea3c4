import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { BacktestArguments } from '../../../../scripts/lib/backtest/arguments.ts';
import { feesOf } from '../../../../scripts/lib/backtest/prepare.ts';
import { withCalibration } from '../../../../scripts/lib/backtest/calibrated.ts';
import { Calibration, fitted } from '../../../../scripts/lib/parity/calibrate.ts';
import type { RecordedCommand, RecordedFill, Session } from '../../../../scripts/lib/session/session.ts';
import type { Config } from '../../../../shared/config.ts';
import { ratesWith } from '../../../../shared/sim/account.ts';
import { tripsOf } from '../../../../scripts/lib/session/ways.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-calibration-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A hundred orders on their way for 10 ms, one in five of them half as long again; answers take half of it. */
const commands = Array.from({ length: 100 }, (_, n): RecordedCommand => {
  const [from, way] = [n * 1_000, n % 5 === 0 ? 15 : 10];
  const at = { decidedMs: from, takenMs: from + 1, venueMs: from + way, heardMs: from + way * 1.5 };
  return {
    kind: 'place',
    clientId: String(n),
    symbol: 'BTCUSDT',
    side: 'buy',
    price: '1',
    size: '1',
    strategy: '',
    outcome: 'open',
    ...at,
  };
});
const fill = (maker: boolean, fee: string | null) => ({ price: '50000', size: '0.010', maker, fee }) as RecordedFill;
const session = {
  ...{ path: '/somewhere/run/sim-1/tapes', commands, notices: [], turns: [], published: [], feedMs: 4.5 },
  fills: [fill(true, '0.1'), fill(true, '0.1'), fill(false, '0.25'), fill(true, null)],
} as unknown as Session;
const trials = [
  { queueModel: 'risk-averse', equal: 9, share: 0.9 },
  { queueModel: 'proportional', equal: 10, share: 1 },
] as const;

test('fitted() tells latencies by median and spread, the queue by what it would have filled, and fees by what was paid', () => {
  expect(fitted({ session, trips: tripsOf(session), trials })).toEqual({
    ...{ format: 1, from: 'sim-1/tapes', orders: 100, fills: 4, queue: 'proportional', lookMs: null, feedLatency: 'fixed:4.5' },
    ...{ orderLatency: 'lognormal:10:0.405', responseLatency: 'lognormal:5:0.405', fees: { makerBps: 2, takerBps: 5 } },
  });
});

test('what a session was too short for is not fitted', () => {
  const short = { ...session, commands: commands.slice(0, 3), fills: [], feedMs: 0 };
  expect(fitted({ session: short, trips: tripsOf(short), trials })).toMatchObject({
    ...{ orderLatency: null, responseLatency: null, feedLatency: null, queue: null, fees: { makerBps: null, takerBps: null } },
  });
});

const written = (value: unknown): string => {
  const file = join(dir, `${JSON.stringify(value).length}.json`);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};
const asked = (calibration: string, over: Partial<BacktestArguments> = {}) =>
  withCalibration({ calibration, klines: [], ...over } as unknown as BacktestArguments);

test('a backtest takes what was fitted where no option tells it otherwise', () => {
  const file = written(Calibration.parse(fitted({ session, trips: tripsOf(session), trials })));
  const [all, own] = [asked(file), asked(file, { queue: 'log-proportional', fees: '1:4' })];
  expect(all).toMatchObject({ orderLatency: { kind: 'lognormal', medianMs: 10, sigma: 0.405 }, queue: 'proportional', fees: '2:5' });
  expect(own).toMatchObject({ responseLatency: { kind: 'lognormal', medianMs: 5 }, queue: 'log-proportional', fees: '1:4' });
  expect(asked(file, { simulate: 10 })).not.toHaveProperty('queue'); // own orders stand in that book themselves
  expect(() => asked(file, { klines: ['bars.csv'] })).toThrow('--calibration: allowed with --tape and --simulate');
});

test('a fee that was seen counts where the other was not, which stays as it was', () => {
  const half = (fees: Calibration['fees']) => asked(written({ ...fitted({ session, trips: tripsOf(session), trials }), fees })).fees;
  expect(half({ makerBps: 1.5, takerBps: null })).toBe('1.5:');
  expect(half({ makerBps: null, takerBps: 4 })).toBe(':4');
  expect(half({ makerBps: null, takerBps: null })).toBeUndefined();
  const config = (fees: Config['paper']['fees']) => ({ paper: { fees } }) as Config;
  const rates = (fees: string, paper: Config['paper']['fees']) => feesOf({ fees } as BacktestArguments, config(paper));
  expect(rates('1.5:', { makerBps: 3, takerBps: 6 })).toEqual({ makerPpm: 150n, takerPpm: 600n });
  expect(ratesWith(rates(':4', null), 'USDT')).toEqual({ makerPpm: 200n, takerPpm: 400n });
  for (const wrong of ['', ':', '2', '2:5:1', '2:x', '101:5', ' :5']) expect(() => rates(wrong, null)).toThrow('--fees: ');
});

test.each([
  ['{', /no JSON$/],
  [{ format: 2 }, /format: .*allowed is a file that scripts\/parity wrote$/],
])('a calibration that is none is one line: %j', (value, line) => {
  expect(() => asked(written(value))).toThrow(line);
});
