/** The live page of a supervised run. Whatever becomes of it, trading goes on: a death starts it again, a refusal is one line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type ChildOptions } from './child.ts';

export type DashboardChildOptions = Pick<ChildOptions, 'logFile' | 'env'> & { readonly say: (line: string) => void };

const SCRIPT = join(import.meta.dirname, '..', 'dashboard.ts');
const READY_MS = 60_000;
/** Its own mistakes, which no restart mends. */
const FATAL_CODES = [2, 3, 4];

/** `common`: configuration and values of the run, as for all children. */
export function openDashboard(common: readonly string[], { logFile, env, say }: DashboardChildOptions): Child {
  const child = new Child({
    ...{ name: 'dashboard', command: process.execPath, logFile, env, ipc: true, fatalCodes: FATAL_CODES },
    args: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', SCRIPT, ...common],
    onFatal: (sentence) => say(`no live page: ${sentence}`),
  });
  void child.message('ready', READY_MS).then((message) => {
    if (!message) return;
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K'); // the status line stands there without an end; it comes again
    say(`Dashboard: ${String(message['url'])}${tokenHint(String(message['tokenFile']))}`);
  });
  return child;
}

/** On a terminal the token, after `#`, where no browser sends it; in a log only where it is kept. */
function tokenHint(file: string): string {
  return process.stderr.isTTY ? `#token=${readFileSync(file, 'utf8').trim()}` : `  (token of its actions: ${file})`;
}
