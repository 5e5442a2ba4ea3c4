import { describe, expect, test } from 'vitest';
import { Notices } from '../../../gateway/io/notices.ts';
import { Alarms } from '../../../gateway/publish/alarms.ts';
import { AlarmsAnswer } from '../../../shared/alarm.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { frame, MESSAGE_BYTES_MAX } from '../../../shared/framing.ts';
import { rootLog } from '../../../shared/log.ts';
import { makeMetrics } from '../../../shared/metrics.ts';

const open = () => {
  const clock = new VirtualClock();
  return { clock, alarms: new Alarms({ clock, epoch: 7 }) };
};

describe('Alarms', () => {
  test('are numbered without holes and told from a number on', () => {
    const { alarms } = open();
    alarms.raise({ code: 'forced-close', symbol: 'BTCUSDT', sentence: 'liquidation' });
    alarms.raise({ code: 'margin-call', sentence: 'short' });
    expect(AlarmsAnswer.parse(alarms.after(0))).toMatchObject({
      epoch: 7,
      alarms: [
        { n: 1, code: 'forced-close', symbol: 'BTCUSDT', sentence: 'liquidation', wallMs: 1_700_000_000_000 },
        { n: 2, code: 'margin-call', symbol: null },
      ],
    });
    expect(alarms.after(1).alarms.map(({ n }) => n)).toEqual([2]);
    expect(alarms.after(2).alarms).toEqual([]);
  });

  test('a flood keeps the newest, and every answer fits one message', () => {
    const { alarms } = open();
    for (let i = 0; i < 1_000; i++) alarms.raise({ code: 'test', sentence: 'x'.repeat(1_000) });
    const answer = alarms.after(0);
    expect(answer.alarms[0]?.n).toBe(1_000 - 255);
    expect(frame({ id: 1, type: 'data', data: answer }).length).toBeLessThan(MESSAGE_BYTES_MAX);
    expect(alarms.after(999).alarms.map(({ n }) => n)).toEqual([1_000]);
  });

  test('raiseFor() takes thirty in any minute and no more', () => {
    const { clock, alarms } = open();
    const taken = Array.from({ length: 40 }, () => alarms.raiseFor({ code: 'risk-warning', sentence: 'x' }));
    expect(taken.filter(Boolean)).toHaveLength(30);
    clock.advance(60_000);
    expect(alarms.raiseFor({ code: 'risk-warning', sentence: 'x' })).toBe(true);
  });
});

test('Notices.tell() raises what a fact names as an alarm, and counts errors', () => {
  const log = rootLog({ process: 'test', level: 'fatal' });
  const notices = new Notices({
    ...{ log, metrics: makeMetrics('test'), clock: new VirtualClock() },
    identity: { epoch: 3, environment: 'sim', accountHash: 'a', configHash: 'b' },
  });
  notices.tell({ level: 'error', message: 'Position corrected', fields: { symbol: 'BTCUSDT', toLots: 5 }, alarm: 'position-corrected' });
  notices.tell({ level: 'error', message: 'Position corrected', fields: {} });
  notices.tell({ level: 'warn', message: 'Margin call', fields: {}, alarm: 'margin-call' });
  expect(notices.alarms.after(0)).toMatchObject({
    epoch: 3,
    alarms: [
      { code: 'position-corrected', symbol: 'BTCUSDT', sentence: 'Position corrected: toLots 5' },
      { code: 'margin-call', symbol: null, sentence: 'Margin call' },
    ],
  });
  expect(notices.problems(null)).toEqual(['Position corrected (2)']);
  expect(notices.problems('disk full')).toEqual(['Ledger: disk full', 'Position corrected (2)']);
});
