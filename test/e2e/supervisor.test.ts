import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TestRun } from '../kit/run.ts';

/** Longest orderly end of a gateway whose simulator went at the same moment. */
const END_MS = 30_000;

/** Gone, or dead and only not yet waited for. */
function hasEnded(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

async function untilAllEnded(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter((pid) => !hasEnded(pid)), { timeout: END_MS, interval: 50 }).toEqual([]);
}

test('a supervisor that is killed leaves no process behind, and no Redis either', async () => {
  await using run = await TestRun.start();
  await run.untilQuoting();
  const pids = ['redis', 'sim', 'gateway', 'brain'].map((name) => run.pid(name));
  expect(pids.filter(hasEnded)).toEqual([]);
  run.signal('SIGKILL');
  await run.ended();
  await untilAllEnded(pids);
});

test.each(['ready to accept connections', 'sim: http'])(
  'Ctrl-C during the start, after %j: one line, code 1, nothing left',
  async (line) => {
    await using run = await TestRun.start();
    await run.until(line, () => run.stderr.toLowerCase().includes(line));
    const redis = Number(/^(\d+):M/m.exec(run.stderr)?.[1]);
    expect(hasEnded(redis)).toBe(false);
    run.signal('SIGINT');
    run.signal('SIGINT');
    const { code, stdout, stderr } = await run.ended();
    expect(stderr).toContain('stopped by SIGINT before everything had started');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    await untilAllEnded([redis]);
  },
);

test('Ctrl-C twice while quoting ends in order all the same', async () => {
  await using run = await TestRun.start();
  await run.untilQuoting();
  run.signal('SIGINT');
  run.signal('SIGINT');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect({ code, ok: summary.ok }).toEqual({ code: 0, ok: true });
});
