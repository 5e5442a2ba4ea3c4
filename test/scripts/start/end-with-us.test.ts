import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { endWithUs } from '../../../scripts/start/end-with-us.ts';
import { until } from '../../kit/scripted-gateway.ts';

const hasProc = existsSync('/proc/self/environ');
if (!hasProc) console.warn('No /proc here: the test of what the shell carries is skipped');

const textOf = (pid: string, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
};

test.skipIf(!hasProc)('the shell that waits for our end carries no secret of ours', async () => {
  vi.stubEnv('PLANTED_API_SECRET', 'planted-value');
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  endWithUs(child);
  const isGuard = (pid: string): boolean => textOf(pid, 'cmdline').endsWith(`kill -9 "$0"\0${child.pid}\0`);
  let guard: string | undefined;
  await until('the shell', () => {
    guard = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isGuard(name));
    return guard !== undefined;
  });
  expect(textOf(guard ?? '', 'environ')).toMatch(/^PATH=/);
  expect(textOf(guard ?? '', 'environ')).not.toContain('planted-value');
  child.kill();
  await once(child, 'exit');
  vi.unstubAllEnvs();
});
