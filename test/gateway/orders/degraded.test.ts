import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CLOCK_AGE_MS_MAX,
  type SymbolState,
  symbolReasons,
  type WholeState,
  wholeMode,
  wholeModeOf,
} from '../../../gateway/orders/degraded.ts';

const GOOD: WholeState = {
  stopped: false,
  shuttingDown: false,
  paused: false,
  accountKnown: true,
  accountLive: true,
  ledgerFault: false,
  disagrees: false,
  redisDown: false,
  lineFailing: false,
  waiting: false,
  clockAgeMs: 0,
  marginCall: false,
  dailyLoss: false,
  availableLow: false,
  otherSession: false,
};

test.each<[what: string, over: Partial<WholeState>, mode: string, reasons: readonly string[]]>([
  ['all is well', {}, 'normal', []],
  ['the emergency stop holds', { stopped: true }, 'stopped', ['stopped']],
  ['shutting down', { shuttingDown: true }, 'cancel-only', ['shutting-down']],
  ['paused', { paused: true }, 'reduce-only', ['paused']],
  ['the account was not read yet', { accountKnown: false }, 'blind', ['account-unknown']],
  ['the private stream is lost', { accountKnown: false, accountLive: false }, 'blind', ['account-lost']],
  ['the ledger cannot be written', { ledgerFault: true }, 'reduce-only', ['ledger-unavailable']],
  ['reconciling does not come to an end', { disagrees: true }, 'reduce-only', ['reconcile']],
  ['Redis is away', { redisDown: true }, 'normal', ['redis-down']],
  ['no request gets through', { lineFailing: true }, 'cancel-only', ['venue-unreachable']],
  ['the venue asked to wait', { waiting: true }, 'cancel-only', ['rate-limited']],
  ['the clock is old', { clockAgeMs: CLOCK_AGE_MS_MAX + 1 }, 'reduce-only', ['clock-unsure']],
  ['the clock is young enough', { clockAgeMs: CLOCK_AGE_MS_MAX }, 'normal', []],
  ['margin is short', { marginCall: true }, 'reduce-only', ['margin-call']],
  ["the day's loss went too far", { dailyLoss: true }, 'reduce-only', ['daily-loss']],
  ['too little margin is available', { availableLow: true }, 'reduce-only', ['available-low']],
  [
    'two things at once: the stricter holds, both are told',
    { paused: true, lineFailing: true },
    'cancel-only',
    ['venue-unreachable', 'paused'],
  ],
  [
    'an unknown account outranks a line that fails',
    { accountKnown: false, lineFailing: true },
    'blind',
    ['account-unknown', 'venue-unreachable'],
  ],
])('wholeMode() when %s', (_what, over, mode, reasons) => {
  expect(wholeMode({ ...GOOD, ...over })).toEqual({ mode, reasons });
});

describe('symbolReasons()', () => {
  const FINE: SymbolState = {
    symbol: 'BTCUSDT',
    bookStatus: 'live',
    trading: true,
    halted: null,
    leverage: 20,
    leverageMax: 20,
    closing: false,
    rejections: false,
    stopMissing: false,
    orderUnknown: false,
    foreignOrder: false,
  };
  test.each<[Partial<SymbolState>, readonly string[]]>([
    [{}, []],
    [{ bookStatus: 'stale' }, ['book-stale:BTCUSDT']],
    [{ bookStatus: 'syncing' }, ['book-syncing:BTCUSDT']],
    [{ trading: false }, ['not-trading:BTCUSDT']],
    [{ rejections: true }, ['rejections:BTCUSDT']],
    [{ halted: 'adl' }, ['halted:BTCUSDT']],
    [{ leverage: 21 }, ['leverage:BTCUSDT']],
    [{ leverage: null }, []],
    [{ closing: true, stopMissing: true }, ['closing:BTCUSDT', 'stop-missing:BTCUSDT']],
    [{ orderUnknown: true }, ['order-unknown:BTCUSDT']],
    [{ foreignOrder: true }, ['foreign-order:BTCUSDT']],
  ])('%j', (over, reasons) => {
    expect(symbolReasons({ ...FINE, ...over })).toEqual(reasons);
  });
});

test('whatever holds, the quick look says the same as the rows', () => {
  const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
  const names = Object.keys(GOOD).filter((name) => name !== 'clockAgeMs');
  const flags = fc.record(Object.fromEntries(names.map((name) => [name, name.startsWith('account') ? rarely.map((no) => !no) : rarely])));
  const state = fc.record({ flags, clockAgeMs: fc.integer({ min: 0, max: CLOCK_AGE_MS_MAX + 5 }) });
  const same = fc.property(state, ({ flags: held, clockAgeMs }) => {
    const whole = { ...GOOD, ...held, clockAgeMs };
    expect(wholeMode(whole)).toEqual(wholeModeOf(whole));
  });
  fc.assert(same, { numRuns: 500 });
});
