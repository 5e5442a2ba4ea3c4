import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { OutcomeLog } from '../../../brain/io/outcome-log.ts';
import { failedRuns } from '../../../brain/decide.ts';
import { withSettings } from '../../../brain/step.ts';
import { rootLog } from '../../../shared/log.ts';
import { makeMetrics } from '../../../shared/metrics.ts';
import { runWith } from '../../kit/brain.ts';
import { Desk, Puppet } from '../../kit/runs.ts';

test('a strategy that threw is told once, is no problem any more when its run begins anew, and is told again when it throws again', () => {
  let told = '';
  const stream = new PassThrough().on('data', (chunk) => {
    told += String(chunk);
  });
  const log = new OutcomeLog({ log: rootLog({ process: 'test', level: 'info', stream }), metrics: makeMetrics('test') });
  const [a, b] = [new Puppet('a'), new Puppet('b')];
  const desk = new Desk([runWith(a.strategy), runWith(b.strategy)]);
  const take = (): readonly string[] => {
    const stepped = desk.take();
    log.note(stepped, { atMs: 1, failed: failedRuns(desk.settings.runs, stepped.state.seats) });
    return log.failed;
  };
  const times = (): number => told.match(/Strategy failed/g)?.length ?? 0;
  a.error = new Error('no such thing');
  expect([take(), take(), times()]).toEqual([['a'], ['a'], 1]);
  desk.state = withSettings(desk.state, { settings: desk.settings });
  expect([take(), times()]).toEqual([['a'], 1]); // not mended
  a.error = null;
  desk.state = withSettings(desk.state, { settings: desk.settings });
  expect([take(), times()]).toEqual([[], 1]);
  a.error = new Error('no such thing');
  expect([take(), times()]).toEqual([['a'], 2]);
});
