/** For a process that cannot notice our own end, as a Redis cannot: a shell at the end of a pipe that only we hold open ends it then. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Also after our own kill -9: the kernel closes the pipe. A kill, because a frozen process heeds no other signal. */
export function endWithUs(child: ChildProcess): void {
  if (child.pid === undefined) return; // never started
  const script = 'read -r _; kill -9 "$0"';
  const env = { PATH: process.env['PATH'] }; // ours may hold keys
  const guard = spawn('sh', ['-c', script, String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env });
  guard.once('error', (error) => process.stderr.write(`pid ${child.pid} would outlive a killed supervisor: ${error.message}\n`));
  guard.stdin?.on('error', () => undefined); // nothing is ever written
  child.once('exit', () => guard.kill('SIGKILL')); // before its pid can be another's
}
