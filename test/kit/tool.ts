/** One of the command-line tools, run to its end as a person runs it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export type Said = { readonly code: number | null; readonly stdout: string; readonly lines: readonly string[]; readonly stderr: string };

/** Not a terminal, and stdin closed; `env` comes on top of our own. */
export function runTool(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', `${name}.ts`), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('close', (code) => resolve({ code, stdout, stderr, lines: stderr.trimEnd().split('\n').filter(Boolean) }));
  });
}
