import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dataHash } from '../../../../scripts/lib/backtest/fingerprint.ts';
import { sweepTool } from '../../../../scripts/lib/sweep/arguments.ts';
import { prepareSweep } from '../../../../scripts/lib/sweep/sweep.ts';
import { tapeFiles } from '../../../../scripts/sim/tape-folder.ts';
import { configOf } from '../../../kit/bar-backtest.ts';
import { fastDir } from '../../../kit/fast-dir.ts';
import { SessionTape } from '../../../kit/session-tape.ts';
import { CONFIG_FILE } from '../../../kit/sweep.ts';

const folder = fastDir('sweep-recorded');
const made: string[] = [folder];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

const session = (): string => {
  const dir = new SessionTape({ config: configOf() })
    .depth([100, 100], [['50000.0', '2.000']])
    .published(110)
    .write();
  made.push(dirname(dir));
  return dir;
};
const on = (tape: string, ...more: readonly string[]) =>
  sweepTool([...['--config', CONFIG_FILE, '--tape', tape, '--symbol', 'BTCUSDT', '--set', 'strategy.marketMaking.spreadBps=1,2'], ...more]);

test('a sweep takes what was fitted; where the file lies is no part of it', () => {
  const calibration = {
    ...{ format: 1, from: 'a', orders: 20, fills: 10, orderLatency: 'fixed:7', responseLatency: null, feedLatency: null, lookMs: 1 },
    ...{ queue: 'proportional', fees: { makerBps: 1, takerBps: 4 } },
  };
  const file = join(folder, 'fitted.json');
  writeFileSync(file, JSON.stringify(calibration));
  const { asked } = on('none.raw.gz', '--calibration', file);
  expect(asked).toMatchObject({ orderLatency: { kind: 'fixed', ms: 7 }, queue: 'proportional', fees: '1:4' });
  expect(asked).not.toHaveProperty('calibration');
  expect(() => on('none.raw.gz', '--calibration', join(folder, 'none.json'))).toThrow('none.json: cannot be read');
});

test('a sweep does not take a session for a recording of the market', async () => {
  const dir = session();
  const [file = ''] = tapeFiles(dir);
  for (const tape of [dir, file]) await expect(prepareSweep(on(tape))).rejects.toThrow(/is a session of ours, whose own orders stand/);
});

test('the hash of a folder of tapes is that of what they tell of a market', async () => {
  const dir = session();
  const files = tapeFiles(dir);
  writeFileSync(join(dir, 'brain-20240101T155950000Z-00000001-0001.tape.zst'), 'decisions');
  expect(await dataHash([dir])).toBe(await dataHash(files));
  mkdirSync(join(folder, 'other'));
  writeFileSync(join(folder, 'other', 'gateway-20240101T155950000Z-00000001-0001.tape.zst'), 'another market');
  expect(await dataHash([join(folder, 'other')])).not.toBe(await dataHash([dir]));
});
