import { expect, test } from 'vitest';
import { type Condition, readiness } from '../../brain/readiness.ts';

const well: Condition = { problems: [], leased: true, snapshotAgeMs: 20, maxAgeMs: 500 };

test.each<[string, Partial<Condition>, readonly string[], readonly string[]]>([
  ['all is well', {}, [], []],
  ['snapshots have stopped, which nothing newer tells', { snapshotAgeMs: 501 }, ['snapshot-stale'], []],
  ['none has come yet', { snapshotAgeMs: null, problems: ['starting'] }, ['starting', 'snapshot-stale'], []],
  ['it is told twice', { snapshotAgeMs: 900, problems: ['snapshot-stale'] }, ['snapshot-stale'], []],
  ['the link is down', { leased: false, problems: ['no-gateway'] }, ['no-gateway', 'no-lease'], []],
  ['one run of several stands still', { problems: ['strategy-failed:a'] }, [], ['strategy-failed:a']],
])('readiness() where %s', (_name, over, reasons, notes) => {
  expect(readiness({ ...well, ...over })).toEqual({ ready: reasons.length === 0, reasons, notes });
});
