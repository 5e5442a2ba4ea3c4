import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALARM_CODES } from '../../shared/alarm.ts';

test('every alarm has a row in the runbook of the README, and no row is about another', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const table = readme.split('| alarm | what it means | what to do |')[1]?.split('\n\n')[0] ?? '';
  const rows = table.split('\n').flatMap((row) => /^\| (`[^|]*`) \|/.exec(row)?.[1]?.split(', ') ?? []);
  expect(rows.map((code) => code.replaceAll('`', '')).toSorted()).toEqual([...ALARM_CODES].toSorted());
});
