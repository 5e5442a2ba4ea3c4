import { describe, expect, test } from 'vitest';
import { AckWatch } from '../../../gateway/account/ack-watch.ts';
import { accountHindrance } from '../../../gateway/account/hindrance.ts';
import { Suspicion } from '../../../gateway/account/suspicion.ts';
import { meaningOfCode } from '../../../gateway/venues/binance/faults.ts';
import { LineHealth } from '../../../gateway/venues/binance/line-health.ts';
import type { AccountState } from '../../../gateway/venues/venue.ts';
import { monoMs } from '../../../shared/units.ts';
import { fault } from '../../kit/scripted-venue.ts';

describe('AckWatch', () => {
  const acks = () => new AckWatch({ silenceMsMax: 2_000 });

  test('an acknowledged order without an event is told once, after two seconds', () => {
    const watch = acks();
    watch.acked('a', monoMs(0));
    expect([watch.overdue(monoMs(1_999)), watch.overdue(monoMs(2_000)), watch.overdue(monoMs(2_001))]).toEqual([false, true, false]);
  });

  test('its event may come before or after the acknowledgement', () => {
    const watch = acks();
    watch.told('a', monoMs(0));
    watch.acked('a', monoMs(10));
    watch.acked('b', monoMs(10));
    watch.told('b', monoMs(20));
    expect(watch.overdue(monoMs(60_000))).toBe(false);
  });

  test('another stream begins with nothing to wait for', () => {
    const watch = acks();
    watch.acked('a', monoMs(0));
    watch.reset();
    expect(watch.overdue(monoMs(9_000))).toBe(false);
  });
});

/** Reference sheet 2026-11, section 11. */
test.each([
  [-2022, 'account'],
  [-4118, 'account'],
  [-2019, 'account'],
  [-2018, 'account'],
  [-2024, 'account'],
  [-2025, 'account'],
  [-4061, 'account'],
  [-4028, 'account'],
  [-4164, 'instruments'],
  [-1111, 'instruments'],
  [-4014, 'instruments'],
  [-4023, 'instruments'],
  [-4016, 'instruments'],
  [-4140, 'instruments'],
  [-5022, null],
  [-2021, null],
])('code %i is suspicious of: %s', (code, want) => {
  const { kind, reason } = meaningOfCode(code, 400);
  const suspicion = new Suspicion();
  expect(suspicion.refused({ kind, reason, sentence: '' }, monoMs(0))).toBe(want);
  expect(suspicion.refused({ kind, reason, sentence: '' }, monoMs(4_999))).toBeNull();
  expect(suspicion.refused({ kind, reason, sentence: '' }, monoMs(5_000))).toBe(want);
});

describe('LineHealth', () => {
  test.each([
    ['bytes never left', fault('unreachable', 'not-sent'), true],
    ['no answer in time', fault('unknown', 'time-out'), true],
    ['connection lost', fault('unknown', 'connection-lost'), true],
    ['refused', fault('rejected', 'filter'), false],
    ['server error', fault('unknown', 'venue-error'), false],
    ['busy', fault('busy', 'overloaded'), false],
  ])('four calls that end with "%s"', (_what, one, failing) => {
    const line = new LineHealth(monoMs(0));
    const turns = [1, 2, 3, 4].map(() => line.called(one));
    expect([line.failing, turns]).toEqual([failing, [false, false, false, failing]]);
    line.called(null);
    expect(line.failing).toBe(false);
  });
});

test.each<[what: string, over: Partial<AccountState>, account: object, want: RegExp | null]>([
  ['as expected', {}, {}, null],
  ['hedge mode', { hedgeMode: true }, {}, /hedge mode.*one-way/],
  ['too high', { leverage: { BTCUSDT: 50 } }, {}, /BTCUSDT is set to 50x.*at most 20x.*account\.maxLeverage/],
  ['too high for one symbol', { leverage: { BTCUSDT: 10 } }, { leverage: { BTCUSDT: 5 } }, /at most 5x/],
  ['allowed for one symbol', { leverage: { BTCUSDT: 50 } }, { leverage: { BTCUSDT: 50 } }, null],
  ['another symbol', { leverage: { ETHUSDT: 100 } }, {}, null],
])('accountHindrance(): %s', (_what, over, account, want) => {
  const rest = { positions: [], balances: [], openOrders: [], liquidationPrice: {}, isolated: [], multiAssets: false, marginRatio: null };
  const state: AccountState = { ...rest, leverage: { BTCUSDT: 20 }, hedgeMode: false, ...over };
  const config = { symbols: ['BTCUSDT'], account: { exclusive: false, maxLeverage: 20, leverage: {}, ...account } };
  const found = accountHindrance(state, config);
  if (want === null) expect(found).toBeNull();
  else expect(found).toMatch(want);
});
