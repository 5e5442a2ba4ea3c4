import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from '../../shared/config.ts';
import { exitsOf } from '../../shared/exit-parameters.ts';
import { overlay } from '../../shared/json.ts';
import { blockOf, docText } from '../kit/docs.ts';

const ROOT = join(import.meta.dirname, '../..');
const shipped: unknown = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
const sample = blockOf(docText('strategies.md'), 'json exits');

test('the exits that strategies.md shows are right, and mean what it says', () => {
  const checked = checkConfig(overlay(shipped, { exits: JSON.parse(sample) }));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  const all = exitsOf(checked.config, 'BTCUSDT');
  expect(all).toMatchObject({ stopLossPercent: 0.8, timeStop: { maxHoldMs: 3_600_000, evenInProfit: false } });
  expect(all.takeProfitPercent).toBeUndefined();
  const own = exitsOf(checked.config, 'ETHUSDT');
  expect(own).toMatchObject({ stopLossPercent: 0.8, stopLossDistance: '25', trailing: all.trailing });
  expect(own.timeStop).toBeUndefined();
});
