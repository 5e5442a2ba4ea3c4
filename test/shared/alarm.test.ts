import { expect, test } from 'vitest';
import { ALARM_CODES } from '../../shared/alarm.ts';
import { docText } from '../kit/docs.ts';

test('every alarm has a row in the runbook, and no row is about another', () => {
  const table = docText('runbook.md').split('| alarm | what it means | what to do |')[1]?.split('\n\n')[0] ?? '';
  const rows = table.split('\n').flatMap((row) => /^\| (`[^|]*`) \|/.exec(row)?.[1]?.split(', ') ?? []);
  expect(rows.map((code) => code.replaceAll('`', '')).toSorted()).toEqual([...ALARM_CODES].toSorted());
});
